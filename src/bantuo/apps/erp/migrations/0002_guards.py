from django.db import migrations

from bantuo.apps.events.guards import append_only


class Migration(migrations.Migration):
    dependencies = [("erp", "0001_initial"), ("events", "0002_guards")]
    operations = [append_only("erp_probecall")]
