from django.db import migrations
from django.db.migrations import RunSQL

from bantuo.apps.events.guards import append_only

# A charge is what was charged: only the run that claims it may be stamped on it, once.
CHARGE_FROZEN = RunSQL(
    """
    CREATE FUNCTION settlement_charge_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        claimed settlement_charge := OLD;
    BEGIN
        claimed.run_id := NEW.run_id;
        IF OLD.run_id IS NULL AND claimed IS NOT DISTINCT FROM NEW THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'settlement_charge % is frozen: only an unclaimed charge may be claimed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER settlement_charge_frozen BEFORE UPDATE ON settlement_charge
        FOR EACH ROW EXECUTE FUNCTION settlement_charge_frozen();
    CREATE TRIGGER settlement_charge_kept BEFORE DELETE ON settlement_charge
        FOR EACH ROW EXECUTE FUNCTION bantuo_append_only();
    CREATE TRIGGER settlement_charge_never_emptied BEFORE TRUNCATE ON settlement_charge
        FOR EACH STATEMENT EXECUTE FUNCTION bantuo_append_only();
    """,
    """
    DROP TRIGGER settlement_charge_never_emptied ON settlement_charge;
    DROP TRIGGER settlement_charge_kept ON settlement_charge;
    DROP TRIGGER settlement_charge_frozen ON settlement_charge;
    DROP FUNCTION settlement_charge_frozen();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("settlement", "0001_initial"), ("events", "0002_guards")]
    operations = [
        CHARGE_FROZEN,
        append_only("settlement_run"),
        append_only("settlement_chargerefusal"),
        append_only("settlement_statement"),
        append_only("settlement_payout"),
    ]
