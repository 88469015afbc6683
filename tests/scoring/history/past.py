"""Rows of a history for tests: generated people, in the form of the API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from scoring.demo.payloads import body
from scoring.demo.roster import LENDERS
from scoring.history.past_application import PastApplication
from underwriting.bureau.people import person
from underwriting.enums import Outcome
from underwriting.outcomes.events import ToldEvent

AS_OF = datetime(2026, 1, 15, 15, 0, tzinfo=UTC)


def row(
    index: int = 0,
    *,
    as_of: datetime = AS_OF,
    outcome: Outcome | None = None,
    events: Sequence[ToldEvent] = (),
    report: dict[str, Any] | None = None,
    line: int = 1,
) -> PastApplication:
    """The generated person of that index, with their report."""
    someone = person(7, index, "A")
    facts = {**someone.report, **(report or {})}
    if someone.bureau_score is not None:
        facts["bureau_score"] = someone.bureau_score
    return PastApplication(
        body=body(
            lender=LENDERS[0],
            identity=someone.identity,
            consented_at=as_of,
            application=someone.stated_application,
            party=someone.stated_party,
            report=facts,
        ),
        as_of=as_of,
        outcome=outcome,
        events=tuple(events),
        line=line,
    )
