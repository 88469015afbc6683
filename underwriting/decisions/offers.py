"""Standing offers: what an applicant may take until a date, whatever the policy becomes meanwhile.

An offer is HELD until the applicant is told of its decision, and OPEN from then until its day. Meanwhile the one they were told
of before stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.decisions.conditions import opened
from underwriting.enums import OfferState, Outcome
from underwriting.models import Application, Decision, Disclosure, Lender, StandingOffer

TERMS = ("amount_minor", "term_months", "annual_rate_bps", "instalment_minor")
NOT_OVER = (OfferState.HELD, OfferState.OPEN)


class OfferStands(Exception):
    """A decision would leave the applicant with less than an offer they were promised until a day that lies ahead."""

    def __init__(self, until: date) -> None:
        day = f"{until.day} {until:%B %Y}"
        super().__init__(f"The offer stands until {day}: uphold it, or decide something better.")
        self.until = until


def make_offers(decisions: Sequence[Decision], *, now: datetime) -> None:
    """Hold the offers of new decisions until they are told. In the caller's transaction.

    An earlier offer that can be taken today stands until then; any other is replaced. One that is made again on the same terms
    is upheld: it keeps its day. Raises OfferStands.
    """
    earlier = StandingOffer.objects.filter(
        application_id__in=[row.application_id for row in decisions], state__in=NOT_OVER
    ).select_related("application__lender")
    standing, over = {}, []
    for offer in earlier:
        if offer.state == OfferState.OPEN and is_in_time(offer, offer.application, now=now):
            standing[offer.application_id] = offer
        else:
            over.append(offer.pk)
    new = []
    for row in decisions:
        before = standing.get(row.application_id)
        if before is not None:
            require_kept(
                before,
                row.application,
                outcome=Outcome(row.outcome),
                offer=row.offer,
                has_conditions=bool(row.conditions),
            )
        if row.offer is not None:
            new.append(_offer_of(row, row.offer, before=before, now=now))
    if over:
        StandingOffer.objects.filter(pk__in=over).update(state=OfferState.REPLACED, answered_at=now)
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
        conditions=opened(decision.conditions),
        is_conditional=bool(decision.conditions),
        **{name: offer[name] for name in TERMS},
    )
    if before is not None and _is_same(made, before):
        made.valid_until = before.valid_until
    return made


def _is_same(offer: StandingOffer, before: StandingOffer) -> bool:
    return all(getattr(offer, name) == getattr(before, name) for name in TERMS)


def disclose_decisions(told: Mapping[Decision, str], *, now: datetime) -> None:
    """From now on the applicants know of these decisions, by notices with these SHA-256: what they offer can be taken.

    It takes the place of what was offered before. In the caller's transaction, under the applications' locks.
    """
    Disclosure.objects.bulk_create(
        [
            Disclosure(decision=decision, disclosed_at=now, snapshot_sha256=sha256)
            for decision, sha256 in told.items()
        ]
    )
    again = [decision.application_id for decision in told if decision.replaces_id is not None]
    if again:
        before = StandingOffer.objects.filter(application_id__in=again, state=OfferState.OPEN)
        before.update(state=OfferState.REPLACED, answered_at=now)
    offering = [decision.pk for decision in told if decision.offer is not None]
    if offering:
        held = StandingOffer.objects.filter(decision__in=offering, state=OfferState.HELD)
        held.update(state=OfferState.OPEN)


def later_day(decision: Decision, *, now: datetime) -> date | None:
    """The later last day that the offer of a decision gets when it is told today: its whole time. None where its day stays.

    It stays once it was told: with this decision or, where that upholds an offer, with the one before while the day lies ahead.
    """
    offer = StandingOffer.objects.filter(decision=decision, state=OfferState.HELD).first()
    if offer is None:
        return None
    before = standing_offer(decision.application, now=now)
    if before is not None and before.valid_until == offer.valid_until and _is_same(offer, before):
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
    """The offer that the applicant was told of and can take today; None where there is none, or its last day is over."""
    offer = (
        StandingOffer.objects.filter(application=application, state=OfferState.OPEN)
        .select_related("decision")
        .first()
    )
    return offer if offer is not None and is_in_time(offer, application, now=now) else None


def is_in_time(offer: StandingOffer, application: Application, *, now: datetime) -> bool:
    """Whether the offer's last day is not over, where the lender is."""
    return today(application.lender, now=now) <= offer.valid_until


def require_kept(
    standing: StandingOffer,
    application: Application,
    *,
    outcome: Outcome,
    offer: Mapping[str, Any] | None,
    has_conditions: bool = False,
) -> None:
    """Raises OfferStands for a decision that takes a standing offer away: a decline, worse terms, or conditions on top.

    What the applicant was promised, on the page and in the letter, is theirs until its day, whatever is found meanwhile. A full
    yes to what they asked for replaces it. What hangs on papers that are still to come was not promised without them.
    """
    if standing.is_conditional:
        return
    is_kept = outcome is Outcome.APPROVE or (offer is not None and keeps(offer, standing, application))
    if is_kept and not has_conditions:
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
