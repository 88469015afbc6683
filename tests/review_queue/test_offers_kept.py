"""What was offered stands until its day: an appeal of a counteroffer upholds it or gives something better, and takes nothing away."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from review_queue.actions.claim import claim_case
from review_queue.actions.content import Choice, DecisionIncomplete
from review_queue.actions.decide import decide_case
from review_queue.blind import give_own_answer
from review_queue.models import Appeal, HeldDecision, ReviewCase
from review_queue.release import release_decision
from tests.factories import actor_of, make_lender, make_user
from tests.factories.appealing import OFFER, make_appeal
from tests.factories.applying import RECEIVED_AT
from tests.factories.reviewing import make_desk
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.answers import accept_offer, expire_offers, refuse_offer
from underwriting.decisions.offers import OfferStands
from underwriting.decisions.record import record_decision
from underwriting.enums import (
    ApplicationStatus,
    CaseState,
    HeldState,
    OfferState,
    Outcome,
    Role,
    WorkKind,
)
from underwriting.models import Application, Assessment, Decision, Lender, StandingOffer, User, WorkItem
from underwriting.work.claim import claim

pytestmark = pytest.mark.django_db
OFFICER = frozenset({Role.CREDIT_OFFICER})
NOW = RECEIVED_AT
LAST_DAY = date(2026, 12, 2)
A_WEEK_ON = NOW + timedelta(days=7)
AFTERWARDS = NOW + timedelta(days=31)
SENTENCE = "The offer stands until 2 December 2026: uphold it, or decide something better."


@pytest.fixture
def ana() -> User:
    return make_user("Ana Ruiz", (make_lender(hold_seconds=0), Role.CREDIT_OFFICER))


@pytest.fixture
def appeal(ana: User) -> ReviewCase:
    """An appeal of a counteroffer that the system made on the day of the application, and the applicant was told of."""
    return make_appeal(make_desk(Lender.objects.get()), None, outcome=Outcome.COUNTEROFFER, now=NOW)


def take(case: ReviewCase, user: User, *, own: Outcome = Outcome.DECLINE, now: datetime = A_WEEK_ON) -> None:
    actor = actor_of(user)
    claim_case(case_id=case.pk, user=user, actor=actor, now=now)
    give_own_answer(
        case_id=case.pk, user=user, roles=OFFICER, outcome=own, sentence="I looked.", actor=actor, now=now
    )  # fmt: skip


def decide(
    case: ReviewCase, user: User, outcome: Outcome, *, now: datetime = A_WEEK_ON, **choice: Any
) -> HeldDecision:
    case.refresh_from_db()
    return decide_case(
        case_id=case.pk, user=user, roles=OFFICER, actor=actor_of(user), now=now,
        choice=Choice(outcome=outcome, assessment_id=case.assessment_id, **{"reasons": ("UT01",), **choice}),
    )  # fmt: skip


def let_go(now: datetime = A_WEEK_ON) -> None:
    """The worker lets held decisions go at a moment of the test's own."""
    WorkItem.objects.update(not_before=NOW)
    for item in claim(kinds=[WorkKind.RELEASE_DECISION], worker="test"):
        release_decision(item, now=now)


def assessed_again(case: ReviewCase, outcome: Outcome, offer: dict[str, Any] | None) -> None:
    """A corrected fact brought a newer assessment, which lies on the case."""
    newest = Assessment.objects.get(pk=case.assessment_id)
    newest.pk, newest.number, newest.outcome, newest.offer = None, 2, outcome, offer
    newest.save()
    ReviewCase.objects.filter(pk=case.pk).update(assessment=newest)


def offers() -> list[tuple[str, date, int | None]]:
    rows = StandingOffer.objects.order_by("pk")
    return [(row.state, row.valid_until, row.amount_minor) for row in rows]


def test_an_offer_that_stands_is_not_declined_away(appeal: ReviewCase, ana: User) -> None:
    take(appeal, ana)

    with pytest.raises(DecisionIncomplete, match=SENTENCE) as refused:
        decide(appeal, ana, Outcome.DECLINE)

    assert refused.value.field == "outcome"
    assert not HeldDecision.objects.filter(case=appeal).exists()
    assert offers() == [(OfferState.OPEN, LAST_DAY, 700_000)]


@pytest.mark.parametrize(
    ("outcome", "found"),
    [
        (Outcome.REFER, None),
        (Outcome.DECLINE, None),
        (Outcome.COUNTEROFFER, {**OFFER, "amount_minor": 300_000}),
        (Outcome.COUNTEROFFER, {**OFFER, "annual_rate_bps": 1599}),
        (Outcome.COUNTEROFFER, {**OFFER, "term_months": 12}),
        (Outcome.COUNTEROFFER, OFFER),
    ],
)
def test_upheld_the_offer_keeps_its_terms_and_its_own_day_whatever_the_newest_assessment_finds(
    appeal: ReviewCase, ana: User, outcome: Outcome, found: dict[str, Any] | None
) -> None:
    assessed_again(appeal, outcome, found)
    take(appeal, ana)

    decide(appeal, ana, Outcome.COUNTEROFFER)
    let_go()

    application = Application.objects.get()
    upheld = Decision.objects.get(number=2)
    assert (upheld.outcome, upheld.offer, upheld.decided_by) == (Outcome.COUNTEROFFER, OFFER, ana)
    assert application.status == ApplicationStatus.COUNTEROFFERED
    assert offers() == [(OfferState.REPLACED, LAST_DAY, 700_000), (OfferState.OPEN, LAST_DAY, 700_000)]
    assert Appeal.objects.get().answer == upheld
    taken = accept_offer(application=application, actor=SYSTEM, now=A_WEEK_ON)
    assert taken.decision == upheld


def test_an_offer_that_ends_before_the_decision_takes_effect_is_not_revived(
    appeal: ReviewCase, ana: User
) -> None:
    assessed_again(appeal, Outcome.DECLINE, None)
    take(appeal, ana)
    held = decide(appeal, ana, Outcome.COUNTEROFFER)

    let_go(AFTERWARDS)

    held.refresh_from_db()
    appeal.refresh_from_db()
    assert (held.state, appeal.state) == (HeldState.REFUSED, CaseState.OPEN)
    assert held.refusal == "The offer that was to be upheld is over. Decide again."
    assert offers() == [(OfferState.OPEN, LAST_DAY, 700_000)]


def test_better_terms_take_its_place_for_their_whole_time(appeal: ReviewCase, ana: User) -> None:
    assessed_again(appeal, Outcome.COUNTEROFFER, {**OFFER, "amount_minor": 900_000})
    take(appeal, ana)

    decide(appeal, ana, Outcome.COUNTEROFFER)
    let_go()

    assert offers()[-1] == (OfferState.OPEN, LAST_DAY + timedelta(days=7), 900_000)


def test_a_full_yes_takes_its_place(appeal: ReviewCase, ana: User) -> None:
    take(appeal, ana, own=Outcome.APPROVE)

    decide(
        appeal, ana, Outcome.APPROVE, mitigating_factor="verified_income", sentence="The payslips show it."
    )
    let_go()

    assert [(state, amount) for state, _, amount in offers()] == [
        (OfferState.REPLACED, 700_000),
        (OfferState.OPEN, 1_000_000),
    ]


@pytest.mark.parametrize("end", ["expired", "turned_down"])
def test_once_it_is_over_the_appeal_may_be_declined(appeal: ReviewCase, ana: User, end: str) -> None:
    if end == "expired":
        assert expire_offers(now=AFTERWARDS) == 1
    else:
        refuse_offer(application=appeal.application, actor=SYSTEM, now=AFTERWARDS - timedelta(days=9))
    take(appeal, ana, now=AFTERWARDS)

    decide(appeal, ana, Outcome.DECLINE, now=AFTERWARDS)
    let_go(AFTERWARDS)

    assert Application.objects.get().status == ApplicationStatus.DECLINED
    assert len(offers()) == 1


def test_a_decline_that_was_held_before_the_offer_stood_is_refused_at_release(
    appeal: ReviewCase, ana: User
) -> None:
    StandingOffer.objects.update(valid_until=NOW.date())
    take(appeal, ana)
    held = decide(appeal, ana, Outcome.DECLINE)
    StandingOffer.objects.update(valid_until=date(2027, 12, 2))

    let_go()

    held.refresh_from_db()
    appeal.refresh_from_db()
    assert (held.state, appeal.state) == (HeldState.REFUSED, CaseState.OPEN)
    assert held.refusal == SENTENCE.replace("2026", "2027")
    assert (Decision.objects.count(), Appeal.objects.get().answered_at) == (1, None)


@pytest.mark.parametrize(
    ("outcome", "offer"), [("DECLINE", None), ("COUNTEROFFER", {**OFFER, "amount_minor": 1})]
)
def test_the_door_itself_takes_no_offer_away(
    appeal: ReviewCase, outcome: str, offer: dict[str, Any] | None
) -> None:
    with pytest.raises(OfferStands, match=SENTENCE):
        record_decision(
            application=appeal.application, assessment=appeal.assessment, outcome=Outcome(outcome), stage=None, offer=offer,
            reasons=[], decided_by=None, note="", actor=SYSTEM, now=A_WEEK_ON,
        )  # fmt: skip
