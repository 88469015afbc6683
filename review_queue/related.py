"""Other applications of the same people at the same lender, and what they add up to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Exists, OuterRef, Subquery
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast

from review_queue.models import ReviewCase
from review_queue.permissions import DECIDERS
from underwriting.enums import ApplicationStatus, CaseKind, CaseState, Origin, Role
from underwriting.models import Application, Decision, Party

SHOWN_MAX = 50
LENT = frozenset({ApplicationStatus.APPROVED, ApplicationStatus.COUNTEROFFERED, ApplicationStatus.ACCEPTED})
UNDECIDED = frozenset({
    ApplicationStatus.SUBMITTED, ApplicationStatus.INCOMPLETE, ApplicationStatus.IN_ASSESSMENT, ApplicationStatus.REFERRED,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Related:
    """One other application. `amount_minor` is what was granted, else what is asked for; None where it is hidden or a line."""

    reference: str
    product: str
    status: ApplicationStatus
    is_hidden: bool
    amount_minor: int | None
    currency: str
    received_at: datetime
    case_number: int | None


@dataclass(frozen=True, slots=True)
class Exposure:
    """In one currency, minor units: what was granted in how many applications, and what is asked for and not decided."""

    currency: str
    granted_minor: int
    granted_count: int
    asked_minor: int
    asked_count: int


@dataclass(frozen=True, slots=True)
class RelatedCases:
    rows: Sequence[Related]
    exposures: Sequence[Exposure]
    has_more: bool


def related_cases(
    application: Application, parties: Sequence[Party], *, roles: Collection[Role]
) -> RelatedCases:
    """The newest 50 other applications in which one of these people takes part: the same identity number and birth date.

    Matched by keyed index at this lender alone, so that nothing is opened to find them. What was decided in one that is under
    appeal is hidden from those who could come to decide it, as on its own page. One statement.
    """
    same_people = Party.objects.filter(
        lender_id=application.lender_id, person_index__in=[bytes(party.person_index) for party in parties]
    )
    cases = ReviewCase.objects.filter(application=OuterRef("pk"))
    offer = Decision.objects.filter(application=OuterRef("pk")).order_by("-number")
    found = list(
        Application.objects.filter(pk__in=same_people.values("application_id"))
        .filter(origin=Origin.RECEIVED)
        .exclude(pk=application.pk)
        .annotate(
            granted=Subquery(offer.values(amount=Cast(KeyTransform("amount_minor", "offer"), BigIntegerField()))[:1]),
            case_number=Subquery(cases.order_by("-pk").values("number")[:1]),
            is_appealed=Exists(
                cases.filter(kind=CaseKind.APPEAL, state__in=[CaseState.OPEN, CaseState.DECIDED])
            ),
        )
        .order_by("-received_at", "-pk")
        .values(
            "reference", "product__name", "status", "requested_amount_minor", "currency", "received_at", "granted", "case_number",
            "is_appealed",
        )[: SHOWN_MAX + 1]
    )  # fmt: skip
    hides = bool(DECIDERS & frozenset(roles))
    rows = [_related(row, is_hidden=hides and row["is_appealed"]) for row in found[:SHOWN_MAX]]
    return RelatedCases(rows=rows, exposures=_exposures(rows), has_more=len(found) > SHOWN_MAX)


def _related(row: Mapping[str, Any], *, is_hidden: bool) -> Related:
    status = ApplicationStatus(str(row["status"]))
    amount = row["granted"] if status in LENT else row["requested_amount_minor"]
    return Related(
        reference=row["reference"],
        product=row["product__name"],
        status=status,
        is_hidden=is_hidden,
        amount_minor=None if is_hidden else amount,
        currency=row["currency"],
        received_at=row["received_at"],
        case_number=row["case_number"],
    )


def _exposures(rows: Sequence[Related]) -> list[Exposure]:
    """What a lender has granted or is asked for; a decline, a withdrawal and what is hidden add nothing."""
    found = []
    for currency in sorted({row.currency for row in rows}):
        granted = [
            row for row in rows if row.currency == currency and row.status in LENT and not row.is_hidden
        ]
        asked = [row for row in rows if row.currency == currency and row.status in UNDECIDED]
        found.append(
            Exposure(
                currency=currency,
                granted_minor=sum(row.amount_minor or 0 for row in granted),
                granted_count=len(granted),
                asked_minor=sum(row.amount_minor or 0 for row in asked),
                asked_count=len(asked),
            )
        )
    return [one for one in found if one.granted_count or one.asked_count]
