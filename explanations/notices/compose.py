"""A decision's notice: composed once, frozen, and disclosed unless something in it may not be said yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from explanations.models import Notice
from explanations.notices.reports import reports_found, reports_used, scores_used
from explanations.notices.snapshot import NoticeSubject, lines, snapshot
from explanations.reason_codes.codes import canonical_sha256
from explanations.reasons import Reason
from underwriting.decisions.transitions import notice_due_at
from underwriting.enums import Outcome
from underwriting.facts.values import facts_from_json
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
    existing = Notice.objects.filter(decision=decision).order_by("-number").first()
    if existing is not None:
        return existing
    facts = facts_from_json(assessment.facts)
    found: dict[str, CreditReport] = {}
    if decision.outcome != Outcome.APPROVE:
        found = reports_found(assessment=assessment, application=application, parties=parties, facts=facts)
    subject = NoticeSubject(
        decision=decision,
        application=application,
        parties=parties,
        lender=lender,
        product=product,
        reasons=tuple(r if isinstance(r, Reason) else Reason.from_json(r) for r in reasons),
        reports=reports_used(found, application=application, parties=parties, facts=facts, lender=lender),
        scores=scores_used(found, assessment=assessment, facts=facts),
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
    known = all(str(lender.bureau.get(key, "")).strip() for key in ("name", "address", "telephone"))
    if any(not known or report.bureau != lender.bureau["name"] for report in subject.reports.values()):
        yield "The lender's settings do not give the credit bureau's name, address and telephone, which this notice must print."
