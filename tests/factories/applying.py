"""Applications and their parties, as intake would leave them."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, date, datetime
from typing import Any

from tests.factories.lending import make_client
from underwriting.enums import ApplicationStatus, PartyRole
from underwriting.models import ApiClient, Application, Party, Product
from underwriting.people.finding import word_indexes, words_of
from underwriting.people.identity import Identity, person_index, seal_identity
from underwriting.people.sealing import new_sealing_key

_numbers = itertools.count(1)
RECEIVED_AT = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)


def make_application(product: Product, *, client: ApiClient | None = None, **changes: Any) -> Application:
    """A complete application for 10,000 over 36 months, received 2 November 2026, without parties."""
    lender = product.lender
    client = client or ApiClient.objects.filter(lender=lender).first() or make_client(lender)
    number = f"{next(_numbers):06X}"  # counted: of random ones two are alike in a thousand soon enough
    values: dict[str, Any] = {
        "reference": f"A-{number[:4]}-{number[4:]}",
        "channel": client.channel,
        "status": ApplicationStatus.SUBMITTED,
        "currency": lender.currency,
        "requested_amount_minor": 1_000_000,
        "requested_term_months": 36,
        "purpose": "debt_consolidation",
        "stated": {},
        "received_at": RECEIVED_AT,
        "completed_at": RECEIVED_AT,
        "completed_by": "application",
        "request_id": "req-factory",
    }
    return Application.objects.create(lender=lender, product=product, client=client, **{**values, **changes})


def make_party(
    application: Application,
    *,
    ordinal: int = 1,
    given_name: str = "Maria",
    family_name: str = "Okafor",
    **changes: Any,
) -> Party:
    """A salaried tenant who earns 52,200 a year; the first party is the primary applicant."""
    identity = Identity(
        given_name=given_name,
        family_name=family_name,
        birth_date=date(1988, 4, 17),
        national_id=changes.pop("national_id", f"TEST-{application.pk}-{ordinal}"),
        email=changes.pop("email", "maria@example.test"),
        telephone="+1 207 555 0199",
        address_lines=("12 Elm Street", "Portland, ME"),
        postcode="04101",
    )
    public_id = uuid.uuid4()
    values: dict[str, Any] = {
        "role": PartyRole.PRIMARY if ordinal == 1 else PartyRole.CO_APPLICANT,
        "stated": {
            "annual_income": 5_220_000, "monthly_obligations": 120_000, "monthly_obligations_without_mortgage": 45_000,
            "employment_type": "salaried", "employment_tenure_months": 84, "housing": "rent",
        },
        "consent_id": f"consent-{public_id}",
        "consented_at": application.received_at,
    }  # fmt: skip
    party = Party(
        public_id=public_id,
        application=application,
        lender=application.lender,
        ordinal=ordinal,
        sealing_key=new_sealing_key(lender_id=application.lender_id, party_public_id=public_id),
        person_index=person_index(
            lender_id=application.lender_id, national_id=identity.national_id, birth_date=identity.birth_date
        ),
        **{**values, **changes},
    )
    party.identity = seal_identity(identity, party=party)
    party.word_indexes = word_indexes(words_of(identity), lender_id=party.lender_id)
    party.save()
    return party
