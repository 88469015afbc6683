"""Whether the active policy offers the product to this segment at all; asked before anything is stored or scored."""

from __future__ import annotations

from functools import lru_cache

from underwriting.enums import PolicyState
from underwriting.intake.payload import NotOffered
from underwriting.models import PolicyVersion, Product
from underwriting.policy.schema import PolicyDocument, PolicyRefused, parse_document
from underwriting.policy.segments import in_segment


def check_offered(*, product: Product, channel: str, purpose: str) -> None:
    """Raise NotOffered outside the segments of the active policy; without one the application is taken, and refers."""
    active = PolicyVersion.objects.filter(policy__product=product, state=PolicyState.ACTIVE).values_list(
        "pk", "document_sha256"
    )
    found = active.first()
    if found is None:
        return
    document = _document(*found)
    if document is not None and not in_segment(document, channel=channel, purpose=purpose):
        raise NotOffered(f"{product.name} is not offered through this channel or for this purpose.")


@lru_cache(maxsize=64)
def _document(version_id: int, document_sha256: str) -> PolicyDocument | None:
    """None for a document that cannot be read: the application is taken, and refers."""
    del document_sha256  # part of the key: what was cached is what the row holds
    try:
        return parse_document(PolicyVersion.objects.values_list("document", flat=True).get(pk=version_id))
    except PolicyRefused:
        return None
