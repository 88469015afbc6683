"""Who may see an application's pages: a browser that has proved itself for this very link, for a short while.

The proof is kept in the session by the link's key. It ends 30 minutes after the last page and four hours after it began. What
somebody wrote on a page whose proof had ended is kept, sealed, until they have proved themselves again.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from explanations.reason_codes.figures import day_in_words
from frontend.applicant.texts import Texts, texts_in
from review_queue.messages import applicant_actor
from underwriting.audit.actor import Actor
from underwriting.config.requests import request_id
from underwriting.enums import ActorKind, Language
from underwriting.models import ApplicantLink, Application, Lender, Party
from underwriting.people.links import find_link
from underwriting.people.sealing import Unreadable, seal, unseal

GRANTS_KEY = "applicant_grants"
DRAFTS_KEY = "applicant_drafts"
IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 4 * 3600
RESTAMP_SECONDS = 5 * 60  # a session is not written again for every page
Params = ParamSpec("Params")
Private = Callable[Concatenate[HttpRequest, Params], HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who proved to be this party."""

    request: HttpRequest
    link: ApplicantLink
    token: str
    texts: Texts
    actor: Actor
    now: datetime

    @property
    def application(self) -> Application:
        return self.link.application

    @property
    def party(self) -> Party:
        return self.link.party

    @property
    def lender(self) -> Lender:
        return self.link.application.lender

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.lender.time_zone)).date()

    def say(self, key: str, **values: object) -> str:
        return self.texts.say(key, **values)

    def day(self, moment: datetime | date) -> str:
        """A date in words, where the lender is and in the language of the page."""
        if isinstance(moment, datetime):
            moment = moment.astimezone(ZoneInfo(self.lender.time_zone)).date()
        return day_in_words(moment, self.texts.language)

    def page(self, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        lender = self.lender
        shared = {
            "texts": self.texts,
            "lender": lender,
            "lender_address": [line.strip() for line in lender.address.splitlines() if line.strip()],
            "token": self.token,
            "reference": self.application.reference,
            "application": self.application,
        }
        return render(self.request, f"applicant/{template}", {**shared, **context}, status=status)

    def go(self, name: str, *arguments: object) -> HttpResponse:
        """To another page, after a form was taken."""
        return redirect(f"applicant-{name}", self.token, *arguments)

    def draft(self, name: str) -> dict[str, Any]:
        """What this person wrote in a form of several pages and has not sent."""
        return _read_draft(self.request, self.link, name)

    def keep_draft(self, name: str, content: dict[str, Any]) -> None:
        _write_draft(self.request, self.link, name, content)

    def drop_draft(self, name: str) -> None:
        self.request.session.get(DRAFTS_KEY, {}).pop(_draft_key(self.link, name), None)
        self.request.session.modified = True


def kept_private(view: Private[Params]) -> Private[Params]:
    """Keep the page out of caches, and its address out of the Referer header of whatever the reader opens next."""

    @never_cache
    @wraps(view)
    def private(request: HttpRequest, /, *args: Params.args, **kwargs: Params.kwargs) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "same-origin"
        return response

    return private


def own_page(draft: str = "") -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Give the view a `Visit`; whoever has not proved to be the party is sent to the page that asks, whatever the token.

    `draft` names the form of this page: what was typed is kept where the proof had ended meanwhile.
    """

    def decorated(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def gated(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponseBase:
            now = timezone.now()
            visit = visit_of(request, token, now=now)
            if visit is not None:
                return view(visit, **kwargs)
            if draft and request.method == "POST":
                _keep_typed(request, token, draft, now=now)
            return redirect("applicant-status", token)

        return kept_private(gated)

    return decorated


def visit_of(request: HttpRequest, token: str, *, now: datetime) -> Visit | None:
    """The visit, where this session answered for this very link not too long ago and the link has not ended."""
    link = _remembered_link(request, token, now=now)
    if link is None or not _is_fresh(request, link, now=now):
        return None
    return Visit(
        request=request,
        link=link,
        token=token,
        texts=texts_in(link.application.language),
        actor=applicant_actor(
            link.party, request_id=request_id(request), ip_address=request.META.get("REMOTE_ADDR") or None
        ),
        now=now,
    )


def grant(request: HttpRequest, link: ApplicantLink, *, now: datetime) -> None:
    """Remember the proof under a new session key, so that a key planted before is worth nothing."""
    request.session.cycle_key()
    grants: dict[str, list[float]] = request.session.get(GRANTS_KEY, {})
    request.session[GRANTS_KEY] = {**grants, str(link.pk): [now.timestamp(), now.timestamp()]}


def forget(request: HttpRequest, link: ApplicantLink) -> None:
    """Take the proofs for this application out of the session, with all that was written under them.

    Each letter brings a link of its own: whoever leaves by one of them has left by all. A session left empty goes, too.
    """
    session = request.session
    left = ApplicantLink.objects.filter(application_id=link.application_id)
    prefixes = tuple(_draft_key(one, "") for one in left)
    for one in left:
        session.get(GRANTS_KEY, {}).pop(str(one.pk), None)
    drafts: dict[str, str] = session.get(DRAFTS_KEY, {})
    for key in [key for key in drafts if key.startswith(prefixes)]:
        del drafts[key]
    session.modified = True
    for name in (GRANTS_KEY, DRAFTS_KEY):
        if not session.get(name):
            session.pop(name, None)
    if not session.keys():
        session.flush()


def has_lapsed(request: HttpRequest, token: str, *, now: datetime) -> bool:
    """Whether this browser proved itself for this link before, and that has ended."""
    return _remembered_link(request, token, now=now) is not None


def stranger(request: HttpRequest) -> Actor:
    """Somebody with a token who has not proved anything."""
    return Actor(
        kind=ActorKind.APPLICANT, user_id=None, name="Unknown visitor", request_id=request_id(request),
        ip_address=request.META.get("REMOTE_ADDR") or None,
    )  # fmt: skip


def browser_texts(request: HttpRequest) -> Texts:
    """The browser's language, before the application's may be known: else it would tell which links exist."""
    for part in request.headers.get("Accept-Language", "").split(","):
        code = part.partition(";")[0].strip().lower().partition("-")[0]
        if code in set(Language):
            return texts_in(code)
    return texts_in(Language.ENGLISH)


def _remembered_link(request: HttpRequest, token: str, *, now: datetime) -> ApplicantLink | None:
    grants: dict[str, list[float]] = request.session.get(GRANTS_KEY, {})
    if not grants:
        return None
    link = find_link(token, now=now)
    return link if link is not None and str(link.pk) in grants else None


def _is_fresh(request: HttpRequest, link: ApplicantLink, *, now: datetime) -> bool:
    granted_at, seen_at = request.session[GRANTS_KEY][str(link.pk)]
    moment = now.timestamp()
    if not (0 <= moment - seen_at <= IDLE_SECONDS and moment - granted_at <= LONGEST_SECONDS):
        return False
    if moment - seen_at > RESTAMP_SECONDS:
        request.session[GRANTS_KEY][str(link.pk)] = [granted_at, moment]
        request.session.modified = True
    return True


def _keep_typed(request: HttpRequest, token: str, name: str, *, now: datetime) -> None:
    link = _remembered_link(request, token, now=now)
    if link is None:
        return
    typed: dict[str, Any] = {"text": request.POST["text"]} if "text" in request.POST else {}
    if "part" in request.POST:
        typed["parts"] = request.POST.getlist("part")
    _write_draft(request, link, name, {**_read_draft(request, link, name), **typed})


def _draft_key(link: ApplicantLink, name: str) -> str:
    return f"{link.pk}:{name}"


def _read_draft(request: HttpRequest, link: ApplicantLink, name: str) -> dict[str, Any]:
    sealed = request.session.get(DRAFTS_KEY, {}).get(_draft_key(link, name))
    if sealed is None:
        return {}
    try:
        plain = unseal(base64.b64decode(sealed), party=link.party, what="appeal")
    except Unreadable:
        return {}
    found: dict[str, Any] = json.loads(plain)
    return found


def _write_draft(request: HttpRequest, link: ApplicantLink, name: str, content: dict[str, Any]) -> None:
    sealed = seal(json.dumps(content).encode(), party=link.party, what="appeal")
    drafts: dict[str, str] = request.session.get(DRAFTS_KEY, {})
    request.session[DRAFTS_KEY] = {**drafts, _draft_key(link, name): base64.b64encode(sealed).decode()}
