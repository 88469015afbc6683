"""What became of loans: told by the lender's servicing, many events at a time, and read back for one application."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from pydantic import Field
from rest_framework.request import Request

from underwriting.api.authentication import principal_of
from underwriting.api.base import ApiView, json_response
from underwriting.api.body import read_json
from underwriting.api.documentation import ANSWERED_PARAMETERS, problems
from underwriting.api.idempotency import StoredAnswer, keyed_request
from underwriting.api.once import answer_once, replay
from underwriting.api.problems import FieldError, Problem, pointer
from underwriting.api.schemas import Answer
from underwriting.enums import LoanEventKind, Scope
from underwriting.intake.fields import money_text
from underwriting.outcomes.reading import OutcomeFields, read_outcome
from underwriting.outcomes.record import (
    OutcomeError,
    OutcomesRefused,
    ToldOutcome,
    loan_events,
    record_outcomes,
)
from underwriting.people.access import access_application

EVENTS_LIMIT = 500
REQUEST: dict[str, Any] = {
    "application/json": {
        "type": "object",
        "required": ["events"],
        "additionalProperties": False,
        "properties": {
            "events": {
                "type": "array",
                "minItems": 1,
                "maxItems": EVENTS_LIMIT,
                "items": OutcomeFields.model_json_schema(),
            }
        },
        "examples": [
            {
                "events": [
                    {
                        "application": "A-7Q4M-2K",
                        "kind": "PAID",
                        "occurred_on": "2026-03-02",
                        "amount": "301.08",
                    },
                    {
                        "application": "A-7Q4M-2K",
                        "kind": "LATE",
                        "occurred_on": "2026-05-02",
                        "days_late": 30,
                    },
                ]
            }
        ],
    }
}


class OutcomesTaken(Answer):
    """What became of a request: all of it was taken."""

    new: int = Field(description="Events that were not known before.")
    told_before: int = Field(description="Events that were known; each is kept once.")
    applications: int


class LoanEventAnswer(Answer):
    kind: LoanEventKind
    occurred_on: date = Field(description="Day at the lender.")
    days_late: int | None = Field(description="Of LATE; null otherwise.")
    amount: str | None = Field(description="Decimal string, two places.", examples=["301.08"])
    recorded_at: datetime


class LoanEventList(Answer):
    """Oldest first."""

    application: UUID
    data: list[LoanEventAnswer]


class OutcomesView(ApiView):
    """`/outcomes`."""

    scopes: ClassVar = {"POST": Scope.OUTCOMES_WRITE}

    @extend_schema(
        operation_id="tell_outcomes",
        summary="Tell what became of loans",
        parameters=ANSWERED_PARAMETERS,
        request=REQUEST,
        responses={
            200: OpenApiResponse(OutcomesTaken, description="All events are kept."),
            **problems(400, 401, 403, 409, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request) -> HttpResponse:
        """Up to 500 events of loans, of which all are taken or none.

        422 `outcomes_refused` names every event that cannot be taken. The same event told twice, in one request or in two, is kept
        once; one that was told before with another amount is refused.
        """
        principal = principal_of(request)
        body = read_json(request._request)
        keyed = keyed_request(request._request, client=principal.client, body=body)
        earlier = replay(keyed)
        if earlier is not None:
            return earlier
        told, unread = _told(body)

        def take() -> StoredAnswer:
            taken = record_outcomes(
                lender=principal.lender,
                told=told,
                client=principal.client,
                actor=principal.actor(request),
                now=timezone.now(),
                unread=unread,
            )
            answer = OutcomesTaken(new=taken.new, told_before=taken.known, applications=taken.applications)
            return StoredAnswer(status_code=200, body=answer.model_dump_json().encode(), location="")

        try:
            return answer_once(keyed, take)
        except OutcomesRefused as refused:
            raise _refused(
                [
                    FieldError(
                        _pointer(error.place, error.fault.field), error.fault.code, error.fault.message
                    )
                    for error in refused.errors
                ]
            ) from refused


class ApplicationOutcomesView(ApiView):
    """`/applications/{id}/outcomes`."""

    scopes: ClassVar = {"GET": Scope.APPLICATIONS_READ}

    @extend_schema(
        operation_id="list_outcomes",
        summary="Read what became of an application's loan",
        responses={200: LoanEventList, **problems(401, 403, 404, 429, 503)},
    )
    def get(self, request: Request, public_id: UUID) -> HttpResponse:
        """Every event that was told of the loan, oldest first."""
        application = access_application(principal_of(request).client, public_id)
        data = [
            LoanEventAnswer(
                kind=LoanEventKind(event.kind),
                occurred_on=event.occurred_on,
                days_late=event.days_late,
                amount=None if event.amount_minor is None else money_text(event.amount_minor),
                recorded_at=event.recorded_at,
            )
            for event in loan_events(application)
        ]
        return json_response(LoanEventList(application=application.public_id, data=data))


def _told(body: dict[str, Any]) -> tuple[list[ToldOutcome], list[OutcomeError]]:
    """The events of a body, and what cannot be read. Raises Problem (422) for a body that is no list of events."""
    errors = [
        FieldError(pointer([name]), "unknown_field", "There is no such field.")
        for name in body
        if name != "events"
    ]
    events = body.get("events")
    if not isinstance(events, list) or not 1 <= len(events) <= EVENTS_LIMIT:
        said = f"A list of 1 to {EVENTS_LIMIT} events."
        errors.append(FieldError("/events", "required" if events is None else "events_invalid", said))
    if errors or not isinstance(events, list):
        raise _refused(errors)
    told, unread = [], []
    for place, given in enumerate(events):
        read, faults = read_outcome(given)
        unread += [OutcomeError(place, fault) for fault in faults]
        if read is not None:
            told.append(ToldOutcome(place, *read))
    return told, unread


def _pointer(place: int, field: str) -> str:
    return pointer(["events", place, field] if field else ["events", place])


def _refused(errors: Sequence[FieldError]) -> Problem:
    counted = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    return Problem("outcomes_refused", f"Nothing was taken, because of {counted}.", errors=errors)
