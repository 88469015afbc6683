"""The types of an application's fields: strict, bounded, and without a value in any error message."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, StringConstraints, ValidationInfo, WithJsonSchema
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from underwriting.facts.catalogue import FactDefinition, Unit, catalogue
from underwriting.facts.values import Absence, FactSource

MONEY_PATTERN = r"^(0|[1-9][0-9]{0,10})\.[0-9]{2}$"
INSTANT_PATTERN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
)
PRINTABLE_PATTERN = r"^[^\x00-\x1f\x7f]*$"
OLDEST_BIRTH_YEAR = 1900
CLOCK_ALLOWANCE = timedelta(minutes=5)  # clocks of clients may run ahead


def in_context(info: ValidationInfo) -> datetime:
    """The moment of the submission, passed in by the caller."""
    now: datetime = info.context["now"]  # type: ignore[index]
    return now


def minor_units(text: str) -> int:
    """`12000.00` -> 1200000. The pattern has been checked."""
    whole, _, cents = text.partition(".")
    return int(whole) * 100 + int(cents)


def money_text(minor: int) -> str:
    """1200000 -> `12000.00`."""
    return f"{minor // 100}.{minor % 100:02d}"


def _birth_date(text: str, info: ValidationInfo) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise PydanticCustomError("date_invalid", "There is no such day.") from error
    if not found.year >= OLDEST_BIRTH_YEAR or found > in_context(info).date():
        raise PydanticCustomError("date_out_of_range", "A birth date lies between 1900 and today.")
    return found


def _past_instant(text: str, info: ValidationInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise PydanticCustomError("instant_invalid", "There is no such moment.") from error
    if found > in_context(info) + CLOCK_ALLOWANCE:
        raise PydanticCustomError("instant_in_future", "This moment lies in the future.")
    return found


def text_type(*, longest: int, shortest: int = 1, pattern: str = PRINTABLE_PATTERN) -> Any:
    """Text without control characters; spaces at its ends are taken off."""
    return Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=shortest, max_length=longest, pattern=pattern),
    ]


BirthDate = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", json_schema_extra={"format": "date"}),
    AfterValidator(_birth_date),
]
PastInstant = Annotated[
    str,
    Field(pattern=INSTANT_PATTERN, json_schema_extra={"format": "date-time"}),
    AfterValidator(_past_instant),
]


def money_type(*, minimum_minor: int, maximum_minor: int) -> Any:
    """A decimal string with two places, read as minor units within bounds."""

    def check(text: str) -> int:
        minor = minor_units(text)
        if not minimum_minor <= minor <= maximum_minor:
            low, high = money_text(minimum_minor), money_text(maximum_minor)
            raise PydanticCustomError(
                "amount_out_of_range", "The amount must be from {low} to {high}.", {"low": low, "high": high}
            )
        return minor

    bounds: JsonDict = {"x-minimum": money_text(minimum_minor), "x-maximum": money_text(maximum_minor)}
    return Annotated[str, Field(pattern=MONEY_PATTERN, json_schema_extra=bounds), AfterValidator(check)]


def whole_number_type(*, low: int, high: int, choices: tuple[int, ...] = ()) -> Any:
    """A whole number within bounds, or one of the choices."""
    if not choices:
        return Annotated[int, Field(ge=low, le=high)]

    def check(value: int) -> int:
        if value not in choices:
            raise PydanticCustomError(
                "choice_invalid",
                "The value must be one of {choices}.",
                {"choices": ", ".join(map(str, choices))},
            )
        return value

    return Annotated[int, Field(json_schema_extra={"enum": list(choices)}), AfterValidator(check)]


def choice_type(choices: tuple[str, ...]) -> Any:
    """One of some words."""

    def check(value: str) -> str:
        if value not in choices:
            raise PydanticCustomError(
                "choice_invalid", "The value must be one of {choices}.", {"choices": ", ".join(choices)}
            )
        return value

    return Annotated[str, Field(json_schema_extra={"enum": list(choices)}), AfterValidator(check)]


def report_facts() -> dict[str, FactDefinition]:
    """The facts an inline credit report may carry."""
    return {name: fact for name, fact in catalogue().items() if fact.source is FactSource.BUREAU}


def report_value_type(fact: FactDefinition) -> Any:
    """A number in the fact's unit and range (money: a decimal string), or `{"absence": "NEVER"}`."""
    absence_schema = {
        "type": "object",
        "properties": {"absence": {"type": "string", "enum": [absence.value for absence in Absence]}},
        "required": ["absence"],
        "additionalProperties": False,
    }
    if fact.unit is Unit.MONEY:
        number_schema: dict[str, Any] = {"type": "string", "pattern": MONEY_PATTERN}
        read: Callable[[Any], int | float] = _report_money(fact)
    else:
        number_schema = {
            "type": "number" if fact.unit is Unit.RATIO else "integer", "minimum": fact.low, "maximum": fact.high,
        }  # fmt: skip
        read = _report_number(fact)

    def check(value: Any) -> Any:
        if isinstance(value, dict):
            if list(value) != ["absence"] or value["absence"] not in {absence.value for absence in Absence}:
                raise PydanticCustomError(
                    "absence_invalid", "An absence is NEVER, UNKNOWN or NOT_ASKED, and nothing else."
                )
            return value
        return read(value)

    description = f"{fact.label} ({fact.unit.value}). {fact.note}"
    return Annotated[
        Any,
        PlainValidator(check),
        WithJsonSchema({"anyOf": [number_schema, absence_schema], "description": description}),
    ]


def _report_money(fact: FactDefinition) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, str) or not re.fullmatch(MONEY_PATTERN, value):
            raise PydanticCustomError(
                "amount_invalid", "An amount is text with two decimals, for instance 1250.00."
            )
        return int(_within(fact, minor_units(value)))

    return read


def _report_number(fact: FactDefinition) -> Callable[[Any], int | float]:
    kinds = (int, float) if fact.unit is Unit.RATIO else (int,)

    def read(value: Any) -> int | float:
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise PydanticCustomError(
                "number_invalid", "A number is expected, a whole one unless the fact is a ratio."
            )
        return _within(fact, value)

    return read


def _within(fact: FactDefinition, value: float) -> int | float:
    if (fact.low is not None and value < fact.low) or (fact.high is not None and value > fact.high):
        raise PydanticCustomError("out_of_range", "The value lies outside the range of this fact.")
    return value
