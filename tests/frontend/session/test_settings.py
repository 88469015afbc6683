"""A person's own settings: kept on the server, refused with a sentence, worn by every page from its first byte."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from frontend.session.commands import COMMANDS, FIXED, KeyRefused, own_keys
from frontend.session.staff import _DESTINATIONS
from tests.factories import make_lender, make_user
from underwriting.enums import Role
from underwriting.models import Preference, User

TEMPLATES = Path(__file__).resolve().parents[3] / "frontend" / "templates"
USUAL = {"theme": "system", "density": "compact", "after_decision": "next", "shortcuts_enabled": "on"}


@pytest.fixture
def ana(db: None) -> User:
    return make_user("Ana Ruiz", (make_lender(), Role.CREDIT_OFFICER))


@pytest.fixture
def officer(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


def first_tag(page: Any) -> str:
    found = re.search(r"<html[^>]*>", page.content.decode())
    assert found is not None
    return html.unescape(found[0])


def test_every_wish_is_kept_and_worn_by_the_first_tag_of_the_page(officer: Client, ana: User) -> None:
    """UX 5.5: no script has a part in it, so the wrong theme is never seen."""
    wishes = USUAL | {
        "theme": "dark",
        "density": "comfortable",
        "after_decision": "stay",
        "key-a": "Q",
        "key-g-q": "g r",
    }
    saved = officer.post("/me/settings/", wishes)

    assert saved.status_code == 303
    kept = Preference.objects.values("theme", "density", "shortcuts_enabled", "after_decision", "keys").get(
        user=ana
    )
    assert kept == {
        "theme": "dark", "density": "comfortable", "shortcuts_enabled": True, "after_decision": "stay",
        "keys": {"a": "q", "g q": "g r"},
    }  # fmt: skip
    assert first_tag(officer.get("/me/settings/")) == (
        '<html lang="en" data-theme="dark" data-density="comfortable" data-keys="{"a": "q", "g q": "g r"}">'
    )


def test_keys_go_back_to_the_usual_ones_when_the_field_is_left_empty(officer: Client, ana: User) -> None:
    officer.post("/me/settings/", USUAL | {"key-a": "q"})
    officer.post("/me/settings/", USUAL | {"key-a": ""})

    assert Preference.objects.get(user=ana).keys == {}
    assert (
        first_tag(officer.get("/me/settings/"))
        == '<html lang="en" data-theme="system" data-density="compact">'
    )


def test_two_commands_that_swap_their_keys_are_no_conflict() -> None:
    assert own_keys({"a": "d", "d": "a"}) == {"a": "d", "d": "a"}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            {"a": "d"},
            ("“d” would be the key of both “Approve, or give your own answer” and “Decline, or decide again”. "
            "Choose another for one of them."),
        ),
        (
            {"a": "g"},
            "“g” begins the keys of “Go to the home page”. Choose another for “Approve, or give your own answer”.",
        ),
        (
            {"a": "?"},
            ("“?” cannot be the key of “Approve, or give your own answer”. "
            "Use one letter, digit or sign other than ?, or two with a space between."),
        ),
        (
            {"a": "ab"},
            ("“ab” cannot be the key of “Approve, or give your own answer”. "
            "Use one letter, digit or sign other than ?, or two with a space between."),
        ),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_is_refused_with_a_sentence(typed: dict[str, str], sentence: str) -> None:
    """K-3."""
    with pytest.raises(KeyRefused) as refused:
        own_keys(typed)
    assert str(refused.value) == sentence


def test_a_refused_key_changes_nothing_and_is_shown_where_it_was_typed(officer: Client, ana: User) -> None:
    answer = officer.post("/me/settings/", USUAL | {"theme": "dark", "key-f": "d", "key-n": "m"})
    page = html.unescape(answer.content.decode())

    assert answer.status_code == 422
    assert (
        '<a href="#id_key-f">“d” would be the key of both “Decline, or decide again” and “Correct a fact”.'
        in page
    )
    assert 'name="key-n" value="m"' in page
    assert not Preference.objects.filter(user=ana).exists()


def test_every_key_that_a_page_declares_can_be_changed_in_the_settings() -> None:
    """K-3, K-4."""
    templates = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("**/*.html"))
    declared = set(re.findall(r'data-(?:row-)?key="([^"{]+)"', templates)) | {
        d.key for d in _DESTINATIONS if d.key
    }
    numbers = {str(place) for place in range(1, 10)}

    assert declared - FIXED - {command.key for command in COMMANDS} == set()
    assert numbers <= {command.key for command in COMMANDS}
