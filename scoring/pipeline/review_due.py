"""REVIEW_DUE: a day after an emergency change somebody must have looked at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from underwriting.policy.emergencies import alert_if_unreviewed
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import finish, hold_for_write


def remind_of_reviews(items: Sequence[ClaimedItem], *, clock: Callable[[], datetime]) -> None:
    """Raise one alert for each emergency change that no second person looked at."""
    for item in items:
        with transaction.atomic():
            if item.id in hold_for_write([item]):
                alert_if_unreviewed(item.subject_id or 0, now=clock())
                finish(items=[item])
