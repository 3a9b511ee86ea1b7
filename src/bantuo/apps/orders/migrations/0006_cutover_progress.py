"""How many orders a 16:00 is to turn, so that a page can show how far it has got."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_fewer_checks")]
    operations = [
        migrations.AddField(
            "cutover",
            "orders_to_turn",
            models.IntegerField(help_text="counted before the first; null: not yet", null=True),
        ),
    ]
