"""Guessing at applicants' links: refused, throttled exactly, audited, and nothing learned from how it is refused."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_application, make_lender, make_party, make_product
from underwriting.audit.actor import Actor
from underwriting.enums import ActorKind
from underwriting.models import ApplicantLink, Application, AuditEntry, Mail, Party, TryWindow
from underwriting.people.fresh_link import BY_PARTY, Wording, send_fresh_link
from underwriting.people.links import (
    BY_ADDRESS,
    BY_DOCUMENT,
    KnownFact,
    TooManyTries,
    create_links,
    find_link,
    link_token,
    open_link,
    party_path,
    refuse_document,
    renew_links,
)

RIGHT = KnownFact(birth_date=date(1988, 4, 17))
WRONG = KnownFact(birth_date=date(1989, 4, 17))
NO_TOKEN = "A" * 24


def stranger(address: str = "192.0.2.7") -> Actor:
    return Actor(
        kind=ActorKind.APPLICANT,
        user_id=None,
        name="Unknown visitor",
        request_id="req-1",
        ip_address=address,
    )


def make_linked(code: str = "harbour", *, now: datetime) -> Party:
    party = make_party(make_application(make_product(make_lender(code))))
    create_links(application=party.application, parties=[party], now=now)
    return party


def tries(address: str, token: str, count: int, *, now: datetime) -> Counter[str]:
    """What became of this many wrong answers: heard, or not heard at all."""
    found: Counter[str] = Counter()
    for _ in range(count):
        try:
            assert open_link(token, known=WRONG, actor=stranger(address), now=now) is None
            found["heard"] += 1
        except TooManyTries:
            found["not heard"] += 1
    return found


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("pk"))


@pytest.mark.django_db
def test_guessing_tokens_is_heard_twenty_times_in_a_quarter_of_an_hour_from_one_address() -> None:
    now = timezone.now()

    found = tries("192.0.2.7", NO_TOKEN, 23, now=now)

    assert found == {"heard": BY_ADDRESS.tries, "not heard": 3}
    assert tries("192.0.2.8", NO_TOKEN, 1, now=now) == {"heard": 1}
    almost, over = now + BY_ADDRESS.window - timedelta(seconds=1), now + BY_ADDRESS.window
    assert tries("192.0.2.7", NO_TOKEN, 1, now=almost) == {"not heard": 1}
    assert tries("192.0.2.7", NO_TOKEN, 1, now=over) == {"heard": 1}


@pytest.mark.django_db
def test_every_address_of_an_ipv6_subscriber_counts_as_one_place_and_a_mapped_one_as_its_own() -> None:
    now = timezone.now()
    tries("2001:db8:1:2::7", NO_TOKEN, BY_ADDRESS.tries, now=now)
    tries("::ffff:192.0.2.7", NO_TOKEN, BY_ADDRESS.tries, now=now)

    assert tries("2001:db8:1:2:ffff::8", NO_TOKEN, 1, now=now) == {"not heard": 1}
    assert tries("2001:db8:1:3::7", NO_TOKEN, 1, now=now) == {"heard": 1}
    assert tries("::ffff:192.0.2.8", NO_TOKEN, 1, now=now) == {"heard": 1}
    assert tries("192.0.2.7", NO_TOKEN, 1, now=now) == {"not heard": 1}


@pytest.mark.django_db
def test_each_guess_is_audited_and_of_those_not_heard_the_first_alone() -> None:
    now = timezone.now()
    tries("192.0.2.7", NO_TOKEN, 23, now=now)

    refused, throttled = entries("link.refused"), entries("link.address_throttled")

    assert len(refused) == BY_ADDRESS.tries
    assert len(throttled) == 1
    assert {(e.reason, e.ip_address, e.request_id, e.lender_id) for e in refused} == {
        ("no such link", "192.0.2.7", "req-1", None)
    }


@pytest.mark.django_db
def test_an_address_that_guessed_too_often_is_not_heard_even_with_the_right_answer() -> None:
    now = timezone.now()
    party = make_linked(now=now)
    tries("192.0.2.7", NO_TOKEN, BY_ADDRESS.tries, now=now)

    with pytest.raises(TooManyTries) as refused:
        open_link(link_token(party), known=RIGHT, actor=stranger(), now=now)

    assert refused.value.until == now + BY_ADDRESS.window
    assert open_link(link_token(party), known=RIGHT, actor=stranger("192.0.2.9"), now=now) is not None


@pytest.mark.django_db
def test_right_answers_do_not_count_against_those_who_share_an_address() -> None:
    now = timezone.now()
    token = link_token(make_linked(now=now))

    for _ in range(BY_ADDRESS.tries + 5):
        assert open_link(token, known=RIGHT, actor=stranger(), now=now) is not None


@pytest.mark.django_db
def test_a_guessed_second_fact_locks_the_link_whatever_the_address_and_is_audited() -> None:
    now = timezone.now()
    party = make_linked(now=now)
    token = link_token(party)
    for place in range(5):
        tries(f"192.0.2.{place}", token, 1, now=now)

    assert open_link(token, known=RIGHT, actor=stranger("198.51.100.1"), now=now) is None
    after = now + timedelta(minutes=15)
    assert open_link(token, known=RIGHT, actor=stranger("198.51.100.1"), now=after) is not None
    told = [(e.reason, e.application_id, (e.after or {})["failed_count"]) for e in entries("link.refused")]
    assert told == [
        *(("wrong fact", party.application_id, count) for count in range(1, 6)),
        ("locked", party.application_id, 5),
    ]


@pytest.mark.django_db
def test_a_link_that_has_ended_opens_for_nobody_and_the_replay_is_audited() -> None:
    now = timezone.now()
    party = make_linked(now=now)
    ended = now + timedelta(days=90)

    replayed = open_link(link_token(party), known=RIGHT, actor=stranger(), now=ended)

    assert replayed is None
    assert find_link(link_token(party), now=ended) is None
    assert [e.reason for e in entries("link.refused")] == ["expired"]


@pytest.mark.django_db
def test_every_refusal_takes_the_same_statements() -> None:
    """A token that never was must not be told from a real one by the work it makes."""
    now = timezone.now()
    wrong, expired, locked = (make_linked(code, now=now) for code in ("harbour", "northgate", "quarry"))
    ApplicantLink.objects.filter(party=expired).update(expires_at=now)
    ApplicantLink.objects.filter(party=locked).update(failed_count=5, locked_until=now + timedelta(hours=1))
    made = []
    for token in (NO_TOKEN, *(link_token(party) for party in (wrong, expired, locked))):
        with CaptureQueriesContext(
            connection,
        ) as context:
            open_link(token, known=WRONG, actor=stranger(), now=now)
        made.append([query["sql"].split()[0] for query in context.captured_queries])

    assert made == [made[0]] * 4


@pytest.mark.django_db
def test_no_token_stands_in_the_trail() -> None:
    now = timezone.now()
    token = link_token(make_linked(now=now))
    open_link(token, known=WRONG, actor=stranger(), now=now)
    open_link(token, known=RIGHT, actor=stranger(), now=now)
    send_fresh_link(token, wording=_wording, actor=stranger(), now=now)

    written = " ".join(
        f"{e.object_id} {e.object_label} {e.reason} {e.before} {e.after}" for e in AuditEntry.objects.all()
    )

    assert token not in written
    assert {len(e.object_id) for e in AuditEntry.objects.filter(object_type="applicant_link")} == {12}


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
def test_of_many_guesses_at_the_same_moment_exactly_twenty_are_heard() -> None:
    now = timezone.now()
    found: Counter[str] = Counter()
    lock, start = threading.Lock(), threading.Barrier(8)

    def guess() -> None:
        start.wait()
        mine = tries("192.0.2.7", NO_TOKEN, 4, now=now)
        with lock:
            found.update(mine)
        connection.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {"heard": BY_ADDRESS.tries, "not heard": 12}
    assert len(entries("link.refused")) == BY_ADDRESS.tries


@pytest.mark.django_db
def test_asking_for_documents_of_others_is_audited_and_answered_five_times() -> None:
    now = timezone.now()
    link = ApplicantLink.objects.select_related("application", "party").get(party=make_linked(now=now))
    answered = 0
    for _ in range(8):
        try:
            refuse_document(link, "0" * 32, actor=stranger(), now=now)
            answered += 1
        except TooManyTries:
            pass

    assert answered == BY_DOCUMENT.tries
    assert len(entries("document.refused")) == BY_DOCUMENT.tries + 1


def _wording(link: ApplicantLink, address: str) -> Wording:
    return Wording(subject=f"A new link {link.serial}", text=address)


@pytest.mark.django_db
def test_a_fresh_link_is_new_goes_by_mail_and_leaves_the_ended_one_ended() -> None:
    now = timezone.now()
    party = make_linked(now=now)
    old, later = link_token(party), now + timedelta(days=91)

    send_fresh_link(old, wording=_wording, actor=stranger(), now=later)

    new = link_token(party, serial=2)
    assert new != old
    assert party_path(party, now=later) == f"/a/{new}/"
    assert find_link(old, now=later) is None
    assert open_link(new, known=RIGHT, actor=stranger(), now=later) is not None
    mail = Mail.objects.get(party=party)
    assert (mail.subject, new in mail.subject) == ("A new link 2", False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
def test_a_link_for_a_letter_and_a_fresh_one_at_the_same_moment_are_two() -> None:
    """Telling a notice holds the application; whoever asks for a link meanwhile waits, and gets the serial after."""
    now = timezone.now()
    party = make_linked(now=now)
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            send_fresh_link(link_token(party), wording=_wording, actor=stranger(), now=now)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test says it
            failed.append(error)
        finally:
            connection.close()

    asking = threading.Thread(target=ask)
    with transaction.atomic():
        Application.objects.select_for_update().get(pk=party.application_id)
        renew_links({str(party.public_id): now + timedelta(days=100)}, now=now)
        asking.start()
        asking.join(timeout=1)
        was_waiting = asking.is_alive()
    asking.join()

    assert (was_waiting, failed) == (True, [])
    links = ApplicantLink.objects.order_by("serial").values_list("serial", "expires_at")
    assert list(links) == [
        (1, now + timedelta(days=90)),
        (2, now + timedelta(days=100)),
        (3, now + timedelta(days=90)),
    ]


@pytest.mark.django_db
def test_links_that_last_long_enough_are_left_and_all_others_follow_at_once(
    django_assert_num_queries: Any,
) -> None:
    now = timezone.now()
    lasting, short, longer = (make_linked(code, now=now) for code in ("harbour", "northgate", "quarry"))
    until_of = {
        str(lasting.public_id): now + timedelta(days=90),
        str(short.public_id): now + timedelta(days=91),
        str(longer.public_id): now + timedelta(days=120),
    }

    with django_assert_num_queries(2):
        renew_links(until_of, now=now)
    with django_assert_num_queries(1):
        renew_links(until_of, now=now)

    newest = {link.party_id: link for link in ApplicantLink.objects.order_by("serial")}
    assert [(newest[party.pk].serial, newest[party.pk].expires_at) for party in (lasting, short, longer)] == [
        (1, now + timedelta(days=90)),
        (2, now + timedelta(days=91)),
        (2, now + timedelta(days=120)),
    ]
    assert find_link(link_token(short, serial=2), now=now + timedelta(days=90)) == newest[short.pk]


@pytest.mark.django_db
def test_a_fresh_link_for_no_token_makes_nothing_and_counts_as_a_try() -> None:
    now = timezone.now()

    send_fresh_link(NO_TOKEN, wording=_wording, actor=stranger(), now=now)

    assert Mail.objects.count() == ApplicantLink.objects.count() == 0
    assert [e.reason for e in entries("link.fresh_refused")] == ["no such link"]
    assert TryWindow.objects.get().try_count == 1


@pytest.mark.django_db
def test_one_party_gets_two_fresh_links_a_day_whoever_asks() -> None:
    now = timezone.now()
    party = make_linked(now=now)
    for place in range(4):
        send_fresh_link(link_token(party), wording=_wording, actor=stranger(f"192.0.2.{place}"), now=now)

    assert Mail.objects.filter(party=party).count() == BY_PARTY.tries
    assert [e.reason for e in entries("link.fresh_refused")] == ["sent lately", "sent lately"]


@pytest.mark.django_db
def test_old_counts_are_forgotten() -> None:
    now = timezone.now()
    tries("192.0.2.1", NO_TOKEN, 1, now=now - timedelta(days=3))
    with transaction.atomic():
        tries("192.0.2.2", NO_TOKEN, 1, now=now)

    assert TryWindow.objects.count() == 1
