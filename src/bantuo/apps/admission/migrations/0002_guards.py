from django.db import migrations

from bantuo.apps.events.guards import append_only


class Migration(migrations.Migration):
    dependencies = [("admission", "0001_initial"), ("events", "0002_guards")]
    operations = [
        append_only("admission_applicationevent"),
        append_only("admission_assessment"),
        append_only("admission_finding"),
        append_only("admission_agreement"),
    ]
