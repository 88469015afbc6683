"""The way in: the page that asks for one known fact, and the wish for a fresh link. Any token is answered alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from frontend.applicant.access import (
    Visit,
    browser_texts,
    forget,
    grant,
    has_lapsed,
    kept_private,
    own_page,
    stranger,
)
from frontend.applicant.forms import EMPTY, KnownFactForm, read_known_fact
from frontend.applicant.texts import texts_in
from underwriting.models import ApplicantLink
from underwriting.people.fresh_link import Wording, send_fresh_link
from underwriting.people.links import TooManyTries, open_link

UNPROCESSABLE, TOO_MANY = 422, 429


def ask_known_fact(request: HttpRequest, token: str, *, now: datetime) -> HttpResponse:
    """The form; it says that the reader was away where this browser had proved itself before."""
    return _form(request, token, EMPTY, has_lapsed=has_lapsed(request, token, now=now))


def hear_known_fact(request: HttpRequest, token: str, *, now: datetime) -> HttpResponse:
    form = read_known_fact(request.POST)
    if form.known is None:
        return _form(request, token, form, error=form.error, status=UNPROCESSABLE)
    try:
        link = open_link(token, known=form.known, actor=stranger(request), now=now)
    except TooManyTries as refused:
        return too_many(request, refused.until, now=now)
    if link is None:
        return _form(request, token, form, error="no_match", status=UNPROCESSABLE)
    grant(request, link, now=now)
    return redirect("applicant-status", token)


@kept_private
@require_POST
def fresh(request: HttpRequest, token: str) -> HttpResponse:
    """Send a fresh link to the address on file, if there is one to send; the page says the same whether or not."""
    now = timezone.now()
    try:
        send_fresh_link(token, wording=_wording, actor=stranger(request), now=now)
    except TooManyTries as refused:
        return too_many(request, refused.until, now=now)
    return render(request, "applicant/fresh.html", {"texts": browser_texts(request)})


@require_POST
@own_page()
def leave(visit: Visit) -> HttpResponse:
    """For whoever shares a device: from here on this browser has to prove again who they are, and holds nothing they wrote."""
    forget(visit.request, visit.link)
    return render(visit.request, "applicant/left.html", {"texts": visit.texts})


def too_many(request: HttpRequest, until: datetime, *, now: datetime) -> HttpResponse:
    """Tries from this place are not heard for a while. The hour is UTC: whose application it is nobody knows here."""
    texts = browser_texts(request)
    context = {"texts": texts, "time": f"{until.astimezone(ZoneInfo('UTC')):%H:%M} UTC"}
    response = render(request, "applicant/too_many.html", context, status=TOO_MANY)
    response["Retry-After"] = str(max(1, round((until - now).total_seconds())))
    return response


def _form(
    request: HttpRequest,
    token: str,
    form: KnownFactForm,
    *,
    error: str = "",
    has_lapsed: bool = False,
    status: int = 200,
) -> HttpResponse:
    texts = browser_texts(request)
    typed: Mapping[str, str] = form.typed
    context = {
        "texts": texts,
        "token": token,
        "typed": typed,
        "error": texts.say(f"known.{error}") if error else "",
        "has_lapsed": has_lapsed,
    }
    return render(request, "applicant/known_fact.html", context, status=status)


def _wording(link: ApplicantLink, address: str) -> Wording:
    texts = texts_in(link.application.language)
    lender = link.application.lender
    reference = link.application.reference
    return Wording(
        subject=texts.say("fresh.subject", reference=reference),
        text=texts.say("fresh.text", reference=reference, lender=lender.name, link=address),
    )
