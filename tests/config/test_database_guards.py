"""The database itself refuses to change what is append-only, to the application and to its owner."""

from __future__ import annotations

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from psycopg import sql

from tests.database import owner_connection
from underwriting.config.database_guards import (
    REFUSAL_SQLSTATE,
    ROW_TRIGGER,
    TRUNCATE_TRIGGER,
    append_only_tables,
    guard_statements,
    restore_guards,
)
from underwriting.models import AuditEntry, Lender

INSUFFICIENT_PRIVILEGE = "42501"
TABLE = AuditEntry._meta.db_table


def change_statements(table: str) -> list[str]:
    quoted = connection.ops.quote_name(table)
    return [f"UPDATE {quoted} SET id = id", f"DELETE FROM {quoted}", f"TRUNCATE {quoted} CASCADE"]


def test_tests_run_as_the_applications_role(application_role: str) -> None:
    assert application_role == "uw_app"


def test_the_domains_records_are_marked_append_only() -> None:
    assert {
        "underwriting_assessment",
        "underwriting_auditentry",
        "underwriting_decision",
        "underwriting_disclosure",
        "underwriting_referencepool",
        "underwriting_referencesample",
    } <= set(append_only_tables())


@pytest.mark.django_db
def test_the_application_may_not_change_any_append_only_table() -> None:
    refused = {}
    for table in append_only_tables():
        for statement in change_statements(table):
            with (
                pytest.raises(ProgrammingError) as caught,
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
            refused[statement] = getattr(caught.value.__cause__, "sqlstate", None)

    assert set(refused.values()) == {INSUFFICIENT_PRIVILEGE}
    assert len(refused) == 3 * len(append_only_tables())


@pytest.mark.django_db
def test_the_application_may_not_truncate_or_reshape_anything() -> None:
    for statement in (
        f"TRUNCATE {Lender._meta.db_table} CASCADE",
        f"ALTER TABLE {TABLE} DISABLE TRIGGER USER",
        f"ALTER TABLE {TABLE} ADD COLUMN extra int",
        "CREATE TABLE mine (id int)",
        "SET session_replication_role = replica",
        "UPDATE django_migrations SET name = name",
    ):
        with pytest.raises(ProgrammingError) as caught, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert getattr(caught.value.__cause__, "sqlstate", None) == INSUFFICIENT_PRIVILEGE, statement


def seed_row(owner: psycopg.Connection[object]) -> None:
    owner.execute("CREATE TABLE guarded_sample (id int)")
    for statement in guard_statements(["guarded_sample"]):
        owner.execute(statement)
    owner.execute("INSERT INTO guarded_sample VALUES (1)")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement", ["UPDATE guarded_sample SET id = 2", "DELETE FROM guarded_sample", "TRUNCATE guarded_sample"]
)
def test_the_triggers_refuse_the_owner(statement: str) -> None:
    with owner_connection() as owner:
        seed_row(owner)

        with pytest.raises(psycopg.Error) as caught, owner.transaction():
            owner.execute(statement)

        assert caught.value.sqlstate == REFUSAL_SQLSTATE
        assert "append-only table guarded_sample refuses" in str(caught.value)
        owner.rollback()


@pytest.mark.django_db
def test_without_the_triggers_the_owner_would_not_be_refused() -> None:
    with owner_connection() as owner:
        seed_row(owner)
        for trigger in (ROW_TRIGGER, TRUNCATE_TRIGGER):
            owner.execute(sql.SQL("DROP TRIGGER {} ON guarded_sample").format(sql.Identifier(trigger)))

        owner.execute("UPDATE guarded_sample SET id = 2")

        assert owner.execute("SELECT id FROM guarded_sample").fetchone() == (2,)
        owner.rollback()


def trigger_states() -> dict[tuple[str, str], str]:
    with owner_connection() as owner:
        rows = owner.execute(
            "SELECT c.relname, t.tgname, t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal"
        ).fetchall()
    return {(table, trigger): state for table, trigger, state in rows}


def expected_states() -> dict[tuple[str, str], str]:
    return {
        (table, trigger): "A" for table in append_only_tables() for trigger in (ROW_TRIGGER, TRUNCATE_TRIGGER)
    }


@pytest.mark.django_db
def test_every_append_only_table_has_both_triggers_in_every_replication_mode() -> None:
    assert trigger_states() == expected_states()


@pytest.mark.django_db(transaction=True)
class TestAfterAFlush:
    """The flush of a committing test switches the triggers off for a moment; they must come back as they were."""

    def test_first_commit_something(self) -> None:
        AuditEntry.objects.count()

    def test_then_find_the_triggers_restored(self) -> None:
        assert trigger_states() == expected_states()


@pytest.mark.django_db
def test_the_applications_role_leaves_the_guards_alone() -> None:
    restore_guards(using="default")

    assert trigger_states() == expected_states()
