"""A letter on its way to one applicant, as the tests of the outbox send it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from tests.factories import (
    make_assessment,
    make_party,
)
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.record import record_decision
from underwriting.enums import (
    ClockKind,
    DecisionStage,
    Outcome,
)
from underwriting.models import (
    Application,
    Decision,
    Mail,
    NoticeClock,
)
from underwriting.outbox.mail import send_later

PDF = b"%PDF-1.7 the letter"


def decide(application: Application) -> Decision:
    return record_decision(
        application=application, assessment=make_assessment(application), outcome=Outcome.DECLINE, stage=DecisionStage.SCORE,
        offer=None, reasons=[], decided_by=None, note="", actor=SYSTEM, now=timezone.now(),
    )  # fmt: skip


def letter(application: Application, *, email: str = "maria@example.test", **changes: Any) -> Mail:
    party = application.parties.first() or make_party(
        application, email=email, esign_consented_at=timezone.now()
    )
    values: dict[str, Any] = {
        "subject": "A letter for you", "text": "Open your page.", "letter_id": 7, "letter_sha256": "ab" * 32, "attachment": PDF,
        "decision": application.decisions.last() or decide(application), "meets": ClockKind.DECISION_NOTICE,
        "begins": ClockKind.REASONS_REQUEST, "now": timezone.now(),
    }  # fmt: skip
    return send_later(application=application, party=party, **{**values, **changes})


def running(application: Application) -> list[str]:
    clocks = NoticeClock.objects.filter(application=application, stopped_at__isnull=True)
    return sorted(clocks.values_list("kind", flat=True))
