"""An application with a link, and an applicant's browser."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from explanations.models import Notice
from explanations.notices.compose import compose_notice
from explanations.reasons import Reason
from tests.explanations.synthetic import KNOWN_AT
from tests.explanations.test_principal_reasons import given_reasons
from tests.factories import make_application, make_assessment, make_lender, make_party, make_product
from underwriting.enums import ApplicationStatus, Outcome
from underwriting.facts.values import FactSource, FactValue, facts_to_json
from underwriting.models import ApplicantLink, Application, Decision, Lender, Party
from underwriting.people.links import create_links, link_token

BIRTH_DATE = {"day": "17", "month": "4", "year": "1988"}
WRONG_DATE = {**BIRTH_DATE, "year": "1989"}
STATUS_OF = {
    Outcome.APPROVE: ApplicationStatus.APPROVED,
    Outcome.COUNTEROFFER: ApplicationStatus.COUNTEROFFERED,
    Outcome.DECLINE: ApplicationStatus.DECLINED,
}


class Applicant:
    """A person with a browser and the link of one party."""

    def __init__(self, party: Party, *, now: datetime | None = None) -> None:
        self.party = party
        create_links(application=party.application, parties=[party], now=now or timezone.now())
        self.token = link_token(party)
        self.link = ApplicantLink.objects.latest("pk")
        self.client = Client(enforce_csrf_checks=True)

    @property
    def path(self) -> str:
        return f"/a/{self.token}/"

    def get(self, path: str = "") -> HttpResponse:
        return self.client.get(f"{self.path}{path}")  # type: ignore[return-value]

    def answer(self, **given: str) -> HttpResponse:
        """Post a known fact as a browser does."""
        return self.post("", **(given or BIRTH_DATE))

    def post(self, path: str, **given: Any) -> HttpResponse:
        """Send a form of this page, with the token that every page hands out."""
        if "csrftoken" not in self.client.cookies:
            self.client.get(self.path)
        token = self.client.cookies["csrftoken"].value
        return self.client.post(f"{self.path}{path}", {**given, "csrfmiddlewaretoken": token})  # type: ignore[return-value]


def make_applicant(lender: Lender, *, reference: str = "A-7Q4M-2K", **changes: Any) -> Applicant:
    product = lender.products.first() or make_product(lender)
    return Applicant(make_party(make_application(product, reference=reference, **changes)))


def by_score(party: Party) -> tuple[Reason, ...]:
    found = given_reasons({"revolving_utilisation_ratio": 0.9, "months_since_last_delinquency": 0.5})
    return tuple(
        Reason.from_json({**reason.to_json(), "party": str(party.public_id)}) for reason in found.reasons
    )


def decide(
    application: Application,
    outcome: Outcome,
    *,
    reasons: Sequence[Reason] = (),
    offer: Any = None,
    held_because: str = "",
) -> Notice:
    facts = {"dpd30_count_12m": FactValue(3, None, FactSource.BUREAU, KNOWN_AT)}
    number = application.decisions.count() + 1
    decision = Decision.objects.create(
        application=application, lender=application.lender, number=number, outcome=outcome, offer=offer, decided_at=KNOWN_AT,
        assessment=make_assessment(application, number=number, facts=facts_to_json(facts)),
        reasons=[reason.to_json() for reason in reasons],
    )  # fmt: skip
    Application.objects.filter(pk=application.pk).update(status=STATUS_OF[outcome], decided_at=KNOWN_AT)
    return compose_notice(
        decision=decision, assessment=decision.assessment, application=application, parties=list(application.parties.all()),
        lender=application.lender, product=application.product, reasons=reasons, held_because=held_because, now=KNOWN_AT,
    )  # fmt: skip


@pytest.fixture
def lender(db: None) -> Lender:
    return make_lender()


@pytest.fixture
def applicant(lender: Lender) -> Applicant:
    return make_applicant(lender)
