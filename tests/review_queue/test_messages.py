"""Messages between an applicant and the lender: sealed, counted, audited without a word of them."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from review_queue.messages import (
    MESSAGES_A_DAY_MAX,
    TEXT_CHARACTERS_MAX,
    MessageRefused,
    messages_of,
    send_message,
)
from review_queue.models import Message
from tests.factories import make_application, make_lender, make_party, make_product, make_user
from underwriting.enums import Role
from underwriting.models import AuditEntry, Party

WORDS = "When will you decide?"


@pytest.fixture
def party(db: None) -> Party:
    return make_party(make_application(make_product(make_lender())))


def test_both_sides_read_what_was_written_in_order(party: Party) -> None:
    now = timezone.now()
    officer = make_user("Ana Weber", (party.lender, Role.CREDIT_OFFICER))
    send_message(application=party.application, party=party, author=None, text=WORDS, now=now)
    send_message(
        application=party.application,
        party=party,
        author=officer,
        text=" Tomorrow. ",
        now=now + timedelta(hours=1),
    )

    read = messages_of(party.application, party)

    assert [(one.text, one.author, one.is_from_lender) for one in read] == [
        (WORDS, "", False),
        ("Tomorrow.", "Ana Weber", True),
    ]


def test_the_other_applicant_reads_none_of_it(party: Party) -> None:
    other = make_party(party.application, ordinal=2)
    send_message(application=party.application, party=party, author=None, text=WORDS, now=timezone.now())

    assert messages_of(party.application, other) == []


def test_a_message_is_sealed_and_in_no_audit_entry(party: Party) -> None:
    sent = send_message(
        application=party.application, party=party, author=None, text=WORDS, now=timezone.now()
    )

    entry = AuditEntry.objects.get(action="message.sent")
    assert WORDS.encode() not in bytes(sent.text)
    assert "decide" not in f"{entry.after} {entry.reason} {entry.object_label}"
    assert (entry.actor_kind, entry.actor_name, entry.after) == (
        "APPLICANT",
        "Applicant",
        {"from": "applicant", "characters": len(WORDS)},
    )


@pytest.mark.parametrize(("text", "code"), [(" \n", "empty"), ("x" * (TEXT_CHARACTERS_MAX + 1), "too_long")])
def test_nothing_and_too_much_are_refused(party: Party, text: str, code: str) -> None:
    with pytest.raises(MessageRefused) as refused:
        send_message(application=party.application, party=party, author=None, text=text, now=timezone.now())

    assert (refused.value.code, Message.objects.count()) == (code, 0)


def test_ten_messages_in_a_day_and_not_one_more(party: Party) -> None:
    now = timezone.now()
    for minute in range(MESSAGES_A_DAY_MAX):
        send_message(
            application=party.application,
            party=party,
            author=None,
            text=WORDS,
            now=now + timedelta(minutes=minute),
        )

    with pytest.raises(MessageRefused) as refused:
        send_message(
            application=party.application, party=party, author=None, text=WORDS, now=now + timedelta(hours=23)
        )
    assert refused.value.code == "too_many"
    officer = make_user("Ana Weber", (party.lender, Role.CREDIT_OFFICER))
    send_message(application=party.application, party=party, author=officer, text=WORDS, now=now)
    send_message(
        application=party.application, party=party, author=None, text=WORDS, now=now + timedelta(days=1)
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
def test_of_many_messages_at_the_same_moment_exactly_ten_are_taken() -> None:
    party = make_party(make_application(make_product(make_lender())))
    now, start, refused = timezone.now(), threading.Barrier(4), list[str]()

    def write() -> None:
        start.wait()
        for _ in range(4):
            try:
                send_message(application=party.application, party=party, author=None, text=WORDS, now=now)
            except MessageRefused as no:
                refused.append(no.code)
        connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Message.objects.count() == MESSAGES_A_DAY_MAX
    assert refused == ["too_many"] * 6
