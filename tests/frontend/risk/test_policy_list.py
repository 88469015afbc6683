"""The list of policies: fixed statements, the rate of the last days, the last backtest; and when rules are looked at again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from frontend.charts.sparkline import sparkline
from frontend.risk.listing import listed
from frontend.risk.pages import next_review
from tests.factories import make_policy_version, make_product
from tests.frontend.risk.screens import SLUG, text
from tests.underwriting.policy.conftest import Desk
from underwriting.enums import BacktestState
from underwriting.models import Backtest, PolicyVersion

pytestmark = pytest.mark.django_db


def statements(client: Client) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get("/policies/").status_code == 200
    return len(seen)


def test_the_list_asks_as_often_for_three_policies_as_for_one(manager: Client, desk: Desk) -> None:
    manager.get("/policies/")
    one = statements(manager)
    for number in range(2):
        product = make_product(desk.policy.lender, code=f"other-{number}")
        make_policy_version(product, desk.document())

    assert statements(manager) == one
    with CaptureQueriesContext(connection) as seen:
        assert len(listed(desk.policy.lender, timezone.now())) == 3
    assert len(seen) == 5


def test_a_row_tells_drafts_who_waits_and_the_last_backtest(manager: Client, desk: Desk) -> None:
    desk.draft()
    draft = desk.draft(633)
    now = timezone.now()
    for after, state in ((7000, BacktestState.DONE), (9999, BacktestState.FAILED)):
        Backtest.objects.create(
            version=draft, document_sha256=draft.document_sha256, live_version=desk.live, live_sha256="", since=now, until=now,
            state=state, requested_at=now, finished_at=now, summary={"applications": 12_480, "approved_before": 6_762, "approved_after": after},
        )  # fmt: skip

    row = listed(desk.policy.lender, now)[0]

    assert (row.drafts, row.waiting, row.backtest_in_words) == (2, 0, "54.2% to 56.1% of 12,480 approved")
    assert "54.2% to 56.1% of 12,480 approved" in text(manager.get("/policies/"))


def test_the_line_joins_days_with_decisions_and_says_what_it_shows() -> None:
    line = sparkline([None, 0.5, None, 0.75])

    assert line is not None
    assert [y for _, y in line.points] == [19.0, 3.0]
    assert line.sentence == "Daily approval rate, 50% to 75%, last 75%"
    assert sparkline([None, 0.5]) is None


def test_the_page_says_when_rules_are_looked_at_again(manager: Client, desk: Desk) -> None:
    today = timezone.now().date()
    soon, past = today + timedelta(days=40), today - timedelta(days=3)
    document: dict[str, Any] = desk.document()
    for at, day in ((0, soon), (1, soon + timedelta(days=1)), (2, past)):
        document["rules"][at]["review_on"] = day.isoformat()
    PolicyVersion.objects.filter(pk=desk.live.pk).update(document=document)

    page = text(manager.get(f"/policies/{SLUG}/"))

    assert f"Next review by {soon.day} {soon:%b %Y}: K-01. Overdue K-03" in page
    assert next_review(desk.live, date(2026, 1, 1)) is None


def test_the_page_asks_as_often_for_three_versions_as_for_one(manager: Client, desk: Desk) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            manager.get(f"/policies/{SLUG}/")
        return len(seen)

    count()
    one = count()
    desk.draft()
    desk.draft()

    assert count() == one
