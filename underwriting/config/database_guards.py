"""Who may change what in the database: grants for the application's role, and triggers on append-only tables.

Two locks, so that a mistake in either is caught by the other. A model class says `append_only = True`; this module finds
it, grants the application's role INSERT and SELECT only, and puts triggers on its table which also refuse the owner and a
superuser in replica mode. Both are restated after every migration (`post_migrate`), so migrations stay plain and the test
database gets the same guards as production.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from django.apps import apps
from django.conf import settings
from django.db import connections, transaction
from django.db.models import Model
from psycopg import sql

logger = structlog.get_logger(__name__)

REFUSAL_SQLSTATE = "23001"
FUNCTION = "refuse_change"
ROW_TRIGGER = "append_only_row"
TRUNCATE_TRIGGER = "append_only_truncate"
READ_ONLY_TABLES = ("django_migrations",)

_CREATE_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'append-only table % refuses %', TG_TABLE_NAME, TG_OP USING ERRCODE = '{REFUSAL_SQLSTATE}';
END $$
"""


def append_only_models() -> list[type[Model]]:
    """Return the installed model classes that carry `append_only = True`, in the order of their tables' names."""
    marked = (
        model for model in apps.get_models(include_auto_created=True) if getattr(model, "append_only", False)
    )
    return sorted((model for model in marked if model._meta.managed), key=lambda model: model._meta.db_table)


def append_only_tables() -> list[str]:
    """Return the names of the append-only tables."""
    return [model._meta.db_table for model in append_only_models()]


def guard_statements(tables: Iterable[str]) -> list[sql.Composed]:
    """Build the statements that put both triggers on each table and make them fire in replica mode too."""
    statements: list[sql.Composed] = []
    for table in tables:
        for trigger, when in (
            (ROW_TRIGGER, "BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW"),
            (TRUNCATE_TRIGGER, "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"),
        ):
            create = "CREATE OR REPLACE TRIGGER {trigger} " + when + " EXECUTE FUNCTION {function}()"
            names = {
                "table": sql.Identifier(table),
                "trigger": sql.Identifier(trigger),
                "function": sql.Identifier(FUNCTION),
            }
            statements.append(sql.SQL(create).format(**names))
            # CREATE OR REPLACE keeps an older ENABLE state; ALWAYS is restated every time.
            statements.append(sql.SQL("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}").format(**names))
    return statements


def disable_statements(tables: Iterable[str]) -> list[sql.Composed]:
    """Build the statements with which the owner switches the triggers off; for test databases and tamper tests."""
    return [sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)) for table in tables]


def grant_statements(role: str, *, tables: Sequence[str], append_only: Sequence[str]) -> list[sql.Composed]:
    """Build the statements that give `role` exactly its rights on `tables` and nothing else."""
    name = sql.Identifier(role)
    statements = [
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(name),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(name),
    ]
    for table in tables:
        if table in READ_ONLY_TABLES:
            rights = "SELECT"
        elif table in append_only:
            rights = "SELECT, INSERT"
        else:
            rights = "SELECT, INSERT, UPDATE, DELETE"
        statements.append(sql.SQL("GRANT " + rights + " ON {} TO {}").format(sql.Identifier(table), name))
    return statements


def restore_guards(*, using: str, **_: Any) -> None:
    """Put grants and triggers in place after a migration; does nothing when run by the application's own role."""
    connection = connections[using]
    role: str = settings.DATABASE_APP_ROLE
    if connection.vendor != "postgresql" or not role:
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone() == (role,):
            return
        # Two migrations at once would deadlock on the catalogue rows; the second waits here instead.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('underwriting.database_guards'))")
        existing = connection.introspection.table_names(cursor)
        marked = [table for table in append_only_tables() if table in existing]
        cursor.execute(_CREATE_FUNCTION)
        statements = guard_statements(marked) + grant_statements(role, tables=existing, append_only=marked)
        for statement in statements:
            cursor.execute(statement)
