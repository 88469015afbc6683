"""Asking the applicant: a message goes to their page, the case's clock stands still, and it comes back to who asked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from review_queue.access import lock_case
from review_queue.actions.claim import claim_of
from review_queue.asking import letter_about, message_to
from review_queue.messages import MessageRefused, send_message
from review_queue.models import ApplicantRequest, Message, ReviewCase
from review_queue.permissions import DECIDERS, MayNotDecide
from review_queue.sla import end_of_today
from review_queue.transitions import require_another_person, require_holder
from review_queue.waiting import put_aside
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.clocks.running import decision_due_at
from underwriting.clocks.selectors import today_of
from underwriting.decisions.transitions import ENDED, ApplicationWithdrawn
from underwriting.documents.wanted import wanted
from underwriting.enums import ApplicationStatus, CaseKind, CaseState, Role, WaitKind
from underwriting.models import Party, User
from underwriting.outbox.mail import send_later
from underwriting.people.links import party_path

QUESTION_CHARACTERS_MAX = 800
ITEMS_MAX = 6
WAIT_DAYS_MAX = 30
WAIT_DAYS_USUAL = 7
A_DAY = timedelta(days=1)


class AskRefused(ValueError):
    """The applicant cannot be asked so; `field` is the form's name of what is wrong, the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def last_day_to_answer(case: ReviewCase, *, now: datetime) -> date:
    """The latest day that may be given: 30 days ahead, and the day before the applicant has to be told a decision or an answer."""
    lender = case.lender
    days = [today_of(lender, now) + timedelta(days=WAIT_DAYS_MAX)]
    told_by = decision_due_at(case.application)
    if told_by is not None:
        days.append(told_by.astimezone(ZoneInfo(lender.time_zone)).date() - A_DAY)
    if case.appeal is not None:
        days.append(case.appeal.answer_due_on - A_DAY)
    return min(days)


def usual_day(case: ReviewCase, *, now: datetime) -> date:
    """A week ahead, or the last day there is."""
    return min(
        today_of(case.lender, now) + timedelta(days=WAIT_DAYS_USUAL), last_day_to_answer(case, now=now)
    )


@transaction.atomic
def ask_applicant(
    *,
    case_id: int,
    user: User,
    roles: Collection[Role],
    party: Party,
    items: Sequence[str],
    question: str,
    answer_until: date | None,
    actor: Actor,
    now: datetime,
) -> ApplicantRequest:
    """Send the message and put the case aside until they answer, or that day is over where the lender is.

    Raises:
        MayNotDecide: no role that decides cases.
        CaseNotOpen, ClaimTaken, NotClaimed, NotForThisPerson: the case is not this person's (any more).
        ApplicationWithdrawn: there is nothing to ask any more.
        AskRefused: nothing or too much is asked for, or the day is out of bounds; ValueError for a party of another application.
    """
    if not DECIDERS & frozenset(roles):
        raise MayNotDecide("none of these roles decides cases")
    case = lock_case(case_id=case_id)
    require_holder(state=CaseState(case.state), claim=claim_of(case), user_id=user.pk)
    require_another_person(not_for_id=case.not_for_id, user_id=user.pk)
    if case.application.status == ApplicationStatus.WITHDRAWN:
        raise ApplicationWithdrawn("the application was withdrawn")
    if party.application_id != case.application_id:
        raise ValueError("the party belongs to another application")
    asked = question.strip()
    until = _require_askable(case, items=items, question=asked, answer_until=answer_until, now=now)
    text = message_to(items=items, question=asked, until=until, language=case.application.language)
    message = _send(case, party=party, author=user, text=text, until=until, actor=actor, now=now)
    request = ApplicantRequest.objects.create(
        lender_id=case.lender_id, case=case, party=party, message=message, items=list(items), asked_by=user, asked_at=now, answer_until=until,
    )  # fmt: skip
    put_aside(
        case,
        kind=WaitKind.APPLICANT,
        until=_end_of(until, case),
        because=_in_words(items, asked),
        comes_back_to=user,
        now=now,
    )
    left = case.working_time_left or timedelta(0)
    record_entry(
        actor=actor, action="case.applicant_asked", object_type="case", object_id=str(case.number), object_label=str(case),
        lender_id=case.lender_id, application_id=case.application_id, reason=case.waiting_because, now=now,
        before={"holder": user.name},
        after={"items": list(items), "answer_until": until.isoformat(), "working_seconds_left": int(left.total_seconds())},
    )  # fmt: skip
    return request


def _require_askable(
    case: ReviewCase, *, items: Sequence[str], question: str, answer_until: date | None, now: datetime
) -> date:
    if case.kind == CaseKind.NOTICE_REVIEW:
        raise AskRefused("items", "A notice is sent or decided again; nobody is asked for it.")
    if case.application.status in ENDED:
        raise AskRefused("items", "This application has ended. There is nothing to ask for any more.")
    if not items and not question:
        raise AskRefused("items", "Choose what you ask for, or write a question.")
    if len(items) > ITEMS_MAX or len(set(items)) != len(items) or not set(items) <= set(wanted()):
        raise AskRefused("items", f"Choose at most {ITEMS_MAX} lines of the list.")
    if len(question) > QUESTION_CHARACTERS_MAX:
        raise AskRefused("question", f"Use at most {QUESTION_CHARACTERS_MAX} characters for the question.")
    first, last = today_of(case.lender, now) + A_DAY, last_day_to_answer(case, now=now)
    if last < first:
        raise AskRefused(
            "answer-until", "No day is left to wait: the applicant has to hear from us first. Decide with what there is."
        )  # fmt: skip
    if answer_until is None or not first <= answer_until <= last:
        raise AskRefused("answer-until", f"Choose a day from {first:%-d %B %Y} to {last:%-d %B %Y}.")
    return answer_until


def _send(
    case: ReviewCase, *, party: Party, author: User, text: str, until: date, actor: Actor, now: datetime
) -> Message:
    """The message on their page, and a mail that tells of it."""
    application = case.application
    try:
        message = send_message(
            application=application, party=party, author=author, text=text, actor=actor, now=now
        )
    except MessageRefused as refused:
        raise AskRefused("question", str(refused)) from refused
    path = party_path(party, now=now)
    letter = letter_about(
        text,
        reference=application.reference,
        lender=case.lender.name,
        link=f"{settings.BASE_URL}{path}messages/" if path else "",
        until=until,
        language=application.language,
    )
    send_later(application=application, party=party, subject=letter.subject, text=letter.text, now=now)
    return message


def _end_of(day: date, case: ReviewCase) -> datetime:
    zone = ZoneInfo(case.lender.time_zone)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
    return end_of_today(now=noon, zone=zone)


def _in_words(items: Sequence[str], question: str) -> str:
    """What was asked for, as the desk reads it: never the question itself, which stands sealed in the message."""
    parts = [wanted()[code].officer for code in items] + (["A question"] if question else [])
    return "; ".join(parts)
