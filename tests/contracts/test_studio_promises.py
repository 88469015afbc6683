"""`docs/studio.md`: a row for every rule of the policy studio, and no test or place named there that does not exist. Needs no database."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.contracts.test_desk_promises import NAMED, ROOT, absent

PROMISES = (ROOT / "docs" / "studio.md").read_text(encoding="utf-8")
COUNTS = {"P": 8, "B": 5, "R": 5}
RULES = [f"{letter}-{number}" for letter, most in COUNTS.items() for number in range(1, most + 1)]
ROW = re.compile(r"^\| ([A-Z]+-\d+) \|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)
PLACE = re.compile(r"`([\w/.]+)`")


def amiss(text: str) -> list[str]:
    """Rules with no row or two, rows with neither test nor reason, and places that are not there."""
    rows = ROW.findall(text)
    times = Counter(row[0] for row in rows)
    found = [f"{rule}: {times[rule]} rows" for rule in RULES if times[rule] != 1]
    found += [f"{rule}: no such rule" for rule in times if rule not in RULES]
    for rule, _, where, held in rows:
        if not NAMED.search(held) and not re.search(r"(?:Not yet|Kept otherwise): \w", held):
            found.append(f"{rule}: neither test nor reason")
        places = PLACE.findall(where)
        found += [f"{rule}: no {place}" for place in places or ["place"] if not (ROOT / place).exists()]
    return found


def test_every_rule_has_one_row_with_its_place_and_its_tests_or_its_reason() -> None:
    assert amiss(PROMISES) == []


def test_every_test_that_is_named_exists() -> None:
    assert absent(PROMISES) == []


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("\n| B-4 |", "\n| B-9 |", ["B-4: 0 rows", "B-9: no such rule"]),
        ("\n| B-4 |", "\n| B-5 |", ["B-4: 0 rows", "B-5: 2 rows"]),
        ("`underwriting/policy/watch.py`", "`underwriting/policy/gone.py`", ["R-5: no underwriting/policy/gone.py"]),
        ("`underwriting/policy/watch.py`, `underwriting/policy/emergencies.py`, `frontend/risk/watching.py`", "nowhere", ["R-5: no place"]),
    ],
)  # fmt: skip
def test_a_missing_and_a_doubled_row_and_a_place_that_is_gone_are_found(
    before: str, after: str, found: list[str]
) -> None:
    assert amiss(PROMISES.replace(before, after, 1)) == found


def test_a_row_without_a_test_says_why() -> None:
    row = "| B-4 | Coverage first. | `underwriting/policy/watch.py` | {} |"
    assert "B-4: neither test nor reason" in amiss(row.format("Later."))
    assert "B-4: neither test nor reason" not in amiss(row.format("Not yet: no screen shows it."))
