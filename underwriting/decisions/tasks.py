"""Ending the offers that nobody took, as a Celery task; beat sends it every minute."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from underwriting.decisions.answers import expire_offers


@shared_task(name="underwriting.decisions.expire_offers", ignore_result=True)
def expire() -> None:
    """End what is overdue; the rest of a large number waits for the next minute."""
    expire_offers(now=timezone.now())
