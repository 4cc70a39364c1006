"""what was written stays"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = ("person_event", "person_event_seal")
_ACTS = ("UPDATE", "DELETE")


def upgrade() -> None:
    """Apply: the database itself refuses to change or remove what was written down about workers."""
    if op.get_context().dialect.name == "sqlite":
        for table in _TABLES:
            for act in _ACTS:
                op.execute(
                    f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_to_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$"
    )
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change()"
        )


def downgrade() -> None:
    """Take back."""
    if op.get_context().dialect.name == "sqlite":
        for table in _TABLES:
            for act in _ACTS:
                op.execute(f"DROP TRIGGER {table}_no_{act.lower()}")
        return
    for table in _TABLES:
        op.execute(f"DROP TRIGGER {table}_only_grows ON {table}")
    op.execute("DROP FUNCTION refuse_to_change()")
