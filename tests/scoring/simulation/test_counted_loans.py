"""Which loans of a period a backtest counts, from the events that servicing told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.factories.past import LONG_PAST, make_past, settle
from tests.scoring.simulation.backtest_world import NOW, World, done, work
from tests.underwriting.policy.conftest import build_desk
from underwriting.enums import ApplicationStatus, LoanEventKind, Origin
from underwriting.models import Application, Assessment, LoanEvent


@pytest.fixture
def world(db: None) -> World:
    """In force: approve at 640, review from 600. The draft approves at 632."""
    desk = build_desk()
    return World(desk, desk.draft(632))


def test_of_young_loans_none_is_counted_and_what_is_known_of_them_is_told(world: World) -> None:
    old = [make_past(world.product, 632, received_at=LONG_PAST) for _ in range(3)]
    settle(old[0], bad=True)
    settle(old[1], bad=True, on=LONG_PAST.date() + timedelta(days=366))  # after its twelve months
    settle(old[2], bad=False)
    young = [make_past(world.product, 632) for _ in range(3)]
    settle(young[0], bad=True)
    settle(young[1], bad=False)
    Application.objects.filter(pk=young[2].application_id).update(status=ApplicationStatus.ACCEPTED)
    backtest = world.ask(since=date(2025, 6, 1))

    work()

    summary = done(backtest)
    assert (summary["lent"], summary["old_enough"], summary["settled"]) == (6, 3, 3)
    assert (summary["swap_ins"]["settled"], summary["swap_ins"]["bad"]) == (3, 1)
    rate = summary["bad_rate_after"]
    assert (rate["known"], rate["known_bad"], rate["why_not"]) == (3, 1, "FEW")
    assert (rate["best"], rate["worst"]) == (2 / 6, 3 / 6), "of these themselves what is known is known"
    told = dict(backtest.flips.values_list("assessment", "is_bad"))
    assert [told[row.pk] for row in (*old, *young)] == [True, False, False, True, False, None]


@pytest.mark.parametrize(("pays", "lent"), [(False, 3), (True, 2)])
def test_where_only_ends_are_told_an_approval_of_the_past_may_be_a_loan_that_is_still_paid(
    world: World, pays: bool, lent: int
) -> None:
    imported = {"status": ApplicationStatus.APPROVED, "origin": Origin.IMPORTED}
    past = [make_past(world.product, 700, received_at=LONG_PAST, application=imported) for _ in range(3)]
    make_past(world.product, 700, received_at=LONG_PAST)
    settle(past[0], bad=True)
    settle(past[1], bad=False)
    if pays:
        told_of(past[0], LoanEventKind.PAID, on=date(2025, 7, 1))
    backtest = world.ask(since=date(2025, 6, 1), until=date(2025, 6, 30))

    work()

    summary = done(backtest)
    assert (summary["lent"], summary["settled"]) == (lent, 2)
    assert summary["bad_rate_after"]["why_not"] == ("FEW" if pays else "SILENT")


def told_of(assessment: Assessment, kind: LoanEventKind, *, on: date) -> None:
    LoanEvent.objects.create(
        application=assessment.application,
        lender=assessment.lender,
        kind=kind,
        occurred_on=on,
        recorded_at=NOW,
    )
