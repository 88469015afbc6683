"""A decision's notice: composed once, frozen, and disclosed unless something in it may not be said yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from explanations.models import Notice
from explanations.notices.snapshot import BureauScore, NoticeSubject, lines, snapshot
from explanations.reason_codes.codes import canonical_sha256
from explanations.reasons import Reason
from underwriting.decisions.transitions import notice_due_at
from underwriting.enums import Outcome
from underwriting.facts.values import Facts, FactSource, facts_from_json
from underwriting.models import (
    Application,
    Assessment,
    CreditReport,
    Decision,
    Disclosure,
    Lender,
    Party,
    Product,
)
from underwriting.policy.types import FindingResult


@transaction.atomic
def compose_notice(
    *,
    decision: Decision,
    assessment: Assessment,
    application: Application,
    parties: Sequence[Party],
    lender: Lender,
    product: Product,
    reasons: Sequence[Reason | Mapping[str, Any]],
    held_because: str,
    now: datetime,
) -> Notice:
    """Write the notice of a decision and, unless it is held, its disclosure. A second call answers the same notice.

    `reasons` are those of the decision, as objects or as stored. A notice is held, never lost, where the reasons failed a test
    (`held_because`), where a decline has none, or where the lender's settings lack something the law wants printed.
    Call it in the transaction of the decision.
    """
    existing = Notice.objects.filter(decision=decision).first()
    if existing is not None:
        return existing
    facts = facts_from_json(assessment.facts)
    subject = NoticeSubject(
        decision=decision,
        application=application,
        parties=parties,
        lender=lender,
        product=product,
        reasons=tuple(r if isinstance(r, Reason) else Reason.from_json(r) for r in reasons),
        report_was_used=_report_was_used(facts),
        scores=_scores_used(assessment, facts=facts, parties=parties, lender=lender),
    )
    held = " ".join(part for part in (held_because, *_missing(subject)) if part)
    return _write(subject, held_because=held, now=now)


def _write(subject: NoticeSubject, *, held_because: str, now: datetime) -> Notice:
    """Freeze what the notice says, and disclose it where nothing holds it."""
    application = subject.application
    content = snapshot(subject)
    sha256 = canonical_sha256(content)
    notice = Notice.objects.create(
        decision=subject.decision,
        application=application,
        kind=content["kind"],
        snapshot=content,
        snapshot_sha256=sha256,
        due_at=notice_due_at(
            completed_at=application.completed_at or application.received_at,
            outcome=subject.outcome,
            time_zone=subject.lender.time_zone,
        ),
        held_because=held_because,
        created_at=now,
    )
    if not held_because:
        Disclosure.objects.create(decision=subject.decision, disclosed_at=now, snapshot_sha256=sha256)
    return notice


def _missing(subject: NoticeSubject) -> Iterator[str]:
    """Why a decline or counteroffer may not be told yet, one sentence each."""
    if subject.outcome is Outcome.APPROVE:
        return
    lender = subject.lender
    if not subject.reasons:
        yield "There is no principal reason that may be disclosed."
    if not (lender.agency_name.strip() and lines(lender.agency_address)):
        yield "The lender's settings do not name the federal agency and its address, which this notice must print."
    if not lines(lender.address):
        yield "The lender's settings have no postal address, which this notice must print."
    bureau: Mapping[str, Any] = lender.bureau
    if subject.report_was_used and not all(
        str(bureau.get(key, "")).strip() for key in ("name", "address", "telephone")
    ):
        yield "The lender's settings do not give the credit bureau's name, address and telephone, which this notice must print."


def _report_was_used(facts: Facts) -> bool:
    """Whether a consumer report was weighed: a fact of one is on file, be it that no credit file was found."""
    return any(fact.source is FactSource.BUREAU and fact.value is not None for fact in facts.values())


def _scores_used(
    assessment: Assessment, *, facts: Facts, parties: Sequence[Party], lender: Lender
) -> list[BureauScore]:
    """Each party's bureau score where a score played any part: the fallback rule, or a rule that read it."""
    read_by_rule = any(
        "bureau_score" in finding["values"] and finding["result"] != FindingResult.NOT_CHECKED
        for finding in assessment.findings
    )
    score = facts.get("bureau_score")
    if score is None or score.value is None or not (assessment.used_fallback or read_by_rule):
        return []
    return [found for party in parties if (found := _score_of(party, lender)) is not None]


def _score_of(party: Party, lender: Lender) -> BureauScore | None:
    report = (
        CreditReport.objects.filter(
            lender=lender, person_index=bytes(party.person_index), bureau_score__isnull=False
        )
        .order_by("-received_at")
        .first()
    )
    if report is None or report.bureau_score is None:
        return None
    return BureauScore(
        party=str(party.public_id),
        value=report.bureau_score,
        score_range=report.bureau_score_range,
        factors=tuple(str(factor) for factor in report.bureau_score_factors[:5]),
        made_at=report.reported_at,
    )
