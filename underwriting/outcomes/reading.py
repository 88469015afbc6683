"""Events as they are written, in JSON or in a file, read strictly: types, days and amounts, and every fault with its field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from underwriting.enums import LoanEventKind
from underwriting.intake.contract import Strict
from underwriting.intake.fields import choice_type, money_type, text_type
from underwriting.outcomes.events import AMOUNT_MAX_MINOR, DAYS_LATE_MAX, EventFault, ToldEvent

_CODES = {"missing": "required", "extra_forbidden": "unknown_field"}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise PydanticCustomError("date_invalid", "There is no such day.") from error


Day = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", json_schema_extra={"format": "date"}),
    AfterValidator(_day),
]


class EventFields(Strict):
    """An event of a loan that is known already."""

    kind: choice_type(tuple(LoanEventKind)) = Field(  # type: ignore[valid-type]
        description="PAID an instalment, LATE by so many days, PAID_OFF whole, CHARGED_OFF as a loss."
    )
    occurred_on: Day = Field(description="Day at the lender; not in the future, not before the decision.")
    days_late: int | None = Field(
        default=None,
        ge=1,
        le=DAYS_LATE_MAX,
        description="Days past due reached. Of LATE, and of nothing else.",
    )
    amount: money_type(minimum_minor=0, maximum_minor=AMOUNT_MAX_MINOR) | None = Field(  # type: ignore[valid-type]
        default=None, description="Paid, or lost when charged off: a decimal string, two places."
    )


class OutcomeFields(EventFields):
    """An event and the application under which the loan was made."""

    application: text_type(longest=36) = Field(  # type: ignore[valid-type]
        description="Id or reference of the application.", examples=["A-7Q4M-2K"]
    )


def read_event(given: Mapping[str, Any]) -> tuple[ToldEvent | None, list[EventFault]]:
    """An event without its application, or what is wrong with it."""
    read, faults = _read(EventFields, given)
    return (None if read is None else _event(read)), faults


def read_outcome(given: Any) -> tuple[tuple[str, ToldEvent] | None, list[EventFault]]:
    """The application that is named and the event, or what is wrong with it."""
    if not isinstance(given, Mapping):
        return None, [EventFault("", "object_expected", "An event is an object with named fields.")]
    read, faults = _read(OutcomeFields, given)
    return (None if read is None else (read.application, _event(read))), faults


def _read(model: type[EventFields], given: Mapping[str, Any]) -> tuple[Any, list[EventFault]]:
    try:
        return model.model_validate(given), []
    except ValidationError as error:
        return None, [
            EventFault(
                str(detail["loc"][0]) if detail["loc"] else "",
                _CODES.get(detail["type"], detail["type"]),
                detail["msg"],
            )
            for detail in error.errors(include_url=False, include_context=False, include_input=False)
        ]


def _event(read: Any) -> ToldEvent:
    return ToldEvent(LoanEventKind(read.kind), read.occurred_on, read.days_late, read.amount)
