"""What passed between one person and the lender: reports, decisions, papers, words, and who else received something."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from explanations.models import Letter
from explanations.notices.reports import Assessed, reports_found
from explanations.reasons import Reason
from review_queue.actions.appeal import appeal_text
from review_queue.appeals import ended_because
from review_queue.messages import messages_of
from review_queue.models import Appeal, Note
from review_queue.notes import text_of
from review_queue.subject_access.reasoning import OUTCOME_WORDS
from review_queue.subject_access.viewer import Viewer, label_of
from underwriting.documents.selectors import documents_of
from underwriting.documents.wanted import wanted
from underwriting.enums import Outcome, PartyRole
from underwriting.facts.values import facts_from_json
from underwriting.models import (
    Assessment,
    BureauPull,
    CreditReport,
    Decision,
    FactCorrection,
    Mail,
    StandingOffer,
)
from underwriting.outcomes.record import loan_events

KEPT_BACK = "Notes that may speak of an inquiry are not given without a person's look. Ask us, and we answer which we can give."


def credit_reports(viewer: Viewer, assessments: Iterable[Assessment]) -> list[dict[str, Any]]:
    """Reports on this person that were fetched for the application, or kept from an earlier one and used."""
    found = {row.pk: row for row in CreditReport.objects.filter(party=viewer.party)}
    weighed = [
        Assessed(
            assessment=assessment,
            application=viewer.application,
            parties=[viewer.party],
            facts=facts_from_json(assessment.facts),
        )
        for assessment in assessments
    ]
    for used in reports_found(weighed):
        found |= {row.pk: row for row in used.values()}
    if not found:
        return _sent_along(viewer)
    return [
        {
            "from": row.bureau,
            "asked_for": row.pull_id is not None,
            "made_at": row.reported_at.isoformat(),
            "received_at": row.received_at.isoformat(),
            "score": row.bureau_score,
            "score_range": row.bureau_score_range,
            "score_factors": row.bureau_score_factors,
            "payments_newest_month_first": _payments(row),
            "facts": [viewer.value(name, value) for name, value in row.body.items()],
        }
        for _, row in sorted(found.items())
    ]


def _payments(report: CreditReport) -> list[str]:
    """A line an account: its 24 months as the bureau reported them; the first line says what the signs mean."""
    history = report.payment_history
    if history is None:
        return []
    key = (
        f"to {history['newest_month']}: 0 paid on time, 3 from 30, 6 from 60, 9 from 90 days late, - no data"
    )
    return [key, *(f"{account['type']}: {account['months']}" for account in history["accounts"])]


def _sent_along(viewer: Viewer) -> list[dict[str, Any]]:
    """A report that came with the application and was not weighed (yet)."""
    sent = viewer.application.stated.get("inline_report", {}).get(str(viewer.party.ordinal))
    if sent is None:
        return []
    facts = [viewer.value(name, value) for name, value in sent.items()]
    return [{"from": "sent with the application", "asked_for": False, "facts": facts}]


def decisions(viewer: Viewer) -> list[dict[str, Any]]:
    rows = (
        Decision.objects.filter(application=viewer.application)
        .select_related("disclosure", "assessment")
        .order_by("number")
    )
    return [
        {
            "number": row.number,
            "decided_at": row.decided_at.isoformat(),
            "decision": OUTCOME_WORDS[Outcome(row.outcome)],
            "by": "a person" if row.decided_by_id else "the lender's rules and model, without a person",
            "rests_on_assessment": row.assessment.number,
            "reasons": _reasons(viewer, row)
            if hasattr(row, "disclosure")
            else ["The reasons are still being checked."],
        }
        for row in rows
    ]


def _reasons(viewer: Viewer, decision: Decision) -> list[str]:
    """The primary applicant reads every reason, another's and a joint one by its neutral name; everybody else their own alone."""
    is_primary = viewer.party.role == PartyRole.PRIMARY
    told = []
    for reason in (Reason.from_json(row).for_officer for row in decision.reasons):
        if viewer.owns(reason.fact, reason.party) and (is_primary or reason.party is not None):
            told.append(" ".join(part for part in (reason.text, reason.detail) if part))
        elif is_primary and reason.party is None:
            told.append(f"{reason.factor}, of all applicants together")
        elif is_primary:
            told.append(f"{reason.factor}, in what is on file about another applicant")
    return told


def corrections(viewer: Viewer) -> list[dict[str, Any]]:
    rows = FactCorrection.objects.filter(party=viewer.party).order_by("pk")
    return [
        {
            **viewer.value(row.fact, row.value),
            "before": viewer.value(row.fact, row.before)["in_words"],
            "read_in": row.source,
            "kind": "found to be right" if row.is_verification else "set right",
            "corrected_at": row.corrected_at.isoformat(),
        }
        for row in rows
    ]


def appeals(viewer: Viewer) -> list[dict[str, Any]]:
    return [
        {
            "kind": "something is wrong" if row.facts else "a person should look again",
            "about": [label_of(fact) for fact in row.facts],
            "text": appeal_text(row),
            "received_at": row.received_at.isoformat(),
            "answer_due_on": row.answer_due_on.isoformat(),
            "answered_at": row.answered_at.isoformat() if row.answered_at and row.answer_id else None,
            "not_answered_because": ended_because(row),
        }
        for row in Appeal.objects.filter(party=viewer.party)
        .select_related("party", "application")
        .order_by("pk")
    ]


def offers(viewer: Viewer) -> list[dict[str, Any]]:
    return [
        {
            "amount_minor": row.amount_minor,
            "term_months": row.term_months,
            "yearly_rate_percent": row.annual_rate_bps / 100,
            "valid_until": row.valid_until.isoformat(),
            "state": row.state.lower(),
            "papers_asked_for_first": [
                {"paper": wanted()[one["code"]].officer, "seen_at": one["met_at"]} for one in row.conditions
            ],
        }
        for row in StandingOffer.objects.filter(application=viewer.application).order_by("pk")
    ]


def loan(viewer: Viewer) -> list[dict[str, Any]]:
    """What became of the loan, as the lender's servicing told it."""
    return [
        {
            "what": row.kind.replace("_", " ").lower(),
            "on": row.occurred_on.isoformat(),
            "days_late": row.days_late,
            "amount_minor": row.amount_minor,
        }
        for row in loan_events(viewer.application)
    ]


def documents(viewer: Viewer) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "kind": one.kind,
            "received_at": one.row.received_at.isoformat(),
            "bytes": one.row.byte_count,
            "pages": one.row.page_count,
            "sha256": one.row.sha256,
        }
        for one in documents_of(application_id=viewer.application.pk)
        if one.row.party_id == viewer.party.pk
    ]


def messages(viewer: Viewer) -> list[dict[str, Any]]:
    return [
        {
            "from": "the lender" if one.is_from_lender else "you",
            "sent_at": one.sent_at.isoformat(),
            "text": one.text,
        }
        for one in messages_of(viewer.application, viewer.party)
    ]


def notes(viewer: Viewer) -> list[dict[str, Any]]:
    """What the lender's people wrote about this person. Those kept among risk are counted: a person decides whether they are given."""
    rows = list(
        Note.objects.filter(party=viewer.party, written_at__isnull=False)
        .select_related("party")
        .order_by("pk")
    )
    told = [
        {"from": "the lender", "written_at": row.written_at.isoformat(), "text": text_of(row)}
        for row in rows
        if row.written_at and not row.is_for_risk
    ]
    kept_back = sum(row.is_for_risk for row in rows)
    return told + ([{"kept_back": kept_back, "because": KEPT_BACK}] if kept_back else [])


def letters(viewer: Viewer) -> list[dict[str, Any]]:
    rows = Letter.objects.filter(party=viewer.party).select_related("notice").defer("pdf").order_by("pk")
    return [
        {
            "kind": row.notice.kind.replace("_", " ").lower(),
            "made_at": row.rendered_at.isoformat(),
            "pages": row.page_count,
            "sha256": row.pdf_sha256,
        }
        for row in rows
    ]


def mails(viewer: Viewer) -> list[dict[str, Any]]:
    return [
        {
            "subject": row.subject,
            "way": "on paper" if row.on_paper else "by e-mail",
            "state": row.state.lower(),
            "sent_at": row.sent_at.isoformat() if row.sent_at else None,
        }
        for row in Mail.objects.filter(party=viewer.party).order_by("pk")
    ]


def recipients(viewer: Viewer) -> list[dict[str, Any]]:
    """Who outside the lender received something about this person, and what."""
    client = viewer.application.client
    found = [
        {
            "who": f"{client.name}, through whom you applied",
            "what": "the outcome, the offer and, once they were told, the reasons",
            "when": viewer.application.received_at.isoformat(),
        }
    ]
    pulls = BureauPull.objects.filter(party=viewer.party).order_by("pk")
    return found + [
        {
            "who": pull.bureau,
            "what": "name, date of birth, identity number and address, to ask for your credit report",
            "when": pull.intended_at.isoformat(),
        }
        for pull in pulls
    ]
