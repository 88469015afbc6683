"""The policy screens as a browser uses them: signed in at a lender, and the fields of a form as they would be sent back."""

from __future__ import annotations

from html.parser import HTMLParser

from django.test import Client
from django.urls import reverse

from benchmarks.policy.drafts import author
from frontend.session.staff import LENDER_SESSION_KEY
from underwriting.models import PolicyVersion

HTMX = {"HX-Request": "true"}


class NotOnTheScreen(ValueError):
    """The screen answered without what it was asked for."""


def signed_in(draft: PolicyVersion) -> Client:
    """The risk manager, at work at the draft's lender."""
    client = Client()
    client.force_login(author()[0])
    session = client.session
    session[LENDER_SESSION_KEY] = draft.policy.lender_id
    session.save()
    return client


def url(name: str, draft: PolicyVersion, *more: str) -> str:
    return reverse(name, args=[draft.policy.slug, draft.number, *more])


def fields(page: str, action: str) -> dict[str, str]:
    """What a browser would send back of the form that posts to `action`. Raises NotOnTheScreen where there is none."""
    found = _Fields(action)
    found.feed(page)
    if not found.values:
        raise NotOnTheScreen(f"there is no form for {action}")
    return found.values


class _Fields(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.is_inside, self.values = action, False, dict[str, str]()
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.is_inside = self.action in (named.get("action"), named.get("hx-post"))
        if not self.is_inside:
            return
        name, kind = named.get("name", ""), named.get("type", "text")
        self._select = name if tag == "select" else self._select
        self._area = name if tag == "textarea" else ""
        if tag == "textarea":
            self.values[name] = ""
        elif tag == "option" and self._select and ("selected" in named or self._select not in self.values):
            self.values[self._select] = named.get("value", "")
        elif tag == "input" and name and (kind not in ("checkbox", "radio") or "checked" in named):
            self.values[name] = named.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        self._select = "" if tag == "select" else self._select
        self._area = "" if tag == "textarea" else self._area
