"""Every form of every screen, sent with a NUL in one field after the other: refused or stored without it, never an error.

PostgreSQL holds no NUL in a text, so that one that gets through to it brings the request down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from tests.contracts.access_world import (
    PUBLIC,
    AccessWorld,
    all_routes,
    build_world,
    insiders,
    path_of,
    signed_in,
)
from underwriting.enums import Role

# role -> fields its screens have at least; fewer, and the walk has lost its way
EDITORS = {Role.RISK_MANAGER: 60, Role.ADMIN: 20, Role.SENIOR_OFFICER: 15}
NUL = "a\x00b"


@dataclass
class Form:
    """A form of a page, with what a browser would send back untouched."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)


class FormReader(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.forms, self._select = path, list[Form](), ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action") or self.path, given.get("method", "get").lower()))
        elif self.forms and tag in ("input", "textarea", "select", "button") and given.get("name"):
            self.forms[-1].values.setdefault(given["name"], given.get("value", ""))
            self._select = given["name"] if tag == "select" else ""
        elif (
            tag == "option"
            and self._select
            and (not self.forms[-1].values[self._select] or "selected" in given)
        ):
            self.forms[-1].values[self._select] = given.get("value", "")


def forms_of(client: Client, path: str) -> list[Form]:
    answered = client.get(path)
    reader = FormReader(path)
    if answered.status_code == 200 and answered["Content-Type"].startswith("text/html"):
        reader.feed(answered.getvalue().decode())
    return reader.forms


def broken(client: Client, world: AccessWorld) -> tuple[set[str], int]:
    """The fields of which a NUL brings a screen down, and how many fields were tried."""
    found, tried = set(), set[tuple[str, str]]()
    for route, _ in all_routes():
        if route in PUBLIC or route.startswith("api/v1/"):
            continue
        for form in forms_of(client, path_of(route, world.samples)):
            for name in form.values:
                if (form.action, name) in tried or name == "csrfmiddlewaretoken" or "sign-out" in form.action:
                    continue
                tried.add((form.action, name))
                sent: dict[str, Any] = form.values | {name: NUL}
                answered = (
                    client.post(form.action, sent) if form.method == "post" else client.get(form.action, sent)
                )
                if answered.status_code >= 500:
                    found.add(f"{form.action} {name}")
    return found, len(tried)


@pytest.fixture
def world(db: None) -> AccessWorld:
    return build_world()


@pytest.mark.parametrize(("role", "fields"), EDITORS.items())
def test_no_field_of_a_form_lets_a_nul_through(world: AccessWorld, role: Role, fields: int) -> None:
    client = signed_in(insiders(world)[role])
    client.raise_request_exception = False

    found, tried = broken(client, world)
    assert found == set()
    assert tried >= fields
