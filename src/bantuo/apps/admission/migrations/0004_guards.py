from django.db import migrations

from bantuo.apps.events.guards import append_only


class Migration(migrations.Migration):
    dependencies = [("admission", "0003_pages"), ("events", "0002_guards")]
    operations = [append_only("admission_reviewitem"), append_only("admission_agreementtext")]
