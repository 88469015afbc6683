"""The door through which applications come in: application, parties, work item and audit entry in one transaction."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.clocks.running import last_moment, start_clock
from underwriting.enums import ApplicationStatus, ClockKind, Lane, NoticeKind, PartyRole, WorkKind
from underwriting.intake.payload import ApplicationPayload, PartyPayload
from underwriting.intake.references import new_reference
from underwriting.models import ApiClient, Application, Party
from underwriting.people.finding import word_indexes, words_of
from underwriting.people.identity import person_index, seal_identity
from underwriting.people.links import create_links
from underwriting.people.sealing import new_sealing_key
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

    A field required to decide that is missing makes it INCOMPLETE: its notice of incompleteness is put to work and nothing else.
    Either way the clock of what the applicant must be told runs from now on. The same person with another
    application for the same product in the last 24 hours makes it a possible duplicate of that one; both are kept.
    """
    with transaction.atomic():
        primary_index = _person_index(client, payload.parties[0])
        duplicate = _possible_duplicate(payload, client, primary_index, now)
        application = _create(client, payload, duplicate=duplicate, now=now, request_id=request_id)
        parties = Party.objects.bulk_create(
            party_row(application, client, party) for party in payload.parties
        )
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
        else:
            put(
                kind=WorkKind.NOTICE_DUE, lender_id=client.lender_id, application_id=application.pk, now=now,
                payload={"tell": NoticeKind.INCOMPLETENESS},
            )  # fmt: skip
        start_clock(application=application, kind=_first_clock(application), began_at=now)
    return application


def _first_clock(application: Application) -> ClockKind:
    is_complete = application.completed_at is not None
    return ClockKind.DECISION_NOTICE if is_complete else ClockKind.INCOMPLETENESS_NOTICE


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
        "lender": payload.product.lender,
        "product": payload.product,
        "client": client,
        "channel": client.channel,
        "status": ApplicationStatus.SUBMITTED if complete else ApplicationStatus.INCOMPLETE,
        "currency": payload.currency,
        "requested_amount_minor": payload.requested_amount_minor,
        "requested_term_months": payload.requested_term_months,
        "purpose": payload.purpose,
        "stated": stated_values(payload),
        "missing_fields": list(payload.missing_fields),
        "possible_duplicate_of": duplicate,
        "received_at": now,
        "completed_at": now if complete else None,
        "completed_by": "application" if complete else "",
        "notice_due_at": last_moment(ClockKind.DECISION_NOTICE, now, payload.product.lender.time_zone)
        if complete
        else None,
        "language": payload.language,
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


def stated_values(payload: ApplicationPayload) -> dict[str, Any]:
    """What is kept of an application's statements, with the reports that came along."""
    stated = dict(payload.stated)
    reports = {
        str(party.ordinal): dict(party.report) for party in payload.parties if party.report is not None
    }
    if reports:
        stated["inline_report"] = reports
    return stated


def party_row(application: Application, client: ApiClient, party: PartyPayload) -> Party:
    """A person of an application, sealed and recognisable, not yet stored."""
    public_id = uuid.uuid4()
    row = Party(
        public_id=public_id,
        application=application,
        lender_id=client.lender_id,
        role=party.role,
        ordinal=party.ordinal,
        sealing_key=new_sealing_key(lender_id=client.lender_id, party_public_id=public_id),
        person_index=_person_index(client, party),
        stated=dict(party.stated),
        consent_id=party.consent_id,
        consented_at=party.consented_at,
        esign_consented_at=party.esign_consented_at,
    )
    row.identity = seal_identity(party.identity, party=row)
    row.word_indexes = word_indexes(words_of(party.identity), lender_id=client.lender_id)
    return row


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
