"""Where an assessed application goes next: to a person, or to its notice. In the transaction of the write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from explanations.notices.compose import compose_notices
from explanations.notices.gathering import DecisionToTell
from review_queue.conditions import settle
from review_queue.desk import NewCase, WrittenNotice, open_cases, review_notices, show_assessment
from scoring.pipeline.types import Bench, Written
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.record import for_request, record_referrals
from underwriting.enums import Outcome
from underwriting.models import Application, Assessment, Lender
from underwriting.policy.types import FindingKind
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import finish

NO_REASON_GIVEN = "The policy asks for a person."


def route(
    written: Sequence[Written], *, items: Sequence[ClaimedItem], bench: Bench | None, now: datetime
) -> None:
    """Open a case for each referral, compose a notice for each decision, finish the items and wake whoever waits."""
    referred = [w for w in written if w.takes_effect and w.new is not None and w.new.outcome is Outcome.REFER]
    if referred:
        refer([_referral(w) for w in referred], now=now)
    for w in written:
        if w.assessment is not None and not w.takes_effect:
            _show(w, now=now)
    if bench is not None:
        _tell(written, lender=bench.lender, now=now)
    finish(items=items)
    announce([w.application for w in written])


def refer(
    referrals: Sequence[tuple[Application, Assessment, tuple[str, ...], bool]], *, now: datetime
) -> None:
    """Give each application (with its assessment, why, and whether that is technical) the status REFERRED and one case."""
    record_referrals(
        [application for application, _, _, _ in referrals],
        why={application.pk: why[0] for application, _, why, _ in referrals},
        actor=SYSTEM,
        now=now,
    )
    cases = [
        NewCase(
            application=application,
            assessment=assessment,
            why=why,
            is_technical=is_technical,
            actor=for_request(SYSTEM, application),
        )
        for application, assessment, why, is_technical in referrals
    ]
    open_cases(cases, now=now)


def announce(applications: Sequence[Application]) -> None:
    """Tell the requests that wait for these applications; delivered when the transaction commits."""
    if not applications:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify('decided', public_id) FROM unnest(%s::text[]) AS public_id",
            [[str(application.public_id) for application in applications]],
        )


def _tell(written: Sequence[Written], *, lender: Lender, now: datetime) -> None:
    """Compose the notices of the decisions, and lay those that are held before a person."""
    decisions = [
        DecisionToTell(
            decision=w.decision,
            assessment=w.assessment,
            application=w.application,
            parties=w.explained.request.parties,
            lender=lender,
            product=w.application.product,
            reasons=w.explained.explanation.reasons,
            held_because=w.explained.explanation.held_because,
        )
        for w in written
        if w.decision is not None and w.assessment is not None
    ]
    notices = compose_notices(decisions, now=now)
    held = [
        WrittenNotice(
            application=one.application,
            assessment=one.assessment,
            notice=notice,
            actor=for_request(SYSTEM, one.application),
        )
        for one, notice in zip(decisions, notices, strict=True)
        if notice.held_because
    ]
    review_notices(held, now=now)


def _show(written: Written, *, now: datetime) -> None:
    """Beside an open case a new assessment is shown to the person who decides, and changes nothing by itself; but an offer whose
    papers were all seen can be taken once it says no less."""
    application, assessment, why, is_technical = _referral(written)
    show_assessment(
        application=application,
        assessment=assessment,
        why=why if assessment.outcome == Outcome.REFER else (),
        is_technical=is_technical,
        actor=for_request(SYSTEM, application),
        now=now,
    )
    settle(application, assessment, now=now)


def _referral(written: Written) -> tuple[Application, Assessment, tuple[str, ...], bool]:
    if written.assessment is None:
        raise RuntimeError("a referral rests on an assessment")
    result = written.explained.decided.result
    technical = bool(written.explained.decided.faults) or any(
        f.kind is FindingKind.TECHNICAL for f in result.findings
    )
    return written.application, written.assessment, result.referral_sentences or (NO_REASON_GIVEN,), technical
