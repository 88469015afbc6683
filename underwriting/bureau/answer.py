"""A bureau's answer at the door: whose it is, whether it can be read, and the credit part of it. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from underwriting.bureau.history import read_history
from underwriting.bureau.protocol import PullFault, ReportedCredit
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, FactSource

if TYPE_CHECKING:
    from underwriting.people.identity import Identity

FACTORS_MAX = 5
SCORE_MAX = 32_767
_ABSENCES = frozenset(absence.value for absence in Absence)


class AnswerRefused(Exception):
    """An answer that must not be used; `fault` says why. Holds nothing of the answer."""

    def __init__(self, fault: PullFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def read_answer(content: bytes, *, identity: Identity) -> ReportedCredit:
    """Return the credit part of an answer about this person.

    Raises:
        AnswerRefused: EMPTY_FILE for an answer without a report, WRONG_PERSON when it does not say that it speaks of this
            person, MALFORMED for anything that is not the document described in `underwriting.bureau.protocol`.
    """
    document = _document(content)
    if not document:
        raise AnswerRefused(PullFault.EMPTY_FILE)
    _require_same_person(document.get("subject"), identity)
    if document.get("file_found") is False:
        body: dict[str, Any] = {"bureau_hit_flag": 0}
    else:
        attributes = document.get("attributes")
        if not attributes:
            raise AnswerRefused(PullFault.EMPTY_FILE)
        body = {"bureau_hit_flag": 1, **_attributes(attributes)}
    score = _score(document.get("score"))
    return ReportedCredit(
        body=body,
        bureau_score=score.get("value"),
        bureau_score_range=_text(score.get("range", ""), longest=20),
        bureau_score_factors=tuple(
            _text(factor, longest=120) for factor in score.get("factors", ())[:FACTORS_MAX]
        ),
        reported_at=_instant(document.get("reported_at")),
        payment_history=read_history(document.get("payment_history")),
    )


def _document(content: bytes) -> Mapping[str, Any]:
    if not content.strip():
        return {}
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise AnswerRefused(PullFault.MALFORMED) from error
    if not isinstance(document, dict):
        raise AnswerRefused(PullFault.MALFORMED)
    return document


def _require_same_person(subject: Any, identity: Identity) -> None:
    """National id and birth date both have to be those that were asked about."""
    asked = (_plain(identity.national_id), identity.birth_date.isoformat())
    told = (
        (_plain(str(subject.get("national_id"))), subject.get("birth_date"))
        if isinstance(subject, dict)
        else None
    )
    if told != asked:
        raise AnswerRefused(PullFault.WRONG_PERSON)


def _plain(national_id: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", national_id.upper())


def _attributes(attributes: Any) -> dict[str, Any]:
    """Attributes that are bureau facts; a bureau may report more than we have names for."""
    if not isinstance(attributes, dict):
        raise AnswerRefused(PullFault.MALFORMED)
    known = {name for name, fact in catalogue().items() if fact.source is FactSource.BUREAU} - {
        "bureau_score"
    }
    for value in attributes.values():
        is_absence = isinstance(value, dict) and set(value) == {"absence"} and value["absence"] in _ABSENCES
        if not _is_number(value) and not is_absence:
            raise AnswerRefused(PullFault.MALFORMED)
    return {name: value for name, value in attributes.items() if name in known}


def _is_number(value: Any) -> bool:
    """Whether a value is a number that a floating-point number can hold."""
    try:
        return isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:  # a whole number of more than 308 digits
        return False


def _text(value: Any, *, longest: int) -> str:
    """Words that can be stored. Raises AnswerRefused for what no column holds: a NUL, half a character, a nested value."""
    if not isinstance(value, str | int | float) or not _can_be_stored(str(value)):
        raise AnswerRefused(PullFault.MALFORMED)
    return str(value)[:longest]


def _can_be_stored(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _score(score: Any) -> Mapping[str, Any]:
    if score is None:
        return {}
    value = score.get("value") if isinstance(score, dict) else None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= SCORE_MAX:
        raise AnswerRefused(PullFault.MALFORMED)
    if not isinstance(score.get("factors", []), list):
        raise AnswerRefused(PullFault.MALFORMED)
    checked: Mapping[str, Any] = score
    return checked


def _instant(text: Any) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise AnswerRefused(PullFault.MALFORMED) from error
    if instant.tzinfo is None:
        raise AnswerRefused(PullFault.MALFORMED)
    return instant
