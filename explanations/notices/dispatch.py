"""Letters on their way: by e-mail where their reader agreed to it, else onto the print list; and which clocks that concerns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from explanations.models import Letter, Notice
from explanations.notices.covering import covering
from explanations.notices.letters.opening import letter_pdf
from underwriting.enums import ClockKind, NoticeKind, PartyRole
from underwriting.models import Mail
from underwriting.outbox.mail import goes_by_e_mail, send_later
from underwriting.people.links import party_path


@transaction.atomic
def dispatch_letter(letter: Letter, *, now: datetime) -> Mail:
    """Put a rendered letter on its way to its party, once: a second call answers the same mail.

    Telling the primary applicant is what meets a clock (12 CFR 1002.9(f)); the letters of others are sent all the same.
    """
    sent = Mail.objects.filter(letter_id=letter.pk).order_by("pk").first()
    if sent is not None:
        return sent
    notice = letter.notice
    meets, begins = clocks_of(notice) if letter.party.role == PartyRole.PRIMARY else (None, None)
    return send_letter(letter, meets=meets, begins=begins, now=now)


def send_letter(letter: Letter, *, meets: ClockKind | None, begins: ClockKind | None, now: datetime) -> Mail:
    """Put a letter on its way, whether or not it was sent before."""
    notice, party = letter.notice, letter.party
    application = notice.application
    lender = application.lender
    path = party_path(party, now=now)
    around = covering(
        language=notice.language,
        reference=application.reference,
        lender=lender.name,
        telephone=lender.telephone,
        link=f"{settings.BASE_URL}{path}" if path else "",
    )
    return send_later(
        application=application,
        party=party,
        subject=around.subject,
        text=around.text,
        letter_id=letter.pk,
        letter_sha256=letter.pdf_sha256,
        attachment=letter_pdf(letter) if goes_by_e_mail(party) else b"",
        decision=notice.decision,
        meets=meets,
        begins=begins,
        now=now,
    )


def clocks_of(notice: Notice) -> tuple[ClockKind | None, ClockKind | None]:
    """Which clock the primary applicant's letter of a notice meets, and which begins with it."""
    match NoticeKind(notice.kind):
        case NoticeKind.INCOMPLETENESS:
            return ClockKind.INCOMPLETENESS_NOTICE, None
        case NoticeKind.ADVERSE_ACTION:
            return ClockKind.DECISION_NOTICE, ClockKind.REASONS_REQUEST
        case NoticeKind.COUNTEROFFER if is_combined(notice.snapshot):
            return ClockKind.DECISION_NOTICE, ClockKind.REASONS_REQUEST
        case NoticeKind.COUNTEROFFER:
            return ClockKind.DECISION_NOTICE, ClockKind.COUNTEROFFER_ANSWER
        case NoticeKind.APPROVAL:
            return ClockKind.DECISION_NOTICE, None
        case _:
            return None, None


def is_combined(snapshot: Mapping[str, Any]) -> bool:
    """Whether a counteroffer's letter carries a whole adverse action notice (comment 9(a)(1)-6, Form C-4): then nothing more is due."""
    primary = next((one for one in snapshot["letters"] if one["role"] == PartyRole.PRIMARY), None)
    return bool(snapshot["rights"]) and primary is not None and bool(primary["reasons"])
