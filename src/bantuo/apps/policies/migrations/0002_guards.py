from django.db import migrations

from bantuo.apps.events.guards import append_only


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial"), ("events", "0002_guards")]
    operations = [
        append_only("policies_policyversion"),
        migrations.RunSQL(
            """
            ALTER TABLE policies_grantedrate ADD CONSTRAINT granted_rate_no_overlap EXCLUDE USING gist (
                int8range(seller_id, seller_id, '[]') WITH &&, daterange(valid_from, valid_until) WITH &&);
            """,
            "ALTER TABLE policies_grantedrate DROP CONSTRAINT granted_rate_no_overlap;",
        ),
    ]
