"""A morning's work without the mouse: twenty cases from the door to the empty queue, and how many keys each of them took."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from review_queue.models import HeldDecision
from tests.browser.typing import enrolled, sign_in_by_keyboard
from tests.browsing import Complaints
from tests.factories import make_lender, make_user
from tests.factories.reviewing import make_case, make_desk
from underwriting.enums import Outcome, Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
CASES = 20
KEYS_MAX = 10
# one in three is approved against a rule, which takes a factor and a sentence; every fourth decline has reasons of the officer's own
APPROVED = frozenset(range(0, CASES, 3))
OWN_REASONS = frozenset(range(1, CASES, 4)) - APPROVED


@dataclass
class Hands:
    """Presses keys and counts them: a chord counts once for each of its keys, a sentence counts nothing."""

    page: Page
    keys: list[int] = field(default_factory=list)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.keys[-1] += len(key.split("+"))
            self.page.keyboard.press(key)

    def write(self, sentence: str) -> None:
        self.page.keyboard.type(sentence)

    def approve(self) -> None:
        self.press("a")
        expect(self.page.locator("#panel-title")).to_be_focused()
        self.press("Tab", "Tab", "i", "Tab")
        expect(self.page.locator("#sentence")).to_be_focused()
        self.write("Both payslips agree with the bank statement.")
        self.press("Control+Enter")

    def decline(self, *, with_own_reasons: bool) -> None:
        self.press("d")
        expect(self.page.locator("#panel-title")).to_be_focused()
        self.press(*(("1", "3") if with_own_reasons else ("s",)))
        expect(self.page.locator("input[name=reasons]:checked")).to_have_count(2)
        self.press("Control+Enter")


def test_an_officer_works_twenty_cases_by_keyboard_only(
    page: Page, live_server: LiveServer, complaints: Complaints
) -> None:
    """K-1, K-2, C-32: median at most 10 keys a case, not counting letters typed into a sentence."""
    lender = make_lender(
        working_weekdays=[1, 2, 3, 4, 5, 6, 7], working_day_starts="00:00", working_day_ends="23:59", hold_seconds=60
    )  # fmt: skip
    ana = enrolled(make_user("Ana Ruiz", (lender, Role.CREDIT_OFFICER)))
    desk = make_desk(lender)
    came = timezone.now() - timedelta(minutes=600)
    cases = [make_case(desk, now=came + timedelta(seconds=place)) for place in range(CASES)]
    hands = Hands(page)

    page.goto(f"{live_server.url}/")
    sign_in_by_keyboard(page, ana)
    hands.keys.append(0)
    hands.press("Enter")
    for place, case in enumerate(cases):
        page.wait_for_url(re.compile(f"/cases/{case}/"))
        expect(page.locator("#case-head")).to_contain_text("You hold it")
        if place:
            hands.keys.append(0)
        if place in APPROVED:
            hands.approve()
        else:
            hands.decline(with_own_reasons=place in OWN_REASONS)
    page.wait_for_url("**/queue/**")
    expect(page.locator("#queue-table")).to_contain_text("Queue clear.")

    decided = dict(HeldDecision.objects.values_list("case_id", "outcome"))
    wanted = {
        case.pk: Outcome.APPROVE if place in APPROVED else Outcome.DECLINE for place, case in enumerate(cases)
    }
    assert decided == wanted
    print(
        f"keys a case: {hands.keys}; median {median(hands.keys)}, most {max(hands.keys)}, all {sum(hands.keys)}"
    )
    assert len(hands.keys) == CASES
    assert median(hands.keys) <= KEYS_MAX
    assert complaints.everything() == []
