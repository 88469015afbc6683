"""Forgetting a person: nothing that names them is left, and everything that was decided about them still holds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from explanations.models import Letter, Notice
from explanations.notices.asking import NoReasonsDue, request_reasons
from review_queue.messages import MessageRefused, send_message
from review_queue.models import Appeal, HeldDecision, Message, ReviewCase
from review_queue.selectors import applicant_names
from review_queue.subject_access.erasure import (
    AlreadyErased,
    ErasureReason,
    HoldRefused,
    LegalHeld,
    NotErased,
    StillKept,
    StillOpen,
    erase_application,
    lift_hold,
    place_hold,
)
from review_queue.subject_access.retention import falling_due, kept_until
from review_queue.subject_access.sweep import erase_what_is_due
from scoring.pipeline.run import run_batch
from scoring.replay.replay import replay
from tests.factories import make_user
from tests.factories.personal import CANARIES, E_MAIL, FAMILY, Remembered, remember
from tests.scoring.pipeline.world import NOW, apply, claimed, clock, make_world
from underwriting.api.keys import issue_key
from underwriting.audit.actor import SYSTEM, Actor
from underwriting.enums import (
    ActorKind,
    CaseState,
    HeldState,
    Lane,
    MailState,
    OfferState,
    Role,
    Scope,
    WorkKind,
)
from underwriting.models import (
    ApiClient,
    Application,
    Assessment,
    AuditEntry,
    Decision,
    Document,
    IdempotencyKey,
    Mail,
    Party,
    StandingOffer,
    WorkItem,
)
from underwriting.people.links import KnownFact, find_link, link_token, open_link
from underwriting.people.sealing import Erased, Unreadable, new_sealing_key, seal, unseal
from underwriting.work.put import put

pytestmark = pytest.mark.django_db
LATER = datetime(2033, 11, 20, 12, 0, tzinfo=UTC)  # 84 months after the third of November 2026, and some days
STRANGER = Actor(kind=ActorKind.APPLICANT, user_id=None, name="Unknown visitor", ip_address="198.51.100.7")


@pytest.fixture
def remembered() -> Remembered:
    """A knock-out decline of the real pipeline, with letter, document, messages, appeal and mail."""
    world = make_world()
    application = apply(world, report={"bankruptcy_count": 1})
    run_batch(claimed(), clock=clock)
    application.refresh_from_db()
    return remember(application, now=NOW)


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

    erase(remembered.application)

    text = whole_database()
    assert [canary for canary in CANARIES if canary in text] == []
    assert E_MAIL.rpartition("@")[2] not in text
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM underwriting_party WHERE person_index = %s", [remembered.person_index]
        )
        assert cursor.fetchone() == (0,)


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

    assert applicant_names([application.pk]) == {application.pk: "Erased"}
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
    known = KnownFact(birth_date=date(1988, 4, 17), postcode="")
    assert open_link(token, known=known, actor=STRANGER, now=NOW) is None
    assert asked_page(client, token) == asked_page(client, "A" * len(token))
    assert client.post(f"/a/{token}/fresh/").status_code == 200
    assert Mail.objects.filter(application=remembered.application, state=MailState.WAITING).count() == 0


def test_an_answer_that_arrives_while_they_are_forgotten_opens_nothing(remembered: Remembered) -> None:
    Party.objects.filter(pk=remembered.party.pk).update(sealing_key=None, identity=b"")

    known = KnownFact(birth_date=date(1988, 4, 17), postcode="")
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


def test_the_last_day_is_the_lenders_months_after_the_last_word(remembered: Remembered) -> None:
    application = remembered.application
    assert kept_until(application) == date(2033, 11, 4)  # the day after, when everything came to its end

    application.lender.retention_months = 25
    application.lender.save()
    assert kept_until(Application.objects.get(pk=application.pk)) == date(2028, 12, 4)

    Mail.objects.filter(application=application).update(sent_at=datetime(2027, 1, 31, 12, 0, tzinfo=UTC))
    assert kept_until(application) == date(2029, 2, 28)


def test_it_is_kept_through_its_last_day_where_the_lender_is(remembered: Remembered) -> None:
    just_before = datetime(2033, 11, 5, 3, 59, tzinfo=UTC)  # New York: 23:59 on the fourth

    with pytest.raises(StillKept, match="until 4 November 2033") as refused:
        erase(remembered.application, now=just_before)

    assert refused.value.until == date(2033, 11, 4)
    assert Party.objects.get(pk=remembered.party.pk).sealing_key is not None
    assert erase(remembered.application, now=just_before + timedelta(hours=2)).erased_at is not None


def test_a_legal_hold_keeps_everything_until_it_is_lifted(remembered: Remembered) -> None:
    application = remembered.application
    place_hold(application=application, actor=SYSTEM, reason="Suit 24-118", now=NOW)

    with pytest.raises(LegalHeld):
        erase(application)
    assert erase_what_is_due(now=LATER) == 0
    assert list(falling_due(application.lender, by=LATER.date())) == []

    lift_hold(application=application, actor=SYSTEM, reason="Suit settled", now=LATER)
    assert erase(application).erased_at == LATER
    trail = AuditEntry.objects.filter(action__startswith="application.hold_").order_by("pk")
    assert [(entry.action, entry.reason) for entry in trail] == [
        ("application.hold_placed", "Suit 24-118"), ("application.hold_lifted", "Suit settled"),
    ]  # fmt: skip


def test_holds_that_make_no_sense_are_refused(remembered: Remembered) -> None:
    application = remembered.application
    with pytest.raises(HoldRefused, match="not held"):
        lift_hold(application=application, actor=SYSTEM, reason="x", now=NOW)
    with pytest.raises(HoldRefused, match="Say why"):
        place_hold(application=application, actor=SYSTEM, reason="  ", now=NOW)
    place_hold(application=application, actor=SYSTEM, reason="x", now=NOW)
    with pytest.raises(HoldRefused, match="already"):
        place_hold(application=application, actor=SYSTEM, reason="x", now=NOW)
    lift_hold(application=application, actor=SYSTEM, reason="x", now=NOW)
    erase(application)
    with pytest.raises(HoldRefused, match="nothing to hold"):
        place_hold(application=application, actor=SYSTEM, reason="x", now=LATER)


def _open_offer(application: Application) -> None:
    StandingOffer.objects.create(
        decision=application.decisions.get(), application=application, lender=application.lender,
        annual_rate_bps=900, valid_until=LATER.date(), state=OfferState.OPEN,
    )  # fmt: skip


def _open_case(application: Application) -> None:
    ReviewCase.objects.filter(application=application).update(state=CaseState.OPEN)


def _held(application: Application) -> None:
    case = ReviewCase.objects.get(application=application)
    HeldDecision.objects.create(
        case=case, assessment=case.assessment, decided_by=make_user("Bo Lund"), outcome="DECLINE",
        state=HeldState.HELD, decided_at=NOW, held_until=NOW,
    )  # fmt: skip


def _undecided(application: Application) -> None:
    Application.objects.filter(pk=application.pk).update(status="REFERRED")


def _letter_waits(application: Application) -> None:
    Mail.objects.filter(application=application).update(state=MailState.WAITING)


def _at_work(application: Application) -> None:
    put(
        kind=WorkKind.RENDER_NOTICE, lender_id=application.lender_id, application_id=application.pk, now=NOW,
        lane=Lane.BATCH,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("leave", "says"),
    [
        (_open_offer, "an offer is open"), (_open_case, "a case is open"), (_held, "a decision is held"),
        (_undecided, "not decided yet"), (_letter_waits, "a letter waits"), (_at_work, "work on it is under way"),
    ],
)  # fmt: skip
def test_what_is_not_over_is_not_erased(
    remembered: Remembered, leave: Callable[[Application], None], says: str
) -> None:
    leave(remembered.application)

    with pytest.raises(StillOpen, match=says):
        erase(remembered.application)

    assert erase_what_is_due(now=LATER) == 0
    assert Party.objects.get(pk=remembered.party.pk).sealing_key is not None
    assert not AuditEntry.objects.filter(action="application.erased").exists()


def test_nobody_is_written_to_who_was_erased(remembered: Remembered) -> None:
    erase(remembered.application)

    with pytest.raises(MessageRefused, match="erased"):
        send_message(
            application=remembered.application, party=remembered.party, author=None, text="Hello?", now=LATER
        )
    with pytest.raises(NoReasonsDue, match="nobody to write to"):
        request_reasons(application=remembered.application, asked_on=NOW.date(), actor=SYSTEM, now=LATER)


def test_nobody_is_erased_twice(remembered: Remembered) -> None:
    erase(remembered.application)
    with pytest.raises(AlreadyErased):
        erase(remembered.application)


def test_the_hourly_task_erases_what_is_due_and_nothing_else(remembered: Remembered) -> None:
    application = remembered.application
    other = Application.objects.exclude(pk=application.pk)
    assert erase_what_is_due(now=datetime(2033, 11, 4, 12, 0, tzinfo=UTC)) == 0
    assert [(found.pk, until) for found, until in falling_due(application.lender, by=date(2033, 11, 30))] == [
        (application.pk, date(2033, 11, 4))
    ]

    assert erase_what_is_due(now=LATER) == 1

    assert erase_what_is_due(now=LATER) == 0
    application.refresh_from_db()
    assert application.erased_at == LATER
    assert not other.filter(erased_at__isnull=False).exists()
    assert list(falling_due(application.lender, by=LATER.date())) == []


def test_one_that_cannot_be_erased_stands_in_nobodys_way(remembered: Remembered) -> None:
    first = remembered.application
    _open_case(first)
    second = Application.objects.get(pk=first.pk)
    Application.objects.filter(pk=first.pk)
    second.pk, second.public_id, second.reference = None, "6a1d8a3e-0000-4000-8000-000000000001", "A-OTHR-01"
    second.save(force_insert=True)

    assert erase_what_is_due(now=LATER, limit=1) == 1

    second.refresh_from_db()
    assert second.erased_at == LATER


def test_a_kept_answer_to_a_submission_goes_too(remembered: Remembered) -> None:
    client = ApiClient.objects.get(lender=remembered.application.lender)
    IdempotencyKey.objects.create(
        client=client, key="k", endpoint="POST /applications", fingerprint="0" * 64, started_at=NOW,
        application=remembered.application, body=b"{}",
    )  # fmt: skip
    WorkItem.objects.filter(application=remembered.application).update(lane=Lane.BATCH)

    erase(remembered.application)

    assert not IdempotencyKey.objects.exists()


def test_every_refusal_is_one_kind() -> None:
    assert all(issubclass(kind, NotErased) for kind in (AlreadyErased, LegalHeld, StillKept, StillOpen))
