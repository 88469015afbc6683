"""The queue of record, with real connections: each thread has its own, and barriers make the race certain."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from tests.factories import make_application, make_lender, make_product
from tests.underwriting.work.queueing import NOW, at_once, expire, ids, put_trials, take
from underwriting.enums import Lane, WorkKind, WorkState
from underwriting.models import Alert, WorkItem
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import fail, finish, hold_for_write, note_phase, quarantine
from underwriting.work.put import put
from underwriting.work.reclaim import reclaim_expired
from underwriting.work.sweep import tasks_with_work

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_claim_takes_the_oldest_items_of_one_lender_up_to_the_limit() -> None:
    lender = make_lender()
    later = put_trials(lender, 2, now=NOW + timedelta(seconds=1))
    earlier = put_trials(lender, 2)
    assert ids(take(limit=3)) == [*earlier, later[0]]
    assert ids(take(limit=3)) == [later[1]]
    assert take(limit=3) == []


def test_what_may_not_begin_yet_is_not_claimed() -> None:
    lender = make_lender()
    put(kind=WorkKind.TRIAL, lender_id=lender.pk, now=NOW, not_before=datetime.now(UTC) + timedelta(hours=1))
    assert (take(), tasks_with_work()) == ([], [])


def test_interactive_comes_before_batch_and_a_claim_holds_one_lane() -> None:
    lender = make_lender()
    batch = put_trials(lender, 2, lane=Lane.BATCH)
    interactive = put_trials(lender, 2, now=NOW + timedelta(hours=1))
    assert [ids(take()), ids(take())] == [interactive, batch]


def test_no_lender_is_served_twice_in_a_row_while_another_waits() -> None:
    lenders = [make_lender(code) for code in ("harbour", "northgate", "quarry")]
    put_trials(lenders[0], 6)
    put_trials(lenders[1], 2)
    put_trials(lenders[2], 1)
    order = [take(limit=1)[0].lender_id for _ in range(9)]
    first, second, third = (lender.pk for lender in lenders)
    assert order == [first, second, third, first, second, first, first, first, first]


def test_claims_at_the_same_moment_share_the_lenders_and_no_item_goes_twice() -> None:
    lenders = [make_lender(code) for code in ("harbour", "northgate")]
    for lender in lenders:
        put_trials(lender, 16)
    batches: list[list[ClaimedItem]] = at_once(8, lambda: take(limit=4))
    taken = [item.id for batch in batches for item in batch]
    served = [batch[0].lender_id for batch in batches]
    assert len(taken) == len(set(taken)) == 32
    assert sorted(served) == sorted([lenders[0].pk, lenders[1].pk] * 4)


def test_a_claimant_frozen_inside_its_claim_does_not_stop_the_others() -> None:
    lender = make_lender()
    put_trials(lender, 2)
    frozen, release = threading.Event(), threading.Event()

    def claim_and_freeze() -> None:
        try:
            with transaction.atomic():
                take(limit=1)
                frozen.set()
                release.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=claim_and_freeze)
    thread.start()
    try:
        assert frozen.wait(10)
        items = at_once(1, lambda: take(limit=2))[0]
    finally:
        release.set()
        thread.join(20)
    assert len(items) == 1


def test_an_item_that_failed_before_is_claimed_alone() -> None:
    lender = make_lender()
    first, second, third = put_trials(lender, 3)
    WorkItem.objects.filter(pk=second).update(attempt_count=1)
    assert [ids(take()), ids(take()), ids(take())] == [[first, third], [second], []]


def test_a_claim_counts_the_attempt_and_sets_lease_and_token() -> None:
    lender = make_lender()
    put_trials(lender, 1)
    (item,) = take(lease_seconds=30)
    row = WorkItem.objects.get()
    assert (row.state, row.attempt_count, row.claim_token, row.claimed_by) == (
        WorkState.LEASED, 1, item.claim_token, "test",
    )  # fmt: skip
    assert row.leased_until is not None
    assert 25 < (row.leased_until - datetime.now(UTC)).total_seconds() <= 31


def test_the_fence_lets_the_holder_write_and_nobody_else() -> None:
    lender = make_lender()
    put_trials(lender, 1)
    (item,) = take()
    stranger = ClaimedItem(**{**_fields(item), "claim_token": uuid4()})
    with transaction.atomic():
        assert (hold_for_write([item]), hold_for_write([stranger])) == ({item.id}, set())


def test_the_fence_refuses_a_lease_that_ran_out_even_before_anybody_reclaimed_it() -> None:
    lender = make_lender()
    put_trials(lender, 1)
    (item,) = take()
    expire(item)
    with transaction.atomic():
        assert hold_for_write([item]) == set()


def test_the_fence_refuses_the_first_holder_after_a_second_one_took_over() -> None:
    lender = make_lender()
    put_trials(lender, 1)
    (slept,) = take()
    expire(slept)
    reclaim_expired()
    (second,) = take()
    with transaction.atomic():
        assert (hold_for_write([slept]), hold_for_write([second])) == (set(), {slept.id})
    assert (finish(items=[slept]), finish(items=[second])) == (set(), {slept.id})
    assert WorkItem.objects.get().state == WorkState.DONE


def test_what_the_fence_refused_is_not_finished_either() -> None:
    lender = make_lender()
    put_trials(lender, 2)
    kept, slept = take()
    expire(slept)
    with transaction.atomic():
        held = hold_for_write([kept, slept])
        finished = finish(items=[kept, slept])
    assert (held, finished) == ({kept.id}, {kept.id})
    assert WorkItem.objects.get(pk=slept.id).state == WorkState.LEASED


def test_a_lease_that_runs_out_during_the_write_does_not_part_the_item_from_its_effect() -> None:
    lender = make_lender()
    put_trials(lender, 1)
    (item,) = take(lease_seconds=1)
    with transaction.atomic():
        held = hold_for_write([item])
        time.sleep(1.2)
        finished = finish(items=[item])
    assert (held, finished) == ({item.id}, {item.id})


def test_the_fence_needs_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError, match="inside the transaction"):
        hold_for_write([])


def test_one_of_two_writers_with_the_same_claim_writes() -> None:
    lender = make_lender()
    put_trials(lender, 1)
    (item,) = take()

    def write() -> bool:
        with transaction.atomic():
            if not hold_for_write([item]):
                return False
            finish(items=[item])
        return True

    assert sorted(at_once(2, write)) == [False, True]


def test_a_phase_renews_the_lease_but_never_one_that_ran_out() -> None:
    lender = make_lender()
    put_trials(lender, 2)
    kept, lost = take(lease_seconds=5)
    expire(lost)
    WorkItem.objects.filter(pk=kept.id).update(leased_until=datetime.now(UTC) + timedelta(seconds=1))
    assert note_phase(items=[kept, lost], phase="score") == {kept.id}
    row = WorkItem.objects.get(pk=kept.id)
    assert row.leased_until is not None
    assert (row.phase, (row.leased_until - datetime.now(UTC)).total_seconds() > 3) == ("score", True)


def test_a_failed_item_counts_and_comes_back_later() -> None:
    lender = make_lender()
    put_trials(lender, 1)
    (item,) = take()
    fail(items=[item], error="ValueError", now=NOW)
    row = WorkItem.objects.get()
    wait = (row.not_before - datetime.now(UTC)).total_seconds()
    assert (row.state, row.attempt_count, row.claim_token, row.last_error) == (
        WorkState.READY, 1, None, "ValueError",
    )  # fmt: skip
    assert 0.5 < wait <= 2.1


def test_a_failed_batch_is_split_and_counts_for_nobody() -> None:
    lender = make_lender()
    first, second = put_trials(lender, 2)
    fail(items=take(), error="unknown", now=NOW)
    assert list(WorkItem.objects.order_by("id").values_list("attempt_count", flat=True)) == [0, 0]
    assert [ids(take()), ids(take())] == [[first], [second]]


def test_a_large_batch_is_split_into_parts_until_one_item_is_alone_and_then_it_counts() -> None:
    lender = make_lender()
    poison = put_trials(lender, 64)[10]
    sizes = []
    while True:
        items = take()
        if not items:
            break
        if poison in ids(items):
            sizes.append((len(items), items[0].attempt_count))
        if poison not in ids(items) or items[0].is_spent:
            finish(items=items)
        else:
            fail(items=items, error="native crash", now=NOW)
            WorkItem.objects.filter(state=WorkState.READY).update(not_before=NOW)
    assert sizes == [(64, 1), (8, 1), (1, 1), (1, 2), (1, 3), (1, 4)]
    assert WorkItem.objects.filter(state=WorkState.DONE).count() == 64


def test_an_item_that_is_no_longer_ours_is_not_given_back() -> None:
    lender = make_lender()
    put_trials(lender, 1)
    (slept,) = take()
    expire(slept)
    reclaim_expired()
    (second,) = take()
    fail(items=[slept], error="late", now=NOW)
    row = WorkItem.objects.get()
    assert (row.state, row.claim_token) == (WorkState.LEASED, second.claim_token)


def test_after_three_failures_the_claim_says_so_and_quarantine_ends_it_with_an_alert() -> None:
    lender = make_lender()
    put_trials(lender, 1)
    seen = []
    for _ in range(3):
        (item,) = take()
        seen.append((item.attempt_count, item.is_spent))
        fail(items=[item], error="native crash", now=NOW)
        WorkItem.objects.update(not_before=NOW)
    (item,) = take()
    with transaction.atomic():
        assert quarantine(item=item, error="native crash", now=NOW)
    assert (seen, item.is_spent) == ([(1, False), (2, False), (3, False)], True)
    alert = Alert.objects.get()
    assert (WorkItem.objects.get().state, alert.kind, alert.lender_id) == (
        WorkState.QUARANTINED, "work.quarantined", lender.pk,
    )  # fmt: skip
    assert take() == []


def test_quarantine_is_fenced_too() -> None:
    lender = make_lender()
    put_trials(lender, 1)
    (item,) = take()
    expire(item)
    with transaction.atomic():
        assert not quarantine(item=item, error="x", now=NOW)
    assert (Alert.objects.count(), WorkItem.objects.get().state) == (0, WorkState.LEASED)


def test_one_application_has_one_open_assessment() -> None:
    lender = make_lender()
    application = make_application(make_product(lender))
    put(kind=WorkKind.ASSESS, lender_id=lender.pk, now=NOW, application_id=application.pk)
    with pytest.raises(Exception, match="one_open_assess_an_application"), transaction.atomic():
        put(kind=WorkKind.ASSESS, lender_id=lender.pk, now=NOW, application_id=application.pk)


def test_fifty_hints_for_one_item_have_one_effect() -> None:
    lender = make_lender()
    put_trials(lender, 1)

    def answer_a_hint() -> int:
        items = take()
        with transaction.atomic():
            return len(hold_for_write(items) and finish(items=items))

    effects = [effect for _ in range(5) for effect in at_once(10, answer_a_hint)]
    assert sorted(effects) == [0] * 49 + [1]


def test_work_waiting_names_its_task_once() -> None:
    lender = make_lender()
    put_trials(lender, 2)
    put(kind=WorkKind.DRAW_REFERENCE, lender_id=lender.pk, now=NOW)
    put(kind=WorkKind.RELEASE_DECISION, lender_id=lender.pk, now=NOW)
    assert tasks_with_work() == ["review_queue.work", "scoring.work"]


def _fields(item: ClaimedItem) -> dict[str, Any]:
    return {name: getattr(item, name) for name in ClaimedItem.__slots__}
