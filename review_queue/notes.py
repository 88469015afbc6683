"""Reading notes: those of an application that a person may see, who can be named in one, and where somebody was named.

A note is of a person on the application and sealed under their key. It never goes into a letter; the person may ask for it
(review_queue.subject_access). One marked "do not show outside risk" is read by those who decide large amounts, by risk, and by its author.
In a blind look the notes of others are hidden: they may tell the earlier answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from review_queue.models import Note, NoteMention, ReviewCase
from review_queue.permissions import DECIDERS, READERS
from underwriting.enums import Role
from underwriting.models import Membership, User
from underwriting.people.sealing import Unreadable, unseal

SEALED_AS = "note"
WRITERS = DECIDERS | {Role.TEAM_LEAD}
RISK_READERS = frozenset({Role.SENIOR_OFFICER, Role.RISK_MANAGER, Role.RISK_APPROVER})
CHANGEABLE = timedelta(minutes=5)
SHOWN_MAX = 100
MENTIONS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ReadNote:
    """A note as it is read. `text` is None where the person's key is gone; `corrects` is the number of an earlier note shown."""

    key: int
    author: str
    text: str | None
    written_at: datetime
    was_changed: bool
    is_for_risk: bool
    is_mine: bool
    is_changeable: bool
    corrects: int | None
    is_corrected: bool


@dataclass(frozen=True, slots=True)
class Unsent:
    """What somebody has typed and not sent; empty where nothing is kept."""

    text: str = ""
    person: int = 1
    is_for_risk: bool = False
    corrects: int | None = None
    saved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes that one person may see, oldest first, and what they have not sent."""

    rows: Sequence[ReadNote]
    unsent: Unsent


def notes_of(
    *, application_id: int, user_id: int, roles: Collection[Role], is_blind: bool, now: datetime
) -> Notes:
    """The newest 100 notes that this person may see, and their own unsent one. One statement."""
    mine = Q(author_id=user_id)
    unsent = Q(written_at__isnull=True)
    rows = list(
        _visible(roles, is_blind=is_blind, mine=mine)
        .filter(mine | ~unsent, application_id=application_id)
        .select_related("author", "party")
        .order_by("-written_at", "-pk")[: SHOWN_MAX + 1]
    )
    written = [row for row in reversed(rows) if row.written_at is not None][-SHOWN_MAX:]
    shown = {row.pk for row in written}
    corrected = {row.corrects_id for row in written}
    draft = next((row for row in rows if row.written_at is None), None)
    return Notes(
        rows=[_read(row, user_id=user_id, shown=shown, corrected=corrected, now=now) for row in written],
        unsent=_unsent(draft) if draft else Unsent(),
    )


def _visible(roles: Collection[Role], *, is_blind: bool, mine: Q) -> QuerySet[Note]:
    if is_blind:
        return Note.objects.filter(mine)
    return Note.objects.filter(Q() if RISK_READERS & frozenset(roles) else Q(is_for_risk=False) | mine)


def _read(row: Note, *, user_id: int, shown: set[int], corrected: set[int | None], now: datetime) -> ReadNote:
    assert row.written_at is not None
    return ReadNote(
        key=row.pk,
        author=row.author.name,
        text=text_of(row),
        written_at=row.written_at,
        was_changed=row.changed_at is not None,
        is_for_risk=row.is_for_risk,
        is_mine=row.author_id == user_id,
        is_changeable=row.author_id == user_id and now < row.written_at + CHANGEABLE,
        corrects=row.corrects_id if row.corrects_id in shown else None,
        is_corrected=row.pk in corrected,
    )


def _unsent(row: Note) -> Unsent:
    return Unsent(
        text=text_of(row) or "",
        person=row.party.ordinal,
        is_for_risk=row.is_for_risk,
        corrects=row.corrects_id,
        saved_at=row.saved_at,
    )


def text_of(note: Note) -> str | None:
    """The words of a note; None where the key of the person is gone, or they were changed."""
    try:
        return unseal(note.text, party=note.party, what=SEALED_AS).decode()
    except Unreadable:
        return None


def access_own_note(case: ReviewCase, *, note_id: int, user_id: int) -> Note:
    """A note that this person wrote about the case's application. Raises Note.DoesNotExist otherwise."""
    return Note.objects.select_related("party", "author").get(
        pk=note_id, application_id=case.application_id, author_id=user_id, written_at__isnull=False
    )


def colleagues(*, lender_id: int) -> list[User]:
    """Everybody who reads cases at a lender, by name: who can be named in a note."""
    keys = Membership.objects.filter(lender_id=lender_id, role__in=READERS, user__is_active=True).values(
        "user_id"
    )
    return list(User.objects.filter(pk__in=keys).order_by("name", "pk"))


def risk_readers_among(*, lender_id: int, user_ids: Collection[int]) -> set[int]:
    """Those of these people who may read a note that is not shown outside risk."""
    found = Membership.objects.filter(lender_id=lender_id, role__in=RISK_READERS, user_id__in=user_ids)
    return set(found.values_list("user_id", flat=True))


def mentions_of(*, user_id: int, lender_id: int) -> list[NoteMention]:
    """Where this person was named, those not seen first, newest first; ten at most."""
    return list(
        NoteMention.objects.filter(user_id=user_id, note__lender_id=lender_id)
        .select_related("note__author", "note__case")
        .order_by(F("seen_at").desc(nulls_first=True), "-pk")[:MENTIONS_SHOWN]
    )


def access_mention(*, mention_id: int, user_id: int, lender_id: int) -> NoteMention:
    """A mention of this person at this lender. Raises NoteMention.DoesNotExist otherwise."""
    return NoteMention.objects.select_related("note__case").get(
        pk=mention_id, user_id=user_id, note__lender_id=lender_id
    )
