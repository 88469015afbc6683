"""The door through which applications come in: application, parties, work item and audit entry in one transaction."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import ApplicationStatus, Lane, PartyRole, WorkKind
from underwriting.intake.payload import ApplicationPayload, PartyPayload
from underwriting.intake.references import new_reference
from underwriting.models import ApiClient, Application, Party
from underwriting.people.identity import person_index, seal_identity
from underwriting.people.links import create_links
from underwriting.work.put import put

DUPLICATE_WINDOW = timedelta(hours=24)
REFERENCE_ATTEMPTS = 5


def submit_application(
    *,
    client: ApiClient,
    payload: ApplicationPayload,
    actor: Actor,
    now: datetime,
    request_id: str,
    lane: Lane = Lane.INTERACTIVE,
) -> Application:
    """Store an application and put it to work.

    A field required to decide that is missing makes it INCOMPLETE, and nothing is put to work. The same person with another
    application for the same product in the last 24 hours makes it a possible duplicate of that one; both are kept.
    """
    with transaction.atomic():
        primary_index = _person_index(client, payload.parties[0])
        duplicate = _possible_duplicate(payload, client, primary_index, now)
        application = _create(client, payload, duplicate=duplicate, now=now, request_id=request_id)
        parties = Party.objects.bulk_create(_party(application, client, party) for party in payload.parties)
        create_links(application=application, parties=parties, now=now)
        record_entry(
            actor=actor,
            action="application.submitted",
            object_type="application",
            object_id=str(application.public_id),
            object_label=application.reference,
            lender_id=client.lender_id,
            application_id=application.pk,
            after={
                "status": application.status,
                "product": payload.product.code,
                "requested_amount_minor": payload.requested_amount_minor,
                "requested_term_months": payload.requested_term_months,
                "party_count": len(payload.parties),
                "missing_fields": list(payload.missing_fields),
                "possible_duplicate_of": duplicate.reference if duplicate else None,
            },
            now=now,
        )
        if application.status == ApplicationStatus.SUBMITTED:
            put(
                kind=WorkKind.ASSESS,
                lender_id=client.lender_id,
                now=now,
                application_id=application.pk,
                lane=lane,
            )
    return application


def _create(
    client: ApiClient,
    payload: ApplicationPayload,
    *,
    duplicate: Application | None,
    now: datetime,
    request_id: str,
) -> Application:
    complete = not payload.missing_fields
    values: dict[str, Any] = {
        "lender_id": client.lender_id,
        "product": payload.product,
        "client": client,
        "channel": client.channel,
        "status": ApplicationStatus.SUBMITTED if complete else ApplicationStatus.INCOMPLETE,
        "currency": payload.currency,
        "requested_amount_minor": payload.requested_amount_minor,
        "requested_term_months": payload.requested_term_months,
        "purpose": payload.purpose,
        "stated": _stated(payload),
        "missing_fields": list(payload.missing_fields),
        "possible_duplicate_of": duplicate,
        "received_at": now,
        "completed_at": now if complete else None,
        "completed_by": "application" if complete else "",
        "request_id": request_id,
    }
    for attempt in range(REFERENCE_ATTEMPTS):
        try:
            with (
                transaction.atomic()
            ):  # a savepoint: a taken reference costs one more try, not the submission
                return Application.objects.create(reference=new_reference(), **values)
        except IntegrityError:
            if attempt == REFERENCE_ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _stated(payload: ApplicationPayload) -> dict[str, Any]:
    stated = dict(payload.stated)
    reports = {
        str(party.ordinal): dict(party.report) for party in payload.parties if party.report is not None
    }
    if reports:
        stated["inline_report"] = reports
    return stated


def _party(application: Application, client: ApiClient, party: PartyPayload) -> Party:
    public_id = uuid.uuid4()
    return Party(
        public_id=public_id,
        application=application,
        lender_id=client.lender_id,
        role=party.role,
        ordinal=party.ordinal,
        identity=seal_identity(party.identity, lender_id=client.lender_id, party_public_id=public_id),
        person_index=_person_index(client, party),
        stated=dict(party.stated),
        consent_id=party.consent_id,
        consented_at=party.consented_at,
    )


def _person_index(client: ApiClient, party: PartyPayload) -> bytes:
    return person_index(
        lender_id=client.lender_id,
        national_id=party.identity.national_id,
        birth_date=party.identity.birth_date,
    )


def _possible_duplicate(
    payload: ApplicationPayload, client: ApiClient, primary_index: bytes, now: datetime
) -> Application | None:
    """The newest other application of this person. Submissions of one person wait for each other, so that two at once see it."""
    lock_number = int.from_bytes(primary_index[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number])
    return (
        Application.objects.filter(
            lender_id=client.lender_id,
            product=payload.product,
            received_at__gt=now - DUPLICATE_WINDOW,
            parties__person_index=primary_index,
            parties__role=PartyRole.PRIMARY,
        )
        .order_by("-received_at", "-pk")
        .first()
    )
