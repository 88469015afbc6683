"""An application about which everything that names a person is on file: letter, document, messages, appeal, e-mail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from explanations.models import Notice
from explanations.notices.letters.store import render_letters
from review_queue.actions.appeal import open_appeal
from review_queue.messages import applicant_actor, send_message
from review_queue.models import Appeal, ReviewCase
from tests.factories.lending import make_user
from tests.underwriting.documents.files import pdf
from underwriting.audit.actor import SYSTEM
from underwriting.documents.receive import receive_document
from underwriting.enums import (
    AppealKind,
    CaseState,
    DocumentKind,
    MailState,
    Role,
    WorkState,
)
from underwriting.models import Application, Mail, NoticeClock, Party, WorkItem
from underwriting.outbox.mail import send_later
from underwriting.outbox.results import lock_mail, record_given_up
from underwriting.people.finding import word_indexes, words_of
from underwriting.people.identity import Identity, open_identity, person_index, seal_identity
from underwriting.people.links import create_links

GIVEN, FAMILY = "Quintessa", "Vandermolen"
E_MAIL = "quintessa@vandermolen.example"
NATIONAL_ID = "QV-919-44-7731"
STREET = "77 Sorrel Hollow"
WORDS = "My grandmother paid the marigold loan"
DISPUTED = "The heron invoice is not mine"
FILE_NAME = "quintessa-payslip.pdf"
FILE_TEXT = b"gross pay at Peregrine Tannery"
TOLD = "Dear Quintessa, open your page"
# Whoever reads the whole database must find none of these in clear, before or after.
CANARIES = (
    GIVEN,
    FAMILY,
    E_MAIL,
    NATIONAL_ID,
    STREET,
    WORDS,
    DISPUTED,
    FILE_NAME,
    FILE_TEXT.decode(),
    "Peregrine",
    TOLD,
)


@dataclass(frozen=True)
class Remembered:
    application: Application
    party: Party
    person_index: bytes


def name_somebody(party: Party) -> Party:
    """Give a party of a factory the identity with the canaries, who agreed to be told by e-mail."""
    identity = replace(
        open_identity(party), given_name=GIVEN, family_name=FAMILY, email=E_MAIL, national_id=NATIONAL_ID,
        address_lines=(STREET,), telephone="+1 207 555 8813",
    )  # fmt: skip
    party.identity = seal_identity(identity, party=party)
    party.word_indexes = word_indexes(words_of(identity), lender_id=party.lender_id)
    party.person_index = _index(party, identity)
    party.esign_consented_at = party.consented_at
    party.save()
    return party


def remember(application: Application, *, now: datetime) -> Remembered:
    """Have a decided application talked about in every way, and all of it over a day later.

    The appeal is left unanswered and the letters rendered; a mail server refused an e-mail and repeated the address.
    """
    party = name_somebody(Party.objects.get(application=application))
    create_links(application=application, parties=[party], now=now)
    actor = applicant_actor(party)
    notice = Notice.objects.get(application=application)
    render_letters(notice, now=now)
    document = receive_document(
        application=application, party=party, kind=DocumentKind.PAYSLIP, name=FILE_NAME,
        content=pdf(catalog=b"/Lang (" + FILE_TEXT + b")"), actor=actor, now=now,
    )  # fmt: skip
    send_message(application=application, party=party, author=None, text=WORDS, now=now)
    officer = make_user("Ana Ruiz", (application.lender, Role.CREDIT_OFFICER), password=None)
    send_message(application=application, party=party, author=officer, text=f"{TOLD}.", now=now)
    open_appeal(
        application=application, party=party, kind=AppealKind.DISPUTE, facts=["annual_income"], text=DISPUTED,
        document=document, actor=actor, now=now,
    )  # fmt: skip
    mail = send_later(application=application, party=party, subject="News", text=TOLD, now=now)
    record_given_up(
        lock_mail(mail.pk), because=f"550 <{E_MAIL}> unknown", is_address=True, actor=SYSTEM, now=now
    )
    bring_to_an_end(application, now=now + timedelta(days=1))
    return Remembered(application, party, bytes(party.person_index))


def bring_to_an_end(application: Application, *, now: datetime) -> None:
    """As if everything that was under way had been done and answered."""
    ReviewCase.objects.filter(application=application).update(
        state=CaseState.CLOSED, closed_at=now, draft={"note": f"{FAMILY} called"}
    )
    Appeal.objects.filter(application=application).update(answered_at=now)
    Application.objects.filter(pk=application.pk).update(notified_at=now)
    WorkItem.objects.filter(application=application).update(state=WorkState.DONE, finished_at=now)
    Mail.objects.filter(application=application, state=MailState.WAITING).update(
        state=MailState.SENT, sent_at=now
    )
    NoticeClock.objects.filter(application=application, stopped_at=None).update(
        stopped_at=now, stopped_by="test"
    )


def _index(party: Party, identity: Identity) -> bytes:
    return person_index(
        lender_id=party.lender_id, national_id=identity.national_id, birth_date=identity.birth_date
    )
