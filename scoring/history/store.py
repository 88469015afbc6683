"""Storing past applications: people sealed and recognisable as live ones, and nothing that anybody would be told by."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from scoring.history.reading import ReadRow
from underwriting.audit.actor import Actor
from underwriting.audit.record import NewEntry, record_entries
from underwriting.config.bulk_insert import bulk_insert
from underwriting.enums import ApplicationStatus, Origin, Outcome
from underwriting.intake.references import new_reference
from underwriting.intake.submit import party_row, stated_values
from underwriting.models import ApiClient, Application, LoanEvent, Party, Product
from underwriting.outcomes.record import event_row

CHANNEL = "import"
STATUS_OF_LENDER = {
    Outcome.APPROVE: ApplicationStatus.APPROVED,
    Outcome.COUNTEROFFER: ApplicationStatus.COUNTEROFFERED,
    Outcome.DECLINE: ApplicationStatus.DECLINED,
}


def history_client(product: Product, *, now: datetime) -> ApiClient:
    """The client under which a lender's history comes: without a key, so nothing else ever does."""
    client, _ = ApiClient.objects.get_or_create(
        lender=product.lender,
        code="history-import",
        defaults={"name": "Imported history", "channel": CHANNEL, "created_at": now},
    )
    return client


@transaction.atomic
def store_rows(
    read: Sequence[ReadRow],
    *,
    product: Product,
    client: ApiClient,
    actor: Actor,
    now: datetime,
    request_id: str = "",
) -> list[int]:
    """Store the rows with their people and events; returns the applications' keys in the order of the rows.

    The trail says when that was; the application says of which day it is. What the lender did gives the status: a loan that has
    events was taken. Where neither is known it is in assessment until the pipeline has spoken.
    """
    references = _free_references(len(read))
    applications = [
        _application(one, reference, product=product, client=client, request_id=request_id)
        for one, reference in zip(read, references, strict=True)
    ]
    bulk_insert(applications)
    Party.objects.bulk_create(
        party_row(application, client, party)
        for application, one in zip(applications, read, strict=True)
        for party in one.payload.parties
    )
    LoanEvent.objects.bulk_create(
        event_row(event, application, client=None, now=now)
        for application, one in zip(applications, read, strict=True)
        for event in one.row.events
    )
    record_entries(
        [_entry(application, one, actor, now) for application, one in zip(applications, read, strict=True)]
    )
    return [application.pk for application in applications]


def _application(
    one: ReadRow, reference: str, *, product: Product, client: ApiClient, request_id: str
) -> Application:
    payload, as_of = one.payload, one.row.as_of
    return Application(
        public_id=uuid.uuid4(),
        reference=reference,
        lender=product.lender,
        product=product,
        client=client,
        channel=one.row.channel or client.channel,
        status=_status(one),
        origin=Origin.IMPORTED,
        as_of=as_of,
        currency=payload.currency,
        requested_amount_minor=payload.requested_amount_minor,
        requested_term_months=payload.requested_term_months,
        purpose=payload.purpose,
        stated=stated_values(payload),
        missing_fields=list(payload.missing_fields),
        received_at=as_of,
        completed_at=as_of,
        completed_by="import",
        decided_at=as_of,
        language=payload.language,
        request_id=request_id,
    )


def _status(one: ReadRow) -> ApplicationStatus:
    if one.row.events:
        return ApplicationStatus.ACCEPTED
    if one.row.outcome is None:
        return ApplicationStatus.IN_ASSESSMENT
    return STATUS_OF_LENDER[one.row.outcome]


def _free_references(count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        drawn = {new_reference() for _ in range(count - len(found))} - set(found)
        taken = Application.objects.filter(reference__in=drawn).values_list("reference", flat=True)
        found |= dict.fromkeys(drawn - set(taken))
    return list(found)


def _entry(application: Application, one: ReadRow, actor: Actor, now: datetime) -> NewEntry:
    return NewEntry(
        actor=actor,
        action="application.imported",
        object_type="application",
        object_id=str(application.public_id),
        object_label=application.reference,
        lender_id=application.lender_id,
        application_id=application.pk,
        after={
            "as_of": one.row.as_of.isoformat(),
            "status": application.status,
            "outcome_of_lender": one.row.outcome,
            "events": len(one.row.events),
        },
        now=now,
    )
