"""`docs/desk.md`: a row for every rule of the desk, and no test named there that does not exist. Needs no database."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROMISES = (ROOT / "docs" / "desk.md").read_text(encoding="utf-8")
COUNTS = {"Q": 7, "C": 33, "SA": 1, "HM": 1, "K": 5, "H": 12, "L": 3, "U": 3}
RULES = [f"{letters}-{number}" for letters, most in COUNTS.items() for number in range(1, most + 1)]
ROW = re.compile(r"^\| ([A-Z]+-\d+) \|(.*)\|$", re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows(text: str) -> list[tuple[str, str]]:
    """Each rule with the rest of its row."""
    return ROW.findall(text)


def amiss(text: str) -> list[str]:
    """Rules that have no row or two, and rows that name neither a test nor why there is none."""
    times = Counter(rule for rule, _ in rows(text))
    found = [f"{rule}: {times[rule]} rows" for rule in RULES if times[rule] != 1]
    found += [f"{rule}: no such rule" for rule in times if rule not in RULES]
    found += [
        f"{rule}: neither test nor reason"
        for rule, said in rows(text)
        if not NAMED.search(said) and not re.search(r"(?:Not yet|Kept otherwise): \w", said)
    ]
    return found


@cache
def functions(path: str) -> frozenset[str]:
    """The tests that a file defines, without importing it."""
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    parsed = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in parsed.body if isinstance(node, ast.FunctionDef))


def absent(text: str) -> list[str]:
    """Tests that are named and not there, and mentions of a test in a form that this would pass over."""
    found = [f"{path}::{name}" for path, name in NAMED.findall(text) if name not in functions(path)]
    if text.count("::") != len(NAMED.findall(text)):
        found.append("a test is named in another form than `tests/file.py::name`")
    return found


def test_every_rule_has_one_row_with_its_tests_or_its_reason() -> None:
    assert amiss(PROMISES) == []


def test_every_test_that_is_named_exists() -> None:
    assert absent(PROMISES) == []


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("\n| Q-6 |", "\n| Q-66 |", ["Q-6: 0 rows", "Q-66: no such rule"]),
        ("\n| Q-6 |", "\n| Q-5 |", ["Q-5: 2 rows", "Q-6: 0 rows"]),
        ("Kept otherwise: a policy weighs", "A policy weighs", ["C-9: neither test nor reason"]),
    ],
)
def test_a_missing_a_doubled_and_an_empty_row_are_found(before: str, after: str, found: list[str]) -> None:
    assert amiss(PROMISES.replace(before, after, 1)) == found


@pytest.mark.parametrize(
    ("named", "found"),
    [
        (
            "`tests/review_queue/test_sla.py::test_invented`",
            ["tests/review_queue/test_sla.py::test_invented"],
        ),
        ("`tests/invented.py::test_invented`", ["tests/invented.py::test_invented"]),
        (
            "tests/review_queue/test_sla.py::test_x",
            ["a test is named in another form than `tests/file.py::name`"],
        ),
    ],
)
def test_a_test_that_does_not_exist_is_found(named: str, found: list[str]) -> None:
    assert absent(f"{PROMISES}\n{named}\n") == found
