"""Promises about the source itself: short modules, templates without anything inline. Needs no database."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("underwriting", "explanations", "review_queue", "scoring", "frontend", "tests", "benchmarks")
MODULE_LINES = 400
MODULES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts
)
TEMPLATES = sorted((ROOT / "frontend").rglob("*.html"))

# What the content security policy would refuse, or what would evaluate text as script.
FORBIDDEN_IN_TEMPLATES = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a script without src": re.compile(r"<script(?![^>]*\ssrc\s*=)", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "hx-on": re.compile(r"\bhx-on\b", re.IGNORECASE),
    "a js: value": re.compile(r"""=\s*["']\s*js:""", re.IGNORECASE),
    "a filter in hx-trigger": re.compile(r"""hx-trigger\s*=\s*("[^"]*\[|'[^']*\[)""", re.IGNORECASE),
    "a file of another origin": re.compile(
        r"""(?:src|href)\s*=\s*["'](?:https?:)?//[^"']+\.(?:js|css|woff2?)""", re.IGNORECASE
    ),
}


def complaints(text: str) -> list[str]:
    """Names of what is forbidden in a template's text; comments do not count."""
    text = re.sub(r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}|<!--.*?-->", "", text, flags=re.DOTALL)
    # Tags inside attributes may hold quotes and ">" of their own.
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "x", text, flags=re.DOTALL)
    return [name for name, pattern in FORBIDDEN_IN_TEMPLATES.items() if pattern.search(text)]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_is_longer_than_400_lines(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= MODULE_LINES


def test_there_is_no_module_for_odds_and_ends() -> None:
    assert [path for path in MODULES if path.stem in {"utils", "helpers", "common", "misc"}] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_has_nothing_inline(template: Path) -> None:
    assert complaints(template.read_text()) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_form_works_without_javascript(template: Path) -> None:
    """A form has an action or posts to its own page; never only an hx- attribute."""
    forms = re.findall(
        r"<form\b[^>]*>", re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "x", template.read_text(), flags=re.DOTALL)
    )

    assert [form for form in forms if "hx-" in form and " method=" not in form] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('<p style="color: red">', "a style attribute"),
        ('<a onclick="go()">', "an event attribute"),
        ("<script>go()</script>", "a script without src"),
        ("<style>p {}</style>", "a style element"),
        ('<a href="javascript:go()">', "a javascript: address"),
        ('<a hx-on:click="go()">', "hx-on"),
        ("<a hx-vals='js:{a: 1}'>", "a js: value"),
        ('<a hx-trigger="click[ctrlKey]">', "a filter in hx-trigger"),
        ('<script src="https://cdn.example/x.js"></script>', "a file of another origin"),
    ],
)
def test_the_template_check_finds_what_it_is_for(text: str, found: str) -> None:
    assert complaints(text) == [found]


def test_the_template_check_lets_good_markup_pass() -> None:
    good = '<script src="{% static "a.js" %}" defer></script><form method="post" hx-post="{% url "x" %}" data-on="1">'

    assert complaints(good + "{# style= #}") == []


def leftovers(source: str) -> list[str]:
    """Notes to oneself, and functions whose body is only `pass` or `...` (protocols and overloads aside)."""
    found = re.findall(r"#\s*(?:TODO|FIXME|XXX)\b", source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases):
            node.body = []
        if (
            isinstance(node, ast.FunctionDef)
            and not node.decorator_list
            and all(isinstance(line, ast.Pass) for line in node.body)
        ):
            found.append(node.name)
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_left_for_later(module: Path) -> None:
    assert leftovers(module.read_text()) == []
