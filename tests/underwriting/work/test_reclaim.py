"""Leases that ran out: who takes them back, and whose attempt it counts as."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from tests.factories import make_lender
from tests.underwriting.work.queueing import at_once, expire, ids, put_trials, take
from underwriting.enums import WorkState
from underwriting.models import WorkItem
from underwriting.work.finish import hold_for_write
from underwriting.work.reclaim import ExpiredItem, judge, reclaim_expired

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_sweep_reclaims_only_what_ran_out() -> None:
    lender = make_lender()
    put_trials(lender, 2)
    (dead,) = take(limit=1)
    (alive,) = take(limit=1)
    expire(dead)
    assert reclaim_expired() == 1
    rows = {row.pk: (row.state, row.attempt_count, row.claim_token) for row in WorkItem.objects.all()}
    assert rows == {
        dead.id: (WorkState.READY, 1, None),
        alive.id: (WorkState.LEASED, 1, alive.claim_token),
    }
    assert take()[0].attempt_count == 2


def test_a_busy_worker_reclaims_with_its_own_claims_while_the_sweep_has_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lender = make_lender()
    put_trials(lender, 1)
    (dead,) = take()
    expire(dead)
    monkeypatch.setattr("underwriting.work.reclaim._Last.at", float("-inf"))
    assert ids(take()) == [dead.id]


def test_two_sweeps_at_once_reclaim_each_item_once() -> None:
    lender = make_lender()
    put_trials(lender, 20)
    expire(*take())
    assert sum(at_once(2, reclaim_expired)) == 20


def test_the_sweep_does_not_wait_for_a_write_that_is_ending() -> None:
    lender = make_lender()
    put_trials(lender, 1)
    (item,) = take()
    with transaction.atomic():
        hold_for_write([item])
        WorkItem.objects.filter(pk=item.id).update(leased_until=datetime.now(UTC) - timedelta(seconds=1))
        assert at_once(1, reclaim_expired) == [0]


@pytest.mark.parametrize(
    ("phases", "counted", "untouched", "split"),
    [
        ([""], {0}, set(), set()),
        (["score"], {0}, set(), set()),
        (["", "score", ""], {1}, {0, 2}, set()),
        (["score", "score", ""], set(), {2}, {0, 1}),
        (["", ""], set(), set(), {0, 1}),
    ],
)
def test_an_attempt_counts_only_for_what_was_being_worked_on(
    phases: list[str], counted: set[int], untouched: set[int], split: set[int]
) -> None:
    token = uuid4()
    verdict = judge([ExpiredItem(number, token, phase, 1) for number, phase in enumerate(phases)])
    split_items = {item for part in verdict.split.values() for item in part}
    assert [set(verdict.counted), set(verdict.untouched), split_items] == [counted, untouched, split]


def test_two_batches_are_judged_apart() -> None:
    verdict = judge([ExpiredItem(1, uuid4(), "score", 1), ExpiredItem(2, uuid4(), "score", 1)])
    assert verdict.counted == {1, 2}
