"""The gate of every staff screen: signed in, at this lender, with a role that may."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from frontend.session.staff import ROLE_WORDS, Staff
from frontend.session.unsent import keep_unsent
from underwriting.enums import Role
from underwriting.models import Membership

P = ParamSpec("P")
READING = ("GET", "HEAD")


def screen(
    *, read: frozenset[Role] = frozenset(), write: frozenset[Role] = frozenset()
) -> Callable[[Callable[P, HttpResponse]], Callable[P, HttpResponse]]:
    """Decorate a view: `read` may GET it, `write` may POST to it; a method without roles is not allowed at all.

    Nobody signed in: a redirect to sign-in that comes back (401 with HX-Redirect for a fragment). Signed in without a
    lender: a page that says so, status 403. Signed in without the role: the not-allowed page, status 403, which names the roles that may and who holds them.
    """
    methods = [*(READING if read else ()), *(("POST",) if write else ())]

    def decorate(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
        @wraps(view)
        def gated(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            request: Any = args[0]
            refusal = _refusal(request, methods, read if request.method in READING else write)
            return _private(refusal or view(*args, **kwargs))

        gated.screen_read = read  # type: ignore[attr-defined]
        gated.screen_write = write  # type: ignore[attr-defined]
        return gated

    return decorate


def _refusal(request: Any, methods: list[str], needed: frozenset[Role]) -> HttpResponse | None:
    staff: Staff | None = getattr(request, "staff", None)
    if staff is None:
        return no_access(request) if request.user.is_authenticated else to_sign_in(request)
    if request.method not in methods:
        return HttpResponseNotAllowed(methods)
    if not staff.roles & needed:
        return not_allowed(request, needed)
    return None


def _private(response: HttpResponse) -> HttpResponse:
    """Personal data: no cache keeps it, and a fragment is never taken for the page."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    patch_vary_headers(response, ["HX-Request", "Cookie"])
    return response


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send to sign-in with a way back to this page; a fragment's way back is the page it was to be part of.

    What was typed into a form is put aside for who wrote it.
    """
    if request.method == "POST":
        keep_unsent(request)
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=401)
        response["HX-Redirect"] = f"{reverse('sign-in')}?{urlencode({'next': _way_back(request)})}"
        return response
    back = request.get_full_path() if request.method in READING else _way_back(request)
    response = HttpResponse(status=302)
    response["Location"] = f"{reverse('sign-in')}?{urlencode({'next': back})}"
    return response


def _way_back(request: HttpRequest) -> str:
    """The page the person sat at."""
    sat_at = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "/")
    return f"{sat_at.path or '/'}?{sat_at.query}" if sat_at.query else sat_at.path or "/"


def no_access(request: Any) -> HttpResponse:
    """For somebody who is signed in and belongs to no lender any more: says so; a fragment leads to the page that does."""
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=403)
        response["HX-Redirect"] = "/"
        return response
    return render(request, "session/no_access.html", status=403)


def not_allowed(request: Any, needed: frozenset[Role], *, sentence: str = "") -> HttpResponse:
    """The page for those without the role: which role can, and who holds it at this lender."""
    holders = (
        Membership.objects.filter(lender=request.staff.lender, role__in=needed, user__is_active=True)
        .order_by("user__name").values_list("user__name", flat=True).distinct()[:6]
    )  # fmt: skip
    words = [word for role, word in ROLE_WORDS.items() if role in needed]
    context = {"needed": words, "holders": list(holders), "sentence": sentence}
    return render(request, "session/not_allowed.html", context, status=403)
