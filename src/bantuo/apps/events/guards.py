"""Database guards for migrations: rows that may be added but never changed or removed."""

from __future__ import annotations

from django.db.migrations import RunSQL

CREATE_REFUSAL = RunSQL(
    """
    CREATE FUNCTION bantuo_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'restrict_violation';
    END $$;
    """,
    "DROP FUNCTION bantuo_append_only();",
)


def append_only(table: str) -> RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE on a table."""
    return RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION bantuo_append_only();
        CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION bantuo_append_only();
        """,
        f"DROP TRIGGER {table}_never_emptied ON {table}; DROP TRIGGER {table}_append_only ON {table};",
    )


def fill_factor(table: str, percent: int) -> RunSQL:
    """Leave room on each page, so that updates of rows that change often stay in place."""
    return RunSQL(
        f"ALTER TABLE {table} SET (fillfactor = {percent});", f"ALTER TABLE {table} RESET (fillfactor);"
    )
