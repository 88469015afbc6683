"""Gathering what notices are about: for all decisions of a batch at once, or for one notice without a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from explanations.notices.reports import Assessed, reports_found, reports_used, scores_on_file, scores_used
from explanations.notices.subject import KIND_OF_OUTCOME, OF_THE_LOAN, NoticeSubject, is_primary
from explanations.reasons import Reason
from underwriting.enums import NoticeKind, Outcome
from underwriting.facts.values import FactValue, facts_from_json
from underwriting.models import (
    Application,
    Assessment,
    CreditReport,
    Decision,
    Lender,
    Party,
    Product,
    StandingOffer,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionToTell:
    """A decision whose notice is wanted. `reasons` are those of the decision, as objects or as stored.

    `held_because` says in what its reasons failed a test, and holds the notice.
    """

    decision: Decision
    assessment: Assessment
    application: Application
    parties: Sequence[Party]
    lender: Lender
    product: Product
    reasons: Sequence[Reason | Mapping[str, Any]]
    held_because: str = ""


def subjects_of_decisions(decisions: Sequence[DecisionToTell], *, now: datetime) -> list[NoticeSubject]:
    """What the notice of each decision says, in the same order. As many queries for all as for one."""
    assessed = [
        Assessed(
            assessment=one.assessment,
            application=one.application,
            parties=one.parties,
            facts=facts_from_json(one.assessment.facts),
        )
        for one in decisions
    ]
    last_days = _last_days([one.decision for one in decisions if one.decision.offer])
    return [
        _subject(one, of_it, found, offered_until=last_days.get(one.decision.pk), now=now)
        for one, of_it, found in zip(decisions, assessed, reports_found(assessed), strict=True)
    ]


def subject_without_decision(
    *,
    application: Application,
    kind: NoticeKind,
    needed: Sequence[str] = (),
    answer_by: date | None = None,
    now: datetime,
) -> NoticeSubject:
    """Gather what a notice of incompleteness, or the record of a withdrawal, says."""
    subject = NoticeSubject(
        kind=kind,
        application=application,
        parties=list(Party.objects.filter(application=application).order_by("ordinal")),
        lender=application.lender,
        product=application.product,
        written_on=date.min,
        needed=tuple(needed),
        answer_by=answer_by,
    )
    return replace(subject, written_on=subject.day_of(now))


def _subject(
    one: DecisionToTell,
    assessed: Assessed,
    found: Mapping[str, CreditReport],
    *,
    offered_until: date | None,
    now: datetime,
) -> NoticeSubject:
    """`offered_until` is the last day of the decision's standing offer, where there is one."""
    decision, assessment, facts = one.decision, one.assessment, assessed.facts
    outcome = Outcome(decision.outcome)
    scores = (
        scores_on_file(found, lender=one.lender)
        if outcome is Outcome.APPROVE
        else scores_used(found, assessment=assessment, facts=facts, lender=one.lender)
    )
    subject = NoticeSubject(
        kind=KIND_OF_OUTCOME[outcome],
        decision=decision,
        application=one.application,
        parties=one.parties,
        lender=one.lender,
        product=one.product,
        written_on=date.min,
        reasons=tuple(r if isinstance(r, Reason) else Reason.from_json(r) for r in one.reasons),
        reports=reports_used(found, assessed, lender=one.lender),
        scores=scores,
        # what a person decided on grounds of their own would not change with the score
        would_change=_would_change(assessment, facts, one.parties)
        if outcome is Outcome.DECLINE and decision.stage == assessment.stage
        else (),
    )
    return replace(
        subject,
        written_on=subject.day_of(now),
        offer_until=(offered_until or _usual_last_day(subject, decision)) if decision.offer else None,
    )


def _would_change(
    assessment: Assessment, facts: Mapping[str, FactValue], parties: Sequence[Party]
) -> tuple[str, ...]:
    """What the primary applicant can change within stated limits; other terms are an offer or nothing, never a hint.

    A way that asks for something of another applicant is left out: their facts are not for this reader.
    """
    own = {str(party.public_id) for party in parties if is_primary(party)} | (
        {None} if len(parties) == 1 else set()
    )
    return tuple(
        line["sentence"]
        for line in assessment.what_would_change
        if line.get("kind") == "FACTS"
        and all(
            change["fact"] in OF_THE_LOAN
            or (change["fact"] in facts and facts[change["fact"]].party_id in own)
            for change in line["changes"]
        )
    )


def _last_days(offering: Sequence[Decision]) -> dict[int, date]:
    """The last day of each decision's standing offer, by the decision's key."""
    if not offering:
        return {}
    return dict(StandingOffer.objects.filter(decision__in=offering).values_list("decision_id", "valid_until"))


def _usual_last_day(subject: NoticeSubject, decision: Decision) -> date:
    """Before its standing offer is made: the product's number of days from the decision."""
    return subject.day_of(decision.decided_at) + timedelta(days=subject.product.offer_valid_days)
