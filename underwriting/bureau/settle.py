"""Writing down what came of a pull: the credit part of the report, or the fault; and what an officer reads about it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from underwriting.alerts.raise_alert import raise_alert
from underwriting.bureau.inline import InlineBureau
from underwriting.bureau.protocol import OUTCOME_UNKNOWN, PullAnswer, PullFault, PullRequest, ReportedCredit
from underwriting.bureau.wishes import ReportRequest
from underwriting.enums import PullState
from underwriting.models import BureauPull, CreditReport, Lender
from underwriting.policy.types import FaultKind, TechnicalFault

# An answer about somebody else, or none where there must be one, is an incident at the bureau.
INCIDENTS = frozenset({PullFault.WRONG_PERSON, PullFault.EMPTY_FILE})
_KIND_AND_SENTENCE = {
    PullFault.TIMEOUT: (FaultKind.BUREAU_TIMEOUT, "{bureau} did not answer in time. It was not asked a second time."),
    PullFault.UNKNOWN: (FaultKind.BUREAU_UNKNOWN, "It is not known whether {bureau} made a report. It was not asked a second time."),
    PullFault.REFUSED: (FaultKind.BUREAU_REFUSED, "{bureau} refused to answer."),
    PullFault.UNREACHABLE: (FaultKind.BUREAU_REFUSED, "{bureau} could not be reached. No request was sent."),
    PullFault.BREAKER_OPEN: (FaultKind.BUREAU_REFUSED, "{bureau} was failing and was left in peace. No request was sent."),
    PullFault.WRONG_PERSON: (FaultKind.BUREAU_WRONG_PERSON, "{bureau} answered about another person. The answer was not used or kept."),
    PullFault.EMPTY_FILE: (FaultKind.BUREAU_EMPTY_FILE, "There is no credit report: {bureau} sent nothing about this applicant."),
    PullFault.MALFORMED: (FaultKind.BUREAU_MALFORMED, "The answer of {bureau} could not be read."),
}  # fmt: skip


def fault_of(fault: PullFault, lender: Lender) -> TechnicalFault:
    """The technical fault of an application whose report is missing for this reason, in words an officer can read."""
    kind, sentence = _KIND_AND_SENTENCE[fault]
    return TechnicalFault(kind, sentence.format(bureau=lender.bureau.get("name") or "The credit bureau"))


def inline_report(
    wish: ReportRequest, *, inline: InlineBureau, lender: Lender, now: datetime
) -> CreditReport:
    """The report that came with an application, to be kept."""
    reference = wish.party_public_id
    answer = inline.pull(PullRequest(reference, wish.identity, wish.consent_id, wish.inline))
    if answer.report is None:
        raise ValueError("an inline report was expected")
    return _report(wish, answer.report, lender=lender, now=now)


def settle(
    pull: BureauPull, wish: ReportRequest, answer: PullAnswer, *, lender: Lender, now: datetime
) -> tuple[CreditReport | None, TechnicalFault | None]:
    """Store the outcome of a pull in one transaction and return the report or the fault.

    A pull that has its report keeps it, whatever a late second answer says.
    """
    with transaction.atomic():
        locked = BureauPull.objects.select_for_update().get(pk=pull.pk)
        stored = CreditReport.objects.filter(pull=locked).first()
        if stored is not None:
            return stored, None
        report = None
        if answer.report is not None:
            report = _report(wish, answer.report, lender=lender, now=now, pull=locked)
            report.save()
        locked.state = _state(answer)
        locked.fault = answer.fault or ""
        locked.attempt_count += answer.attempt_count
        locked.answered_at = None if answer.fault in OUTCOME_UNKNOWN else now
        locked.latency_ms = answer.latency_ms
        locked.save()
        if answer.fault in INCIDENTS:
            _alert(locked, answer.fault, now=now)
    return report, None if answer.fault is None else fault_of(answer.fault, lender)


def _state(answer: PullAnswer) -> PullState:
    if answer.fault is None:
        return PullState.ANSWERED
    return PullState.UNKNOWN if answer.fault in OUTCOME_UNKNOWN else PullState.REFUSED


def _report(
    wish: ReportRequest,
    credit: ReportedCredit,
    *,
    lender: Lender,
    now: datetime,
    pull: BureauPull | None = None,
) -> CreditReport:
    return CreditReport(
        lender_id=wish.lender_id,
        pull=pull,
        application_id=wish.application_id,
        party_id=wish.party_id,
        person_index=wish.person_index,
        consent_id=wish.consent_id,
        bureau=pull.bureau if pull else str(lender.bureau.get("name", ""))[:80],
        body=dict(credit.body),
        bureau_score=credit.bureau_score,
        bureau_score_range=credit.bureau_score_range,
        bureau_score_factors=list(credit.bureau_score_factors),
        payment_history=dict(credit.payment_history) if credit.payment_history else None,
        reported_at=credit.reported_at or now,
        received_at=now,
    )


def _alert(pull: BureauPull, fault: PullFault, *, now: datetime) -> None:
    words = "another person" if fault is PullFault.WRONG_PERSON else "nothing"
    raise_alert(
        kind=f"bureau.{fault.value.lower()}",
        subject=f"{pull.bureau} answered a pull with {words}",
        lender_id=pull.lender_id,
        now=now,
        details={"reference": str(pull.reference), "application": pull.application_id},
    )
