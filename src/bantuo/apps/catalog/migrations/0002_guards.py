from django.db import migrations

from bantuo.apps.events.guards import append_only


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial"), ("events", "0002_guards")]
    operations = [
        append_only("catalog_pricechange"),
        append_only("catalog_listingrefusal"),
    ]
