"""References that are said over the telephone."""

from __future__ import annotations

import re

from underwriting.intake.references import new_reference


def test_a_reference_has_no_letter_that_is_taken_for_a_digit() -> None:
    drawn = [new_reference() for _ in range(500)]
    assert [one for one in drawn if not re.fullmatch(r"A-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{2}", one)] == []
