"""The simulated bureau without HTTP: what it answers to whom, after how long, and how often it was asked."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from underwriting.bureau.history import simulated_history
from underwriting.bureau.people import NotAGeneratedPerson, person_from_national_id
from underwriting.bureau.scripted import Behaviour, scripted_applicant
from underwriting.bureau.simulator.factors import key_factors

LATENCY_LOW_MS = 20
LATENCY_HIGH_MS = 80
SLOW_SECONDS = 30.0
SCORE_RANGE = "300-850"


@dataclass(frozen=True, slots=True)
class Reply:
    """What to send and after how long. `status` None: nothing is ever sent."""

    status: int | None
    content: bytes = b""
    after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _File:
    report: Mapping[str, Any]
    bureau_score: int | None
    behaviour: Behaviour


class Desk:
    """Answers questions, keeps reports by reference and counts pulls. Thread-safe; keeps no identity."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_reference: Counter[str] = Counter()
        self._by_person: Counter[str] = Counter()
        self._kept: dict[str, bytes | None] = {}  # None: being made

    def pull(self, question: Mapping[str, Any]) -> Reply:
        """`POST /reports`. Raises KeyError or TypeError for a question that lacks reference or subject."""
        reference, subject = str(question["reference"]), question["subject"]
        file = _file_of(subject)
        with self._lock:
            self._by_reference[reference] += 1
            self._by_person[person_digest(subject["national_id"])] += 1
        content = _answer(reference, subject, file)
        latency = _latency_seconds(subject["national_id"])
        match file.behaviour:
            case Behaviour.SERVER_ERROR:
                return Reply(HTTPStatus.SERVICE_UNAVAILABLE, b'{"error": "maintenance"}', latency)
            case Behaviour.EMPTY:
                return Reply(HTTPStatus.OK, b"", latency)
            case Behaviour.NEVER_ANSWERS:
                self._keep(reference, None)
                return Reply(None)
            case Behaviour.SLOW:
                self._keep(reference, None)
                return Reply(HTTPStatus.OK, content, SLOW_SECONDS)
            case Behaviour.ANSWER_LOST:
                self._keep(reference, content)
                return Reply(None)
            case _:
                self._keep(reference, content)
                return Reply(HTTPStatus.OK, content, latency)

    def finished(self, question: Mapping[str, Any], reply: Reply) -> None:
        """A reply is due now: from here on its report can also be had by reference."""
        if reply.status == HTTPStatus.OK and reply.content:
            self._keep(str(question["reference"]), reply.content)

    def by_reference(self, reference: str) -> Reply:
        """`GET /reports/{reference}`: 200 with the report, 202 while it is being made, 404 for a reference never seen."""
        with self._lock:
            if reference not in self._kept:
                return Reply(HTTPStatus.NOT_FOUND, b'{"error": "unknown reference"}')
            content = self._kept[reference]
        return Reply(HTTPStatus.ACCEPTED, b"{}") if content is None else Reply(HTTPStatus.OK, content)

    def stats(self) -> dict[str, Any]:
        """How often each reference and each person (as a digest) was pulled."""
        with self._lock:
            return {
                "pulls": sum(self._by_reference.values()),
                "by_reference": dict(self._by_reference),
                "by_person": dict(self._by_person),
            }

    def _keep(self, reference: str, content: bytes | None) -> None:
        with self._lock:
            self._kept[reference] = content


def person_digest(national_id: str) -> str:
    """Sixteen characters that stand for a person in the statistics."""
    plain = re.sub(r"[^0-9A-Z]", "", national_id.upper())
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def _latency_seconds(national_id: str) -> float:
    """20 to 80 ms, always the same for a person."""
    spread = int(person_digest(national_id), 16) % (LATENCY_HIGH_MS - LATENCY_LOW_MS + 1)
    return (LATENCY_LOW_MS + spread) / 1000


def _file_of(subject: Mapping[str, Any]) -> _File:
    scripted = scripted_applicant(
        national_id=subject["national_id"],
        given_name=subject["given_name"],
        family_name=subject["family_name"],
    )
    if scripted is not None:
        return _File(scripted.report, scripted.bureau_score, scripted.behaviour)
    try:
        person = person_from_national_id(subject["national_id"])
    except NotAGeneratedPerson:
        return _File({}, None, Behaviour.NO_FILE)
    if person.bureau_score is None:
        return _File({}, None, Behaviour.NO_FILE)
    return _File(person.report, person.bureau_score, Behaviour.ANSWERS)


def _answer(reference: str, subject: Mapping[str, Any], file: _File) -> bytes:
    wrong = file.behaviour is Behaviour.WRONG_PERSON
    found = file.behaviour is not Behaviour.NO_FILE
    now = datetime.now(UTC)
    document = {
        "reference": reference,
        "subject": {
            "national_id": "SOMEBODY-ELSE" if wrong else subject["national_id"],
            "birth_date": subject["birth_date"],
        },
        "file_found": found,
        "reported_at": now.isoformat(),
        "attributes": dict(file.report),
        "score": None
        if file.bureau_score is None
        else {"value": file.bureau_score, "range": SCORE_RANGE, "factors": key_factors(file.report)},
        "payment_history": simulated_history(
            file.report, seed=person_digest(subject["national_id"]), newest_month=f"{now:%Y-%m}"
        ),
    }
    return json.dumps(document).encode()
