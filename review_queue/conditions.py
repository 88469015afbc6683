"""Offers that depend on papers: the case that waits for them, and what becomes of the offer once they were seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from django.conf import settings

from explanations.reason_codes.figures import day_in_words
from review_queue.desk import close_case, open_case
from review_queue.evidence import findings_of
from review_queue.models import ReviewCase
from review_queue.pairs import OtherTermsDesk, TermsRefused
from review_queue.sla import end_of_today
from review_queue.terms import approval_terms
from review_queue.waiting import put_aside
from underwriting.audit.actor import SYSTEM, Actor
from underwriting.audit.record import record_entry
from underwriting.clocks.selectors import today_of
from underwriting.decisions.conditions import open_codes, set_free
from underwriting.decisions.offers import NOT_OVER
from underwriting.documents.wanted import wanted
from underwriting.enums import CaseKind, CaseState, Language, Outcome, WaitKind
from underwriting.models import Application, Assessment, Decision, Party, StandingOffer
from underwriting.outbox.mail import send_later
from underwriting.people.links import party_path
from underwriting.policy.types import FindingResult, Offer

TEXTS = Path(__file__).with_suffix(".yaml")
REPLACED = "Another decision took the place of the one that waited for papers."
MET = "Its conditions are met, and with what they showed the assessment says no less."
SEEN_BUT = "Its papers were all seen. Assessed with what they showed:"
AGAINST = (FindingResult.REFER, FindingResult.FAIL)
RANK = {Outcome.DECLINE: 0, Outcome.REFER: 1, Outcome.COUNTEROFFER: 1, Outcome.APPROVE: 2}


def conditional_offer(application: Application) -> StandingOffer | None:
    """The offer that waits for papers, told or not, its day over or not; None where there is none."""
    return (
        StandingOffer.objects.filter(application=application, is_conditional=True, state__in=NOT_OVER)
        .select_related("decision__assessment")
        .first()
    )


def in_words(codes: Sequence[str]) -> str:
    """Conditions as the desk reads them."""
    return "; ".join(wanted()[code].officer for code in codes)


def await_papers(decision: Decision, *, actor: Actor, now: datetime) -> None:
    """Open the case that waits for a decision's papers, put aside for its applicant; one that waited before is over.

    In the transaction of the decision. The case comes back to who decided when the applicant sends something, or on the offer's
    last day: a person then decides what becomes of it.
    """
    application = decision.application
    waiting = ReviewCase.objects.select_for_update(of=("self",)).filter(
        application=application, kind=CaseKind.CONDITIONS, state=CaseState.OPEN
    )
    for case in waiting:
        close_case(case, reason=REPLACED, actor=actor, now=now)
    if not decision.conditions or decision.decided_by is None:
        return
    offer = decision.standing_offer
    case = open_case(
        application=application,
        assessment=decision.assessment,
        why=[f"The offer cannot be taken before this is seen: {in_words(decision.conditions)}."],
        is_technical=False,
        actor=actor,
        now=now,
        kind=CaseKind.CONDITIONS,
    )
    put_aside(
        case,
        kind=WaitKind.APPLICANT,
        until=last_moment(offer, application),
        because=in_words(decision.conditions),
        comes_back_to=decision.decided_by,
        now=now,
    )


def last_moment(offer: StandingOffer, application: Application) -> datetime:
    """The end of the offer's last day, where the lender is."""
    zone = ZoneInfo(application.lender.time_zone)
    day = offer.valid_until
    return end_of_today(now=datetime(day.year, day.month, day.day, 12, tzinfo=zone), zone=zone)


def settle(application: Application, assessment: Assessment, *, now: datetime) -> bool:
    """Let an offer be taken whose papers were all seen, if this newer assessment says no less than the one it was made on.

    In the transaction that writes the assessment, under the application's lock. Where it says less, the case stays with its
    person, who reads why: nothing is taken back by itself. Returns whether the offer is free now.
    """
    case = (
        ReviewCase.objects.select_for_update(of=("self",))
        .select_related("lender")
        .filter(application=application, kind=CaseKind.CONDITIONS, state=CaseState.OPEN)
        .first()
    )
    offer = conditional_offer(application) if case else None
    if case is None or offer is None or open_codes(offer):
        return False
    case.application, case.assessment = application, assessment
    against = list(_speaks_against(case, offer.decision))
    if against:
        case.why = [SEEN_BUT, *against]
        case.save(update_fields=["why"])
        return False
    set_free(offer, today=today_of(case.lender, now))
    close_case(case, reason=MET, actor=SYSTEM, now=now)
    record_entry(
        actor=SYSTEM,
        action="offer.conditions_met",
        object_type="application",
        object_id=str(application.public_id),
        object_label=application.reference,
        lender_id=application.lender_id,
        application_id=application.pk,
        before={"conditional": True},
        after={
            "conditional": False,
            "valid_until": offer.valid_until.isoformat(),
            "assessment": assessment.number,
        },
        now=now,
    )
    _tell(offer, application, now=now)
    return True


def _speaks_against(case: ReviewCase, decision: Decision) -> Iterator[str]:
    """In what the case's assessment says less than the one that the decision rests on."""
    before, newer = decision.assessment, case.assessment
    for fault in newer.technical:
        yield fault["detail"]
    known = {finding.rule_id for finding in findings_of(before) if finding.result in AGAINST}
    for finding in findings_of(newer):
        if finding.result in AGAINST and finding.rule_id not in known:
            yield finding.sentence
    if RANK[Outcome(newer.outcome)] < RANK[Outcome(before.outcome)]:
        yield f"It says {newer.outcome.lower()}; before, it said {before.outcome.lower()}."
    if not _is_still_priced(case, decision):
        yield "The policy does not give the offer's terms at its price any more."


def _is_still_priced(case: ReviewCase, decision: Decision) -> bool:
    """Whether the newer assessment is offered the decision's terms at no higher rate."""
    promised = Offer(**(decision.offer or {}))
    if decision.outcome == Outcome.APPROVE:
        found = list(approval_terms(case).offers.values())
    else:
        try:
            found = [OtherTermsDesk(case).work_out(promised.amount_minor, promised.term_months).offer]
        except TermsRefused:
            return False
    return any(
        offer.amount_minor >= promised.amount_minor and offer.annual_rate_bps <= promised.annual_rate_bps
        for offer in found
    )


def _tell(offer: StandingOffer, application: Application, *, now: datetime) -> None:
    """A mail to the first applicant, in their language: from now on they can take the offer."""
    party = Party.objects.get(application=application, ordinal=1)
    path = party_path(party, now=now)
    texts = _texts()[application.language if application.language in set(Language) else Language.ENGLISH]
    text = texts["text" if path else "text_without_page"].format(
        reference=application.reference,
        lender=application.lender.name,
        link=f"{settings.BASE_URL}{path}" if path else "",
        day=day_in_words(offer.valid_until, application.language),
    )
    subject = texts["subject"].format(reference=application.reference)
    send_later(application=application, party=party, subject=subject, text=text, now=now)


@cache
def _texts() -> Any:
    return yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
