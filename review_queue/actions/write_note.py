"""Writing a note, changing it within five minutes, keeping what is not sent yet, and seeing that one was named."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from review_queue.mentions import named_in
from review_queue.models import Note, NoteMention, ReviewCase
from review_queue.notes import CHANGEABLE, SEALED_AS, WRITERS, colleagues, risk_readers_among, text_of
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import Role
from underwriting.models import Application, Party, User
from underwriting.people.sealing import seal

TEXT_CHARACTERS_MAX = 2_000
# A form sent twice by a double click says the same within this time.
SAID_TWICE = timedelta(seconds=60)


class MayNotWrite(Exception):
    """The person holds no role at this lender that writes notes."""


class NoteRefused(ValueError):
    """A note cannot be kept; `field` is the form's name of what is wrong, the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NoteSettled(Exception):
    """The five minutes in which a note can be changed are over."""


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in the form: the words, whom they speak of, whether risk alone reads them, and the note they correct."""

    text: str
    party: Party
    is_for_risk: bool = False
    corrects: int | None = None


@transaction.atomic
def write_note(
    *,
    case: ReviewCase,
    written: Written,
    author: User,
    roles: Collection[Role],
    actor: Actor,
    now: datetime,
) -> Note:
    """Keep a note, tell those it names, and drop the unsent one. The trail holds no word of it.

    The same words of the same author within a minute are one note: it is returned, and nothing is written.

    Raises:
        MayNotWrite: no role that writes notes.
        NoteRefused: no text, too long, it names somebody who is not there or may not read it, or corrects no note of this application.
    """
    _require_writer(roles)
    said = _said(written.text)
    application = _lock(case)
    _require_party(application, written.party)
    named = _named(case, said, is_for_risk=written.is_for_risk)
    corrects = _corrected(application, written.corrects, author=author)
    if (twin := _said_just_now(application, author, said, now=now)) is not None:
        return twin
    note = Note.objects.create(
        lender_id=case.lender_id,
        application=application,
        case=case,
        party=written.party,
        author=author,
        text=seal(said.encode(), party=written.party, what=SEALED_AS),
        is_for_risk=written.is_for_risk,
        corrects=corrects,
        saved_at=now,
        written_at=now,
    )
    Note.objects.filter(application=application, author=author, written_at=None).delete()
    _tell(note, named - {author.pk}, now=now)
    after = {
        "characters": len(said),
        "named": len(named),
        "for_risk": note.is_for_risk,
        "corrects": note.corrects_id,
    }
    _record(note, case, "note.written", after=after, actor=actor, now=now)
    return note


@transaction.atomic
def change_note(*, note: Note, case: ReviewCase, text: str, actor: Actor, now: datetime) -> Note:
    """Set right a note's words within five minutes; who is named anew is told, who is not any more and has not looked is not.

    Raises:
        NoteSettled: the five minutes are over, or it was not this author's to begin with.
        NoteRefused: as for `write_note`.
    """
    said = _said(text)
    _lock(case)
    note = Note.objects.select_for_update(of=("self",)).select_related("party").get(pk=note.pk)
    if note.author_id != actor.user_id or note.written_at is None or now >= note.written_at + CHANGEABLE:
        raise NoteSettled("a note can be changed for five minutes by its author")
    named = _named(case, said, is_for_risk=note.is_for_risk)
    before = text_of(note) or ""
    note.text = seal(said.encode(), party=note.party, what=SEALED_AS)
    note.changed_at = note.saved_at = now
    note.save(update_fields=["text", "changed_at", "saved_at"])
    note.mentions.filter(seen_at=None).exclude(user_id__in=named).delete()
    _tell(note, named - {note.author_id}, now=now)
    _record(
        note, case, "note.changed", before={"characters": len(before)}, after={"characters": len(said)}, actor=actor, now=now
    )  # fmt: skip
    return note


@transaction.atomic
def save_unsent_note(
    *, case: ReviewCase, written: Written, author: User, roles: Collection[Role], now: datetime
) -> None:
    """Keep what somebody has typed and not sent; no text drops it. Not audited: nobody else sees it.

    Raises MayNotWrite, and NoteRefused when it is too long or the people on the application were erased.
    """
    _require_writer(roles)
    if len(written.text) > TEXT_CHARACTERS_MAX:
        raise NoteRefused("note-text", f"A note holds at most {TEXT_CHARACTERS_MAX:,} characters.")
    application = _lock(case)
    _require_party(application, written.party)
    unsent = Note.objects.filter(application=application, author=author, written_at=None)
    if not written.text.strip():
        unsent.delete()
        return
    sealed = seal(written.text.encode(), party=written.party, what=SEALED_AS)
    corrects = Note.objects.filter(pk=written.corrects or 0, application=application, author=author).first()
    Note.objects.update_or_create(
        application=application,
        author=author,
        written_at=None,
        defaults={"lender_id": case.lender_id, "case": case, "party": written.party, "text": sealed, "corrects": corrects,
                  "is_for_risk": written.is_for_risk, "saved_at": now},
    )  # fmt: skip


@transaction.atomic
def see_mention(*, mention: NoteMention, now: datetime) -> None:
    """The person named has opened it; the first time counts. Not audited, as looking at a list is not."""
    NoteMention.objects.filter(pk=mention.pk, seen_at=None).update(seen_at=now)


def _require_writer(roles: Collection[Role]) -> None:
    if not WRITERS & frozenset(roles):
        raise MayNotWrite("none of these roles writes notes")


def _said(text: str) -> str:
    said = text.strip()
    if not 1 <= len(said) <= TEXT_CHARACTERS_MAX:
        raise NoteRefused("note-text", f"Write something, in at most {TEXT_CHARACTERS_MAX:,} characters.")
    return said


def _lock(case: ReviewCase) -> Application:
    """Two forms of one person are kept one after the other, and nothing is written about somebody who was forgotten meanwhile."""
    application = Application.objects.select_for_update().get(pk=case.application_id)
    if application.erased_at is not None:
        raise NoteRefused(
            "note-text", "The people on this application were erased: nothing is written about them."
        )
    return application


def _require_party(application: Application, party: Party) -> None:
    if party.application_id != application.pk:
        raise NoteRefused("note-person", "Choose whom the note is about.")


def _named(case: ReviewCase, said: str, *, is_for_risk: bool) -> frozenset[int]:
    people = colleagues(lender_id=case.lender_id) if "@" in said else []
    names = {user.pk: user.name for user in people}
    named = named_in(said, list(names.items()))
    if named.unknown:
        who = ", ".join(f"“@{word}”" for word in named.unknown)
        raise NoteRefused(
            "note-text",
            f"Nobody who reads this case is called {who}. Write the name in full, or leave the @ away.",
        )
    if is_for_risk:
        shut_out = named.keys - risk_readers_among(lender_id=case.lender_id, user_ids=named.keys)
        if shut_out:
            who = ", ".join(sorted(names[key] for key in shut_out))
            raise NoteRefused("note-text", f"{who} may not read a note that is not shown outside risk.")
    return named.keys


def _corrected(application: Application, key: int | None, *, author: User) -> Note | None:
    """An author sets right what they wrote themselves; what others wrote they answer."""
    if key is None:
        return None
    note = Note.objects.filter(
        pk=key, application=application, author=author, written_at__isnull=False
    ).first()
    if note is None:
        raise NoteRefused("note-corrects", "Choose one of your own notes to correct.")
    return note


def _said_just_now(application: Application, author: User, said: str, *, now: datetime) -> Note | None:
    last = (
        Note.objects.filter(application=application, author=author, written_at__gt=now - SAID_TWICE)
        .select_related("party")
        .order_by("-pk")
        .first()
    )
    return last if last is not None and text_of(last) == said else None


def _tell(note: Note, user_ids: Collection[int], *, now: datetime) -> None:
    rows = [NoteMention(note=note, user_id=key, mentioned_at=now) for key in sorted(user_ids)]
    NoteMention.objects.bulk_create(rows, ignore_conflicts=True)


def _record(
    note: Note,
    case: ReviewCase,
    action: str,
    *,
    after: Mapping[str, object],
    actor: Actor,
    now: datetime,
    before: Mapping[str, object] | None = None,
) -> None:
    record_entry(
        actor=actor, action=action, object_type="note", object_id=str(note.pk), object_label=str(case),
        lender_id=case.lender_id, application_id=case.application_id, before=before, after=after, now=now,
    )  # fmt: skip
