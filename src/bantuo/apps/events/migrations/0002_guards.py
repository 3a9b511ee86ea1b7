from django.db import migrations

from bantuo.apps.events.guards import CREATE_REFUSAL


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]
    operations = [CREATE_REFUSAL]
