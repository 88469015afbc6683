"""Letters to post, and the deadlines of what applicants must be told.

Who decides cases and who leads them posts letters, too: a letter names a person and holds the reasons of a decision, and these
roles see both anyway. Auditors see what waits and open no letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from explanations.models import Letter
from explanations.notices.asking import NoReasonsDue, request_reasons
from explanations.notices.clocks import CLOCK_WORDS
from explanations.notices.letters.opening import LetterChanged, letter_pdf
from frontend.operations.case import hidden
from frontend.operations.context import READERS, desk_context
from frontend.operations.letter_forms import PostedForm, ReasonsForm
from frontend.session.gate import screen
from frontend.session.staff import LEADS, OFFICERS, StaffRequest, actor_of
from review_queue.blind import blind_case
from underwriting.audit.record import record_entry
from underwriting.clocks.selectors import pressing_clocks, today_of
from underwriting.enums import ClockKind
from underwriting.models import Application, Mail, NoticeClock
from underwriting.outbox.mail import SEALED_AS
from underwriting.outbox.posting import NotPosted, confirm_posted
from underwriting.outbox.selectors import access_paper_mail, to_post, to_post_count
from underwriting.people.identity import open_identity
from underwriting.people.sealing import Erased, Unreadable, unseal

POSTERS = OFFICERS | LEADS
PAGE_SIZE = 50
KEY_DIGITS_MAX = 18
PRESSING_DAYS = 10
PRESSING_LIMIT = 20


@dataclass(frozen=True, slots=True)
class LetterLine:
    """A letter that waits. `due_on`: by when it has to be sent; None where no clock runs for it."""

    mail: Mail
    reader: str
    due_on: date | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class DeadlineLine:
    reference: str
    what: str
    due_on: date
    is_missed: bool


@screen(read=READERS)
def letters(request: StaffRequest) -> HttpResponse:
    """What waits to be posted, oldest first, 50 a page, and which deadlines press."""
    return _page(request, after=_after(request.GET.get("after", "")))


@screen(write=POSTERS)
def posted(request: StaffRequest, mail_id: UUID) -> HttpResponse:
    """Note a letter as posted on a day."""
    mail = access_paper_mail(lender_id=request.lender.pk, public_id=mail_id)
    form = PostedForm(request.POST)
    if not form.is_valid():
        return _page(request, wrong=(mail, str(form.errors["posted_on"][0])))
    try:
        confirm_posted(
            mail=mail, posted_on=form.cleaned_data["posted_on"], user=request.staff.user, actor=actor_of(request),
            now=timezone.now(),
        )  # fmt: skip
    except NotPosted as refused:
        return _page(request, wrong=(mail, str(refused)))
    return _done(request, f"The letter about {mail.application.reference} is noted as posted.")


@screen(read=POSTERS)
def letter(request: StaffRequest, mail_id: UUID) -> HttpResponse:
    """The letter as a PDF, or the text of a message, to be printed. Reading it is in the audit trail."""
    mail = access_paper_mail(lender_id=request.lender.pk, public_id=mail_id)
    blind = blind_case(application_id=mail.application_id, user_id=request.staff.user.pk, roles=request.roles)
    if blind is not None:
        return hidden(request, blind)
    try:
        content, kind, ending = _content(mail)
    except (Unreadable, LetterChanged):
        messages.error(request, f"The letter about {mail.application.reference} cannot be opened.")
        return redirect("letters")
    with transaction.atomic():
        record_entry(
            actor=actor_of(request), action="notice.letter_read", object_type="mail", object_id=str(mail.public_id),
            object_label=mail.application.reference, lender_id=mail.lender_id, application_id=mail.application_id,
            after={"letter_sha256": mail.letter_sha256}, now=timezone.now(),
        )  # fmt: skip
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{mail.application.reference}.{ending}"'
    return response


@screen(write=POSTERS)
def reasons(request: StaffRequest) -> HttpResponse:
    """Note that an applicant asks for the reasons in writing, and send the standing letter again."""
    form = ReasonsForm(request.POST)
    today = today_of(request.lender, timezone.now())
    if not form.is_valid():
        return _page(request, reasons_form=form)
    if form.cleaned_data["asked_on"] > today:
        form.add_error("asked_on", "This day lies in the future")
        return _page(request, reasons_form=form)
    application = Application.objects.filter(
        lender=request.lender, reference=form.cleaned_data["reference"]
    ).first()
    if application is None:
        form.add_error("reference", "There is no application with this reference")
        return _page(request, reasons_form=form)
    try:
        mail = request_reasons(
            application=application, asked_on=form.cleaned_data["asked_on"], actor=actor_of(request), now=timezone.now()
        )  # fmt: skip
    except NoReasonsDue as refused:
        form.add_error(None, str(refused))
        return _page(request, reasons_form=form)
    way = "is on the list below" if mail.on_paper else "goes out by e-mail"
    return _done(request, f"Noted. The letter with the reasons for {application.reference} {way}.")


def _content(mail: Mail) -> tuple[bytes, str, str]:
    """Bytes, media type and file ending. Raises Unreadable, LetterChanged."""
    if mail.letter_id is None:
        text = unseal(bytes(mail.body), party=mail.party, what=SEALED_AS)
        return text, "text/plain; charset=utf-8", "txt"
    letter = Letter.objects.select_related("party").get(pk=mail.letter_id)
    return letter_pdf(letter), "application/pdf", "pdf"


def _page(
    request: StaffRequest,
    *,
    after: int = 0,
    wrong: tuple[Mail, str] | None = None,
    reasons_form: ReasonsForm | None = None,
) -> HttpResponse:
    now = timezone.now()
    mails = to_post(lender_id=request.lender.pk, after=after, limit=PAGE_SIZE + 1)
    shown = mails[:PAGE_SIZE]
    today = today_of(request.lender, now)
    context = {
        **desk_context(request, now=now),
        "lines": _lines(shown, today=today),
        "count": to_post_count(lender_id=request.lender.pk),
        "more": shown[-1].pk if len(mails) > PAGE_SIZE else None,
        "is_first_page": after == 0,
        "deadlines": _deadlines(request, now=now),
        "may_post": bool(request.roles & POSTERS),
        "today": today,
        "wrong_mail": wrong[0] if wrong else None,
        "wrong_because": wrong[1] if wrong else "",
        "form": reasons_form or ReasonsForm(initial={"asked_on": today}),
    }
    failed = wrong is not None or bool(reasons_form and reasons_form.errors)
    return render(request, "operations/letters.html", context, status=422 if failed else 200)


def _lines(mails: list[Mail], *, today: date) -> list[LetterLine]:
    due: dict[tuple[int, str], date] = {
        (clock.application_id, clock.kind): clock.due_on
        for clock in NoticeClock.objects.filter(
            application_id__in={mail.application_id for mail in mails}, stopped_at__isnull=True
        )
    }
    lines = []
    for mail in mails:
        due_on = due.get((mail.application_id, mail.meets))
        late = due_on is not None and due_on < today
        lines.append(LetterLine(mail, reader=_reader(mail), due_on=due_on, is_late=late))
    return lines


def _reader(mail: Mail) -> str:
    try:
        return open_identity(mail.party).full_name
    except Erased:
        return "Erased"
    except Unreadable:
        return "Name cannot be read"


def _deadlines(request: StaffRequest, *, now: datetime) -> list[DeadlineLine]:
    today = today_of(request.lender, now)
    return [
        DeadlineLine(
            reference=clock.application.reference,
            what=CLOCK_WORDS[ClockKind(clock.kind)],
            due_on=clock.due_on,
            is_missed=clock.due_on < today,
        )
        for clock in pressing_clocks(request.lender, within_days=PRESSING_DAYS, now=now, limit=PRESSING_LIMIT)
    ]


def _after(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= KEY_DIGITS_MAX else 0


def _done(request: StaffRequest, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    response = redirect(reverse("letters"))
    response.status_code = 303
    return response
