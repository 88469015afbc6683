"""Rendering a notice's letters, once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from explanations.models import Letter, Notice
from explanations.notices.disclosing import is_told
from explanations.notices.letters.content import letter_content
from explanations.notices.letters.opening import RENDERED, SEALED_AS
from explanations.notices.letters.render import page_count, render, renderer
from underwriting.audit.actor import SYSTEM
from underwriting.audit.record import record_entry
from underwriting.decisions.record import lock_applications
from underwriting.models import Party
from underwriting.people.sealing import seal


class NotToldYet(Exception):
    """The notice is held: no letter may be made of it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter that was rendered and not stored yet."""

    party: Party
    pdf: bytes
    page_count: int


def render_letters(notice: Notice, *, now: datetime) -> list[Letter]:
    """Render and store what the notice sends; a letter that is there already is answered as it is."""
    drafts = draw_letters(notice)
    with transaction.atomic():
        return store_letters(notice, drafts, now=now)


def draw_letters(notice: Notice) -> list[Draft]:
    """Render every letter of the notice that is not stored yet. Call it outside a transaction. Raises NotToldYet."""
    if not is_told(notice):
        raise NotToldYet("the notice is held")
    wanted = [entry["party"] for entry in notice.snapshot["letters"] if entry["sent"]]
    parties = Party.objects.filter(application_id=notice.application_id, public_id__in=wanted)
    stored = set(Letter.objects.filter(notice=notice).values_list("party_id", flat=True))
    drafts = []
    for party in parties.order_by("ordinal"):
        if party.pk not in stored:
            pdf = render(letter_content(notice, party), made_at=notice.created_at)
            drafts.append(Draft(party=party, pdf=pdf, page_count=page_count(pdf)))
    return drafts


def store_letters(notice: Notice, drafts: Sequence[Draft], *, now: datetime) -> list[Letter]:
    """Store drafts sealed, each with its hash in the audit trail, and answer all letters of the notice.

    In the caller's transaction. Where somebody else stored a party's letter meanwhile, theirs stands.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("letters are stored inside a transaction")
    lock_applications([notice.application_id])
    stored = set(Letter.objects.filter(notice=notice).values_list("party_id", flat=True))
    for draft in drafts:
        if draft.party.pk not in stored:
            _store(notice, draft, now=now)
    return list(Letter.objects.filter(notice=notice).select_related("party").order_by("party__ordinal"))


def _store(notice: Notice, draft: Draft, *, now: datetime) -> None:
    application = notice.application
    letter = Letter.objects.create(
        notice=notice,
        party=draft.party,
        pdf=seal(draft.pdf, party=draft.party, what=SEALED_AS),
        pdf_sha256=hashlib.sha256(draft.pdf).hexdigest(),
        page_count=draft.page_count,
        renderer=renderer(),
        rendered_at=now,
    )
    record_entry(
        actor=SYSTEM, action=RENDERED, object_type="letter", object_id=str(letter.pk),
        object_label=f"{application.reference} {notice.kind.lower()} {notice.number}",
        lender_id=application.lender_id, application_id=application.pk,
        after={
            "pdf_sha256": letter.pdf_sha256, "page_count": letter.page_count, "party": str(draft.party.public_id),
            "snapshot_sha256": notice.snapshot_sha256, "renderer": letter.renderer,
        },
        now=now,
    )  # fmt: skip
