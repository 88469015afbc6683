"""Problem details (RFC 9457): every error of the API has one form, a stable code, and all of its causes with their places."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions

from underwriting.config.requests import request_id

PROBLEM_MEDIA_TYPE = "application/problem+json"
ERRORS_SHOWN = 100  # a body can be wrong in more places than anybody reads

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ProblemType:
    """What a code means: HTTP status, title, and what to do about it."""

    status: int
    title: str
    advice: str


PROBLEM_TYPES: Mapping[str, ProblemType] = {
    "malformed_json": ProblemType(400, "Malformed JSON", "Send one JSON object in UTF-8: no duplicate keys, no NaN or Infinity, no NUL, at most 32 levels deep."),
    "body_missing": ProblemType(400, "Body missing", "This operation needs a JSON object as its body."),
    "bad_request": ProblemType(400, "Bad request", "The request could not be read. Send it again."),
    "idempotency_key_missing": ProblemType(400, "Idempotency-Key missing", "Every POST needs an Idempotency-Key header; a UUID is a good one."),
    "idempotency_key_invalid": ProblemType(400, "Idempotency-Key invalid", "Use 1 to 255 printable ASCII characters without spaces at the ends."),
    "parameter_invalid": ProblemType(400, "Parameter invalid", "Correct the query parameters that the errors name."),
    "key_missing": ProblemType(401, "API key missing", "Send the header Authorization: Bearer <key>."),
    "key_invalid": ProblemType(401, "API key invalid", "Check that the whole key was copied and that it belongs to this environment."),
    "key_revoked": ProblemType(401, "API key revoked", "Use the client's other key, or ask the lender for a new one."),
    "key_expired": ProblemType(401, "API key expired", "Ask the lender for a new key."),
    "scope_missing": ProblemType(403, "Scope missing", "Ask the lender for a key with the scope that the detail names."),
    "not_found": ProblemType(404, "Not found", "There is no such thing, or it is not yours."),
    "no_decision_yet": ProblemType(404, "No decision yet", "Ask again later; the application's status says where it stands."),
    "no_explanation_yet": ProblemType(404, "No explanation to show", "It is shown when there is a decision whose reasons are disclosed."),
    "no_notice_yet": ProblemType(404, "No notice to show", "It is shown once it is disclosed; the application's status says where it stands."),
    "no_letter_yet": ProblemType(404, "No letter to show", "A letter is rendered within seconds of its notice; a party without a letter has none."),
    "letter_unavailable": ProblemType(404, "Letter unavailable", "The stored letter does not open. Ask the lender."),
    "method_not_allowed": ProblemType(405, "Method not allowed", "The Allow header lists the methods of this address."),
    "not_acceptable": ProblemType(406, "Not acceptable", "Ask for a media type that the detail names."),
    "idempotency_in_progress": ProblemType(409, "First request still unanswered", "Send the same request again after the seconds in Retry-After."),
    "items_too_late": ProblemType(409, "The time to send missing items is over", "Submit a new application."),
    "nothing_missing": ProblemType(409, "Nothing is missing", "Read the application: it waits for nothing, or has ended."),
    "offer_over": ProblemType(409, "There is no offer to answer", "It was answered otherwise, replaced, or is past its last day."),
    "offer_conditional": ProblemType(409, "The offer's conditions are not met yet", "Send the papers named in the offer's `conditions`. It can be taken once `conditional` is false."),
    "offer_untold": ProblemType(409, "The offer's letter is not out yet", "Ask again once the application's timeline says that the notice was disclosed."),
    "withdrawal_refused": ProblemType(409, "The application cannot be withdrawn", "It was declined, accepted, or has ended; its status says which."),
    "body_too_large": ProblemType(413, "Body too large", "An application is at most 256 kB, a document 10 MB before it is written as base64."),
    "media_type_unsupported": ProblemType(415, "Media type unsupported", "Send Content-Type: application/json."),
    "contract_violated": ProblemType(422, "The application does not fit the product's contract", "Correct every field that the errors name; GET /products/{code}/schema describes them."),
    "items_refused": ProblemType(422, "An item cannot be used", "Send what missing_fields names, each as the product's schema describes it."),
    "field_invalid": ProblemType(422, "A field cannot be used", "Correct the fields that the errors name."),
    "not_offered": ProblemType(422, "Not offered", "The lender does not offer this product in this case. Nothing was stored and nobody was assessed."),
    "body_invalid": ProblemType(422, "A field of the body cannot be used", "Correct every field that the errors name."),
    "outcomes_refused": ProblemType(422, "An event of a loan cannot be taken", "Correct every event that the errors name, and send all of them again."),
    "document_refused": ProblemType(422, "The document is not taken", "The error says why; nothing was stored."),
    "idempotency_key_reused": ProblemType(422, "Idempotency-Key used for another request", "Use a new key for a new request."),
    "rate_limited": ProblemType(429, "Too many requests", "Wait the seconds in Retry-After."),
    "internal_error": ProblemType(500, "Internal error", "Send the request again with the same Idempotency-Key; report the instance if it stays."),
    "database_unavailable": ProblemType(503, "Service unavailable", "Send it again with the same Idempotency-Key after the seconds in Retry-After: it is done once."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldError:
    """One cause. `pointer` is a JSON pointer into the body (RFC 6901), or the name of a query parameter after a `?`."""

    pointer: str
    code: str
    message: str


class Problem(Exception):
    """An error to be told to the client."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def pointer(path: Sequence[str | int]) -> str:
    """Write a path as a JSON pointer; the whole body is the empty text."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Build the answer to a problem."""
    kind = PROBLEM_TYPES[problem.code]
    content: dict[str, Any] = {
        "type": f"{settings.BASE_URL}/developers/errors/#{problem.code}",
        "title": kind.title,
        "status": kind.status,
        "code": problem.code,
        "detail": problem.detail,
        "instance": request_id(request),
        "errors": [
            {"pointer": error.pointer, "code": error.code, "message": error.message}
            for error in problem.errors[:ERRORS_SHOWN]
        ],
    }
    return HttpResponse(
        json.dumps(content), status=kind.status, content_type=PROBLEM_MEDIA_TYPE, headers=problem.headers
    )


def handle_exception(exception: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """DRF's exception handler. A lost database is left to the middleware that answers 503."""
    if isinstance(exception, OperationalError | InterfaceError):
        return None
    drf_request = context["request"]
    request: HttpRequest = drf_request._request
    problem = _as_problem(exception)
    if problem is None:
        logger.error("api_failed", path=request.path, exc_info=exception)
        problem = Problem("internal_error", "Something failed on our side. The error was logged.")
    return problem_response(request, problem)


def _as_problem(exception: Exception) -> Problem | None:  # noqa: PLR0911 - one line a case
    match exception:
        case Problem():
            return exception
        case Http404() | exceptions.NotFound():
            return Problem(
                "not_found", str(exception.args[0]) if exception.args else "There is nothing here."
            )
        case exceptions.Throttled():
            wait: float | None = exception.wait  # type: ignore[attr-defined]  # missing in the stubs
            seconds = max(1, math.ceil(wait or 1))
            return Problem(
                "rate_limited",
                f"Too many requests with this key; wait {seconds} s.",
                headers={"Retry-After": str(seconds)},
            )
        case exceptions.MethodNotAllowed():
            return Problem("method_not_allowed", "This address does not answer that method.")
        case exceptions.UnsupportedMediaType():
            return Problem("media_type_unsupported", "Only application/json is read here.")
        case exceptions.NotAuthenticated():
            return Problem("key_missing", "No API key was sent.", headers={"WWW-Authenticate": "Bearer"})
        case PermissionDenied() | exceptions.PermissionDenied():
            return Problem("scope_missing", str(exception) or "This key lacks the scope for this operation.")
        case UnreadablePostError() | exceptions.ParseError():
            return Problem("bad_request", "The body ended before it was complete.")
        case _:
            return None
