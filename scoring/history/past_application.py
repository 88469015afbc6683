"""A past application as it is handed to the import, and what the import says of the rows. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from underwriting.enums import Outcome
from underwriting.outcomes.events import ToldEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class PastApplication:
    """One row of a history.

    Args:
        body: as POST /applications takes it; the report of each person comes along in it, as no bureau is asked.
        as_of: when it was received, and as of when it is assessed.
        outcome: what the lender did then, APPROVE, COUNTEROFFER or DECLINE; None where that is not known.
        channel: the word policies use; empty: the channel of the import.
        events: what became of its loan.
        line: where the row stood, for messages.
    """

    body: Mapping[str, Any]
    as_of: datetime
    outcome: Outcome | None = None
    channel: str = ""
    events: tuple[ToldEvent, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was left out: its line, where in the row the fault is (JSON pointer) and what it is."""

    line: int
    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the rows. `outcomes`: how many applications the engine gave each outcome, by its name."""

    imported: int
    event_count: int
    refused: tuple[RefusedRow, ...] = ()
    outcomes: Mapping[str, int] = field(default_factory=dict)
