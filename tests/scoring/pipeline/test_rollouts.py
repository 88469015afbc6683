"""A version on trial: in shadow without effect, or deciding a fixed share of the applicants; and whose clock it goes by."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.pipeline.run import run_batch
from tests.factories import make_policy_version, make_user
from tests.scoring.pipeline.world import World, apply, claimed, clock, make_world
from underwriting.enums import Origin, Outcome, PolicyState, RolloutEnd, RolloutMode
from underwriting.models import (
    Assessment,
    AuditEntry,
    Decision,
    Party,
    PolicyRollout,
    PolicyVersion,
    ShadowResult,
)
from underwriting.moment import database_now
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.rollouts import disagreement, in_share

STRICT_CUT_OFF = 720


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def second_version(world: World, **changes: Any) -> PolicyVersion:
    """Version 2: approved, much stricter, with the reference people of version 1, who will do for a test."""
    document = copy.deepcopy(world.policy.document)
    document["cut_offs"] = {"approve": STRICT_CUT_OFF, "refer": STRICT_CUT_OFF}
    values = {
        "state": PolicyState.APPROVED,
        "active_from": None,
        "reference_sample": world.policy.reference_sample,
    }
    return make_policy_version(
        world.product, document, number=2, document_sha256=canonical_sha256(document), **{**values, **changes}
    )


def tried(world: World, mode: RolloutMode, **changes: Any) -> PolicyRollout:
    now = database_now()
    version = second_version(world)
    values = {
        "share_percent": 50 if mode is RolloutMode.SHARE else None, "salt": "pepper", "against": world.policy,
        "started_at": now - timedelta(hours=1), "until": now + timedelta(days=7), "started_by": make_user("Tom Reed"),
    }  # fmt: skip
    return PolicyRollout.objects.create(
        policy=version.policy, version=version, mode=mode, **{**values, **changes}
    )


def decided_by() -> set[int]:
    """Numbers of the versions by which anything was assessed."""
    assessed = Assessment.objects.select_related("policy_version")
    return {one.policy_version.number for one in assessed if one.policy_version is not None}


def test_a_shadow_is_kept_and_decides_nothing(world: World) -> None:
    applications = [apply(world, index) for index in range(16)]
    apply(world, origin=Origin.IMPORTED)
    rollout = tried(world, RolloutMode.SHADOW)

    run_batch(claimed(), clock=clock)

    assert decided_by() == {1}
    results = list(ShadowResult.objects.select_related("assessment"))
    assert {r.assessment.application_id for r in results} == {a.pk for a in applications}
    assert all(r.live_outcome == r.assessment.outcome for r in results)
    stricter = [r for r in results if (r.live_outcome, r.shadow_outcome) == ("APPROVE", "DECLINE")]
    assert stricter
    assert not Decision.objects.filter(
        assessment_id__in=[r.assessment_id for r in stricter], outcome=Outcome.DECLINE
    )
    matrix = {live: dict(zip(Outcome, counts, strict=True)) for live, counts in disagreement(rollout)}
    assert matrix[Outcome.APPROVE][Outcome.DECLINE] == len(stricter)
    assert sum(sum(row.values()) for row in matrix.values()) == len(results)


def test_a_share_of_the_applicants_is_decided_by_the_version_on_trial_and_each_decision_says_so(
    world: World,
) -> None:
    rollout = tried(world, RolloutMode.SHARE)
    for index in range(12):
        apply(world, index)
    run_batch(claimed(), clock=clock)
    for index in range(12):  # the same people once more
        apply(world, index)
    run_batch(claimed(), clock=clock)

    arms: dict[bytes, set[int]] = {}
    for party in Party.objects.select_related("application"):
        assessment = party.application.assessments.get()
        assert assessment.policy_version is not None
        arms.setdefault(bytes(party.person_index), set()).add(assessment.policy_version.number)
    assert all(len(versions) == 1 for versions in arms.values())
    assert {index: {2 if in_share(index, salt="pepper", share_percent=50) else 1} for index in arms} == arms
    assert {number for versions in arms.values() for number in versions} == {1, 2}
    told = AuditEntry.objects.filter(action="assessment.recorded").values_list("versions", flat=True)
    assert {(v["rollout"], v["share_percent"]) for v in told} == {(rollout.pk, 50)}
    assert {(v["arm"], v["policy"][-1]) for v in told} == {("tried", "2"), ("live", "1")}


def test_imported_applications_are_in_no_share(world: World) -> None:
    tried(world, RolloutMode.SHARE)
    for index in range(12):
        apply(world, index, origin=Origin.IMPORTED)

    run_batch(claimed(), clock=clock)

    assert decided_by() == {1}


ENDS: dict[str, dict[str, Any]] = {
    "its days are over": {"until": database_now},
    "it was stopped": {"ended_at": database_now, "ended_as": RolloutEnd.STOPPED},
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("mode", RolloutMode)
def test_a_trial_ends_by_the_row_alone(world: World, mode: RolloutMode, end: str) -> None:
    tried(world, mode, **{name: value() if callable(value) else value for name, value in ENDS[end].items()})
    for index in range(8):
        apply(world, index)

    run_batch(claimed(), clock=clock)

    assert (decided_by(), ShadowResult.objects.count()) == ({1}, 0)


@pytest.mark.parametrize("mode", RolloutMode)
def test_a_trial_ends_when_another_version_is_in_force(world: World, mode: RolloutMode) -> None:
    tried(world, mode)
    PolicyVersion.objects.filter(pk=world.policy.pk).update(state=PolicyState.RETIRED)
    make_policy_version(
        world.product,
        world.policy.document,
        number=3,
        document_sha256=world.policy.document_sha256,
        reference_sample=world.policy.reference_sample,
        active_from=database_now(),
    )
    for index in range(8):
        apply(world, index)

    run_batch(claimed(), clock=clock)

    assert (decided_by(), ShadowResult.objects.count()) == ({3}, 0)


@pytest.mark.parametrize(("due", "skew", "number"), [(3600, 2, 1), (-1, -2, 2)])
def test_a_moment_comes_by_the_databases_clock_whatever_the_workers_says(
    world: World, due: int, skew: int, number: int
) -> None:
    second_version(world, active_from=database_now() + timedelta(seconds=due))
    apply(world)

    def wrong_clock() -> datetime:
        return database_now() + timedelta(days=skew)

    run_batch(claimed(), clock=wrong_clock)

    assert decided_by() == {number}


@given(st.binary(min_size=32, max_size=32), st.integers(1, 50))
def test_a_larger_share_holds_everybody_of_a_smaller_one(index: bytes, percent: int) -> None:
    in_smaller = in_share(index, salt="s", share_percent=percent)

    assert not in_smaller or in_share(index, salt="s", share_percent=percent + 1)
    assert in_smaller == in_share(index, salt="s", share_percent=percent)


def test_a_share_is_as_large_as_it_says() -> None:
    people = [index.to_bytes(32, "big") for index in range(20_000)]

    for percent in (1, 10, 50):
        taken = sum(in_share(p, salt="salt", share_percent=percent) for p in people)
        assert abs(taken / len(people) - percent / 100) < 0.012
    other = [in_share(p, salt="other", share_percent=50) for p in people]
    assert (
        0.45
        < sum(a == in_share(p, salt="salt", share_percent=50) for p, a in zip(people, other, strict=True))
        / len(people)
        < 0.55
    )
