"""Calling the API in tests: bodies that the demo's contracts accept, and a caller with a key."""

from __future__ import annotations

import copy
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.test import Client

from tests.factories import make_client, make_lender, make_product
from underwriting.api.keys import issue_key
from underwriting.audit.actor import SYSTEM
from underwriting.enums import ProductKind, Scope
from underwriting.models import ApiClient, ApiKey, Lender, Product

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answered

CONTRACTS = Path(__file__).resolve().parents[3] / "underwriting" / "intake" / "demo_contracts"
KINDS = {
    "instalment-loan": ProductKind.INSTALMENT,
    "credit-line": ProductKind.LINE,
    "pre-screen": ProductKind.PRESCREEN,
}
BODY: dict[str, Any] = {
    "product": "instalment-loan",
    "currency": "USD",
    "requested_amount": "12000.00",
    "requested_term_months": 36,
    "purpose": "debt_consolidation",
    "applicant": {
        "identity": {
            "given_name": "Zebulon",
            "family_name": "Quixworth",
            "birth_date": "1984-02-29",
            "national_id": "TEST-777-66-5544",
            "email": "zebulon.quixworth@example.test",
            "telephone": "+1 207 555 0187",
            "address": {"lines": ["99 Kestrelcroft Lane", "Portland, ME"], "postcode": "04101"},
        },
        "consent": {"id": "consent-1", "given_at": "2026-01-05T14:30:00Z"},
        "annual_income": "58000.00",
        "monthly_obligations": "1450.00",
        "employment_type": "salaried",
        "employment_tenure_months": 84,
        "housing": "rent",
    },
}


def contract(code: str) -> dict[str, Any]:
    """A demo contract."""
    document: dict[str, Any] = json.loads((CONTRACTS / f"{code}.json").read_text(encoding="utf-8"))
    return document


def body(**changes: Any) -> dict[str, Any]:
    """A complete application for an instalment loan, with changes at the top."""
    return {**copy.deepcopy(BODY), **changes}


@dataclass
class Caller:
    """A client of a lender with a live key. Posts get a fresh idempotency key unless one is given."""

    lender: Lender
    product: Product
    client: ApiClient
    key: ApiKey
    key_text: str = field(repr=False)
    http: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def headers(self, **extra: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.key_text}",
            **{k.replace("_", "-"): v for k, v in extra.items()},
        }

    def get(self, path: str, **headers: str) -> Answered:
        return self.http.get(f"/api/v1{path}", headers=self.headers(**headers))

    def post(
        self, content: Any, *, path: str = "/applications", key: str | None = None, **headers: str
    ) -> Answered:
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.http.post(
            f"/api/v1{path}", raw, content_type=headers.pop("content_type", "application/json"),
            headers=self.headers(Idempotency_Key=key or str(uuid.uuid4()), **headers),
        )  # fmt: skip


def make_caller(
    lender_code: str = "harbour", product_code: str = "instalment-loan", **client_changes: Any
) -> Caller:
    """A lender with one product under the demo's contract, one client and one key with all scopes."""
    lender = Lender.objects.filter(code=lender_code).first() or make_lender(lender_code)
    product = lender.products.filter(code=product_code).first() or make_product(
        lender, product_code, KINDS[product_code], contract=contract(product_code)
    )
    client = make_client(lender, client_changes.pop("code", "web"), **client_changes)
    issued = issue_key(client=client, scopes=list(Scope), actor=SYSTEM, now=datetime.now(tz=UTC))
    return Caller(lender=lender, product=product, client=client, key=issued.row, key_text=issued.text)
