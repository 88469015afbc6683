"""The HTTP bureau against real sockets: deadline, what is repeated and what never is, the breaker."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from uuid import uuid4

import pytest

from tests.underwriting.bureau.conftest import RunningBureau
from underwriting.bureau.breakers import FAILURES_IN_A_ROW, BureauBreaker
from underwriting.bureau.http import HttpBureau
from underwriting.bureau.people import person
from underwriting.bureau.protocol import PullAnswer, PullFault, PullRequest
from underwriting.bureau.scripted import SCRIPTED
from underwriting.people.identity import Identity


def request_for(key: str) -> PullRequest:
    who = SCRIPTED[key]
    identity = Identity(
        who.given_name, who.family_name, who.birth_date, who.national_id, "", "", ("1 Elm Street",), "04101"
    )
    return PullRequest(reference=uuid4(), identity=identity, consent_id="c-1")


def pull(bureau: RunningBureau, key: str, deadline_ms: int = 1_500) -> PullAnswer:
    return HttpBureau(base_url=bureau.address, deadline_ms=deadline_ms).pull(request_for(key))


@contextlib.contextmanager
def raw_server(serve: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[int]]]:
    """A server that does with each connection what `serve` says; counts connections."""
    count = [0]
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                count[0] += 1
                with connection, contextlib.suppress(OSError):
                    serve(connection)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", count
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def test_a_report_arrives_with_its_score(bureau: RunningBureau) -> None:
    answer = pull(bureau, "approve.clean")
    assert answer.report is not None
    assert (answer.fault, answer.report.bureau_score, answer.attempt_count) == (None, 790, 1)
    assert answer.report.body == dict(SCRIPTED["approve.clean"].report)


def test_a_generated_person_is_rebuilt_from_the_national_id(bureau: RunningBureau) -> None:
    who = next(p for p in (person(7, index, "A") for index in range(50)) if p.bureau_score)
    i = who.identity
    identity = Identity(
        i.given_name,
        i.family_name,
        i.birth_date,
        i.national_id,
        i.email,
        i.telephone,
        i.address_lines,
        i.postcode,
    )
    answer = HttpBureau(base_url=bureau.address, deadline_ms=1_500).pull(
        PullRequest(uuid4(), identity, "c-1")
    )
    assert answer.report is not None
    assert (dict(answer.report.body), answer.report.bureau_score) == (who.report, who.bureau_score)


def test_somebody_nobody_knows_has_no_file(bureau: RunningBureau) -> None:
    identity = Identity("Ann", "Nobody", date(1970, 1, 1), "000-00-0000", "", "", (), "")
    answer = HttpBureau(base_url=bureau.address, deadline_ms=1_500).pull(
        PullRequest(uuid4(), identity, "c-1")
    )
    assert answer.report is not None
    assert dict(answer.report.body) == {"bureau_hit_flag": 0}


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("error.bureau_5xx", PullFault.REFUSED),
        ("wrong.person", PullFault.WRONG_PERSON),
        ("empty.file", PullFault.EMPTY_FILE),
    ],
)
def test_what_goes_wrong_at_the_bureau_is_said_and_asked_once(
    bureau: RunningBureau, key: str, fault: PullFault
) -> None:
    answer = pull(bureau, key)
    assert (answer.report, answer.fault, bureau.desk.stats()["pulls"]) == (None, fault, 1)


@pytest.mark.parametrize("key", ["error.bureau_timeout", "slow.30s"])
def test_a_silent_bureau_is_left_at_the_deadline_and_never_pulled_again(
    bureau: RunningBureau, key: str
) -> None:
    started = time.monotonic()
    answer = pull(bureau, key, deadline_ms=300)
    took = time.monotonic() - started
    assert (answer.fault, bureau.desk.stats()["pulls"]) == (PullFault.TIMEOUT, 1)
    assert 0.3 <= took < 1.2


def test_an_answer_that_got_lost_is_had_by_reference_without_a_second_pull(bureau: RunningBureau) -> None:
    answer = pull(bureau, "lost.answer", deadline_ms=300)
    assert answer.report is not None
    assert (answer.fault, bureau.desk.stats()["pulls"]) == (None, 1)


def test_asking_by_reference_makes_no_pull_and_does_not_know_what_was_never_asked(
    bureau: RunningBureau,
) -> None:
    answer = HttpBureau(base_url=bureau.address, deadline_ms=300).ask_by_reference(
        request_for("approve.clean")
    )
    assert (answer, bureau.desk.stats()["pulls"]) == (PullAnswer(None, PullFault.UNKNOWN), 0)


def test_only_a_connection_that_failed_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    answer = HttpBureau(base_url=f"http://127.0.0.1:{port}", deadline_ms=1_500).pull(
        request_for("approve.clean")
    )
    assert (answer.fault, answer.attempt_count) == (PullFault.UNREACHABLE, 3)


def test_a_connection_that_breaks_after_the_question_is_an_unknown_outcome() -> None:
    def hang_up(connection: socket.socket) -> None:
        connection.recv(65_536)

    with raw_server(hang_up) as (address, connections):
        answer = HttpBureau(base_url=address, deadline_ms=1_000).pull(request_for("approve.clean"))
    # one pull, one question by reference
    assert (answer.fault, answer.attempt_count, connections) == (PullFault.TIMEOUT, 1, [2])


def test_an_answer_that_trickles_in_does_not_outlive_the_deadline_for_long() -> None:
    def trickle(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(60):
            connection.sendall(b" ")
            time.sleep(0.1)

    with raw_server(trickle) as (address, _):
        started = time.monotonic()
        answer = HttpBureau(base_url=address, deadline_ms=400).pull(request_for("approve.clean"))
        took = time.monotonic() - started
    assert (answer.fault, took < 2.0) == (PullFault.TIMEOUT, True)


def test_an_answer_without_end_is_cut_off() -> None:
    def flood(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1_000):
            connection.sendall(b" " * 65_536)

    with raw_server(flood) as (address, _):
        answer = HttpBureau(base_url=address, deadline_ms=5_000).pull(request_for("approve.clean"))
    assert answer.fault is PullFault.MALFORMED


def test_a_bureau_that_keeps_failing_is_not_asked_any_more(bureau: RunningBureau) -> None:
    adapter = HttpBureau(base_url=bureau.address, deadline_ms=1_000)
    faults = [adapter.pull(request_for("error.bureau_5xx")).fault for _ in range(FAILURES_IN_A_ROW + 2)]
    assert faults == [PullFault.REFUSED] * FAILURES_IN_A_ROW + [PullFault.BREAKER_OPEN] * 2
    assert bureau.desk.stats()["pulls"] == FAILURES_IN_A_ROW


def test_an_answer_that_must_not_be_used_does_not_open_the_breaker(bureau: RunningBureau) -> None:
    adapter = HttpBureau(base_url=bureau.address, deadline_ms=1_000)
    faults = {adapter.pull(request_for("wrong.person")).fault for _ in range(FAILURES_IN_A_ROW + 2)}
    assert faults == {PullFault.WRONG_PERSON}


def test_after_its_rest_a_bureau_that_answers_is_asked_again() -> None:
    breaker = BureauBreaker(name="test", rest_seconds=0.1)
    for _ in range(FAILURES_IN_A_ROW):
        breaker.failed()
    states = [breaker.is_open]
    time.sleep(0.15)
    states.append(breaker.is_open)
    breaker.failed()
    states.append(breaker.is_open)
    time.sleep(0.15)
    breaker.succeeded()
    breaker.failed()
    states.append(breaker.is_open)
    assert states == [True, False, True, False]


def test_a_success_in_between_starts_the_count_again() -> None:
    breaker = BureauBreaker(name="test")
    for _ in range(FAILURES_IN_A_ROW - 1):
        breaker.failed()
    breaker.succeeded()
    for _ in range(FAILURES_IN_A_ROW - 1):
        breaker.failed()
    assert not breaker.is_open
