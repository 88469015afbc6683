"""The search line, as a table of what it means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from frontend.audit.search import filter_fields, read_line, write_line
from underwriting.audit.selectors import AuditFilter

ZONE = "America/New_York"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", AuditFilter()),
        ("actor:ana", AuditFilter(actor="ana")),
        ('actor:"Ana Reyes" action:case.opened', AuditFilter(actor="Ana Reyes", action="case.opened")),
        ("case:C-20418 application:A-7Q4M-2K", AuditFilter(case="C-20418", application="A-7Q4M-2K")),
        ('"card use" late', AuditFilter(words=("card use", "late"))),
        ("colour:blue", AuditFilter(words=("colour:blue",))),
        ("after:2026-08-01", AuditFilter(after=datetime(2026, 8, 1, 4, tzinfo=UTC))),
        ("before:2026-12-01", AuditFilter(before=datetime(2026, 12, 1, 5, tzinfo=UTC))),
    ],
)
def test_what_a_line_means(line: str, expected: AuditFilter) -> None:
    search = read_line(line, time_zone=ZONE)

    assert search.query == expected
    assert search.complaints == ()


def test_a_day_that_is_none_is_said_and_left_out() -> None:
    search = read_line("after:yesterday actor:ana", time_zone=ZONE)

    assert search.query == AuditFilter(actor="ana")
    assert search.complaints == ("after:yesterday is not a day like 2026-08-01; it was left out.",)


def test_the_fields_write_the_line_and_the_line_fills_the_fields() -> None:
    fields = {
        "actor": "Ana Reyes", "action": "case", "case": "C-20418", "application": "", "after": "2026-08-01", "before": "",
        "words": '"card use" late',
    }  # fmt: skip

    line = write_line(fields)

    assert line == 'actor:"Ana Reyes" action:case case:C-20418 after:2026-08-01 "card use" late'
    assert filter_fields(read_line(line, time_zone=ZONE)) == fields
