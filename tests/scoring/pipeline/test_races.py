"""What may happen between claim and write: a withdrawal, a lost lease, a second assessment. And failures that repeat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import pytest
from django.utils import timezone

from review_queue.models import ReviewCase
from scoring.pipeline.run import run_batch
from scoring.pipeline.work import work_until_empty
from tests.scoring.pipeline.world import NOW, World, apply, claimed, clock, make_world, put_to_work
from underwriting.enums import ApplicationStatus, WorkState
from underwriting.models import (
    Alert,
    Application,
    Assessment,
    AuditEntry,
    CreditReport,
    Decision,
    Party,
    WorkItem,
)

THIN = {"thin_file_flag": 1}  # a review rule asks for a person


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def just_before_the_write(happens: Callable[[], object]) -> Callable[[], datetime]:
    """A clock; its second reading, when the write begins, is when it happens."""
    readings = iter([lambda: None, happens])

    def read() -> datetime:
        next(readings, lambda: None)()
        return NOW

    return read


def test_a_withdrawal_before_the_write_stops_it(world: World) -> None:
    application = apply(world)
    withdraw = lambda: Application.objects.update(status=ApplicationStatus.WITHDRAWN)  # noqa: E731

    run_batch(claimed(), clock=just_before_the_write(withdraw))

    assert not Assessment.objects.exists()
    assert not Decision.objects.exists()
    assert not AuditEntry.objects.exists()
    application.refresh_from_db()
    assert application.status == ApplicationStatus.WITHDRAWN
    assert WorkItem.objects.get().state == WorkState.DONE


@pytest.mark.parametrize(
    "status",
    [
        ApplicationStatus.WITHDRAWN,
        ApplicationStatus.INCOMPLETE,
        ApplicationStatus.CLOSED_INCOMPLETE,
        ApplicationStatus.ACCEPTED,
    ],
)
def test_what_has_ended_is_not_even_looked_at(world: World, status: ApplicationStatus) -> None:
    apply(world, status=status)

    run_batch(claimed(), clock=clock)

    assert not Assessment.objects.exists()
    assert not CreditReport.objects.exists()
    assert WorkItem.objects.get().state == WorkState.DONE


def test_a_claim_that_was_lost_writes_nothing(world: World) -> None:
    lost, kept = apply(world), apply(world, report=THIN)
    items = claimed()
    new_token = uuid4()

    def reclaimed_by_another() -> None:
        WorkItem.objects.filter(application=lost).update(claim_token=new_token)

    run_batch(items, clock=just_before_the_write(reclaimed_by_another))

    assert not Assessment.objects.filter(application=lost).exists()
    assert not AuditEntry.objects.filter(application=lost).exists()
    assert Assessment.objects.filter(application=kept).count() == 1
    item = WorkItem.objects.get(application=lost)
    assert (item.state, item.claim_token) == (WorkState.LEASED, new_token)


def test_a_lease_that_ran_out_writes_nothing(world: World) -> None:
    apply(world)
    items = claimed()

    def runs_out() -> None:
        WorkItem.objects.update(leased_until=timezone.now().replace(year=2020))

    run_batch(items, clock=just_before_the_write(runs_out))

    assert not Assessment.objects.exists()
    assert WorkItem.objects.get().state == WorkState.LEASED


def test_a_second_assessment_beside_an_open_case_changes_nothing(world: World) -> None:
    application = apply(world, report=THIN)
    run_batch(claimed(), clock=clock)
    case = ReviewCase.objects.get()

    put_to_work(application)
    run_batch(claimed(), clock=clock)

    assert list(Assessment.objects.order_by("number").values_list("number", "outcome")) == [
        (1, "REFER"),
        (2, "REFER"),
    ]
    assert ReviewCase.objects.get() == case
    assert not Decision.objects.exists()
    application.refresh_from_db()
    assert application.status == ApplicationStatus.REFERRED


def test_a_second_assessment_after_a_decision_changes_nothing(world: World) -> None:
    application = apply(world)
    run_batch(claimed(), clock=clock)
    decision = Decision.objects.get()

    put_to_work(application)
    run_batch(claimed(), clock=clock)

    assert Assessment.objects.count() == 2
    assert Decision.objects.get() == decision


def break_identity(application: Application) -> None:
    """An identity that nobody can decrypt: assessing this application fails every time."""
    Party.objects.filter(application=application).update(identity=b"damaged")


def test_a_poison_application_is_left_to_a_person_and_stops_nobody(world: World) -> None:
    poison = apply(world)
    others = [apply(world, index) for index in range(4)]
    break_identity(poison)

    for _ in range(6):
        WorkItem.objects.filter(state=WorkState.READY).update(
            not_before=NOW
        )  # without waiting for the back-off
        work_until_empty(worker="test", max_batches=20, clock=clock)

    assert Assessment.objects.filter(application__in=others).count() == len(others)
    item = WorkItem.objects.get(application=poison)
    assert item.state == WorkState.QUARANTINED
    assert item.last_error
    assessment = Assessment.objects.get(application=poison)
    assert (assessment.outcome, assessment.score, assessment.facts) == ("REFER", None, {})
    assert [fault["kind"] for fault in assessment.technical] == ["QUARANTINED"]
    case = ReviewCase.objects.get(application=poison)
    assert case.is_technical
    assert case.why == [
        "The assessment failed 3 times for a technical reason; nothing is known against the applicant."
    ]
    assert Alert.objects.get().kind == "work.quarantined"
    poison.refresh_from_db()
    assert poison.status == ApplicationStatus.REFERRED


def test_fifty_hints_are_one_decision(world: World) -> None:
    apply(world)

    tallies = [work_until_empty(worker="test", max_batches=5, clock=clock) for _ in range(50)]

    assert [tally.items for tally in tallies] == [1] + [0] * 49
    assert Decision.objects.count() == 1


def test_a_turn_ends_after_its_time_and_leaves_the_rest(world: World) -> None:
    apply(world)

    none = work_until_empty(worker="test", max_batches=5, max_seconds=0, clock=clock)
    rest = work_until_empty(worker="test", max_batches=5, max_seconds=60, clock=clock)

    assert (none.batches, none.items, none.is_empty) == (0, 0, False)
    assert (rest.batches, rest.items, rest.is_empty) == (1, 1, True)
