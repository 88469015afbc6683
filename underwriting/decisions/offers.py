"""Standing offers: what an applicant may take until a date, whatever the policy becomes meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from underwriting.audit.actor import SYSTEM, Actor
from underwriting.audit.record import record_entry
from underwriting.clocks.running import stop_clocks
from underwriting.enums import ApplicationStatus, ClockKind, OfferState, Outcome, WorkKind
from underwriting.models import Application, Decision, Lender, StandingOffer
from underwriting.work.put import put

EXPIRE_LIMIT = 200
TERMS = ("amount_minor", "term_months", "annual_rate_bps", "instalment_minor")
STATUS_OF_ANSWER = {
    OfferState.ACCEPTED: ApplicationStatus.ACCEPTED,
    OfferState.REFUSED: ApplicationStatus.EXPIRED,
    OfferState.EXPIRED: ApplicationStatus.EXPIRED,
}


class OfferOver(Exception):
    """There is no offer to answer. `state` says what became of the last one; None where there never was one."""

    def __init__(self, state: OfferState | None) -> None:
        super().__init__("there is no offer" if state is None else f"the offer is {state.value.lower()}")
        self.state = state


class OfferUntold(Exception):
    """The letter of the offer is held: what it has to say, the score above all, comes before anybody is bound (12 CFR 1022.74)."""


class OfferStands(Exception):
    """A decision would leave the applicant with less than an offer they were promised until a day that lies ahead."""

    def __init__(self, until: date) -> None:
        day = f"{until.day} {until:%B %Y}"
        super().__init__(f"The offer stands until {day}: uphold it, or decide something better.")
        self.until = until


def make_offers(decisions: Sequence[Decision], *, now: datetime) -> None:
    """Let the offers of new decisions stand and end those of the decisions they replace. In the caller's transaction.

    An offer that was told and is made again on the same terms is upheld: it keeps its day. Raises OfferStands.
    """
    open_offers = {
        offer.application_id: offer
        for offer in StandingOffer.objects.filter(
            application_id__in=[row.application_id for row in decisions], state=OfferState.OPEN
        ).select_related("decision__disclosure")
    }
    new = []
    for row in decisions:
        before = _that_stands(open_offers.get(row.application_id), row.application, now=now)
        if before is not None:
            require_kept(before, row.application, outcome=Outcome(row.outcome), offer=row.offer)
        if row.offer is not None:
            new.append(_offer_of(row, row.offer, before=before, now=now))
    StandingOffer.objects.filter(pk__in=[offer.pk for offer in open_offers.values()]).update(
        state=OfferState.REPLACED, answered_at=now
    )
    StandingOffer.objects.bulk_create(new)


def _offer_of(
    decision: Decision, offer: Mapping[str, Any], *, before: StandingOffer | None, now: datetime
) -> StandingOffer:
    until = valid_until(decision.application, now=now)
    made = StandingOffer(
        decision=decision,
        application=decision.application,
        lender_id=decision.lender_id,
        valid_until=until if before is None else max(until, before.valid_until),
        **{name: offer[name] for name in TERMS},
    )
    if before is not None and _upholds(made, before):
        made.valid_until = before.valid_until
    return made


def _upholds(offer: StandingOffer, before: StandingOffer) -> bool:
    """Whether an offer is the one that the applicant was told of before, on the same terms."""
    is_same = all(getattr(offer, name) == getattr(before, name) for name in TERMS)
    return is_same and is_told(before)


def is_told(offer: StandingOffer) -> bool:
    """Whether the applicant was told of the offer; until then its notice is held."""
    return hasattr(offer.decision, "disclosure")


def later_day(decision: Decision, *, now: datetime) -> date | None:
    """The later last day that the offer of a decision gets when it is told today: its whole time. None where its day stays.

    It stays once it was told: with this decision or, where that upholds an offer, with the one before while the day lies ahead.
    """
    offers = StandingOffer.objects.select_related("decision__disclosure")
    offer = offers.filter(decision=decision, state=OfferState.OPEN).first()
    if offer is None or is_told(offer):
        return None
    before = offers.filter(decision=decision.replaces_id).first()
    was_told = before is not None and before.valid_until == offer.valid_until and _upholds(offer, before)
    if was_told and _is_in_time(offer, decision.application, now=now):
        return None
    until = valid_until(decision.application, now=now)
    return until if until > offer.valid_until else None


def renew_offer(decision: Decision, *, actor: Actor, now: datetime) -> bool:
    """Let an offer that is told late last its whole time from today; False where its day stays (`later_day`).

    In the transaction that tells it, before its text is written, under the application's lock.
    """
    until = later_day(decision, now=now)
    if until is None:
        return False
    offer = StandingOffer.objects.get(decision=decision)
    before, offer.valid_until = offer.valid_until, until
    offer.save(update_fields=["valid_until"])
    application = decision.application
    record_entry(
        actor=actor,
        action="offer.renewed",
        object_type="application",
        object_id=str(application.public_id),
        object_label=application.reference,
        lender_id=application.lender_id,
        application_id=application.pk,
        before={"valid_until": before.isoformat()},
        after={"valid_until": until.isoformat(), "decision": decision.pk},
        now=now,
    )
    return True


def standing_offer(application: Application, *, now: datetime) -> StandingOffer | None:
    """The offer that the applicant can take today; None where there is none, none was told, or its last day is over."""
    offer = (
        StandingOffer.objects.filter(application=application, state=OfferState.OPEN)
        .select_related("decision__disclosure")
        .first()
    )
    return _that_stands(offer, application, now=now)


def _that_stands(
    offer: StandingOffer | None, application: Application, *, now: datetime
) -> StandingOffer | None:
    stands = offer is not None and is_told(offer) and _is_in_time(offer, application, now=now)
    return offer if stands else None


def _is_in_time(offer: StandingOffer, application: Application, *, now: datetime) -> bool:
    return today(application.lender, now=now) <= offer.valid_until


def require_kept(
    standing: StandingOffer, application: Application, *, outcome: Outcome, offer: Mapping[str, Any] | None
) -> None:
    """Raises OfferStands for a decision that takes a standing offer away: a decline, or other terms that are worse.

    What the applicant was promised, on the page and in the letter, is theirs until its day, whatever is found meanwhile. A full
    yes to what they asked for replaces it.
    """
    if outcome is Outcome.APPROVE or (offer is not None and keeps(offer, standing, application)):
        return
    raise OfferStands(standing.valid_until)


def keeps(offer: Mapping[str, Any], standing: StandingOffer, application: Application) -> bool:
    """Whether other terms are no worse: no less money, no dearer, over the offer's time or the time that was asked for."""
    return (
        offer["amount_minor"] >= (standing.amount_minor or 0)
        and offer["annual_rate_bps"] <= standing.annual_rate_bps
        and offer["term_months"] in (standing.term_months, application.requested_term_months)
    )


def valid_until(application: Application, *, now: datetime) -> date:
    """The last day, where the lender is, on which an offer made now can be taken."""
    return today(application.lender, now=now) + timedelta(days=application.product.offer_valid_days)


def today(lender: Lender, *, now: datetime) -> date:
    """The calendar day where the lender is."""
    return now.astimezone(ZoneInfo(lender.time_zone)).date()


def accept_offer(
    *, application: Application, actor: Actor, now: datetime, decision: int | None = None
) -> StandingOffer:
    """Take the open offer: the application is ACCEPTED. A second call answers the same offer. Raises OfferOver, OfferUntold.

    `decision`: the number of the decision whose offer was read. Where another took its place meanwhile, nothing is taken.
    Whatever still looks at the decision, an appeal above all, is closed in the review queue, by APPLICATION_ENDED.
    """
    return _answer(application, OfferState.ACCEPTED, decision=decision, actor=actor, now=now)


def refuse_offer(
    *, application: Application, actor: Actor, now: datetime, decision: int | None = None
) -> StandingOffer:
    """Turn the open offer down, as `accept_offer` takes it; a second call answers the same offer."""
    return _answer(application, OfferState.REFUSED, decision=decision, actor=actor, now=now)


@transaction.atomic
def _answer(
    application: Application, answer: OfferState, *, decision: int | None, actor: Actor, now: datetime
) -> StandingOffer:
    locked = _locked(application.pk)
    offers = StandingOffer.objects.filter(application=locked).select_related("decision__disclosure")
    offer = offers.order_by("-pk").first()
    if offer is None:
        raise OfferOver(None)
    if decision is not None and decision != offer.decision.number:
        raise OfferOver(OfferState.REPLACED)
    if offer.state == answer:
        return offer
    if offer.state != OfferState.OPEN:
        raise OfferOver(OfferState(offer.state))
    if not is_told(offer):
        raise OfferUntold("the offer's letter is not out yet")
    if not _is_in_time(offer, locked, now=now):
        raise OfferOver(OfferState.EXPIRED)
    _end(offer, locked, answer, actor=actor, now=now)
    application.status = locked.status
    return offer


def expire_offers(*, now: datetime) -> int:
    """End open offers whose last day is over, at most EXPIRE_LIMIT, each in a transaction of its own. Returns how many.

    An offer of which the applicant was never told does not run out: its notice is held.
    """
    ended = 0
    overdue = StandingOffer.objects.filter(
        state=OfferState.OPEN,
        valid_until__lt=now.date() + timedelta(days=1),
        decision__disclosure__isnull=False,
    ).order_by("valid_until", "pk")
    for application_id in list(overdue.values_list("application_id", flat=True)[:EXPIRE_LIMIT]):
        with transaction.atomic():
            locked = _locked(application_id)
            offer = StandingOffer.objects.filter(application=locked, state=OfferState.OPEN).first()
            if offer is not None and not _is_in_time(offer, locked, now=now):
                _end(offer, locked, OfferState.EXPIRED, actor=SYSTEM, now=now)
                ended += 1
    return ended


def _locked(application_id: int) -> Application:
    return (
        Application.objects.select_for_update(of=("self",))
        .select_related("lender", "product")
        .get(pk=application_id)
    )


def _end(
    offer: StandingOffer, application: Application, state: OfferState, *, actor: Actor, now: datetime
) -> None:
    before = {"status": application.status, "offer": offer.state}
    offer.state, offer.answered_at = state, now
    offer.save(update_fields=["state", "answered_at"])
    application.status = STATUS_OF_ANSWER[state]
    application.save(update_fields=["status"])
    answered = [ClockKind.APPROVAL_ANSWER]
    if state is OfferState.ACCEPTED:
        put(
            kind=WorkKind.APPLICATION_ENDED,
            lender_id=application.lender_id,
            application_id=application.pk,
            now=now,
        )
        # a counteroffer that is not taken is an adverse action: that notice stays due (12 CFR 1002.9(a)(1)(iv))
        answered.append(ClockKind.COUNTEROFFER_ANSWER)
    stop_clocks(application, by=f"offer {state.value.lower()}", now=now, kinds=answered)
    record_entry(
        actor=actor,
        action=f"offer.{state.value.lower()}",
        object_type="application",
        object_id=str(application.public_id),
        object_label=application.reference,
        lender_id=application.lender_id,
        application_id=application.pk,
        before=before,
        after={"status": application.status, "offer": state.value, "decision": offer.decision_id},
        now=now,
    )
