"""A request for the reasons of an adverse decision (12 CFR 1002.9(a)(2)(ii)).

Reasons are sent up front with every adverse notice, so the answer is the standing letter once more; its clock is kept all the
same: 60 days to ask from the notice, 30 days to answer from the question.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from explanations.models import Letter
from explanations.notices.dispatch import send_letter
from explanations.notices.selectors import told_notice
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.clocks.deadlines import start_of
from underwriting.clocks.running import start_clock
from underwriting.decisions.record import lock_applications
from underwriting.enums import ClockKind, NoticeKind, PartyRole
from underwriting.models import Application, Mail, NoticeClock

ADVERSE = (NoticeKind.ADVERSE_ACTION, NoticeKind.COUNTEROFFER)


class NoReasonsDue(Exception):
    """There is no adverse notice that was sent, the sixty days are over, or nobody is left; the message says which."""


@transaction.atomic
def request_reasons(*, application: Application, asked_on: date, actor: Actor, now: datetime) -> Mail:
    """Note that the applicant asks for the reasons, and send the standing letter again; sending it stops the clock.

    `asked_on` is the day, where the lender is, on which the question came in.

    A second question before the answer is sent gets that answer. Raises NoReasonsDue.
    """
    locked = lock_applications([application.pk])[application.pk]
    if locked.erased_at is not None:
        raise NoReasonsDue("The people on this application were erased: there is nobody to write to.")
    notice = told_notice(locked)
    if notice is None or notice.kind not in ADVERSE or locked.notified_at is None:
        raise NoReasonsDue("No adverse notice was sent for this application.")
    room = NoticeClock.objects.filter(
        application=locked, kind=ClockKind.REASONS_REQUEST, began_at__lte=now
    ).last()
    if room is None or asked_on > room.due_on:
        raise NoReasonsDue("More than 60 days have gone by since the notice.")
    letter = (
        Letter.objects.select_related("notice__application__lender", "notice__decision", "party")
        .filter(notice=notice, party__role=PartyRole.PRIMARY)
        .get()
    )
    waiting = NoticeClock.objects.filter(
        application=locked, kind=ClockKind.STATEMENT_OF_REASONS, stopped_at__isnull=True
    ).exists()
    if waiting:
        return Mail.objects.filter(letter_id=letter.pk, meets=ClockKind.STATEMENT_OF_REASONS).latest("pk")
    asked_at = min(now, start_of(asked_on, locked.lender.time_zone))
    start_clock(application=locked, kind=ClockKind.STATEMENT_OF_REASONS, began_at=asked_at)
    mail = send_letter(letter, meets=ClockKind.STATEMENT_OF_REASONS, begins=None, now=now)
    record_entry(
        actor=actor,
        action="notice.reasons_requested",
        object_type="application",
        object_id=str(locked.public_id),
        object_label=locked.reference,
        lender_id=locked.lender_id,
        application_id=locked.pk,
        after={"asked_on": asked_on.isoformat(), "mail": str(mail.public_id)},
        now=now,
    )
    return mail
