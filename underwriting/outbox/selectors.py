"""What waits to be printed and posted."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404

from underwriting.enums import MailState
from underwriting.models import Mail


def to_post(*, lender_id: int, after: int = 0, limit: int) -> list[Mail]:
    """Letters and messages on paper that wait, oldest first, at most `limit`, behind the one with the key `after`."""
    return list(
        Mail.objects.filter(lender_id=lender_id, on_paper=True, state=MailState.WAITING, pk__gt=after)
        .select_related("application", "party")
        .defer("attachment")
        .order_by("pk")[:limit]
    )


def to_post_count(*, lender_id: int) -> int:
    """How many wait at a lender."""
    return Mail.objects.filter(lender_id=lender_id, on_paper=True, state=MailState.WAITING).count()


def access_paper_mail(*, lender_id: int, public_id: UUID) -> Mail:
    """A letter or message on paper of this lender. Raises Http404 for another lender's as for one that is not there."""
    mail = (
        Mail.objects.select_related("application__lender", "party")
        .filter(lender_id=lender_id, on_paper=True, public_id=public_id)
        .first()
    )
    if mail is None:
        raise Http404
    return mail
