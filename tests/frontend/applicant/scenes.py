"""Applications in every state an applicant can meet, with the facts, files and messages that fill their pages."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from explanations.notices.compose import compose_notice
from explanations.reasons import Reason
from review_queue.messages import send_message
from review_queue.models import ReviewCase
from tests.factories import make_product, make_user
from tests.factories.reviewing import make_case, make_desk
from tests.frontend.applicant.conftest import STATUS_OF, Applicant, by_score
from underwriting.enums import ApplicationStatus, CaseState, DocumentKind, Outcome, Role
from underwriting.models import Application, Decision, Document, Lender, Party, StandingOffer
from underwriting.people.sealing import seal

ROOT = Path(__file__).parents[3]
OFFER = {"amount_minor": 700_000, "term_months": 36, "annual_rate_bps": 1249, "instalment_minor": 23_415, "price_tier": "C"}  # fmt: skip
QUESTION, ANSWER = "When will I hear from you?", "By Friday.\nThank you for waiting."


def decided(
    lender: Lender, outcome: Outcome = Outcome.DECLINE, *, now: datetime | None = None, **changes: Any
) -> Applicant:
    """An application with frozen facts of a form, a report and a calculation, decided a day ago by a person."""
    now = now or timezone.now()
    at = now - timedelta(days=1)
    case = make_case(make_desk(lender), now=at, **changes)
    application = case.application
    party = application.parties.get()
    ReviewCase.objects.filter(pk=case.pk).update(state=CaseState.CLOSED, closed_at=at)
    reasons: tuple[Reason, ...] = () if outcome is Outcome.APPROVE else by_score(party)
    decision = Decision.objects.create(
        application=application, lender=lender, number=1, outcome=outcome, assessment=case.assessment, decided_at=at,
        offer=None if outcome is Outcome.DECLINE else OFFER, reasons=[reason.to_json() for reason in reasons],
        decided_by=make_user(f"Tom{application.pk} Berg", (lender, Role.CREDIT_OFFICER)),
    )  # fmt: skip
    Application.objects.filter(pk=application.pk).update(status=STATUS_OF[outcome], decided_at=at)
    application.refresh_from_db()
    if outcome is not Outcome.DECLINE:
        StandingOffer.objects.create(
            decision=decision, application=application, lender=lender, valid_until=at.date() + timedelta(days=30),
            **{name: OFFER[name] for name in ("amount_minor", "term_months", "annual_rate_bps", "instalment_minor")},
        )  # fmt: skip
    compose_notice(
        decision=decision, assessment=case.assessment, application=application, parties=[party], lender=lender,
        product=application.product, reasons=reasons, held_because="", now=at,
    )  # fmt: skip
    return Applicant(party)


def incomplete(lender: Lender) -> Applicant:
    """An application that misses its purpose, an income and a kind of housing."""
    from tests.factories import make_application, make_party

    contract = json.loads((ROOT / "underwriting/intake/demo_contracts/instalment-loan.json").read_text())
    contract["application"]["purpose"]["required"] = "decide"
    for name in ("annual_income", "housing", "employment_tenure_months"):
        contract["party"][name]["required"] = "decide"
    product = make_product(lender, "open-loan", contract=contract)
    party = make_party(
        make_application(
            product, status=ApplicationStatus.INCOMPLETE, completed_at=None, purpose="",
            missing_fields=["/purpose", "/applicant/annual_income", "/applicant/housing", "/applicant/employment_tenure_months"],
        ),
        stated={},
    )  # fmt: skip
    return Applicant(party)


def with_document(party: Party, *, name: str = "payslip.pdf", content: bytes = b"%PDF-1.4 own") -> Document:
    return Document.objects.create(
        lender=party.lender, application=party.application, party=party, kind=DocumentKind.PAYSLIP, page_count=1,
        name=seal(name.encode(), party=party, what="document.name"), content=seal(content, party=party, what="document.content"),
        media_type="application/pdf", byte_count=184_320, sha256="0" * 64, received_from="APPLICANT", received_at=timezone.now(),
    )  # fmt: skip


def with_messages(party: Party) -> None:
    now = timezone.now()
    officer = make_user("Ana Weber", (party.lender, Role.CREDIT_OFFICER))
    send_message(application=party.application, party=party, author=None, text=QUESTION, now=now)
    send_message(application=party.application, party=party, author=officer, text=ANSWER, now=now)
