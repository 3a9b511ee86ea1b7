from django.db import migrations
from django.db.migrations import RunSQL

from bantuo.apps.events.guards import append_only

# An entry is complete at commit: it has postings, they sum to zero, and all belong to its seller.
COMPLETE = RunSQL(
    """
    CREATE FUNCTION ledger_check_entry(checked bigint, seller bigint) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        total numeric;
        first_seller bigint;
        last_seller bigint;
    BEGIN
        SELECT sum(amount_fen), min(seller_id), max(seller_id) INTO total, first_seller, last_seller
        FROM ledger_posting WHERE entry_id = checked;
        IF total IS NULL THEN
            RAISE EXCEPTION 'ledger entry % has no postings', checked
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
        ELSIF total <> 0 THEN
            RAISE EXCEPTION 'ledger entry % does not balance: its postings sum to % fen', checked, total
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
        ELSIF first_seller <> seller OR last_seller <> seller THEN
            RAISE EXCEPTION 'ledger entry % has postings of another seller', checked
                USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_of_the_entry_seller';
        END IF;
    END $$;
    CREATE FUNCTION ledger_entry_is_complete() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM ledger_check_entry(NEW.id, NEW.seller_id);
        RETURN NULL;
    END $$;
    CREATE FUNCTION ledger_posting_balances() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM ledger_check_entry(NEW.entry_id, NEW.seller_id);
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON ledger_entry
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_complete();
    CREATE CONSTRAINT TRIGGER posting_balances AFTER INSERT ON ledger_posting
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_posting_balances();
    """,
    """
    DROP TRIGGER posting_balances ON ledger_posting;
    DROP TRIGGER entry_balances ON ledger_entry;
    DROP FUNCTION ledger_posting_balances();
    DROP FUNCTION ledger_entry_is_complete();
    DROP FUNCTION ledger_check_entry(bigint, bigint);
    """,
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("events", "0002_guards")]
    operations = [
        COMPLETE,
        append_only("ledger_entry"),
        append_only("ledger_posting"),
    ]
