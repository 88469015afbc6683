"""Offers stand until their last day: taken, turned down, replaced or over, each once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories import disclose, make_application, make_assessment, make_lender, make_product
from underwriting.audit.actor import SYSTEM
from underwriting.clocks.running import start_clock
from underwriting.decisions.answers import (
    OfferOver,
    OfferUntold,
    accept_offer,
    expire_offers,
    refuse_offer,
)
from underwriting.decisions.offers import OfferStands, standing_offer
from underwriting.decisions.record import record_decision
from underwriting.enums import ApplicationStatus, ClockKind, OfferState, Outcome
from underwriting.models import Application, AuditEntry, Decision, NoticeClock, StandingOffer

pytestmark = pytest.mark.django_db

# 23:30 on 2 November in New York is 3 November in UTC: the offer counts the lender's days.
NOW = datetime(2026, 11, 3, 4, 30, tzinfo=UTC)
OFFER = {
    "amount_minor": 500_000, "term_months": 36, "annual_rate_bps": 1299, "instalment_minor": 16_850, "price_tier": "B",
}  # fmt: skip
LAST_MOMENT = datetime(2026, 12, 3, 4, 59, tzinfo=UTC)
TOO_LATE = datetime(2026, 12, 3, 5, 1, tzinfo=UTC)


def decide(application: Application, outcome: Outcome = Outcome.COUNTEROFFER) -> Decision:
    return disclose(decide_untold(application, outcome), now=NOW)


def decide_untold(application: Application, outcome: Outcome = Outcome.COUNTEROFFER) -> Decision:
    return record_decision(
        application=application, assessment=make_assessment(application, number=Decision.objects.count() + 1), outcome=outcome, stage=None,
        offer=None if outcome is Outcome.DECLINE else OFFER, reasons=[], decided_by=None, note="", actor=SYSTEM, now=NOW,
    )  # fmt: skip


@pytest.fixture
def application() -> Application:
    return make_application(make_product(make_lender()), received_at=NOW, completed_at=NOW)


def states() -> list[str]:
    return list(StandingOffer.objects.order_by("pk").values_list("state", flat=True))


def test_an_offer_stands_with_its_terms_until_the_lenders_thirtieth_day(application: Application) -> None:
    decision = decide(application)

    offer = StandingOffer.objects.get()

    assert (offer.decision, offer.amount_minor, offer.term_months) == (decision, 500_000, 36)
    assert (offer.annual_rate_bps, offer.instalment_minor) == (1299, 16_850)
    assert (offer.valid_until, offer.state) == (date(2026, 12, 2), OfferState.OPEN)


def test_a_decline_offers_nothing(application: Application) -> None:
    decide(application, Outcome.DECLINE)

    assert states() == []
    with pytest.raises(OfferOver) as refusal:
        accept_offer(application=application, actor=SYSTEM, now=NOW)
    assert refusal.value.state is None


def test_taken_on_the_last_day_and_once(application: Application) -> None:
    decide(application, Outcome.APPROVE)

    offer = accept_offer(application=application, actor=SYSTEM, now=LAST_MOMENT)
    again = accept_offer(application=application, actor=SYSTEM, now=TOO_LATE)

    application.refresh_from_db()
    assert (application.status, offer.state, again) == (
        ApplicationStatus.ACCEPTED,
        OfferState.ACCEPTED,
        offer,
    )
    assert AuditEntry.objects.filter(action="offer.accepted").count() == 1
    assert not NoticeClock.objects.filter(kind=ClockKind.APPROVAL_ANSWER, stopped_at__isnull=True).exists()
    with pytest.raises(OfferOver):
        refuse_offer(application=application, actor=SYSTEM, now=LAST_MOMENT)


def test_the_day_after_it_is_over_whether_or_not_anybody_ended_it(application: Application) -> None:
    decide(application)

    with pytest.raises(OfferOver) as refusal:
        accept_offer(application=application, actor=SYSTEM, now=TOO_LATE)

    assert refusal.value.state is OfferState.EXPIRED


@pytest.mark.parametrize("answer", [accept_offer, refuse_offer])
def test_an_offer_nobody_was_told_of_cannot_be_answered(
    application: Application, answer: Callable[..., StandingOffer]
) -> None:
    decision = decide_untold(application, Outcome.APPROVE)

    assert standing_offer(application, now=NOW) is None
    with pytest.raises(OfferUntold):
        answer(application=application, actor=SYSTEM, now=NOW)
    disclose(decision, now=NOW)
    assert standing_offer(application, now=NOW) == answer(application=application, actor=SYSTEM, now=NOW)


def test_an_offer_nobody_was_told_of_may_be_decided_away(application: Application) -> None:
    decide_untold(application)

    decide(application, Outcome.DECLINE)

    assert states() == [OfferState.REPLACED]


def test_an_offer_nobody_was_told_of_does_not_run_out(application: Application) -> None:
    decide_untold(application)

    assert expire_offers(now=TOO_LATE) == 0
    assert states() == [OfferState.HELD]


def test_what_nobody_answers_ends_after_its_last_day(application: Application) -> None:
    decide(application)

    assert expire_offers(now=LAST_MOMENT) == 0
    assert expire_offers(now=TOO_LATE) == 1
    assert expire_offers(now=TOO_LATE + timedelta(minutes=1)) == 0

    application.refresh_from_db()
    assert (application.status, states()) == (ApplicationStatus.EXPIRED, [OfferState.EXPIRED])


def test_turned_down(application: Application) -> None:
    decide(application)

    refuse_offer(application=application, actor=SYSTEM, now=NOW)

    assert (application.status, states()) == (ApplicationStatus.EXPIRED, [OfferState.REFUSED])
    assert AuditEntry.objects.filter(action="offer.refused").count() == 1


@pytest.mark.parametrize(
    ("end", "still_due"),
    [
        (lambda application: accept_offer(application=application, actor=SYSTEM, now=NOW), False),
        (lambda application: refuse_offer(application=application, actor=SYSTEM, now=NOW), True),
        (lambda _: expire_offers(now=TOO_LATE), True),
    ],
)
def test_a_counteroffer_that_is_not_taken_still_owes_its_notice(
    application: Application, end: Callable[[Application], object], *, still_due: bool
) -> None:
    decide(application)
    start_clock(application=application, kind=ClockKind.COUNTEROFFER_ANSWER, began_at=NOW)

    end(application)

    clock = NoticeClock.objects.get(kind=ClockKind.COUNTEROFFER_ANSWER)
    assert (clock.stopped_at is None) is still_due


def test_another_decision_takes_the_earlier_offers_place(application: Application) -> None:
    decide(application)

    decide(application, Outcome.APPROVE)

    assert states() == [OfferState.REPLACED, OfferState.OPEN]
    assert accept_offer(application=application, actor=SYSTEM, now=NOW).decision.outcome == Outcome.APPROVE


@pytest.fixture
def waiting(application: Application) -> Decision:
    """A full yes of which the applicant is not told yet; the counteroffer before it was told and is in time."""
    decide(application)
    return decide_untold(application, Outcome.APPROVE)


def test_what_was_told_stands_until_the_next_is_told(application: Application, waiting: Decision) -> None:
    told = standing_offer(application, now=NOW)
    assert told is not None
    assert (told.decision.number, states()) == (1, [OfferState.OPEN, OfferState.HELD])
    with pytest.raises(OfferUntold):
        accept_offer(application=application, actor=SYSTEM, now=NOW, decision=2)

    disclose(waiting, now=NOW)

    assert states() == [OfferState.REPLACED, OfferState.OPEN]


def test_what_was_told_is_taken_while_the_next_is_held(application: Application, waiting: Decision) -> None:
    start_clock(application=application, kind=ClockKind.ADVERSE_ACTION_NOTICE, began_at=NOW)

    taken = accept_offer(application=application, actor=SYSTEM, now=NOW)
    again = accept_offer(application=application, actor=SYSTEM, now=NOW)

    assert (taken.decision.number, again) == (1, taken)
    assert (application.status, states()) == (
        ApplicationStatus.ACCEPTED,
        [OfferState.ACCEPTED, OfferState.REPLACED],
    )
    assert not NoticeClock.objects.filter(
        kind=ClockKind.ADVERSE_ACTION_NOTICE, stopped_at__isnull=True
    ).exists()


def test_what_was_told_is_not_declined_away_over_a_decision_nobody_was_told_of(
    application: Application, waiting: Decision
) -> None:
    with pytest.raises(OfferStands):
        decide_untold(application, Outcome.DECLINE)

    assert states() == [OfferState.OPEN, OfferState.HELD]


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (
            lambda application: refuse_offer(application=application, actor=SYSTEM, now=NOW),
            OfferState.REFUSED,
        ),
        (lambda _: expire_offers(now=TOO_LATE), OfferState.EXPIRED),
    ],
)
def test_what_was_told_ends_and_the_next_goes_on(
    application: Application, waiting: Decision, end: Callable[[Application], object], state: OfferState
) -> None:
    end(application)

    application.refresh_from_db()
    assert (application.status, states()) == (ApplicationStatus.APPROVED, [state, OfferState.HELD])
