"""Applications and cases by the hundred thousand, made inside the database: minimal rows that every constraint accepts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, models
from django.utils import timezone
from psycopg import sql

from review_queue.models import ReviewCase
from underwriting.enums import (
    ApplicationStatus,
    CaseKind,
    CaseState,
    Outcome,
    PartyRole,
    PolicyState,
    ProductKind,
    Role,
)
from underwriting.models import (
    ApiClient,
    Application,
    Assessment,
    Lender,
    Membership,
    Party,
    Policy,
    PolicyVersion,
    Product,
    User,
)

LONG_AGO = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
# Of the measured lender: so many out of twenty applications, that its queue alone has the 5,000 pages of 50.
LARGEST_OF_TWENTY = 18
LENDERS = ("harbour", "northgate", "eastvale")
PRODUCTS = ("instalment-loan", "car-loan", "home-repair")
CHANNELS = ("web", "broker", "branch")
DUE_SPREAD_MINUTES = 30 * 24 * 60


@dataclass(frozen=True, slots=True)
class World:
    """Who looks at the queue of which lender."""

    lender: Lender
    officer: User


def make_world() -> World:
    """A few lenders with products and channels, and an officer of the one that has most of the applications."""
    lenders = [
        Lender.objects.create(code=code, name=code.title(), legal_name=f"{code.title()}, Inc.", address="40 Quay Street", created_at=LONG_AGO)
        for code in LENDERS
    ]  # fmt: skip
    for lender in lenders:
        for code in PRODUCTS:
            product = Product.objects.create(
                lender=lender, code=code, name=code.replace("-", " ").title(), kind=ProductKind.INSTALMENT, contract={}, reference_rate_bps=1200
            )  # fmt: skip
            policy = Policy.objects.create(lender=lender, product=product, slug=f"{code}-core", name=code)
            PolicyVersion.objects.create(
                policy=policy, number=1, state=PolicyState.ACTIVE, document={"cut_offs": {"approve": 640, "refer": 580}},
                document_sha256="0" * 64, created_at=LONG_AGO, active_from=LONG_AGO,
            )  # fmt: skip
        for code in CHANNELS:
            ApiClient.objects.create(lender=lender, code=code, name=code, channel=code, created_at=LONG_AGO)
    officer = User.objects.create_user(email="ana@example.test", name="Ana Ruiz")
    Membership.objects.create(user=officer, lender=lenders[0], role=Role.CREDIT_OFFICER, since=LONG_AGO)
    return World(lenders[0], officer)


def fill(*, applications: int, open_cases: int) -> None:
    """Add applications, each with a person and an assessment; the first of them wait in the queue, twice as many are closed.

    Cases are due from two hours ago on over a month, about fifteen of 300,000 at the same minute.
    """
    now = timezone.now()
    values: dict[str, Any] = {
        "now": now,
        "late": now - timedelta(hours=2),
        "open": open_cases,
        "lenders": _keys(Lender),
        "products": _keys(Product),
        "clients": _keys(ApiClient),
        "versions": _keys(PolicyVersion),
        "channels": list(CHANNELS),
    }
    _insert(Application, _APPLICATION, values, count=applications)
    _insert(Party, _PARTY, values, count=applications)
    _insert(Assessment, _ASSESSMENT, values, count=applications)
    _insert(ReviewCase, _CASE, values, count=min(applications, 3 * open_cases))


def _keys(model: type[models.Model]) -> list[int]:
    return list(model._meta.base_manager.order_by("pk").values_list("pk", flat=True))


# Column -> expression over `g`, the number of the application from 1 on. What is not named is null or the field's default.
_LENDER = f"(CASE WHEN g %% 20 < {LARGEST_OF_TWENTY} THEN 0 ELSE 1 + g %% 2 END)"
_AMOUNT = "((500 + g::bigint * 7919 %% 49500) * 100)"
_SCORE = "(580 + g %% 60)"
_LENDER_ID = f"(%(lenders)s::bigint[])[1 + {_LENDER}]"
# `make_world` gives each lender three of each, in this order
_PRODUCT_ID = f"(%(products)s::bigint[])[1 + {_LENDER} * 3 + g %% 3]"
_CLIENT_ID = f"(%(clients)s::bigint[])[1 + {_LENDER} * 3 + g %% 3]"
_VERSION_ID = f"(%(versions)s::bigint[])[1 + {_LENDER} * 3 + g %% 3]"

_APPLICATION = {
    "id": "g",
    "public_id": "gen_random_uuid()",
    "reference": "'A-' || lpad(to_hex(g), 8, '0')",
    "lender_id": _LENDER_ID,
    "product_id": _PRODUCT_ID,
    "client_id": _CLIENT_ID,
    "channel": "(%(channels)s::text[])[1 + g %% 3]",
    "status": f"'{ApplicationStatus.REFERRED}'",
    "currency": "'USD'",
    "requested_amount_minor": _AMOUNT,
    "requested_term_months": "36",
    "received_at": "%(now)s - g * interval '1 second'",
    "request_id": "''",
}
_PARTY = {
    "id": "g",
    "public_id": "gen_random_uuid()",
    "application_id": "g",
    "lender_id": _LENDER_ID,
    "role": f"'{PartyRole.PRIMARY}'",
    "ordinal": "1",
    "identity": "''::bytea",
    "person_index": "sha256(g::text::bytea)",
    # a given name in 5,000, a family name in 100,000, and an e-mail address and a telephone number of one's own
    "word_indexes": "ARRAY[hashint8extended(g %% 5000, 1), hashint8extended(g %% 100000, 2), hashint8extended(g, 3), hashint8extended(g, 4)]",
    "consent_id": "''",
    "consented_at": "%(now)s",
}
_ASSESSMENT = {
    "id": "g",
    "application_id": "g",
    "lender_id": _LENDER_ID,
    "number": "1",
    "claim_token": "gen_random_uuid()",
    "outcome": f"'{Outcome.REFER}'",
    "facts": "'{}'",
    "scores": "'[]'",
    "score": _SCORE,
    "findings": "'[]'",
    "policy_version_id": _VERSION_ID,
    "hashes": "'{}'",
    "created_at": "%(now)s",
}
_CASE = {
    "id": "g",
    "number": "20000 + g",
    "lender_id": _LENDER_ID,
    "application_id": "g",
    "assessment_id": "g",
    "kind": f"'{CaseKind.REFERRAL}'",
    "state": f"CASE WHEN g <= %(open)s THEN '{CaseState.OPEN}' ELSE '{CaseState.CLOSED}' END",
    "why": """'["Card use 82%%, over the 80%% limit", "Income is stated only"]'""",
    "is_technical": "g %% 40 = 0",
    "opened_at": "%(now)s - g * interval '1 second'",
    "due_at": f"%(late)s + (g::bigint * 7907 %% {DUE_SPREAD_MINUTES}) * interval '1 minute'",
    "closed_at": "CASE WHEN g > %(open)s THEN %(now)s END",
    "queue_amount_minor": _AMOUNT,
    "queue_score": _SCORE,
}


def _insert(model: type[models.Model], given: dict[str, str], values: dict[str, Any], *, count: int) -> None:
    columns = {
        field.column: given.get(field.column or "") or _usual(field) for field in model._meta.concrete_fields
    }
    statement = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM generate_series(1, %(count)s) g").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(sql.Identifier(str(name)) for name in columns),
        sql.SQL(", ").join(map(sql.SQL, columns.values())),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {"count": count})


def _usual(field: models.Field[Any, Any]) -> str:
    """A field's default as SQL, null where there may be none. Raises ValueError where there is nothing usual to write."""
    if field.null:
        return "NULL"
    if not field.has_default():
        if field.empty_strings_allowed:
            return "''"
        raise ValueError(f"{field} has no default")
    default = field.get_default()
    if isinstance(default, bool | int | float):
        return str(default)
    text = json.dumps(default) if isinstance(default, dict | list) else str(default)
    return sql.Literal(text).as_string(None)
