"""S21: the API's reference, and the page every problem's `type` points to. Read without scripts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from frontend.developers.reference import operations
from underwriting.api.problems import PROBLEM_TYPES


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Every operation with its fields, answers and a command to copy, out of the OpenAPI document."""
    return render(request, "developers/reference.html", {"operations": operations()})


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """Every code of the API with its status and what to do about it."""
    return render(request, "developers/errors.html", {"problems": PROBLEM_TYPES.items()})
