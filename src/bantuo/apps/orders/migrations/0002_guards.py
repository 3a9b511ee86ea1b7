from django.db import migrations

from bantuo.apps.events.guards import append_only, fill_factor


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("events", "0002_guards")]
    operations = [
        append_only("orders_routingdecision"),
        append_only("orders_orderevent"),
        append_only("orders_intakerefusal"),
        fill_factor("orders_order", 80),
    ]
