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


def fields(page: str, *, form_class: str = "", form_id: str = "") -> dict[str, str]:
    """What a browser would send back of all forms of a class, or of the form of an id. Raises NotOnTheScreen where there is none."""
    found = _Fields(form_class, form_id)
    found.feed(page)
    if not found.values:
        raise NotOnTheScreen(f"there is no form {form_class or form_id}")
    return found.values


class _Fields(HTMLParser):
    """An input belongs to the form around it, or to that which its attribute `form` names."""

    def __init__(self, form_class: str, form_id: str) -> None:
        super().__init__()
        self.form_class, self.form_id = form_class, form_id
        self.is_inside, self.values = False, dict[str, str]()
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            classes = named.get("class", "").split()
            self.is_inside = self.form_class in classes or named.get("id") == self.form_id
        if self.is_inside or (self.form_id and named.get("form") == self.form_id):
            self._field(tag, named)

    def _field(self, tag: str, named: dict[str, str]) -> None:
        name, kind = named.get("name", ""), named.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area, self.values[name] = name, ""
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
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""
