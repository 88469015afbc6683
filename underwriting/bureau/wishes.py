"""What is wanted of a bureau, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from underwriting.models import CreditReport
from underwriting.people.identity import Identity
from underwriting.policy.types import TechnicalFault


@dataclass(frozen=True, slots=True, repr=False)
class ReportRequest:
    """One party whose report is wanted. `inline` is the report sent with the application."""

    lender_id: int
    application_id: int
    party_id: int
    party_public_id: UUID
    person_index: bytes
    identity: Identity
    consent_id: str
    inline: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class ReportResult:
    """A report, or why there is none. `from_cache`: it was made for another application of this person and consent."""

    report: CreditReport | None
    fault: TechnicalFault | None
    from_cache: bool
