import django.contrib.postgres.fields
from django.conf import settings
from django.db import migrations, models

# What the review queue filters and sorts by is kept on the application by the database itself, from the
# two append-only tables it follows from: whoever writes them, a list of 100 000 rows needs no join.
_WAITING = """
    CREATE FUNCTION admission_keep_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE admission_application a
        SET waiting_since = CASE WHEN e.state IN ('assessed_pass', 'in_review') THEN e.happened_at END
        FROM (SELECT DISTINCT ON (application_id) application_id, state, happened_at FROM made
              WHERE position(':' IN state) = 0 ORDER BY application_id, id DESC) e
        WHERE a.id = e.application_id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER admission_application_waiting AFTER INSERT ON admission_applicationevent
        REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION admission_keep_waiting();
"""
_OPEN = """
    CREATE FUNCTION admission_keep_open_gates() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE admission_application a SET open_gates = f.gates, open_classes = f.classes
        FROM (SELECT r.application_id,
                     count(*) FILTER (WHERE m.status IN ('fail', 'not_evidenced')) AS gates,
                     coalesce(array_agg(DISTINCT coalesce(m.failure_class, ''))
                         FILTER (WHERE m.status IN ('fail', 'not_evidenced')), '{}') AS classes
              FROM made m JOIN admission_assessment r ON r.id = m.assessment_id
              WHERE r.purpose <> 'diagnostic' GROUP BY r.application_id) f
        WHERE a.id = f.application_id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER admission_application_open_gates AFTER INSERT ON admission_finding
        REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION admission_keep_open_gates();
"""
_SO_FAR = """
    UPDATE admission_application a SET waiting_since = e.happened_at
    FROM (SELECT DISTINCT ON (application_id) application_id, happened_at FROM admission_applicationevent
          WHERE state IN ('assessed_pass', 'in_review') ORDER BY application_id, id DESC) e
    WHERE a.id = e.application_id AND a.state IN ('assessed_pass', 'in_review');
    UPDATE admission_application a SET open_gates = f.gates, open_classes = f.classes
    FROM (SELECT r.application_id, count(*) AS gates, array_agg(DISTINCT coalesce(f.failure_class, '')) AS classes
          FROM (SELECT DISTINCT ON (application_id) id, application_id FROM admission_assessment
                WHERE purpose <> 'diagnostic' ORDER BY application_id, id DESC) r
          JOIN admission_finding f ON f.assessment_id = r.id AND f.status IN ('fail', 'not_evidenced')
          GROUP BY r.application_id) f
    WHERE a.id = f.application_id;
"""


class Migration(migrations.Migration):
    dependencies = [("admission", "0004_guards"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddField(
            model_name="application",
            name="waiting_since",
            field=models.DateTimeField(help_text="since when a reviewer is to act", null=True),
        ),
        migrations.AddField(
            model_name="application",
            name="open_gates",
            field=models.IntegerField(default=0, help_text="of the last report that decides"),
        ),
        migrations.AddField(
            model_name="application",
            name="open_classes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), default=list, help_text="theirs; empty text: no class", size=None
            ),
        ),
        migrations.RunSQL(_SO_FAR, migrations.RunSQL.noop),
        migrations.RunSQL(
            _WAITING,
            "DROP TRIGGER admission_application_waiting ON admission_applicationevent;"
            "DROP FUNCTION admission_keep_waiting();",
        ),
        migrations.RunSQL(
            _OPEN,
            "DROP TRIGGER admission_application_open_gates ON admission_finding;"
            "DROP FUNCTION admission_keep_open_gates();",
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                fields=["waiting_since", "id"],
                include=["state", "assigned_to", "submitted_at", "open_gates", "open_classes"],
                name="application_waiting",
            ),
        ),
    ]
