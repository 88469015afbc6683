"""Verifying a fact: a person found the value on file in a document. Nothing is assessed again, because nothing changed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from review_queue.actions.correct import CorrectionRefused, lock_facts
from review_queue.models import ReviewCase
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.documents.supports import supported_by
from underwriting.enums import DocumentKind, PartyRole, Role
from underwriting.facts.assemble import OF_THE_PRIMARY
from underwriting.facts.catalogue import catalogue
from underwriting.facts.corrections import correctable, on_file
from underwriting.facts.values import facts_from_json
from underwriting.models import Document, FactCorrection, User


@transaction.atomic
def verify_fact(
    *,
    case: ReviewCase,
    fact: str,
    seen: Any,
    document: Document,
    source: str,
    user: User,
    roles: Collection[Role],
    actor: Actor,
    now: datetime,
) -> FactCorrection:
    """Keep that this person read the value on file in this document, of whom the fact then is.

    `seen` is the raw value that was on their screen; `source` says where in the document it stands. The assessment stays as it
    is; the next one names the document as the fact's source. Done twice, the second changes nothing.

    Raises:
        MayNotDecide, CaseNotOpen, ClaimTaken, NotClaimed, NotForThisPerson, ApplicationWithdrawn: as for a correction.
        CorrectionRefused: the document does not bear this fact out, there is no value, or it is no longer the one that was seen.
    """
    case = lock_facts(case, user=user, roles=roles)
    if document.application_id != case.application_id:
        raise CorrectionRefused("document", "Choose one of the documents of this application.")
    if fact not in facts_to_compare(case, document):
        raise CorrectionRefused("fact", "This kind of document does not bear that fact out.")
    found = on_file(application=case.application, party=document.party).get(fact)
    if found is None:
        raise CorrectionRefused("fact", "There is no value on file to compare. Set it right instead.")
    if found.value != seen:
        raise CorrectionRefused("fact", "The value on file has changed meanwhile. Compare it again.")
    if found.reading and found.reading.is_verification and found.reading.document_id == document.pk:
        return found.reading
    verified = FactCorrection.objects.create(
        lender_id=case.lender_id, application=case.application, party=document.party, fact=fact, value=seen, before=seen,
        document=document, source=source, corrected_by=user, corrected_at=now,
    )  # fmt: skip
    record_entry(
        actor=actor, action="fact.verified", object_type="fact", object_id=fact, object_label=str(case), lender_id=case.lender_id,
        application_id=case.application_id, now=now,
        after={
            fact: seen, "label": catalogue()[fact].label, "source": source, "document": str(document.public_id),
            "applicant": document.party.ordinal,
        },
    )  # fmt: skip
    return verified


def facts_to_compare(case: ReviewCase, document: Document) -> list[str]:
    """The facts of this case's assessment that the document can bear out, of the person who sent it."""
    may_be_read = set(correctable(facts_from_json(case.assessment.facts)))
    is_primary = document.party.role == PartyRole.PRIMARY
    return [
        name
        for name in supported_by(DocumentKind(document.kind))
        if name in may_be_read and (is_primary or name not in OF_THE_PRIMARY)
    ]
