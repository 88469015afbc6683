"""The reason-code catalogue in force, and the versions of it that decisions were made with."""

from __future__ import annotations

from functools import cache

from django.utils import timezone

from explanations.reason_codes.checks import check_catalogue
from explanations.reason_codes.codes import Catalogue, UsedBy, canonical_sha256
from explanations.reason_codes.shipped import shipped_document
from underwriting.models import ReasonCatalogue
from underwriting.policy.check import KnownReasonCode

__all__ = [
    "Catalogue",
    "CatalogueAltered",
    "catalogue_from",
    "current_catalogue",
    "ensure_stored",
    "policy_codes",
]


class CatalogueAltered(ValueError):
    """A stored catalogue is not the one that was stored: its hash differs."""


@cache
def current_catalogue() -> Catalogue:
    """The catalogue shipped with this release. Raises ValueError, with every complaint, where it breaks its own rules."""
    catalogue = Catalogue.from_document(shipped_document())
    complaints = check_catalogue(catalogue)
    if complaints:
        raise ValueError("reason catalogue: " + "; ".join(complaints))
    return catalogue


def catalogue_from(row: ReasonCatalogue) -> Catalogue:
    """A stored version, for replay. Raises CatalogueAltered where the document no longer has its hash."""
    if canonical_sha256(row.document) != row.sha256:
        raise CatalogueAltered(f"reason catalogue {row.version} does not have its hash {row.sha256[:12]}")
    return Catalogue.from_document(row.document)


def ensure_stored() -> ReasonCatalogue:
    """The row of the catalogue in force, written on first use. Two processes may try at once: one row results."""
    catalogue = current_catalogue()
    row, _ = ReasonCatalogue.objects.get_or_create(
        sha256=catalogue.sha256,
        defaults={"version": catalogue.version, "document": catalogue.document, "created_at": timezone.now()},
    )
    return row


def policy_codes(catalogue: Catalogue) -> dict[str, KnownReasonCode]:
    """What the policy checks need to know of each code; enabled here means that a rule may use it."""
    return {
        code.code: KnownReasonCode(
            code=code.code, name=code.factor, enabled=code.is_for(UsedBy.POLICY), facts=frozenset(code.facts)
        )
        for code in catalogue.codes.values()
    }
