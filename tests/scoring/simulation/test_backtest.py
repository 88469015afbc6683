"""A backtest from the request to its result, worked by the worker's own loop."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from scoring.pipeline.work import work_until_empty
from scoring.simulation import backtest as job
from scoring.simulation import past, weighing
from tests.factories import make_application, make_assessment, make_lender, make_policy_version, make_product
from tests.factories.past import LONG_PAST, PAST, make_past, settle
from tests.scoring.pipeline.world import be_patient
from tests.scoring.simulation.backtest_world import NOW, SINCE, UNTIL, World, done, make_world, work
from tests.underwriting.policy.conftest import acting, build_desk
from underwriting.enums import (
    ApplicationStatus,
    BacktestState,
    LoanEventKind,
    PolicyState,
    WorkKind,
    WorkState,
)
from underwriting.models import (
    Alert,
    AuditEntry,
    Backtest,
    BacktestFlip,
    BacktestSlice,
    LoanEvent,
    PolicyVersion,
    WorkItem,
)
from underwriting.policy.backtests import is_current, request_backtest, stop_backtest
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.lifecycle import save_draft
from underwriting.policy.selectors import version_in_force
from underwriting.policy.version_rows import LifecycleRefused, NotAllowed, WrongState


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def test_every_application_of_the_period_is_weighed_under_both(world: World) -> None:
    rows = {
        score: make_past(world.product, score, received_at=LONG_PAST)
        for score in (700, 640, 639, 632, 631, 610, 590)
    }
    settle(rows[700], bad=False)
    settle(rows[632], bad=True, loss_minor=300_000)
    make_past(world.product, 700, received_at=datetime(2025, 5, 31, 12, tzinfo=UTC))
    make_past(world.product, 700, received_at=datetime(2025, 7, 1, 12, tzinfo=UTC))
    backtest = world.ask(since=date(2025, 6, 1), until=date(2025, 6, 30))

    work()

    summary = done(backtest)
    moves = {(m["before"], m["after"]): m["known"] for m in summary["moves"]}
    assert {cell: known["applications"] for cell, known in moves.items()} == {
        ("APPROVE", "APPROVE"): 2, ("REFER", "APPROVE"): 2, ("REFER", "REFER"): 2, ("DECLINE", "DECLINE"): 1,
    }  # fmt: skip
    assert (summary["applications"], summary["covered"], summary["refused_rows"]) == (7, 7, 0)
    assert (summary["approved_before"], summary["approved_after"]) == (2, 4)
    assert (summary["swap_ins"]["settled"], summary["swap_ins"]["bad"]) == (1, 1)
    assert (summary["live_approvals"]["settled"], summary["live_approvals"]["bad"]) == (1, 0)
    assert summary["rules"] == [{"rule_id": "CUT-OFF", "better": 2, "worse": 0}]
    assert (backtest.done_count, backtest.total_count, backtest.slices.count()) == (7, 7, 0)
    flips = list(backtest.flips.order_by("ordinal").values_list("assessment", "rule_id", "score", "is_bad"))
    assert flips == [(rows[632].pk, "CUT-OFF", 632, True), (rows[639].pk, "CUT-OFF", 639, None)]


def test_what_fails_every_time_ends_as_failed_and_never_runs_on(world: World) -> None:
    make_past(world.product, 700)
    backtest = world.ask()
    PolicyVersion.objects.filter(pk=world.desk.live.pk).update(document={"not": "what was simulated"})

    for _ in range(5):
        work()

    backtest.refresh_from_db()
    assert backtest.state == BacktestState.FAILED
    assert "PolicyRefused" in backtest.error
    assert WorkItem.objects.get(state=WorkState.QUARANTINED).subject_id == backtest.pk
    assert Alert.objects.filter(kind="work.quarantined").count() == 1
    assert not BacktestSlice.objects.exists()


def test_a_row_that_cannot_be_read_is_counted_and_named(world: World) -> None:
    make_past(world.product, 700)
    broken = make_past(world.product, 700, facts={"monthly_income": 300_000})
    rotten = make_past(world.product, 700, scores=[{"amount_minor": 1}])
    quarantined = make_assessment(make_application(world.product, received_at=PAST))
    waiting = make_application(world.product, received_at=PAST)
    # no version would have answered it
    make_application(
        world.product, received_at=PAST, completed_at=None, status=ApplicationStatus.CLOSED_INCOMPLETE
    )
    backtest = world.ask()

    work()

    summary = done(backtest)
    assert (summary["applications"], summary["refused_rows"]) == (2, 3)
    assert sorted(map(tuple, summary["refused"])) == sorted(
        [
            (rotten.application.reference, "Could not be read: KeyError."),
            (quarantined.application.reference, "Its assessment failed."),
            (waiting.reference, "It was never assessed."),
        ]
    )
    assert broken.application.reference not in str(summary["refused"])


def test_a_row_that_lacks_a_field_of_the_draft_is_not_covered(world: World) -> None:
    make_past(world.product, 700)
    make_past(world.product, 700, facts={"bankruptcy_count": None})
    make_past(world.product, 700, facts={"bankruptcy_count": None, "bureau_hit_flag": 0})
    make_past(world.product, 700, facts={"enquiry_count_6m": None})
    make_past(world.product, None)
    backtest = world.ask()

    work()

    summary = done(backtest)
    assert (summary["applications"], summary["covered"]) == (5, 3)
    assert sorted(map(tuple, summary["lacking"])) == [("bankruptcy_count", 1), ("score", 1)]


def test_older_rows_than_the_limit_are_left_out_and_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "ROWS_MAX", 2)
    oldest = make_past(world.product, 635, received_at=PAST - timedelta(days=3))
    for day in range(2):
        make_past(world.product, 700, received_at=PAST + timedelta(days=day))
    backtest = world.ask()

    work()

    summary = done(backtest)
    assert (summary["applications"], summary["left_out"], summary["rows_max"]) == (2, 1, 2)
    assert not BacktestFlip.objects.filter(assessment=oldest).exists()


def test_what_was_told_today_at_the_lender_is_counted(world: World) -> None:
    """09:00 in Auckland is the evening before in UTC: what was told that morning of loans a year after their start is known."""
    lender = world.product.lender
    lender.time_zone = "Pacific/Auckland"
    lender.save()
    now = datetime(2026, 11, 10, 20, 0, tzinfo=UTC)
    today = date(2026, 11, 11)
    settle(make_past(world.product, 700, received_at=LONG_PAST), bad=False, on=today)
    settle(make_past(world.product, 700, received_at=LONG_PAST), bad=True, loss_minor=300_000, on=today)
    settle(make_past(world.product, 700, received_at=LONG_PAST), bad=False, on=today + timedelta(days=1))
    paying = make_past(world.product, 700, received_at=LONG_PAST).application
    LoanEvent.objects.create(
        application=paying, lender=lender, kind=LoanEventKind.PAID, occurred_on=today, recorded_at=now
    )
    backtest = world.ask(now=now, since=LONG_PAST.date(), until=LONG_PAST.date() + timedelta(days=1))

    work()

    summary = done(backtest)
    assert (summary["lent"], summary["settled"]) == (3, 3)
    assert summary["losses"]["bad_loan_count"] == 1


def test_an_edit_of_the_draft_or_another_live_version_puts_it_out_of_date(world: World) -> None:
    make_past(world.product, 635)
    backtest = world.ask()
    save_draft(
        version=world.draft,
        document=world.desk.document(650),
        expected_sha256=world.draft.document_sha256,
        actor=acting(world.desk.manager),
        now=NOW,
    )

    work()

    done(backtest)
    world.draft.refresh_from_db()
    live = version_in_force(world.desk.policy, NOW)
    assert backtest.flips.count() == 1  # 632, as it was asked for
    assert not is_current(backtest, world.draft, live)
    back = PolicyVersion(pk=world.draft.pk, document_sha256=canonical_sha256(world.desk.document(632)))
    assert is_current(backtest, back, live)
    assert not is_current(backtest, back, None)
    PolicyVersion.objects.filter(pk=world.desk.live.pk).update(state=PolicyState.RETIRED, retired_at=NOW)
    newer = make_policy_version(
        world.product, world.desk.document(), number=9, document_sha256=world.desk.live.document_sha256
    )
    assert version_in_force(world.desk.policy, NOW) == newer
    assert not is_current(backtest, back, newer)


def test_asking_is_written_down_and_asking_twice_is_one(world: World) -> None:
    make_past(world.product, 700)

    first, second = world.ask(), world.ask()

    assert first == second
    assert WorkItem.objects.get(kind=WorkKind.BACKTEST).subject_id == first.pk
    entry = AuditEntry.objects.get(action="policy.backtest_requested")
    assert (entry.object_id, (entry.after or {})["since"]) == (str(world.draft.pk), "2026-06-01")


def test_who_may_ask_and_for_what(world: World) -> None:
    with pytest.raises(LifecycleRefused, match="No application of this period"):
        world.ask()
    make_past(world.product, 700)
    with pytest.raises(LifecycleRefused, match="ends before"):
        world.ask(since=UNTIL, until=SINCE)
    stranger = build_desk("northgate")
    with pytest.raises(NotAllowed):
        world.ask(actor=acting(stranger.manager))
    with pytest.raises(WrongState):
        request_backtest(
            version=world.desk.live, since=SINCE, until=UNTIL, actor=acting(world.desk.manager), now=NOW
        )
    assert not Backtest.objects.exists()


def test_a_stopped_backtest_stays_stopped(world: World) -> None:
    make_past(world.product, 700)
    backtest = world.ask()
    work_until_empty(worker="test", max_batches=1, clock=lambda: NOW)
    be_patient()

    stop_backtest(backtest=backtest, actor=acting(world.desk.manager), now=NOW)
    work()

    backtest.refresh_from_db()
    assert (backtest.state, backtest.summary) == (BacktestState.FAILED, None)
    assert backtest.error.startswith("Stopped by ")
    assert not WorkItem.objects.exclude(state=WorkState.DONE).exists()
    with pytest.raises(WrongState):
        stop_backtest(backtest=backtest, actor=acting(world.desk.manager), now=NOW)


def test_a_stop_while_a_part_is_being_worked_stands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    make_past(world.product, 635)
    backtest = world.ask()
    work_until_empty(worker="test", max_batches=1, clock=lambda: NOW)
    be_patient()
    weigh = weighing.weigh

    def stopped_meanwhile(*args: Any, **values: Any) -> Any:
        stop_backtest(backtest=backtest, actor=acting(world.desk.manager), now=NOW)
        return weigh(*args, **values)

    monkeypatch.setattr(job, "weigh", stopped_meanwhile)
    work()

    backtest.refresh_from_db()
    assert (backtest.state, backtest.done_count) == (BacktestState.FAILED, 0)
    assert not WorkItem.objects.exclude(state=WorkState.DONE).exists()


def test_work_of_another_lender_does_not_touch_it(world: World) -> None:
    make_past(world.product, 700)
    backtest = world.ask()
    WorkItem.objects.update(lender=make_lender("quarry"))

    work()

    backtest.refresh_from_db()
    assert (backtest.state, backtest.total_count) == (BacktestState.WAITING, None)


def test_another_lenders_applications_are_never_weighed(world: World) -> None:
    make_past(world.product, 700)
    make_past(make_product(make_lender("quarry")), 635)
    backtest = world.ask()

    work()

    assert done(backtest)["applications"] == 1


def test_past_rows_are_the_rows_a_backtest_reads(world: World) -> None:
    older = make_past(world.product, 650, received_at=PAST - timedelta(days=1))
    newer = make_past(world.product, 700)
    settle(newer, bad=True, loss_minor=5)

    rows = list(
        past.past_rows(
            world.product,
            since=PAST - timedelta(days=5),
            until=PAST + timedelta(days=5),
            known_at=NOW,
            limit=2,
        )
    )

    assert [row.assessment_id for row in rows] == [newer.pk, older.pk]
    assert rows[0].known is not None
    assert rows[0].known.is_bad
    assert rows[1].known is None
