from django.db import migrations

from bantuo.apps.events.guards import append_only


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial"), ("events", "0002_guards")]
    operations = [append_only("documents_documenttick"), append_only("documents_documentaccess")]
