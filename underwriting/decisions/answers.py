"""What becomes of an offer: the applicant takes it or turns it down, or its last day passes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from underwriting.audit.actor import SYSTEM, Actor
from underwriting.audit.record import record_entry
from underwriting.clocks.running import DECISION_CLOCKS, stop_clocks
from underwriting.decisions.offers import is_in_time
from underwriting.enums import ApplicationStatus, ClockKind, OfferState, WorkKind
from underwriting.models import Application, Decision, StandingOffer
from underwriting.work.put import put

EXPIRE_LIMIT = 200
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


class OfferConditional(Exception):
    """Its conditions are not met yet: papers are to come, or what they showed is to be looked at."""


def accept_offer(
    *, application: Application, actor: Actor, now: datetime, decision: int | None = None
) -> StandingOffer:
    """Take the open offer: the application is ACCEPTED. A second call answers the same offer.

    Raises OfferOver, OfferUntold, and OfferConditional until its conditions are met. `decision`: the number of the decision whose
    offer was read. Where another took its place meanwhile, nothing is taken.
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
    offer = _offer_to_answer(locked, decision)
    if offer.state == answer:
        return offer
    if offer.state == OfferState.HELD:
        raise OfferUntold("the offer's letter is not out yet")
    if offer.state != OfferState.OPEN:
        raise OfferOver(OfferState(offer.state))
    if not is_in_time(offer, locked, now=now):
        raise OfferOver(OfferState.EXPIRED)
    if answer is OfferState.ACCEPTED and offer.is_conditional:
        raise OfferConditional("its conditions are not met yet")
    _end(offer, locked, answer, actor=actor, now=now)
    application.status = locked.status
    return offer


def _offer_to_answer(application: Application, decision: int | None) -> StandingOffer:
    """That of the named decision, else the open one, else the last of which something became."""
    offers = StandingOffer.objects.filter(application=application).select_related("decision")
    newest_first = list(offers.order_by("-pk"))
    if not newest_first:
        raise OfferOver(None)
    if decision is not None:
        named = next((offer for offer in newest_first if offer.decision.number == decision), None)
        if named is None:
            raise OfferOver(OfferState.REPLACED)
        return named
    is_open = [offer for offer in newest_first if offer.state == OfferState.OPEN]
    not_replaced = [offer for offer in newest_first if offer.state != OfferState.REPLACED]
    return [*is_open, *not_replaced, *newest_first][0]


def expire_offers(*, now: datetime) -> int:
    """End open offers whose last day is over, at most EXPIRE_LIMIT, each in a transaction of its own. Returns how many.

    Not a conditional one: its papers may be here and unread. Its case comes back to a person that day, who decides.
    """
    ended = 0
    overdue = StandingOffer.objects.filter(
        state=OfferState.OPEN, is_conditional=False, valid_until__lt=now.date() + timedelta(days=1)
    ).order_by("valid_until", "pk")
    for application_id in list(overdue.values_list("application_id", flat=True)[:EXPIRE_LIMIT]):
        with transaction.atomic():
            locked = _locked(application_id)
            offer = StandingOffer.objects.filter(application=locked, state=OfferState.OPEN).first()
            if offer is not None and not is_in_time(offer, locked, now=now):
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
    is_taken = state is OfferState.ACCEPTED
    # a newer decision of which nobody was told yet goes on without the offer before it
    if is_taken or not Decision.objects.filter(replaces=offer.decision_id).exists():
        application.status = STATUS_OF_ANSWER[state]
        application.save(update_fields=["status"])
    answered = [ClockKind.APPROVAL_ANSWER]
    if is_taken:
        _end_all_else(application, now=now)
        # a counteroffer that is not taken is an adverse action: that notice stays due (12 CFR 1002.9(a)(1)(iv))
        answered += [ClockKind.COUNTEROFFER_ANSWER, *DECISION_CLOCKS]
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


def _end_all_else(application: Application, *, now: datetime) -> None:
    """Of an application whose offer was taken: a newer offer that is held, and what is open in the review queue."""
    held = StandingOffer.objects.filter(application=application, state=OfferState.HELD)
    held.update(state=OfferState.REPLACED, answered_at=now)
    put(
        kind=WorkKind.APPLICATION_ENDED,
        lender_id=application.lender_id,
        application_id=application.pk,
        now=now,
    )
