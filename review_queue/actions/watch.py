"""Being told when a case is free."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from review_queue.access import lock_case
from review_queue.models import ReviewCase, Watch
from review_queue.transitions import require_open
from underwriting.enums import CaseState
from underwriting.models import User


@transaction.atomic
def watch_case(*, case_id: int, user: User, now: datetime) -> Watch:
    """Remember that this person wants to hear when the case is free. Raises CaseNotOpen. Not audited: nothing changes."""
    case = lock_case(case_id=case_id)
    require_open(CaseState(case.state))
    watch, _ = Watch.objects.get_or_create(case=case, user=user, defaults={"asked_at": now})
    return watch


def is_watched(case: ReviewCase, *, user_id: int) -> bool:
    return Watch.objects.filter(case=case, user_id=user_id).exists()
