"""Everything that is kept about one person on an application, for that person (GDPR 15, DPDP, Colorado SB 26-189).

Nothing of another party: facts of others and sums with theirs by name alone. Nothing of the model but how far each group of facts
moved the score.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from review_queue.subject_access import dealings
from review_queue.subject_access.procedure import rights, steps
from review_queue.subject_access.reasoning import assessment_of
from review_queue.subject_access.retention import kept_until
from review_queue.subject_access.viewer import Viewer
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.models import Application, Assessment, Decision, Party
from underwriting.people.identity import open_identity

FORMAT = "access-export/1"
NOT_STATED = frozenset({"inline_report"})


@transaction.atomic
def access_export(*, application: Application, party: Party, actor: Actor, now: datetime) -> dict[str, Any]:
    """Everything about this party, as JSON values; that it was given is in the trail. Raises Erased where they were forgotten."""
    export = _export(application, party, now)
    record_entry(
        actor=actor,
        action="access.exported",
        object_type="party",
        object_id=str(party.public_id),
        object_label=application.reference,
        lender_id=application.lender_id,
        application_id=application.pk,
        after={"person": party.ordinal, "format": FORMAT},
        now=now,
    )
    return export


def _export(application: Application, party: Party, now: datetime) -> dict[str, Any]:
    party_count = Party.objects.filter(application=application).count()
    viewer = Viewer(application, party, party_count)
    lender = application.lender
    assessments = list(
        Assessment.objects.filter(application=application)
        .select_related("model_version", "policy_version__policy", "reason_catalogue", "reference_sample")
        .order_by("number")
    )
    decisions = list(Decision.objects.filter(application=application))
    return {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "lender": lender.legal_name,
        "application": _application(application),
        "you": _identity(party),
        "others_on_it": party_count - 1,
        "stated": _stated(viewer),
        "consents": _consents(party),
        "procedure": steps(assessments, decisions),
        "credit_reports": dealings.credit_reports(viewer, assessments),
        "assessments": [assessment_of(viewer, one) for one in assessments],
        "decisions": dealings.decisions(viewer),
        "corrections": dealings.corrections(viewer),
        "appeals": dealings.appeals(viewer),
        "offers": dealings.offers(viewer),
        "loan": dealings.loan(viewer),
        "documents": dealings.documents(viewer),
        "messages": dealings.messages(viewer),
        "notes": dealings.notes(viewer),
        "letters": dealings.letters(viewer),
        "sent": dealings.mails(viewer),
        "recipients": dealings.recipients(viewer),
        "kept_until": kept_until(application).isoformat(),
        "your_rights": rights(lender),
    }


def _application(application: Application) -> dict[str, Any]:
    return {
        "reference": application.reference,
        "id": str(application.public_id),
        "product": application.product.name,
        "status": application.status.replace("_", " ").lower(),
        "currency": application.currency,
        "received_at": application.received_at.isoformat(),
        "completed_at": application.completed_at.isoformat() if application.completed_at else None,
        "decided_at": application.decided_at.isoformat() if application.decided_at else None,
        "language": application.language,
        "applied_through": application.channel,
    }


def _identity(party: Party) -> dict[str, Any]:
    identity = open_identity(party)
    return {
        "name": identity.full_name,
        "date_of_birth": identity.birth_date.isoformat(),
        "identity_number": identity.national_id,
        "email": identity.email,
        "telephone": identity.telephone,
        "address": [*identity.address_lines, identity.postcode],
        "role": party.role.replace("_", " ").lower(),
    }


def _stated(viewer: Viewer) -> list[dict[str, Any]]:
    """What was stated about the loan, and by or about this person."""
    application = viewer.application
    given: Mapping[str, Any] = {
        "requested_amount": application.requested_amount_minor,
        "requested_term_months": application.requested_term_months,
        "purpose": application.purpose or None,
        **{name: value for name, value in application.stated.items() if name not in NOT_STATED},
        **viewer.party.stated,
    }
    return [viewer.value(name, value) for name, value in given.items() if value is not None]


def _consents(party: Party) -> list[dict[str, Any]]:
    return [
        {"to": "a credit report", "given_at": party.consented_at.isoformat(), "reference": party.consent_id},
        {
            "to": "being told electronically",
            "given_at": party.esign_consented_at.isoformat() if party.esign_consented_at else None,
            "reference": None,
        },
    ]
