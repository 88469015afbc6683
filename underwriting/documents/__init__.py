"""Files that applicants, partners and officers send: checked by their content, sealed, and never served as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from underwriting.models import Document


def read_document(document: Document) -> bytes:
    """The content as it was sent. Raises underwriting.people.sealing.Unreadable.

    Imported here and not above, because the process that inspects a file opens this package without Django.
    """
    from underwriting.people.sealing import unseal  # noqa: PLC0415

    return unseal(bytes(document.content), party=document.party, what="document.content")
