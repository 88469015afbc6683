"""What an auditor relies on cannot be changed: neither by the application's role nor, without a trace, by the owner."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, models, transaction

from explanations.models import Notice
from scoring.pipeline.run import run_batch
from tests.database import owner_connection
from tests.scoring.pipeline.world import apply, claimed, clock, make_world
from underwriting.config.database_guards import REFUSAL_SQLSTATE
from underwriting.models import (
    Assessment,
    AuditEntry,
    Decision,
    Disclosure,
    ReasonCatalogue,
    ReferencePool,
    ReferenceSample,
)

FROZEN: list[type[models.Model]] = [
    Assessment, Decision, AuditEntry, Disclosure, Notice, ReferenceSample, ReferencePool, ReasonCatalogue,
]  # fmt: skip


def statements(model: type[models.Model]) -> list[str]:
    table = model._meta.db_table
    return [f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"]


@pytest.mark.django_db(transaction=True)
def test_frozen_rows_stay_as_they_were_written(application_role: str) -> None:
    world = make_world()
    apply(world)
    run_batch(claimed(), clock=clock)

    def rows() -> dict[str, list[Any]]:
        return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in FROZEN}

    before = rows()
    assert all(before.values()), "every table has a row to protect"

    for model in FROZEN:
        for statement in statements(model):
            with (
                pytest.raises(DatabaseError, match="permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
            with owner_connection() as owner, pytest.raises(psycopg.DatabaseError) as refusal:
                owner.execute(statement)
            assert refusal.value.sqlstate == REFUSAL_SQLSTATE

    assert rows() == before
