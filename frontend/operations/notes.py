"""Notes on a case page: written, changed for five minutes, kept while they are typed; and being named in one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from frontend.operations.case import show_case
from frontend.operations.context import READERS, see_other
from frontend.operations.notes_region import NewNote, notes_region
from frontend.session.gate import screen
from frontend.session.staff import LEADS, OFFICERS, StaffRequest, actor_of
from review_queue.access import access_case
from review_queue.actions.write_note import (
    NoteRefused,
    NoteSettled,
    Written,
    change_note,
    save_unsent_note,
    see_mention,
    write_note,
)
from review_queue.models import Note, NoteMention, ReviewCase
from review_queue.notes import access_mention, access_own_note, colleagues, text_of
from review_queue.phrases import phrases_of
from underwriting.models import Party

WRITERS = OFFICERS | LEADS
TEXT_READ_MAX = 10_000
SETTLED = "A note can be changed for five minutes. These are over: your words are in the box below, as a new note that corrects it."


@screen(write=WRITERS)
def write(request: StaffRequest, number: int) -> HttpResponse:
    """Keep a note; those it names find it on their home page."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    written = _written(request, found)
    try:
        write_note(
            case=found, written=written, author=request.staff.user, roles=request.roles,
            actor=actor_of(request), now=now,
        )  # fmt: skip
    except NoteRefused as refused:
        return _again(
            request, found, now=now, note_error=str(refused), note_error_at=refused.field, new_note=_as_sent(written)
        )  # fmt: skip
    return _kept(request, found, now=now)


@screen(write=WRITERS)
def draft(request: StaffRequest, number: int) -> HttpResponse:
    """Keep what is typed and not sent: for its author alone, on whichever machine they open the case next."""
    found = access_case(number=number, lender_id=request.lender.pk)
    try:
        save_unsent_note(
            case=found, written=_written(request, found), author=request.staff.user, roles=request.roles, now=timezone.now()
        )  # fmt: skip
    except NoteRefused:
        return HttpResponse(status=422)
    return HttpResponse(status=204)


@screen(read=WRITERS, write=WRITERS)
def change(request: StaffRequest, number: int, note_id: int) -> HttpResponse:
    """One's own note, to change it within five minutes; after that its words become a new note that corrects it."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    note = _own(found, note_id, request)
    if request.method != "POST":
        return _again(request, found, now=now, status=200, changing=(note.pk, text_of(note) or ""))
    typed = _text(request)
    try:
        change_note(note=note, case=found, text=typed, actor=actor_of(request), now=now)
    except NoteRefused as refused:
        return _again(
            request, found, now=now, note_error=str(refused), note_error_at="note-changed", changing=(note.pk, typed)
        )  # fmt: skip
    except NoteSettled:
        corrected = NewNote(typed, note.party.ordinal, note.is_for_risk, note.pk)
        return _again(
            request, found, now=now, status=409, note_error=SETTLED, note_error_at="note-text", new_note=corrected
        )  # fmt: skip
    return _kept(request, found, now=now)


@screen(read=WRITERS)
def people(request: StaffRequest, number: int) -> HttpResponse:
    """Who can be named in a note on this case, and the lender's phrases."""
    found = access_case(number=number, lender_id=request.lender.pk)
    context = {
        "case": found,
        "people": colleagues(lender_id=found.lender_id),
        "phrases": phrases_of(found.lender_id),
    }
    if not request.headers.get("HX-Request"):
        return render(request, "operations/note_people.html", context)
    lists = (f"operations/note_people.html#{part}" for part in ("people", "phrases"))
    return HttpResponse("".join(render_to_string(part, context, request) for part in lists))


@screen(write=READERS)
def mention(request: StaffRequest, mention_id: int) -> HttpResponse:
    """Open the case in which one was named; from then on the mention counts as seen."""
    try:
        found = access_mention(
            mention_id=mention_id, user_id=request.staff.user.pk, lender_id=request.lender.pk
        )
    except NoteMention.DoesNotExist as error:
        raise Http404 from error
    see_mention(mention=found, now=timezone.now())
    return see_other(request, f"{reverse('case', args=[str(found.note.case)])}#notes")


def _own(found: ReviewCase, note_id: int, request: StaffRequest) -> Note:
    try:
        return access_own_note(found, note_id=note_id, user_id=request.staff.user.pk)
    except Note.DoesNotExist as error:
        raise Http404 from error


def _written(request: StaffRequest, found: ReviewCase) -> Written:
    """The form as the domain reads it: the first person on the application where none is named."""
    parties = list(Party.objects.filter(application_id=found.application_id).order_by("ordinal"))
    wanted = request.POST.get("note_person", "")
    chosen = next((party for party in parties if str(party.ordinal) == wanted), parties[0])
    return Written(
        text=_text(request),
        party=chosen,
        is_for_risk=request.POST.get("for_risk") == "on",
        corrects=_key(request.POST.get("corrects", "")),
    )


def _text(request: StaffRequest) -> str:
    return request.POST.get("text", "").replace("\x00", "").replace("\r\n", "\n")[:TEXT_READ_MAX]


def _key(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _kept(request: StaffRequest, found: ReviewCase, *, now: datetime) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return see_other(request, f"{reverse('case', args=[str(found)])}#notes")
    context = notes_region(request, found, now=now) | {"note_said": "The note is kept."}
    return render(request, "operations/notes.html", context)


def _again(
    request: StaffRequest, found: ReviewCase, *, now: datetime, status: int = 422, **shown: Any
) -> HttpResponse:
    """The notes with a form opened, or what was typed and why it was not kept."""
    if not request.headers.get("HX-Request"):
        return show_case(request, found, now=now, status=status, **shown)
    context = notes_region(request, found, now=now) | shown
    return render(request, "operations/notes.html", context, status=status)


def _as_sent(written: Written) -> NewNote:
    return NewNote(written.text, written.party.ordinal, written.is_for_risk, written.corrects)
