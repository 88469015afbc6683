"""A lender's own wording: written into a draft, checked at every save, put in force by a person who wrote none of it.

Only words are a lender's: facts, sides, Form C-1 lines and notice blocks stay those of the release. The catalogue in force is
frozen; another wording is another version. Each function is one transaction with one audit entry, and locks the lender's row
first, so that two of them never overlap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from django.db import transaction

from explanations.reason_codes.catalogue import current_catalogue, shipped_catalogue
from explanations.reason_codes.checks import check_catalogue, grade_complaints
from explanations.reason_codes.codes import Catalogue, canonical_sha256
from explanations.reason_codes.lint import WordComplaint
from explanations.reason_codes.own_words import (
    Changes,
    catalogue_with,
    fields_of,
    shipped_words,
    with_words,
    word_complaints,
)
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import WordingState
from underwriting.models import Lender, ReasonCatalogue, User, WordingProposal

OPEN = (WordingState.DRAFT, WordingState.SUBMITTED)
OBJECT_TYPE = "wording"


class WordsRefused(ValueError):
    """Words that may not be saved or used; each complaint with its field."""

    def __init__(self, complaints: Sequence[WordComplaint]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("; ".join(f"{c.field}: {c.message}" for c in complaints))


class WordingRefused(ValueError):
    """A step that this proposal does not allow now; the message says why."""


def open_proposal(lender: Lender) -> WordingProposal | None:
    """The lender's draft or submitted wording, if there is one."""
    return WordingProposal.objects.filter(lender=lender, state__in=OPEN).first()


def changes_in_force(lender: Lender) -> dict[str, Any]:
    """What the lender says in its own words now; empty where it uses the shipped wording."""
    last = (
        WordingProposal.objects.filter(lender=lender, state=WordingState.APPROVED).order_by("-number").first()
    )
    return {} if last is None else deepcopy(last.changes)


def save_words(
    *,
    lender: Lender,
    code: str,
    language: str,
    words: Mapping[str, str],
    seen_revision: int,
    author: User,
    actor: Actor,
    now: datetime,
) -> WordingProposal:
    """Write one code's words in one language into the lender's draft, which is begun where there is none.

    `words` maps every field of the code to its text; a text that is the shipped one again is no change any more.
    `seen_revision` is that of the draft the writer saw, 0 for none. Raises WordsRefused with every complaint, WordingRefused where the
    draft was submitted or changed meanwhile, KeyError for an unknown code, language or field.
    """
    catalogue = shipped_catalogue()
    shipped = shipped_words(catalogue, code, language)
    if set(words) != set(shipped):
        raise KeyError(f"{code} has the fields {', '.join(shipped)}")
    with transaction.atomic():
        proposal = _draft(lender, seen_revision, now)
        before = {field.name: field.own for field in fields_of(catalogue, code, language, proposal.changes)}
        own = {name: text for name, text in words.items() if text != shipped[name]}
        changes = with_words(proposal.changes, language, code, own)
        complaints = [
            WordComplaint(name, "may not be empty") for name, text in words.items() if not text.strip()
        ] or word_complaints(_catalogue(proposal, changes), code, language)
        if complaints:
            raise WordsRefused(complaints)
        proposal.changes = changes
        proposal.revision += 1
        proposal.author_ids = sorted({*proposal.author_ids, author.pk})
        proposal.save(update_fields=["changes", "revision", "author_ids"])
        changed = [name for name in words if words[name] != before[name]]
        _record(
            proposal, "saved", actor, now,
            before={f"{code} {language} {name}": before[name] for name in changed},
            after={f"{code} {language} {name}": words[name] for name in changed},
        )  # fmt: skip
    return proposal


def submit_proposal(*, proposal: WordingProposal, person: User, actor: Actor, now: datetime) -> None:
    """Hand the draft to a second person. Raises WordingRefused, and WordsRefused where the whole does not pass the checks."""
    with transaction.atomic():
        locked = _locked(proposal, WordingState.DRAFT)
        _require_sound(locked)
        locked.state, locked.submitted_by, locked.submitted_at = WordingState.SUBMITTED, person, now
        locked.comment = ""
        locked.save(update_fields=["state", "submitted_by", "submitted_at", "comment"])
        _record(locked, "submitted", actor, now, before={"state": "DRAFT"}, after={"state": "SUBMITTED"})


def approve_proposal(
    *, proposal: WordingProposal, person: User, actor: Actor, now: datetime
) -> ReasonCatalogue:
    """Put the submitted wording in force as a catalogue of the lender's own, from the next assessment on.

    Raises WordingRefused for somebody who wrote in it or submitted it, and where it is not submitted; WordsRefused where it no
    longer passes the checks, because a release changed the shipped words under it.
    """
    with transaction.atomic():
        locked = _locked(proposal, WordingState.SUBMITTED)
        if wrote_in(locked, person):
            raise WordingRefused("You wrote in this wording, so somebody else approves it.")
        catalogue = _require_sound(locked)
        before = current_catalogue(locked.lender_id)
        row = ReasonCatalogue.objects.create(
            lender=locked.lender,
            country=catalogue.document["catalogue"]["country"],
            version=catalogue.version,
            document=catalogue.document,
            sha256=canonical_sha256(catalogue.document),
            created_at=now,
        )
        locked.state, locked.decided_by, locked.decided_at = WordingState.APPROVED, person, now
        locked.catalogue = row
        locked.save(update_fields=["state", "decided_by", "decided_at", "catalogue"])
        _record(
            locked, "approved", actor, now,
            before={"catalogue": before.version, "sha256": before.sha256},
            after={"catalogue": row.version, "sha256": row.sha256},
        )  # fmt: skip
    return row


def send_back_proposal(*, proposal: WordingProposal, comment: str, actor: Actor, now: datetime) -> None:
    """Make a submitted wording a draft again, with a word on why. Raises WordingRefused."""
    with transaction.atomic():
        locked = _locked(proposal, WordingState.SUBMITTED)
        locked.state, locked.comment = WordingState.DRAFT, comment
        locked.revision += 1
        locked.save(update_fields=["state", "comment", "revision"])
        _record(
            locked, "sent_back", actor, now,
            before={"state": "SUBMITTED"}, after={"state": "DRAFT"}, reason=comment,
        )  # fmt: skip


def discard_proposal(*, proposal: WordingProposal, person: User, actor: Actor, now: datetime) -> None:
    """Put a draft away; what is in force stays. Raises WordingRefused."""
    with transaction.atomic():
        locked = _locked(proposal, WordingState.DRAFT)
        locked.state, locked.decided_by, locked.decided_at = WordingState.DISCARDED, person, now
        locked.save(update_fields=["state", "decided_by", "decided_at"])
        _record(locked, "discarded", actor, now, before={"state": "DRAFT"}, after={"state": "DISCARDED"})


def wrote_in(proposal: WordingProposal, person: User) -> bool:
    """Whether this person wrote in the wording or submitted it, and so may not approve it."""
    return person.pk in proposal.author_ids or person.pk == proposal.submitted_by_id


def _draft(lender: Lender, seen_revision: int, now: datetime) -> WordingProposal:
    Lender.objects.select_for_update(no_key=True).get(pk=lender.pk)
    proposal = open_proposal(lender)
    if proposal is None and seen_revision == 0:
        last = WordingProposal.objects.filter(lender=lender).order_by("-number").first()
        return WordingProposal.objects.create(
            lender=lender, number=last.number + 1 if last else 1, state=WordingState.DRAFT,
            changes=changes_in_force(lender), created_at=now,
        )  # fmt: skip
    if proposal is not None and proposal.state == WordingState.SUBMITTED:
        raise WordingRefused("This wording is submitted. It can be changed once it is approved or sent back.")
    if proposal is None or proposal.revision != seen_revision:
        raise WordingRefused("Somebody saved other words meanwhile. Compare, then save again.")
    return proposal


def _locked(proposal: WordingProposal, state: WordingState) -> WordingProposal:
    Lender.objects.select_for_update(no_key=True).get(pk=proposal.lender_id)
    locked = WordingProposal.objects.select_related("lender").get(pk=proposal.pk)
    if locked.state != state:
        raise WordingRefused(f"This wording is {locked.state.lower()} now. Nothing was changed.")
    return locked


def _require_sound(proposal: WordingProposal) -> Catalogue:
    catalogue = _catalogue(proposal, proposal.changes)
    complaints = check_catalogue(catalogue) or grade_complaints(catalogue)
    if complaints:
        raise WordsRefused([WordComplaint("", complaint) for complaint in complaints])
    return catalogue


def _catalogue(proposal: WordingProposal, changes: Changes) -> Catalogue:
    return catalogue_with(
        shipped_catalogue(), changes, lender_code=proposal.lender.code, number=proposal.number
    )


def _record(
    proposal: WordingProposal,
    what: str,
    actor: Actor,
    now: datetime,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str = "",
) -> None:
    record_entry(
        actor=actor,
        action=f"{OBJECT_TYPE}.{what}",
        object_type=OBJECT_TYPE,
        object_id=str(proposal.pk),
        object_label=f"Own wording {proposal.number}",
        lender_id=proposal.lender_id,
        before=before,
        after=after,
        reason=reason,
        now=now,
    )
