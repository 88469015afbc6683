"""Whether the active policy offers the product to this segment at all; asked before anything is stored or scored."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from underwriting.intake.payload import NotOffered
from underwriting.models import PolicyVersion, Product
from underwriting.policy.schema import PolicyDocument, PolicyRefused, parse_document
from underwriting.policy.segments import in_segment
from underwriting.policy.selectors import active_policy_version


def check_offered(*, product: Product, channel: str, purpose: str, now: datetime) -> None:
    """Raise NotOffered outside the segments of the policy in force; without one the application is taken, and refers."""
    active = active_policy_version(product.pk, now)
    if active is None:
        return
    document = _document(active.pk, active.document_sha256)
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
