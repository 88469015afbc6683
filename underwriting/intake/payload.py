"""An application as it was asked for: checked, in domain terms, not yet stored. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from underwriting.enums import Language, PartyRole

if TYPE_CHECKING:
    from underwriting.models import Product
    from underwriting.people.identity import Identity


@dataclass(frozen=True, slots=True)
class ContractError:
    """One thing wrong with a body: where (keys and indexes from the root), a stable code, a sentence without the value."""

    path: tuple[str | int, ...]
    code: str
    message: str


class ContractViolated(Exception):
    """A body does not fit the product's contract. Holds every error, in the order of the body's fields."""

    def __init__(self, errors: tuple[ContractError, ...]) -> None:
        super().__init__(f"{len(errors)} fields do not fit the contract")
        self.errors = errors


class NotOffered(Exception):
    """The lender does not offer the product in this case; nobody is assessed."""


@dataclass(frozen=True, slots=True)
class PartyPayload:
    """A person of the application. `stated`: fact name -> value (money in minor units); `report`: fact name -> value or absence."""

    role: PartyRole
    ordinal: int  # 1 is the primary applicant
    identity: Identity
    consent_id: str
    consented_at: datetime
    esign_consented_at: datetime | None  # when they agreed to be told electronically
    stated: Mapping[str, Any]
    report: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class ApplicationPayload:
    """A checked application. `missing_fields`: JSON pointers of fields required to decide that were not given."""

    product: Product
    currency: str
    requested_amount_minor: int | None
    requested_term_months: int | None
    purpose: str
    stated: Mapping[str, Any]
    parties: tuple[PartyPayload, ...]
    missing_fields: tuple[str, ...]
    language: Language = Language.ENGLISH
