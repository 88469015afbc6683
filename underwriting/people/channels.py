"""The partner channels that may submit applications to a lender."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.models import ApiClient, Lender


class CodeTaken(Exception):
    """The lender has a client with this code."""


def create_client(
    *,
    lender: Lender,
    code: str,
    name: str,
    channel: str,
    requests_per_minute: int,
    actor: Actor,
    now: datetime,
) -> ApiClient:
    """Add a client, without a key yet. Raises CodeTaken."""
    try:
        with transaction.atomic():
            client = ApiClient.objects.create(
                lender=lender,
                code=code,
                name=name,
                channel=channel,
                requests_per_minute=requests_per_minute,
                created_at=now,
            )
            record_entry(
                actor=actor, action="api_client.created", object_type="api_client", object_id=code, object_label=name,
                lender_id=lender.pk, after={"channel": channel, "requests_per_minute": requests_per_minute}, now=now,
            )  # fmt: skip
    except IntegrityError as error:
        raise CodeTaken(f"{lender.name} has a client {code} already") from error
    return client
