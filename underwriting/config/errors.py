"""Answers to requests that no view answers: a problem document for the API, a page for people."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string

from underwriting.api.problems import Problem, problem_response
from underwriting.config.requests import request_id

API_PREFIX = "/api/"


def not_found(request: HttpRequest, exception: Http404) -> HttpResponse:
    """Answer 404 in the same words for what is not there and for what belongs to somebody else."""
    del exception
    if request.path.startswith(API_PREFIX):
        return problem_response(request, Problem("not_found", "There is nothing here."))
    return HttpResponse(render_to_string("session/not_found.html", {}, request), status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 with the number of the request; the error itself is in the log under that number."""
    if request.path.startswith(API_PREFIX):
        return problem_response(
            request, Problem("internal_error", "Something failed on our side. The error was logged.")
        )
    context = {"request_id": request_id(request)}
    try:
        # Without the request: what failed may be in a context processor.
        return HttpResponse(render_to_string("500.html", context), status=500)
    except TemplateDoesNotExist:
        return HttpResponse(
            f"Something failed on our side. Request {request_id(request)}\n",
            status=500,
            content_type="text/plain",
        )
