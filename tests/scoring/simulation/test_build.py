"""BUILD_EFFECT as work: one simulation of a lender at a time, no cube from a claim that was lost, few cubes kept."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.models import Sum

from scoring.simulation import build
from scoring.simulation.build import build_effects
from tests.properties.policy_cases import demo_document
from tests.scoring.simulation.past_people import stored_rows
from tests.scoring.simulation.stored import NOW, PastWorld, assess, make_past
from underwriting.effect.ask import ask_for_effect, ask_where_stale
from underwriting.enums import LoanEventKind, WorkKind, WorkState
from underwriting.models import (
    Application,
    Assessment,
    EffectCell,
    EffectCube,
    LoanEvent,
    PolicyVersion,
    WorkItem,
)
from underwriting.outcomes.known import outcomes_in_window
from underwriting.work.claim import ClaimedItem, claim
from underwriting.work.pulse import ClaimLost

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> PastWorld:
    return make_past(demo_document("harbour"), count=12, faults=2)


@pytest.fixture
def simulating_elsewhere(world: PastWorld) -> Iterator[None]:
    """Another session at work for the same lender."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute("SELECT pg_advisory_lock(hashtext(%s), %s)", [build.LOCK, world.product.lender_id])
        yield


def wish(world: PastWorld, *, changed: dict[str, Any] | None = None) -> PolicyVersion:
    version = world.draft(copy.deepcopy(world.live.document) | (changed or {}))
    assert ask_for_effect(version, NOW)
    return version


def claimed() -> list[ClaimedItem]:
    return claim(kinds=[WorkKind.BUILD_EFFECT], worker="test")


@pytest.mark.usefixtures("simulating_elsewhere")
def test_while_another_worker_simulates_for_the_lender_a_wish_is_put_off(world: PastWorld) -> None:
    version = wish(world)
    build_effects(claimed(), clock=lambda: NOW)
    states = dict(WorkItem.objects.order_by("pk").values_list("state", "not_before"))
    assert states == {WorkState.DONE: NOW, WorkState.READY: NOW + timedelta(seconds=1)}
    waiting = WorkItem.objects.get(state=WorkState.READY)
    assert (waiting.kind, waiting.subject_id, waiting.attempt_count) == (WorkKind.BUILD_EFFECT, version.pk, 0)
    assert not EffectCube.objects.exists()


def test_a_claim_that_was_lost_stores_nothing(world: PastWorld) -> None:
    wish(world)
    items = claimed()
    WorkItem.objects.update(leased_until=NOW - timedelta(days=900))
    with pytest.raises(ClaimLost):
        build_effects(items, clock=lambda: NOW)
    assert not EffectCube.objects.exists()
    assert WorkItem.objects.get().state == WorkState.LEASED


def test_what_was_told_today_at_the_lender_is_counted(world: PastWorld) -> None:
    """09:00 in Auckland is the evening before in UTC."""
    lender = world.product.lender
    lender.time_zone = "Pacific/Auckland"
    lender.save()
    morning = datetime(2026, 11, 3, 20, 0, tzinfo=UTC)
    Application.objects.update(received_at=morning - timedelta(days=600))
    weighed = Assessment.objects.filter(hashes__has_key="inputs").values_list("application_id", flat=True)
    told = set(LoanEvent.objects.values_list("application_id", flat=True))
    first, second, third = sorted(set(weighed) - told)[:3]
    for key, day, kind in (
        (first, 4, LoanEventKind.PAID_OFF), (second, 4, LoanEventKind.CHARGED_OFF), (third, 5, LoanEventKind.PAID_OFF),
    ):  # fmt: skip
        LoanEvent.objects.create(
            application_id=key, lender=lender, kind=kind, occurred_on=date(2026, 11, day), recorded_at=morning,
            amount_minor=1_000 if kind is LoanEventKind.CHARGED_OFF else None,
        )  # fmt: skip
    wish(world)

    build_effects(claimed(), clock=lambda: morning)

    cube = EffectCube.objects.get()
    known = EffectCell.objects.filter(cube=cube).aggregate(known=Sum("known_count"))["known"]
    applied = dict.fromkeys(weighed, (morning - timedelta(days=600)).date())
    evening, today = (len(outcomes_in_window(applied, until=date(2026, 11, day))) for day in (3, 4))
    assert today == evening + 2
    assert (known, cube.bad_loan_count) == (today, 1)


def test_two_wishes_for_one_version_are_one_simulation(world: PastWorld) -> None:
    version = wish(world)
    WorkItem.objects.filter(subject_id=version.pk).update(state=WorkState.DONE)
    assert ask_for_effect(version, NOW)
    WorkItem.objects.update(state=WorkState.READY)
    build_effects(claimed(), clock=lambda: NOW)
    assert list(WorkItem.objects.values_list("state", flat=True)) == [WorkState.DONE, WorkState.DONE]
    assert EffectCube.objects.count() == 1


def test_old_cubes_are_dropped_and_that_of_the_version_in_force_stays(
    world: PastWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "KEPT_CUBES", 2)
    wish(world)
    build_effects(claimed(), clock=lambda: NOW)
    first = EffectCube.objects.get()
    for kept_rules in (1, 2, 3):
        wish(world, changed={"rules": world.live.document["rules"][:kept_rules]})
        build_effects(claimed(), clock=lambda later=NOW + timedelta(minutes=kept_rules): later)  # type: ignore[misc]
    assert EffectCube.objects.count() == 3
    assert EffectCube.objects.filter(pk=first.pk).exists()


def test_new_past_applications_are_asked_for_once(world: PastWorld) -> None:
    assert ask_where_stale(NOW) == 1
    build_effects(claimed(), clock=lambda: NOW)
    assert ask_where_stale(NOW) == 0
    assess(world.product, stored_rows(2, seed=4))
    assert ask_where_stale(NOW) == 1
    build_effects(claimed(), clock=lambda: NOW)
    assert EffectCube.objects.get().application_count == 14
    assert ask_where_stale(NOW) == 0


def test_while_a_wish_waits_a_save_does_not_look_for_what_was_weighed(
    world: PastWorld, django_assert_num_queries: Any
) -> None:
    version = wish(world)
    with django_assert_num_queries(1) as read:
        assert ask_for_effect(version, NOW)
    assert "effectcube" not in read.captured_queries[0]["sql"]
    assert WorkItem.objects.count() == 1
