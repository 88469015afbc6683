"""What a credit bureau is to us, and what passes through its door. Pure.

An answer over HTTP is this JSON document:

    {"reference": "<our reference>",
     "subject": {"national_id": "...", "birth_date": "1988-04-17"},
     "file_found": true,
     "reported_at": "2026-11-02T14:30:00+00:00",
     "attributes": {"<fact name>": <number in the fact's unit, money in minor units> or {"absence": "NEVER" | "UNKNOWN"}},
     "score": {"value": 702, "range": "300-850", "factors": ["..."]} or null,
     "payment_history": {"newest_month": "2026-10", "accounts": [{"type": "Cards", "months": "00030-..."}]} or left out}

The payment history (underwriting.bureau.history) is for people to look at: no fact is read from it. Who it speaks of (`subject`) is compared and left behind; only the credit part goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from underwriting.people.identity import Identity


class PullFault(StrEnum):
    """Why there is no report. TIMEOUT and UNKNOWN: a report may exist, so none is asked for a second time."""

    TIMEOUT = "TIMEOUT"  # no answer in time after the question was sent
    UNKNOWN = "UNKNOWN"  # asked by reference, and the bureau cannot say
    REFUSED = "REFUSED"  # the bureau answered that it will not
    UNREACHABLE = "UNREACHABLE"  # nothing was sent
    BREAKER_OPEN = "BREAKER_OPEN"  # nothing was sent: it failed too often just now
    WRONG_PERSON = "WRONG_PERSON"
    EMPTY_FILE = "EMPTY_FILE"
    MALFORMED = "MALFORMED"


NOTHING_WAS_SENT = frozenset({PullFault.UNREACHABLE, PullFault.BREAKER_OPEN})
OUTCOME_UNKNOWN = frozenset({PullFault.TIMEOUT, PullFault.UNKNOWN})


@dataclass(frozen=True, slots=True, repr=False)
class PullRequest:
    """One question about one person. `inline` is the report the client sent along, if any."""

    reference: UUID
    identity: Identity
    consent_id: str
    inline: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ReportedCredit:
    """The credit part of an answer. `body`: fact name -> number or {"absence": ...}."""

    body: Mapping[str, Any]
    bureau_score: int | None
    bureau_score_range: str
    bureau_score_factors: tuple[str, ...]
    reported_at: datetime | None  # None: the bureau does not say, the moment of receipt counts
    payment_history: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class PullAnswer:
    """Either a report or a fault."""

    report: ReportedCredit | None
    fault: PullFault | None
    latency_ms: int = 0
    attempt_count: int = 0  # pulls tried; asking by reference is none


class BureauAdapter(Protocol):
    """Something that answers questions about people. Never raises for what a bureau can do wrong: it answers with a fault."""

    def pull(self, request: PullRequest) -> PullAnswer:
        """Ask for a report. At most one question reaches the bureau."""

    def ask_by_reference(self, request: PullRequest) -> PullAnswer:
        """Ask what became of an earlier pull with this reference, without making a new one."""
