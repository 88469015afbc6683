"""Forgetting a person: nothing that names them is left, and everything that was decided about them still holds."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from explanations.models import Letter, Notice
from explanations.notices.asking import NoReasonsDue, request_reasons
from review_queue.messages import MessageRefused, send_message
from review_queue.models import Appeal, Message, ReviewCase
from review_queue.subject_access.erasure import (
    ErasureReason,
    erase_application,
)
from scoring.replay.replay import replay
from tests.factories import make_user
from tests.factories.personal import CANARIES, E_MAIL, FAMILY, Remembered
from tests.scoring.pipeline.world import NOW
from underwriting.api.keys import issue_key
from underwriting.audit.actor import SYSTEM, Actor
from underwriting.enums import (
    ActorKind,
    MailState,
    Role,
    Scope,
)
from underwriting.models import (
    ApiClient,
    Application,
    Assessment,
    AuditEntry,
    Decision,
    Document,
    Mail,
    Party,
)
from underwriting.people.links import KnownFact, find_link, link_token, open_link
from underwriting.people.sealing import Erased, Unreadable, new_sealing_key, seal, unseal

pytestmark = pytest.mark.django_db
LATER = datetime(2033, 11, 20, 12, 0, tzinfo=UTC)  # 84 months after the third of November 2026, and some days
STRANGER = Actor(kind=ActorKind.APPLICANT, user_id=None, name="Unknown visitor", ip_address="198.51.100.7")


def erase(application: Application, *, now: datetime = LATER) -> Application:
    return erase_application(
        application=application, actor=SYSTEM, reason=ErasureReason.RETENTION_ENDED, now=now
    )


def whole_database() -> str:
    """Every row of every table as text; binary columns also as the characters their bytes would be."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                found += [_as_text(value) for value in row]
    return "\n".join(found)


def _as_text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("latin-1")
    return (
        json.dumps(value, default=str, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    )


def test_nothing_that_names_them_is_left(remembered: Remembered) -> None:
    assert FAMILY in whole_database()  # in what an officer was typing
    words = set(remembered.party.word_indexes)
    assert len(words) == 4  # given name, family name, e-mail, telephone

    erase(remembered.application)

    text = whole_database()
    assert [canary for canary in CANARIES if canary in text] == []
    assert E_MAIL.rpartition("@")[2] not in text
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM underwriting_party WHERE person_index = %s", [remembered.person_index]
        )
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT word FROM underwriting_party, unnest(word_indexes) AS word")
        assert {word for (word,) in cursor.fetchall()} & words == set()


def test_what_was_sealed_before_does_not_open_any_more(remembered: Remembered) -> None:
    party = remembered.party
    identity = bytes(party.identity)
    assert unseal(identity, party=party, what="identity")
    sealed = {
        "letter": bytes(Letter.objects.get(party=party).pdf),
        "document.content": bytes(Document.objects.get(party=party).content),
        "document.name": bytes(Document.objects.get(party=party).name),
        "message": bytes(Message.objects.filter(party=party).latest("pk").text),
        "appeal": bytes(Appeal.objects.get(party=party).text),
        "identity": identity,
    }
    assert all(unseal(blob, party=party, what=what) for what, blob in sealed.items())

    erase(remembered.application)

    party = Party.objects.get(pk=party.pk)
    for what, blob in sealed.items():
        with pytest.raises(Erased):
            unseal(blob, party=party, what=what)
    # nor under a key made now for the same party

    party.sealing_key = new_sealing_key(lender_id=party.lender_id, party_public_id=party.public_id)
    assert seal(b"new", party=party, what="letter")
    for what, blob in sealed.items():
        with pytest.raises(Unreadable):
            unseal(blob, party=party, what=what)


def test_what_was_decided_still_stands_and_replays(remembered: Remembered) -> None:
    application = remembered.application

    def proof() -> list[Any]:
        return [
            list(model.objects.filter(application=application).order_by("pk").values())
            for model in (Assessment, Decision, Notice)
        ] + [
            list(Letter.objects.values("pdf_sha256", "page_count", "rendered_at")),
            list(Document.objects.values("sha256", "byte_count", "kind")),
        ]

    before = proof()
    (replayed,) = list(replay(Assessment.objects.filter(application=application)))
    assert replayed.is_identical

    erase(application)

    assert proof() == before
    (replayed,) = list(replay(Assessment.objects.filter(application=application)))
    assert (replayed.is_identical, replayed.differences) == (True, ())


def test_the_api_still_answers_what_was_decided_and_why(remembered: Remembered, client: Client) -> None:
    application = remembered.application
    key = issue_key(
        client=ApiClient.objects.get(lender=application.lender), scopes=list(Scope), actor=SYSTEM, now=NOW
    )
    headers = {"Authorization": f"Bearer {key.text}"}
    path = f"/api/v1/applications/{application.public_id}"
    before = client.get(path, headers=headers).json()

    erase(application)

    after = client.get(path, headers=headers)
    assert after.status_code == 200
    assert {name: after.json()[name] for name in ("status", "outcome", "reasons")} == {
        name: before[name] for name in ("status", "outcome", "reasons")
    }
    assert after.json()["reasons"]
    assert client.get(f"{path}/notice", headers=headers).status_code == 200
    assert client.get(f"{path}/documents", headers=headers).status_code == 200
    pdf = client.get(f"{path}/notice", headers={**headers, "Accept": "application/pdf"})
    assert pdf.status_code < 500


def test_the_screens_say_erased(remembered: Remembered, client: Client) -> None:
    application = remembered.application
    erase(application)

    officer = make_user("Noor Haddad", (application.lender, Role.CREDIT_OFFICER), password=None)
    client.force_login(officer)
    case = ReviewCase.objects.get(application=application)
    page = client.get(f"/cases/{case}/")
    assert page.status_code == 200
    assert "Erased" in page.content.decode()
    assert FAMILY not in page.content.decode()


def asked_page(client: Client, token: str) -> tuple[int, str]:
    """What a token is answered with, without the token itself and the form's own."""
    response = client.get(f"/a/{token}/")
    page = response.content.decode().replace(token, "")
    return response.status_code, re.sub(r'csrfmiddlewaretoken" value="\w+"', "", page)


def test_the_applicants_link_is_answered_as_an_unknown_one(remembered: Remembered, client: Client) -> None:
    token = link_token(remembered.party)
    assert find_link(token, now=NOW) is not None

    erase(remembered.application)

    assert find_link(token, now=NOW) is None
    known = KnownFact(birth_date=date(1988, 4, 17))
    assert open_link(token, known=known, actor=STRANGER, now=NOW) is None
    assert asked_page(client, token) == asked_page(client, "A" * len(token))
    assert client.post(f"/a/{token}/fresh/").status_code == 200
    assert Mail.objects.filter(application=remembered.application, state=MailState.WAITING).count() == 0


def test_an_answer_that_arrives_while_they_are_forgotten_opens_nothing(remembered: Remembered) -> None:
    Party.objects.filter(pk=remembered.party.pk).update(sealing_key=None, identity=b"")

    known = KnownFact(birth_date=date(1988, 4, 17))
    assert open_link(link_token(remembered.party), known=known, actor=STRANGER, now=NOW) is None


def test_erasing_is_in_the_trail_without_a_name(remembered: Remembered) -> None:
    erase(remembered.application)

    entry = AuditEntry.objects.get(action="application.erased")
    assert (entry.actor_kind, entry.after, entry.reason, entry.application_id, entry.object_label) == (
        ActorKind.SYSTEM, {"people": 1}, "Retention has ended", remembered.application.pk, remembered.application.reference,
    )  # fmt: skip


def test_a_mail_keeps_its_hash_and_moment_and_loses_its_words(remembered: Remembered) -> None:
    given_up = Mail.objects.get(application=remembered.application, subject="News")
    assert given_up.proof == "550 <(address)> unknown"
    letters = [mail.letter_sha256 for mail in Mail.objects.filter(application=remembered.application)]

    erase(remembered.application)

    mails = list(Mail.objects.filter(application=remembered.application).order_by("pk"))
    assert [mail.letter_sha256 for mail in mails] == letters
    assert {(bytes(mail.body), bytes(mail.attachment), mail.bounce) for mail in mails} == {(b"", b"", "")}


def test_nobody_is_written_to_who_was_erased(remembered: Remembered) -> None:
    erase(remembered.application)

    with pytest.raises(MessageRefused, match="erased"):
        send_message(
            application=remembered.application, party=remembered.party, author=None, text="Hello?", now=LATER
        )
    with pytest.raises(NoReasonsDue, match="nobody to write to"):
        request_reasons(application=remembered.application, asked_on=NOW.date(), actor=SYSTEM, now=LATER)
