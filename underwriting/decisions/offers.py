"""Standing offers: what an applicant may take until a date, whatever the policy becomes meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from underwriting.audit.actor import SYSTEM, Actor
from underwriting.audit.record import record_entry
from underwriting.clocks.running import stop_clocks
from underwriting.enums import ApplicationStatus, ClockKind, OfferState
from underwriting.models import Application, Decision, Lender, StandingOffer

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


def make_offers(decisions: Sequence[Decision], *, now: datetime) -> None:
    """Let the offers of new decisions stand and end those of the decisions they replace. In the caller's transaction."""
    StandingOffer.objects.filter(
        application_id__in=[row.application_id for row in decisions], state=OfferState.OPEN
    ).update(state=OfferState.REPLACED, answered_at=now)
    StandingOffer.objects.bulk_create(
        StandingOffer(
            decision=row,
            application=row.application,
            lender_id=row.lender_id,
            amount_minor=row.offer["amount_minor"],
            term_months=row.offer["term_months"],
            annual_rate_bps=row.offer["annual_rate_bps"],
            instalment_minor=row.offer["instalment_minor"],
            valid_until=valid_until(row.application, now=now),
        )
        for row in decisions
        if row.offer is not None
    )


def valid_until(application: Application, *, now: datetime) -> date:
    """The last day, where the lender is, on which an offer made now can be taken."""
    return today(application.lender, now=now) + timedelta(days=application.product.offer_valid_days)


def today(lender: Lender, *, now: datetime) -> date:
    """The calendar day where the lender is."""
    return now.astimezone(ZoneInfo(lender.time_zone)).date()


def accept_offer(*, application: Application, actor: Actor, now: datetime) -> StandingOffer:
    """Take the open offer: the application is ACCEPTED. A second call answers the same offer. Raises OfferOver."""
    return _answer(application, OfferState.ACCEPTED, actor=actor, now=now)


def refuse_offer(*, application: Application, actor: Actor, now: datetime) -> StandingOffer:
    """Turn the open offer down; a second call answers the same offer. Raises OfferOver."""
    return _answer(application, OfferState.REFUSED, actor=actor, now=now)


@transaction.atomic
def _answer(application: Application, answer: OfferState, *, actor: Actor, now: datetime) -> StandingOffer:
    locked = _locked(application.pk)
    offer = StandingOffer.objects.filter(application=locked).order_by("-pk").first()
    if offer is None:
        raise OfferOver(None)
    if offer.state == answer:
        return offer
    if offer.state == OfferState.OPEN and today(locked.lender, now=now) > offer.valid_until:
        raise OfferOver(OfferState.EXPIRED)
    if offer.state != OfferState.OPEN:
        raise OfferOver(OfferState(offer.state))
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
            if offer is not None and today(locked.lender, now=now) > offer.valid_until:
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
