"""A technical case assessed again: the officer sees the newest assessment and still decides."""

from __future__ import annotations

from typing import Any

import pytest

from review_queue.models import ReviewCase
from scoring.pipeline.run import run_batch
from tests.scoring.pipeline.world import World, apply, claimed, clock, make_world, put_to_work
from underwriting.enums import ApplicationStatus, CaseState, Outcome, PolicyState
from underwriting.models import Application, Assessment, AuditEntry, Decision, PolicyVersion

THIN = {"thin_file_flag": 1, "bureau_hit_flag": 1}  # a review rule asks for a person


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def assess() -> None:
    run_batch(claimed(), clock=clock)


def without_a_policy(world: World, **changes: Any) -> Application:
    """An application that came in while no policy was in force; there is one again afterwards."""
    PolicyVersion.objects.update(state=PolicyState.DRAFT)
    application = apply(world, **changes)
    assess()
    PolicyVersion.objects.update(state=PolicyState.ACTIVE)
    put_to_work(application)
    return application


def test_the_case_shows_the_newest_assessment_and_nothing_is_decided(world: World) -> None:
    application = without_a_policy(world)
    first = ReviewCase.objects.get().assessment
    assert (first.outcome, ReviewCase.objects.get().is_technical) == (Outcome.REFER, True)

    assess()

    case = ReviewCase.objects.get()
    assert (case.assessment, case.assessment.outcome) == (Assessment.objects.get(number=2), Outcome.APPROVE)
    assert (case.state, case.is_technical) == (CaseState.OPEN, False)
    assert "you still decide" in case.why[0]
    application.refresh_from_db()
    assert (application.status, Decision.objects.count()) == (ApplicationStatus.REFERRED, 0)
    entry = AuditEntry.objects.get(action="case.assessed_again")
    assert (entry.before, entry.after) == ({"assessment": 1}, {"assessment": 2, "technical": False})


def test_what_the_new_assessment_refers_for_is_why_it_is_here_now(world: World) -> None:
    without_a_policy(world, report=THIN)

    assess()

    case = ReviewCase.objects.get()
    assert (case.assessment.number, case.is_technical) == (2, False)
    assert "No policy is in force" not in " ".join(case.why)
    assert "you still decide" not in " ".join(case.why)


def test_a_case_whose_decision_is_held_rests_on_what_it_was_decided_on(world: World) -> None:
    without_a_policy(world)
    ReviewCase.objects.update(state=CaseState.DECIDED)

    assess()

    case = ReviewCase.objects.get()
    assert (case.assessment.number, case.is_technical, Assessment.objects.count()) == (1, True, 2)
    assert not AuditEntry.objects.filter(action="case.assessed_again").exists()
