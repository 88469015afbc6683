"""Opening a stored letter, exactly as it was rendered."""

from __future__ import annotations

import hashlib

from explanations.models import Letter
from underwriting.models import AuditEntry
from underwriting.people.sealing import unseal

SEALED_AS = "letter"
RENDERED = "letter.rendered"


class LetterChanged(Exception):
    """A stored letter is no longer what was rendered: its bytes, or its hash, are not those of the audit trail."""


def letter_pdf(letter: Letter) -> bytes:
    """The PDF as it was rendered. Raises LetterChanged where it is not that any more, Unreadable where it does not open."""
    pdf = unseal(bytes(letter.pdf), party=letter.party, what=SEALED_AS)
    found = hashlib.sha256(pdf).hexdigest()
    noted = (
        AuditEntry.objects.filter(action=RENDERED, object_type="letter", object_id=str(letter.pk))
        .values_list("after", flat=True)
        .first()
    )
    if noted is None or not found == letter.pdf_sha256 == noted["pdf_sha256"]:
        raise LetterChanged(f"letter {letter.pk} is not what was rendered")
    return pdf
