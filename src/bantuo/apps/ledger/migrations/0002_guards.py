from django.db import migrations
from django.db.migrations import RunSQL

from bantuo.apps.events.guards import append_only

# An entry is complete at commit: it has postings, they sum to zero, and all belong to its seller.
COMPLETE = RunSQL(
    """
    CREATE FUNCTION ledger_entry_is_complete() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        checked bigint := CASE TG_TABLE_NAME WHEN 'ledger_entry' THEN NEW.id ELSE NULL END;
        total numeric;
        postings bigint;
        foreign_postings bigint;
    BEGIN
        IF checked IS NULL THEN
            checked := NEW.entry_id;
        END IF;
        SELECT sum(p.amount_fen), count(*), count(*) FILTER (WHERE p.seller_id <> e.seller_id)
        INTO total, postings, foreign_postings
        FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id WHERE p.entry_id = checked;
        IF postings = 0 THEN
            RAISE EXCEPTION 'ledger entry % has no postings', checked
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
        ELSIF total <> 0 THEN
            RAISE EXCEPTION 'ledger entry % does not balance: its postings sum to % fen', checked, total
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
        ELSIF foreign_postings <> 0 THEN
            RAISE EXCEPTION 'ledger entry % has postings of another seller', checked
                USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_of_the_entry_seller';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON ledger_entry
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_complete();
    CREATE CONSTRAINT TRIGGER posting_balances AFTER INSERT ON ledger_posting
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_complete();
    """,
    """
    DROP TRIGGER posting_balances ON ledger_posting;
    DROP TRIGGER entry_balances ON ledger_entry;
    DROP FUNCTION ledger_entry_is_complete();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("events", "0002_guards")]
    operations = [
        COMPLETE,
        append_only("ledger_entry"),
        append_only("ledger_posting"),
    ]
