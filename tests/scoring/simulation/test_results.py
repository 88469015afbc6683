"""Results that the database counts are those of the one rule, loan by loan."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scoring.simulation.results import known_results
from scoring.simulation.store import keep_current, past_of
from tests.properties.policy_cases import demo_document
from tests.scoring.simulation.stored import NOW, make_past
from underwriting.clocks.selectors import today_of
from underwriting.models import Application
from underwriting.outcomes.known import is_old_enough, outcomes_in_window


@pytest.mark.django_db
@pytest.mark.parametrize("days", [0, 1, 45, 400])
def test_the_database_counts_by_the_rule(days: int) -> None:
    world = make_past(demo_document("harbour"), count=200, seed=3)
    keep_current(world.product)
    past, until = past_of(world.product), NOW.date() + timedelta(days=days)

    known = known_results(past, world.product.pk, until=until)

    applied = {
        one.pk: today_of(world.product.lender, one.received_at)
        for one in Application.objects.filter(product=world.product)
    }
    results = outcomes_in_window(applied, until=until)
    wanted = {
        key: results[key].is_bad
        for key in map(int, past.application_id)
        if key in results and is_old_enough(applied[key], until=until)
    }
    found = zip(past.application_id, known.is_known, known.is_bad, strict=True)
    assert {int(key): bool(bad) for key, is_known, bad in found if is_known} == wanted
    assert {True, False} == set(wanted.values())
    assert len(wanted) < len(results)
