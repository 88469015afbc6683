"""A bureau over HTTP: one question with a deadline, and no second one once the first may have arrived.

Only an attempt that never reached the bureau is repeated. When the question was sent and no answer came in time, the bureau is
asked by reference what became of it; if it cannot say, the outcome is unknown and stays so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import httpx
import stamina
import structlog

from underwriting.bureau.answer import AnswerRefused, read_answer
from underwriting.bureau.breakers import breaker_of
from underwriting.bureau.protocol import PullAnswer, PullFault, PullRequest, ReportedCredit

logger = structlog.get_logger(__name__)

CONNECT_ATTEMPTS = 3
BY_REFERENCE_DEADLINE_MS = 500
ANSWER_MAX_BYTES = 262_144
BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class _BureauFailed(Exception):
    """Counts against the breaker: no answer, no connection, or a server error."""

    def __init__(self, fault: PullFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class HttpBureau:
    """A bureau with `POST /reports` and `GET /reports/{reference}`.

    A connection is opened for each question: on a kept one that the other side has just closed, nobody could tell whether
    the question arrived.
    """

    def __init__(self, *, base_url: str, deadline_ms: int) -> None:
        self._base_url = base_url.rstrip("/")
        self._deadline_seconds = deadline_ms / 1000
        self._breaker = breaker_of(self._base_url)
        self._client = _client_of(self._base_url)

    def pull(self, request: PullRequest) -> PullAnswer:
        """Ask for a report within the deadline; every way to fail is a fault in the answer."""
        attempts = [0]
        started = time.monotonic()
        answer = self._guarded(lambda: self._post(request, attempts, started + self._deadline_seconds))
        if answer.fault is PullFault.TIMEOUT:
            later = self.ask_by_reference(request)
            answer = answer if later.fault is PullFault.UNKNOWN else later
        latency_ms = round((time.monotonic() - started) * 1000)
        logger.info(
            "bureau.pulled", reference=str(request.reference), fault=answer.fault, latency_ms=latency_ms
        )
        return PullAnswer(answer.report, answer.fault, latency_ms, attempts[0])

    def ask_by_reference(self, request: PullRequest) -> PullAnswer:
        """UNKNOWN unless the bureau has a report under our reference."""
        deadline = time.monotonic() + BY_REFERENCE_DEADLINE_MS / 1000
        try:
            status, content = self._exchange("GET", f"/reports/{request.reference}", None, deadline)
            if status != httpx.codes.OK:
                return PullAnswer(None, PullFault.UNKNOWN)
            return PullAnswer(read_answer(content, identity=request.identity), None)
        except AnswerRefused as refused:
            return PullAnswer(None, refused.fault)
        except (httpx.HTTPError, _BureauFailed):
            return PullAnswer(None, PullFault.UNKNOWN)

    def _guarded(self, ask: Callable[[], ReportedCredit]) -> PullAnswer:
        """Ask unless the breaker is open. An answer that must not be used is no failure of the bureau's service."""
        if self._breaker.is_open:
            return PullAnswer(None, PullFault.BREAKER_OPEN)
        try:
            answer = PullAnswer(ask(), None)
        except AnswerRefused as refused:
            answer = PullAnswer(None, refused.fault)
        except _BureauFailed as failed:
            self._breaker.failed()
            return PullAnswer(None, failed.fault)
        self._breaker.succeeded()
        return answer

    def _post(self, request: PullRequest, attempts: list[int], deadline: float) -> ReportedCredit:
        body = _question(request)
        try:
            for attempt in stamina.retry_context(
                on=BEFORE_SENDING,
                attempts=CONNECT_ATTEMPTS,
                timeout=self._deadline_seconds,
                wait_initial=0.05,
                wait_max=0.2,
            ):
                with attempt:
                    attempts[0] += 1
                    status, content = self._exchange("POST", "/reports", body, deadline)
        except BEFORE_SENDING as error:
            raise _BureauFailed(PullFault.UNREACHABLE) from error
        except httpx.HTTPError as error:
            raise _BureauFailed(PullFault.TIMEOUT) from error
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise _BureauFailed(PullFault.REFUSED)
        if status != httpx.codes.OK:
            raise AnswerRefused(PullFault.REFUSED)
        return read_answer(content, identity=request.identity)

    def _exchange(
        self, method: str, path: str, body: dict[str, Any] | None, deadline: float
    ) -> tuple[int, bytes]:
        """One request, read chunk by chunk so that an answer that trickles in does not outlive the deadline."""
        remaining = max(0.01, deadline - time.monotonic())
        content = bytearray()
        with self._client.stream(method, path, json=body, timeout=remaining) as response:
            for chunk in response.iter_bytes():
                content += chunk
                if time.monotonic() > deadline:
                    raise _BureauFailed(PullFault.TIMEOUT)
                if len(content) > ANSWER_MAX_BYTES:
                    raise AnswerRefused(PullFault.MALFORMED)
            return response.status_code, bytes(content)


@lru_cache(maxsize=64)
def _client_of(base_url: str) -> httpx.Client:
    """One client a bureau: making one reads the system's certificates, which takes longer than most answers."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    return httpx.Client(base_url=base_url, limits=limits, trust_env=False)


def _question(request: PullRequest) -> dict[str, Any]:
    person = request.identity
    return {
        "reference": str(request.reference),
        "consent_id": request.consent_id,
        "purpose": "credit_application",
        "subject": {
            "given_name": person.given_name,
            "family_name": person.family_name,
            "birth_date": person.birth_date.isoformat(),
            "national_id": person.national_id,
            "address_lines": list(person.address_lines),
            "postcode": person.postcode,
        },
    }
