"""What the notes of a case page show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from frontend.session.staff import LEADS, OFFICERS, StaffRequest
from review_queue.blind import case_that_hides
from review_queue.models import ReviewCase
from review_queue.notes import Notes, ReadNote, notes_of
from underwriting.models import Party

LABEL_CHARACTERS_MAX = 40


@dataclass(frozen=True, slots=True)
class NewNote:
    """What stands in the form for a new note: as it was sent, else as it was kept while it was typed."""

    text: str = ""
    person: int = 1
    is_for_risk: bool = False
    corrects: int | None = None
    saved_at: datetime | None = None


def notes_region(request: StaffRequest, found: ReviewCase, *, now: datetime) -> dict[str, Any]:
    """The region for itself, as a fragment asks for it."""
    user = request.staff.user
    blind = case_that_hides(found, user_id=user.pk, roles=request.roles)
    places = Party.objects.filter(application_id=found.application_id).order_by("ordinal")
    return {"case": found, "zone": request.lender.time_zone} | notes_context(
        request, found, is_blind=blind is not None, places=list(places.values_list("ordinal", flat=True)), now=now
    )  # fmt: skip


def notes_context(
    request: StaffRequest, found: ReviewCase, *, is_blind: bool, places: list[int], now: datetime
) -> dict[str, Any]:
    """The notes this person may see, and what they have typed and not sent. `places` are the parties' on the application."""
    notes = notes_of(
        application_id=found.application_id, user_id=request.staff.user.pk, roles=request.roles, is_blind=is_blind, now=now
    )  # fmt: skip
    return {
        "notes": notes.rows,
        "new_note": _unsent(notes),
        "own_notes": [_choice(note, request.lender.time_zone) for note in notes.rows if note.is_mine],
        "note_places": places,
        "is_blind": is_blind,
        "may_write": bool(request.roles & (OFFICERS | LEADS)) and found.application.erased_at is None,
    }


def _unsent(notes: Notes) -> NewNote:
    kept = notes.unsent
    return NewNote(kept.text, kept.person, kept.is_for_risk, kept.corrects, kept.saved_at)


def _choice(note: ReadNote, zone: str) -> tuple[int, str]:
    """An own note in the list of those that a new one can correct: when it was written, and how it begins."""
    at = note.written_at.astimezone(ZoneInfo(zone))
    text = note.text or "not readable"
    begins = text if len(text) <= LABEL_CHARACTERS_MAX else f"{text[:LABEL_CHARACTERS_MAX]}…"
    return note.key, f"{at.day} {at:%b, %H:%M}: {begins}"
