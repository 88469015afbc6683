"""Answers to requests that no view answers: a problem document for the API, a page for people."""

from __future__ import annotations

import sys
from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string

from underwriting.api.problems import Problem, problem_response
from underwriting.config.requests import request_id

API_PREFIX = "/api/"
APPLICANT_PREFIX = "/a/"
RETRY_AFTER_SECONDS = 2
DATABASE_LOST = (OperationalError, InterfaceError)

logger = structlog.get_logger(__name__)


class ServiceUnavailableMiddleware:
    """Answer 503 with `Retry-After` when a view lost the database; `server_error` does it for what is around the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Translate the failure to reach the database; anything else stays what it is."""
        return service_unavailable(request, exception) if isinstance(exception, DATABASE_LOST) else None


def service_unavailable(request: HttpRequest, exception: BaseException) -> HttpResponse:
    """Answer 503. The loss may have come after a commit, so nothing is said about what was stored."""
    logger.error("database_unavailable", path=request.path, exc_info=exception)
    if request.path.startswith(API_PREFIX):
        again = (
            "Send it again with the same Idempotency-Key." if request.method == "POST" else "Send it again."
        )
        detail = f"The service cannot reach its database at the moment. {again}"
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return problem_response(request, Problem("database_unavailable", detail, headers=headers))
    # Without the request: what the page's frame reads is in the database.
    page = _plain_page(
        "503.html",
        {"request_id": request_id(request)},
        "The database cannot be reached. Try again.",
        status=503,
    )
    page["Retry-After"] = str(RETRY_AFTER_SECONDS)
    page["Cache-Control"] = "no-store"
    return page


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form of a page that is out of date; what was typed is still in the page before this one."""
    del reason  # Django logs it
    template = "applicant/not_sent.html" if _is_applicants(request) else "session/not_checked.html"
    return HttpResponse(render_to_string(template, {}, request), status=403)


def not_found(request: HttpRequest, exception: Http404) -> HttpResponse:
    """Answer 404 in the same words for what is not there and for what belongs to somebody else."""
    del exception
    if request.path.startswith(API_PREFIX):
        return problem_response(request, Problem("not_found", "There is nothing here."))
    template = "applicant/nowhere.html" if _is_applicants(request) else "session/not_found.html"
    return HttpResponse(render_to_string(template, {}, request), status=404)


def _is_applicants(request: HttpRequest) -> bool:
    """Whether an applicant reads the answer: the staff's pages would lead them to a sign-in that is not theirs."""
    return request.path.startswith(APPLICANT_PREFIX)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 with the number of the request; the error itself is in the log under that number.

    Django calls this while it handles the error. Middleware that loses the database ends here, too: sessions and
    memberships are read before any view.
    """
    error = sys.exception()
    if isinstance(error, DATABASE_LOST):
        return service_unavailable(request, error)
    if request.path.startswith(API_PREFIX):
        return problem_response(
            request, Problem("internal_error", "Something failed on our side. The error was logged.")
        )
    # Without the request: what failed may be in a context processor.
    return _plain_page(
        "500.html", {"request_id": request_id(request)}, "Something failed on our side.", status=500
    )


def _plain_page(template: str, context: dict[str, str], sentence: str, *, status: int) -> HttpResponse:
    """A page that needs neither session nor database; the sentence alone where no such page is installed."""
    try:
        return HttpResponse(render_to_string(template, context), status=status)
    except TemplateDoesNotExist:
        text = f"{sentence} Request {context['request_id']}\n"
        return HttpResponse(text, status=status, content_type="text/plain")
