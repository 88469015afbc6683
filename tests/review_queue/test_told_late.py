"""A notice that waited for a second look: whoever is told late has the whole time of their offer, and to ask, from then."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from explanations.models import Notice
from explanations.notices.disclosing import is_told
from review_queue.actions.appeal import last_day
from review_queue.actions.claim import claim_case
from review_queue.actions.review_notice import ReviewRefused, offer_until, send_notice
from review_queue.models import ReviewCase
from tests.factories import actor_of, make_lender, make_user
from tests.factories.appealing import OFFER, make_held_notice
from tests.factories.applying import RECEIVED_AT
from tests.factories.reviewing import make_desk
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.answers import expire_offers
from underwriting.decisions.offers import later_day, renew_offer
from underwriting.decisions.record import record_decision
from underwriting.enums import OfferState, Outcome, Role
from underwriting.models import AuditEntry, Decision, Disclosure, Lender, Product, StandingOffer, User

pytestmark = pytest.mark.django_db
NOW = RECEIVED_AT
FIRST_DAY = date(2026, 12, 2)
LATE = NOW + timedelta(days=20)
TOO_LATE = NOW + timedelta(days=40)


@pytest.fixture
def ana() -> User:
    return make_user("Ana Ruiz", (make_lender(reviews_notices=True), Role.CREDIT_OFFICER))


@pytest.fixture
def held(ana: User) -> ReviewCase:
    """The notice of a counteroffer that waits for a second person."""
    return make_held_notice(make_desk(Lender.objects.get()), None, outcome=Outcome.COUNTEROFFER, now=NOW)


def send(case: ReviewCase, user: User, *, now: datetime) -> Notice:
    actor = actor_of(user)
    claim_case(case_id=case.pk, user=user, actor=actor, now=now)
    return send_notice(
        case_id=case.pk, user=user, roles=frozenset({Role.CREDIT_OFFICER}), actor=actor, now=now
    )


def decide_anew(case: ReviewCase, *, now: datetime) -> Decision:
    """The same terms once more, as somebody who upholds the offer decides them."""
    return record_decision(
        application=case.application, assessment=case.assessment, outcome=Outcome.COUNTEROFFER, stage=None, offer=OFFER,
        reasons=[], decided_by=None, note="", actor=SYSTEM, now=now,
    )  # fmt: skip


@pytest.mark.parametrize("told_at", [LATE, TOO_LATE])
def test_it_lasts_its_whole_time_from_the_telling_and_the_text_says_so(
    held: ReviewCase, ana: User, told_at: datetime
) -> None:
    until = FIRST_DAY + (told_at - NOW)
    assert offer_until(held, now=told_at) == until

    told = send(held, ana, now=told_at)

    offer = StandingOffer.objects.get()
    assert (offer.valid_until, offer.state) == (until, OfferState.OPEN)
    assert is_told(told)
    assert told.snapshot["offer_until"] == f"{until:%B} {until.day}, {until.year}"
    entry = AuditEntry.objects.get(action="offer.renewed")
    assert (entry.before, (entry.after or {})["valid_until"]) == (
        {"valid_until": FIRST_DAY.isoformat()},
        until.isoformat(),
    )
    assert expire_offers(now=told_at + timedelta(days=30)) == 0
    assert expire_offers(now=told_at + timedelta(days=31)) == 1


@pytest.mark.parametrize("outcome", [Outcome.DECLINE, Outcome.COUNTEROFFER])
def test_the_time_to_ask_for_another_look_runs_from_the_telling(ana: User, outcome: Outcome) -> None:
    lender = Lender.objects.get()
    case = make_held_notice(make_desk(lender), None, outcome=outcome, now=NOW)
    decision = Decision.objects.get()
    assert last_day(decision, lender) == date(2027, 1, 1)

    told = send(case, ana, now=LATE)

    until = date(2027, 1, 21)
    assert last_day(decision, lender) == until
    assert any("until January 21, 2027" in line for line in told.snapshot["what_you_can_do"])
    assert told.snapshot["written_on"] == "November 22, 2026"

    lender.look_again_days = 30
    assert last_day(decision, lender) == until  # what was promised stays, whatever the lender sets later


def test_told_on_the_day_it_was_decided_it_goes_out_as_it_was_looked_at(held: ReviewCase, ana: User) -> None:
    told = send(held, ana, now=NOW + timedelta(hours=1))

    assert told.pk == held.notice_id
    assert StandingOffer.objects.get().valid_until == FIRST_DAY


def test_never_to_an_earlier_day(held: ReviewCase, ana: User) -> None:
    Product.objects.update(offer_valid_days=5)

    send(held, ana, now=LATE - timedelta(days=10))

    assert StandingOffer.objects.get().valid_until == FIRST_DAY


def test_once_it_was_told_its_day_stays(held: ReviewCase, ana: User) -> None:
    send(held, ana, now=NOW)

    assert not renew_offer(Decision.objects.get(), actor=SYSTEM, now=LATE)
    assert StandingOffer.objects.get().valid_until == FIRST_DAY


def test_what_cannot_be_sent_moves_nothing(held: ReviewCase, ana: User) -> None:
    Lender.objects.update(address="")

    with pytest.raises(ReviewRefused):
        send(held, ana, now=LATE)

    assert StandingOffer.objects.get().valid_until == FIRST_DAY
    assert not Disclosure.objects.exists()


def test_an_offer_that_is_upheld_keeps_the_day_that_was_told_while_it_lies_ahead(
    held: ReviewCase, ana: User
) -> None:
    send(held, ana, now=NOW)
    upheld = decide_anew(held, now=LATE - timedelta(days=1))

    assert StandingOffer.objects.get(decision=upheld).valid_until == FIRST_DAY
    assert later_day(upheld, now=LATE) is None
    assert later_day(upheld, now=TOO_LATE) == FIRST_DAY + timedelta(days=40)


def test_terms_that_were_never_told_and_are_decided_anew_are_not_upheld(held: ReviewCase) -> None:
    anew = decide_anew(held, now=LATE)

    assert StandingOffer.objects.get(decision=anew).valid_until == FIRST_DAY + timedelta(days=20)
