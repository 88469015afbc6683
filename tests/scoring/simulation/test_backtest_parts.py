"""A backtest is worked part by part: by time, under a lease that is renewed, each part once whoever dies."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest

from scoring.pipeline.work import work_claimed, work_until_empty
from scoring.simulation import backtest as job
from scoring.simulation import weighing
from tests.factories.past import PAST, make_past
from tests.scoring.pipeline.world import be_patient
from tests.scoring.simulation.backtest_world import NOW, World, done, make_world, work
from underwriting.enums import BacktestState, WorkKind, WorkState
from underwriting.models import BacktestFlip, WorkItem
from underwriting.work import pulse
from underwriting.work.claim import claim


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def test_the_work_is_cut_into_parts_and_progress_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "READ_AT_ONCE", 2)
    for score in (700, 650, 635, 610, 590):
        make_past(world.product, score)
    backtest = world.ask()
    seen = []

    for _ in range(5):
        WorkItem.objects.filter(state=WorkState.READY).update(not_before=NOW - timedelta(days=9))
        assert work_until_empty(worker="test", max_batches=1, clock=lambda: NOW).items == 1
        backtest.refresh_from_db()
        seen.append((backtest.state, backtest.done_count, backtest.total_count))
    be_patient()

    assert seen == [
        ("RUNNING", 0, 5), ("RUNNING", 2, 5), ("RUNNING", 4, 5), ("RUNNING", 5, 5), ("DONE", 5, 5),
    ]  # fmt: skip
    assert done(backtest)["applications"] == 5
    assert not WorkItem.objects.exclude(state=WorkState.DONE).exists()


def one_item() -> None:
    WorkItem.objects.filter(state=WorkState.READY).update(not_before=NOW - timedelta(days=9))
    assert work_until_empty(worker="test", max_batches=1, clock=lambda: NOW).items == 1
    be_patient()


def test_a_part_ends_by_time_and_what_it_did_not_come_to_is_a_part_of_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of rows that take long: none is lost, none is weighed twice, and their order stays."""
    monkeypatch.setattr(job, "READ_AT_ONCE", 5)
    monkeypatch.setattr(job, "READ_ROWS", 2)
    monkeypatch.setattr(job, "LEAST_ROWS", 3)
    monkeypatch.setattr(job, "PART_SECONDS", 0.0)
    days = [PAST - timedelta(hours=hour) for hour in range(9)]
    newest_first = [make_past(world.product, 635, received_at=day).pk for day in days]
    backtest = world.ask()
    weighed: list[int] = []
    weigh = weighing.weigh

    def noted(row: Any, **values: Any) -> Any:
        weighed.append(row.assessment_id)
        return weigh(row, **values)

    monkeypatch.setattr(job, "weigh", noted)
    seen = []
    for _ in range(5):
        one_item()
        backtest.refresh_from_db()
        seen.append(backtest.done_count)
    parts = list(backtest.slices.order_by("ordinal").values_list("ordinal", "assessment_ids"))

    assert seen == [0, 3, 5, 8, 9]
    assert parts == [
        (0, newest_first[:3]), (3, newest_first[3:5]), (5, newest_first[5:8]), (8, newest_first[8:]),
    ]  # fmt: skip
    one_item()
    assert done(backtest)["applications"] == 9
    assert weighed == newest_first
    flips = BacktestFlip.objects.filter(backtest=backtest).order_by("ordinal")
    assert list(flips.values_list("assessment", flat=True)) == newest_first


def test_a_part_that_has_time_is_one(world: World) -> None:
    for _ in range(job.LEAST_ROWS + 3):
        make_past(world.product, 700)
    backtest = world.ask()

    one_item()
    one_item()

    backtest.refresh_from_db()
    assert (backtest.done_count, backtest.slices.count()) == (job.LEAST_ROWS + 3, 1)


@pytest.mark.django_db(transaction=True)  # a lease is measured by the start of the transaction that writes
def test_the_lease_of_a_long_part_is_renewed(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Six rows of 0.3 s under a lease of one second, worked once."""
    settings.WORK_LEASE_SECONDS = 1
    monkeypatch.setattr(pulse, "BEAT_SECONDS", 0.2)
    for _ in range(6):
        make_past(world.product, 635)
    backtest = world.ask()
    one_item()
    weigh = weighing.weigh

    def slow(*args: Any, **values: Any) -> Any:
        time.sleep(0.3)
        return weigh(*args, **values)

    monkeypatch.setattr(job, "weigh", slow)
    one_item()

    backtest.refresh_from_db()
    assert (backtest.done_count, backtest.slices.filter(rows__isnull=True).count()) == (6, 0)


def test_who_lost_a_part_stops_working_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "BEAT_SECONDS", 0.0)
    for _ in range(3):
        make_past(world.product, 635)
    backtest = world.ask()
    one_item()
    (lost,) = claim(kinds=[WorkKind.BACKTEST], worker="slow")
    weighed = []
    weigh = weighing.weigh

    def taken_away(*args: Any, **values: Any) -> Any:
        WorkItem.objects.filter(pk=lost.id).update(claim_token=uuid.uuid4())
        weighed.append(args)
        return weigh(*args, **values)

    monkeypatch.setattr(job, "weigh", taken_away)
    work_claimed([lost], clock=lambda: NOW)

    backtest.refresh_from_db()
    assert (len(weighed), backtest.done_count) == (1, 0)
    assert WorkItem.objects.get(pk=lost.id).state == WorkState.LEASED


def test_a_result_that_comes_after_the_part_was_lost_is_dropped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_past(world.product, 635)
    backtest = world.ask()
    one_item()
    (lost,) = claim(kinds=[WorkKind.BACKTEST], worker="slow")
    next_part = job._next_part

    def taken_away(*args: Any, **values: Any) -> Any:
        write = next_part(*args, **values)
        WorkItem.objects.filter(pk=lost.id).update(claim_token=uuid.uuid4())
        return write

    monkeypatch.setattr(job, "_next_part", taken_away)
    work_claimed([lost], clock=lambda: NOW)

    backtest.refresh_from_db()
    assert (backtest.done_count, backtest.slices.filter(rows__isnull=True).count()) == (0, 1)
    assert not WorkItem.objects.filter(kind=WorkKind.BACKTEST, state=WorkState.READY).exists()


def test_a_dead_workers_part_is_done_by_the_next_and_counted_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "READ_AT_ONCE", 2)
    for score in (700, 650, 635):
        make_past(world.product, score)
    backtest = world.ask()
    work_until_empty(worker="first", max_batches=2, clock=lambda: NOW)
    (lost,) = claim(kinds=[WorkKind.BACKTEST], worker="dies")
    be_patient()
    WorkItem.objects.filter(pk=lost.id).update(leased_until=NOW - timedelta(days=9))
    WorkItem.objects.filter(pk=lost.id).update(state=WorkState.READY, claim_token=None)

    WorkItem.objects.filter(state=WorkState.READY).update(not_before=NOW - timedelta(days=9))
    work_until_empty(worker="second", max_batches=1, clock=lambda: NOW)
    work_claimed([lost], clock=lambda: NOW)  # and the first one wakes up again
    be_patient()
    backtest.refresh_from_db()
    assert (backtest.state, backtest.done_count) == (BacktestState.RUNNING, 3)
    assert WorkItem.objects.filter(state=WorkState.READY).count() == 1

    work()

    assert done(backtest)["applications"] == 3
    assert (backtest.done_count, backtest.flips.count()) == (3, 1)
