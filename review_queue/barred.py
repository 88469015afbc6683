"""Who may never take a case: whoever decided what it looks at again, and whoever has a conflict of interest in it."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from review_queue.models import Conflict, ReviewCase
from review_queue.transitions import NotForThisPerson, require_another_person

CONFLICT = (
    "You said that you have a conflict of interest in this application. A different officer has to take it."
)


def require_not_barred(case: ReviewCase, *, user_id: int) -> None:
    """Raises NotForThisPerson, whose message says why."""
    require_another_person(not_for_id=case.not_for_id, user_id=user_id)
    if has_conflict(application_id=case.application_id, user_id=user_id):
        raise NotForThisPerson(CONFLICT)


def has_conflict(*, application_id: int, user_id: int) -> bool:
    return Conflict.objects.filter(application_id=application_id, user_id=user_id).exists()


def barred_for(user_id: int) -> Q:
    """The cases that this person may not take."""
    conflicts = Conflict.objects.filter(application=OuterRef("application"), user_id=user_id)
    return Q(not_for_id=user_id) | Q(Exists(conflicts))
