"""The demo's past: rows that every demo product takes, with outcomes drawn from the generator's own risk."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from scoring.demo.past import FILE_NAME, past_lines
from scoring.demo.roster import LENDERS, DemoLender
from scoring.history.file import read_file
from scoring.history.reading import read_rows
from tests.factories import make_lender, make_product
from tests.underwriting.api.calling import contract
from underwriting.enums import LoanEventKind, Outcome

NOW = datetime(2026, 11, 3, 3, 0, tzinfo=UTC)  # the evening before, where the lenders are
COUNT = 60


@pytest.mark.django_db
@pytest.mark.parametrize("lender", LENDERS, ids=lambda lender: lender.code)
def test_every_row_can_be_taken(lender: DemoLender) -> None:
    product = make_product(
        make_lender(lender.code, time_zone=lender.time_zone),
        lender.product_code,
        lender.product_kind,
        contract=contract(lender.product_code),
    )
    content = "\n".join(json.dumps(line) for line in past_lines(lender, count=COUNT, now=NOW))

    rows, unread = read_file(FILE_NAME, content.encode())
    read, refused = read_rows(rows, product=product, now=NOW)

    assert (unread, refused, len(read)) == ([], [], COUNT)
    assert {row.outcome for row in rows} == {Outcome.APPROVE, Outcome.DECLINE}
    assert all(not row.events for row in rows if row.outcome is Outcome.DECLINE)
    assert [row.as_of for row in rows] == sorted(row.as_of for row in rows)
    kinds = Counter(event.kind for row in rows for event in row.events)
    assert kinds[LoanEventKind.PAID] > kinds[LoanEventKind.PAID_OFF] > 0
    people = Counter(row.body["applicant"]["identity"]["national_id"] for row in rows)
    assert max(people.values()) == 2


def test_the_file_says_that_its_outcomes_are_drawn() -> None:
    assert "drawn-outcomes" in FILE_NAME
