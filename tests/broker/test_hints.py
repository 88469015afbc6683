"""Messages are hints: fifty of them do what one does, none of them are missed, and a poisonous application stops nobody."""

from __future__ import annotations

from typing import Any

import pytest
from celery import current_app

from tests.broker.poisoned import POISON_AMOUNT_MINOR
from tests.broker.runs import scene
from tests.processes import RealProcesses
from underwriting.enums import WorkState
from underwriting.models import Alert, Assessment, WorkItem

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.broker]


def empty_the_broker() -> None:
    with current_app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        channel.client.flushdb()


def test_fifty_hints_for_one_application_are_one_outcome(real_processes: RealProcesses) -> None:
    with scene(real_processes) as made:
        made.load.submit_one()
        for _ in range(50):
            current_app.send_task("scoring.work")
        assert made.watch.wait_until_empty(seconds=60)
        made.load.submit_one()  # what is left of the fifty is behind this one
        assert made.watch.wait_until_empty(seconds=60)
        verdict = made.check()
    assert verdict.is_clean
    assert (verdict.applications, WorkItem.objects.filter(attempt_count=1).count()) == (2, 2)


def test_what_a_broker_forgot_is_rebuilt_from_the_database(real_processes: RealProcesses) -> None:
    with scene(real_processes) as made:
        made.kill_worker()
        for _ in range(5):
            made.load.submit_one()
        empty_the_broker()
        made.start_worker()
        without_sweep = made.watch.wait_until_empty(seconds=3)
        made.start_sweeper()
        assert made.watch.wait_until_empty(seconds=60)
        verdict = made.check()
    assert (without_sweep, verdict.is_clean, verdict.applications) == (False, True, 5)


def test_an_application_that_kills_its_worker_is_left_to_a_person_and_the_others_are_not(
    real_processes: RealProcesses,
) -> None:
    with scene(real_processes, application="tests.broker.poisoned") as made:
        made.start_sweeper()
        others = [made.load.submit_one() for _ in range(3)]
        poison = made.load.submit_one(requested_amount=POISON_AMOUNT_MINOR, requested_term_months=36)
        others += [made.load.submit_one() for _ in range(3)]
        assert made.watch.wait_until_empty(seconds=180)
        verdict = made.check()
    states = dict(WorkItem.objects.values_list("application_id", "state"))
    assert states == {**dict.fromkeys(others, WorkState.DONE), poison: WorkState.QUARANTINED}
    assert verdict.is_clean
    assert list(Alert.objects.values_list("kind", flat=True)) == ["work.quarantined"]
    faults = Assessment.objects.get(application_id=poison).technical
    assert [fault["kind"] for fault in faults] == ["QUARANTINED"]
    assert {item.attempt_count for item in WorkItem.objects.filter(application_id__in=others)} <= {1, 2}
