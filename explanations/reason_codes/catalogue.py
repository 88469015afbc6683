"""The reason-code catalogue in force at a lender, and the versions of it that decisions were made with."""

from __future__ import annotations

from functools import cache, lru_cache

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
    "catalogue_of",
    "current_catalogue",
    "ensure_stored",
    "own_catalogue_row",
    "policy_codes",
    "shipped_catalogue",
]

CACHED_CATALOGUES = 32


class CatalogueAltered(ValueError):
    """A stored catalogue is not the one that was stored: its hash differs."""


@cache
def shipped_catalogue() -> Catalogue:
    """The catalogue shipped with this release. Raises ValueError, with every complaint, where it breaks its own rules.

    Reading grades are left out: they need a dictionary, and `./run check` holds them for what is shipped.
    """
    catalogue = Catalogue.from_document(shipped_document())
    complaints = check_catalogue(catalogue)
    if complaints:
        raise ValueError("reason catalogue: " + "; ".join(complaints))
    return catalogue


def current_catalogue(lender_id: int | None = None) -> Catalogue:
    """The lender's own catalogue in force, or the shipped one. Raises CatalogueAltered where a stored one was changed."""
    row = None if lender_id is None else own_catalogue_row(lender_id)
    return shipped_catalogue() if row is None else catalogue_of(row)


def ensure_stored(lender_id: int | None = None) -> ReasonCatalogue:
    """The row of the catalogue in force, the shipped one written on first use; its document is read only when asked for.

    Two processes may try at once: one row results.
    """
    own = None if lender_id is None else own_catalogue_row(lender_id)
    if own is not None:
        return own
    catalogue = shipped_catalogue()
    row, _ = ReasonCatalogue.objects.defer("document").get_or_create(
        sha256=catalogue.sha256,
        defaults={
            "version": catalogue.version,
            "country": catalogue.document["catalogue"]["country"],
            "document": catalogue.document,
            "created_at": timezone.now(),
        },
    )
    return row


def own_catalogue_row(lender_id: int) -> ReasonCatalogue | None:
    """The lender's own catalogue in force, without its document; None where the lender uses the shipped one."""
    return ReasonCatalogue.objects.defer("document").filter(lender_id=lender_id).order_by("-pk").first()


def catalogue_of(row: ReasonCatalogue) -> Catalogue:
    """The catalogue of a row of `ensure_stored`, read once in a process. Raises CatalogueAltered."""
    shipped = shipped_catalogue()
    return shipped if row.sha256 == shipped.sha256 else _stored(row.pk, row.sha256)


def catalogue_from(row: ReasonCatalogue) -> Catalogue:
    """A stored version, for replay. Raises CatalogueAltered where the document no longer has its hash."""
    if canonical_sha256(row.document) != row.sha256:
        raise CatalogueAltered(f"reason catalogue {row.version} does not have its hash {row.sha256[:12]}")
    return Catalogue.from_document(row.document)


@lru_cache(maxsize=CACHED_CATALOGUES)
def _stored(row_id: int, sha256: str) -> Catalogue:
    """A lender's own catalogue; append-only, so that reading it once in a process is enough. The hash is part of the key."""
    catalogue = catalogue_from(ReasonCatalogue.objects.get(pk=row_id))
    if catalogue.sha256 != sha256:
        raise CatalogueAltered(f"reason catalogue {catalogue.version} does not have its hash {sha256[:12]}")
    return catalogue


def policy_codes(catalogue: Catalogue) -> dict[str, KnownReasonCode]:
    """What the policy checks need to know of each code; enabled here means that a rule may use it."""
    return {
        code.code: KnownReasonCode(
            code=code.code, name=code.factor, enabled=code.is_for(UsedBy.POLICY), facts=frozenset(code.facts)
        )
        for code in catalogue.codes.values()
    }
