from django.db import migrations

from bantuo.apps.events.guards import append_only, fill_factor


class Migration(migrations.Migration):
    dependencies = [("stock", "0001_initial"), ("events", "0002_guards")]
    operations = [
        append_only("stock_movement"),
        append_only("stock_declaration"),
        append_only("stock_declarationrefusal"),
        fill_factor("stock_balance", 70),
    ]
