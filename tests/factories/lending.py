"""Lenders, products, API clients and staff."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from underwriting.audit.actor import Actor
from underwriting.enums import ActorKind, ProductKind, Role
from underwriting.models import ApiClient, Lender, Membership, Product, User

LONG_AGO = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
PASSWORD = "correct-horse-battery-1234"


def make_lender(code: str = "harbour", **changes: Any) -> Lender:
    values: dict[str, Any] = {
        "name": code.title(),
        "legal_name": f"{code.title()}, Inc.",
        "address": "40 Quay Street\nPortland, ME 04101",
        "telephone": "+1 207 555 0140",
        "agency_name": "Federal Trade Commission, Equal Credit Opportunity",
        "agency_address": "Washington, DC 20580",
        "working_weekdays": [1, 2, 3, 4, 5],
        "bureau": {
            "adapter": "INLINE", "name": "Demo Bureau", "address": "1 File Road\nDover, DE 19901", "telephone": "+1 800 555 0100",
            "score_range": "300-850", "score_ranks": [[300, 1], [580, 16], [620, 27], [660, 38], [700, 52], [740, 68], [780, 84]],
        },
        "created_at": LONG_AGO,
    }  # fmt: skip
    return Lender.objects.create(code=code, **{**values, **changes})


def make_product(
    lender: Lender, code: str = "instalment-loan", kind: ProductKind = ProductKind.INSTALMENT, **changes: Any
) -> Product:
    values: dict[str, Any] = {
        "name": code.replace("-", " ").title(),
        "contract": {},
        "offer_grid": [[500_000, 36], [1_000_000, 36], [1_000_000, 60]]
        if kind is ProductKind.INSTALMENT
        else [],
        "reference_rate_bps": 1200,
    }
    return Product.objects.create(lender=lender, code=code, kind=kind, **{**values, **changes})


def make_client(lender: Lender, code: str = "web", **changes: Any) -> ApiClient:
    values: dict[str, Any] = {
        "name": code.title(),
        "channel": code,
        "requests_per_minute": 60_000,
        "created_at": LONG_AGO,
    }
    return ApiClient.objects.create(lender=lender, code=code, **{**values, **changes})


def make_user(name: str, *roles: tuple[Lender, Role], password: str | None = PASSWORD) -> User:
    """A person with these roles; the e-mail is the first name under example.test."""
    user = User.objects.create_user(email=f"{name.split(' ')[0].lower()}@example.test", name=name)
    if password is not None:
        # one round: every process can check it, and no test waits for it
        user.password = PBKDF2PasswordHasher().encode(password, "salt", iterations=1)
        user.save(update_fields=["password"])
    Membership.objects.bulk_create(
        Membership(user=user, lender=lender, role=role, since=LONG_AGO) for lender, role in roles
    )
    return user


def actor_of(user: User) -> Actor:
    """This person, as what they do is recorded."""
    return Actor(kind=ActorKind.USER, user_id=user.pk, name=user.name)
