"""What the API answers, as models: they write the JSON and describe it in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from underwriting.documents.wanted import wanted
from underwriting.enums import ActorKind, ApplicationStatus, OfferState, Origin, Outcome
from underwriting.intake.fields import money_text
from underwriting.models import Application, AuditEntry, Decision, Disclosure, Product


class Answer(BaseModel):
    """Base of what is answered: exactly these fields."""

    model_config = ConfigDict(extra="forbid")


class ProblemError(Answer):
    pointer: str = Field(description="JSON pointer into the body, or `?name` for a query parameter.")
    code: str
    message: str


class ProblemDetails(Answer):
    """RFC 9457."""

    type: str = Field(description="Address of the page that explains the code.")
    title: str
    status: int
    code: str = Field(description="Stable; the other texts may be reworded.")
    detail: str
    instance: str = Field(description="The Request-Id.")
    errors: list[ProblemError] = Field(description="Every cause, with its place.")


class ReasonsStatus(StrEnum):
    """`NONE`: the decision needs none, or there is no decision; `IN_REVIEW`: not shown yet; `DISCLOSED`: they are in `reasons`."""

    NONE = "none"
    IN_REVIEW = "in_review"
    DISCLOSED = "disclosed"


class ConditionAnswer(Answer):
    """A paper that has to be seen before an offer can be taken."""

    code: str = Field(examples=["payslips"])
    text: str = Field(description="What is asked for, as the applicant reads it.")
    met_at: datetime | None = Field(description="Null until a person has seen it.")


class OfferAnswer(Answer):
    amount: str = Field(
        description="Decimal string, two places. The limit, for a line.", examples=["9000.00"]
    )
    currency: str = Field(examples=["USD"])
    term_months: int | None = Field(description="Null for a line.")
    annual_rate: str = Field(description="Per cent a year, decimal string, two places.", examples=["12.50"])
    instalment: str | None = Field(description="Monthly; null for a line.", examples=["301.08"])
    valid_until: date | None = Field(
        description="Last day, where the lender is, on which it can be taken. Null while it is HELD."
    )
    state: OfferState = Field(
        description="HELD until its notice is out; then OPEN until it is taken, turned down, replaced by another decision, or over."
    )
    conditional: bool = Field(
        description="True while it cannot be taken: conditions are not met, or what they showed is still looked at."
    )
    conditions: list[ConditionAnswer] = Field(
        description="In the order of the notice; empty where there are none."
    )


class ReasonAnswer(Answer):
    rank: int = Field(description="1 is the most important.")
    code: str
    text: str = Field(description="The reason as the applicant reads it.")
    source: str = Field(description="Where it came from; empty when that must not be said to this applicant.")
    known_at: str | None = Field(description="When the source was read.")
    what_may_help: str


class ApplicationAnswer(Answer):
    """An application as the submitting lender's keys see it."""

    id: UUID
    reference: str = Field(examples=["A-7Q4M-2K"])
    product: str
    origin: Origin = Field(
        description="RECEIVED, or IMPORTED: a past one, kept to measure policies with. Nobody is told of it."
    )
    status: ApplicationStatus
    currency: str
    requested_amount: str | None = Field(description="Null where the product asks for none.")
    requested_term_months: int | None
    purpose: str | None
    received_at: datetime
    completed_at: datetime | None
    decided_at: datetime | None
    missing_fields: list[str] = Field(description="JSON pointers of the fields still required to decide.")
    possible_duplicate_of: UUID | None
    outcome: Outcome | None = Field(description="APPROVE, COUNTEROFFER or DECLINE once decided.")
    offer: OfferAnswer | None
    reasons: list[ReasonAnswer]
    reasons_status: ReasonsStatus


class ApplicationDetail(ApplicationAnswer):
    """One application, with the way for its applicant."""

    applicant_page: str | None = Field(
        description="Path of the applicant's own page at this host; it asks for one more fact. Null once its link has expired.",
        examples=["/a/x2bVqFq0r9uV6mJcT1o8Zk3e/"],
    )


class ApplicationPage(Answer):
    data: list[ApplicationAnswer]
    has_more: bool


class DecisionAnswer(Answer):
    """The decision that stands."""

    application: UUID
    number: int = Field(description="1 for the first; a later one replaces it.")
    outcome: Outcome
    decided_at: datetime
    decided_by: Literal["SYSTEM", "PERSON"]
    offer: OfferAnswer | None
    reasons: list[ReasonAnswer]
    reasons_status: ReasonsStatus


class TimelineEvent(Answer):
    id: str
    occurred_at: datetime
    actor: ActorKind
    action: str = Field(examples=["application.submitted"])


class TimelinePage(Answer):
    """Newest first."""

    data: list[TimelineEvent]
    has_more: bool


class ProductAnswer(Answer):
    code: str
    name: str
    kind: str
    currency: str
    is_open: bool


class ProductList(Answer):
    data: list[ProductAnswer]
    has_more: bool


def standing_decisions(applications: Iterable[Application]) -> dict[int, Decision]:
    """The last decision of each application that has one, with its disclosure; one query."""
    rows = (
        Decision.objects.filter(application__in=list(applications))
        .select_related("disclosure", "standing_offer")
        .order_by("application_id", "-number")
        .distinct("application_id")
    )
    return {row.application_id: row for row in rows}


def standing_answer(application: Application) -> ApplicationAnswer:
    """Describe an application with the decision that stands, read anew."""
    return application_answer(application, standing_decisions([application]).get(application.pk))


def application_answer(application: Application, decision: Decision | None) -> ApplicationAnswer:
    """Describe an application; `product` and `possible_duplicate_of` should be loaded."""
    duplicate = application.possible_duplicate_of
    amount = application.requested_amount_minor
    return ApplicationAnswer(
        id=application.public_id,
        reference=application.reference,
        product=application.product.code,
        origin=Origin(application.origin),
        status=ApplicationStatus(application.status),
        currency=application.currency,
        requested_amount=None if amount is None else money_text(amount),
        requested_term_months=application.requested_term_months,
        purpose=application.purpose or None,
        received_at=application.received_at,
        completed_at=application.completed_at,
        decided_at=decision.decided_at if decision else None,
        missing_fields=application.missing_fields,
        possible_duplicate_of=duplicate.public_id if duplicate else None,
        outcome=Outcome(decision.outcome) if decision else None,
        offer=offer_answer(decision, application) if decision else None,
        reasons=disclosed_reasons(decision),
        reasons_status=reasons_status(decision),
    )


def decision_answer(application: Application, decision: Decision) -> DecisionAnswer:
    """Describe the decision that stands."""
    return DecisionAnswer(
        application=application.public_id,
        number=decision.number,
        outcome=Outcome(decision.outcome),
        decided_at=decision.decided_at,
        decided_by="SYSTEM" if decision.decided_by_id is None else "PERSON",
        offer=offer_answer(decision, application),
        reasons=disclosed_reasons(decision),
        reasons_status=reasons_status(decision),
    )


def offer_answer(decision: Decision, application: Application) -> OfferAnswer | None:
    """The offer of a decision in decimal strings."""
    offer: Mapping[str, Any] | None = decision.offer
    if offer is None:
        return None
    standing = decision.standing_offer
    instalment = offer.get("instalment_minor")
    return OfferAnswer(
        amount=money_text(offer["amount_minor"]),
        currency=application.currency,
        term_months=offer.get("term_months"),
        annual_rate=money_text(offer["annual_rate_bps"]),
        instalment=None if instalment is None else money_text(instalment),
        valid_until=None if standing.state == OfferState.HELD else standing.valid_until,
        state=OfferState(standing.state),
        conditional=standing.is_conditional,
        conditions=[
            ConditionAnswer(
                code=one["code"],
                text=wanted()[one["code"]].in_language(application.language),
                met_at=one["met_at"],
            )
            for one in standing.conditions
        ],
    )


def reasons_status(decision: Decision | None) -> ReasonsStatus:
    """Whether the reasons may be seen: from the decision's Disclosure row on, and not before."""
    if decision is None or decision.outcome == Outcome.APPROVE:
        return ReasonsStatus.NONE
    return ReasonsStatus.DISCLOSED if _is_disclosed(decision) else ReasonsStatus.IN_REVIEW


def disclosed_reasons(decision: Decision | None) -> list[ReasonAnswer]:
    """The reasons of a decision that is disclosed, most important first; none otherwise."""
    if decision is None or reasons_status(decision) is not ReasonsStatus.DISCLOSED:
        return []
    return [
        ReasonAnswer(
            rank=reason.get("rank", index),
            code=reason["code"],
            text=reason["text"],
            source=reason.get("source") or "",
            known_at=reason.get("known_at"),
            what_may_help=reason.get("do") or "",
        )
        for index, reason in enumerate(decision.reasons, start=1)
    ]


def timeline_event(entry: AuditEntry) -> TimelineEvent:
    """One moment of an application, without names of staff and without values."""
    return TimelineEvent(
        id=str(entry.pk),
        occurred_at=entry.occurred_at,
        actor=ActorKind(entry.actor_kind),
        action=entry.action,
    )


def product_answer(product: Product, currency: str) -> ProductAnswer:
    """Describe a product."""
    return ProductAnswer(
        code=product.code, name=product.name, kind=product.kind, currency=currency, is_open=product.is_open
    )


def _is_disclosed(decision: Decision) -> bool:
    try:
        return decision.disclosure is not None
    except Disclosure.DoesNotExist:
        return False
