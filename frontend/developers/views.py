"""S21: the page every problem's `type` points to, and the explorer."""

from __future__ import annotations

from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from underwriting.api.problems import PROBLEM_TYPES
from underwriting.config.settings import ENVIRONMENT


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """Every code of the API with its status and what to do about it."""
    return render(request, "developers/errors.html", {"problems": PROBLEM_TYPES.items()})


@require_safe
@csp_update({"img-src": ["data:"]})
def explorer(request: HttpRequest) -> HttpResponse:
    """Swagger UI over the OpenAPI document; not on live installations. Its icons are `data:` images, on this page alone."""
    if ENVIRONMENT.production:
        raise Http404("The explorer is for test installations.")
    return render(request, "developers/explorer.html")
