"""Approve with changes: terms worked out on the server, the largest that pass in one press, and what leaves the policy's bounds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.models import HeldDecision, ReviewCase
from review_queue.tasks import work_on_cases
from tests.factories.reviewing import make_case, make_desk, policy_document
from tests.frontend.operations.conftest import claimed, url
from tests.frontend.operations.test_desk import HX
from underwriting.enums import HeldState, Outcome
from underwriting.models import Decision, Lender, User, WorkItem

pytestmark = pytest.mark.django_db
GRID = {(500_000, 36): 676, (800_000, 36): 650, (500_000, 60): 660, (1_000_000, 60): 590}
BOUNDS = {"allowed": True, "minimum_amount_minor": 200_000, "minimum_share_of_requested": 0.3}


def offered(case: ReviewCase, amount: str = "", term: str = "", **more: Any) -> dict[str, Any]:
    return {
        "assessment": case.assessment_id, "reasons": ["UT01"], "view": "all", "offer_amount": amount, "offer_term": term,
    } | more  # fmt: skip


def make(harbour: Lender, **more: Any) -> ReviewCase:
    desk = make_desk(harbour, document=policy_document() | {"counteroffer": BOUNDS})
    facts = {"revolving_utilisation_ratio": 0.7}
    return make_case(desk, facts=facts, grid_scores=GRID, now=timezone.now() - timedelta(hours=1), **more)


@pytest.fixture
def scored(harbour: Lender, ana: User) -> ReviewCase:
    """10,000 over 36 months asked for, in the review band; less of it passes."""
    case = make(harbour)
    claimed(case, ana)
    return case


def panel(client: Client, case: ReviewCase) -> str:
    return client.get(url(case, "decide/counteroffer/"), headers=HX).content.decode()


def worked(client: Client, case: ReviewCase, amount: str, term: str) -> str:
    return client.get(
        url(case, "decide/counteroffer/terms/"), {"offer_amount": amount, "offer_term": term}, headers=HX
    ).content.decode()


def test_c_opens_the_panel_when_one_holds_the_case_and_claims_it_when_not(
    officer: Client, scored: ReviewCase
) -> None:
    held = officer.get(url(scored)).content.decode()
    assert held.count('data-key="c"') == 1
    assert 'data-key="c" data-key-label="Approve with changes: opens the panel"' in held
    ReviewCase.objects.update(holder=None)
    assert 'data-key="c" data-key-label="Claim this case"' in officer.get(url(scored)).content.decode()


def test_the_largest_that_passes_is_one_press_for_each_term(officer: Client, scored: ReviewCase) -> None:
    shown = panel(officer, scored)
    assert "36 months: $8,000, $270 a month" in shown
    assert "60 months: $5,000, $114 a month" in shown
    assert 'value="8000x36" data-key="l"' in shown
    assert 'value="5000x60" data-key="m"' in shown
    form = offered(scored, sentence="Half typed") | {"take": "5000x60"}
    taken = officer.post(url(scored, "decide/counteroffer/"), form, headers=HX)
    shown = taken.content.decode()
    assert taken.status_code == 200
    assert 'name="offer_amount" inputmode="decimal" autocomplete="off" maxlength="16" value="5000"' in shown
    assert '<option value="60" selected>' in shown
    assert "$5,000 over 60 months at 12.99% a year, $114 a month, tier C" in shown
    assert ("Half typed" in shown, 'value="UT01" checked' in shown) == (True, True)
    assert not HeldDecision.objects.exists()


def test_terms_are_worked_out_as_they_are_typed(officer: Client, scored: ReviewCase) -> None:
    shown = worked(officer, scored, "6,500", "36")
    assert "$6,500 over 36 months at 12.99% a year, $219 a month, tier C" in shown
    assert "<dt>Payment of income</dt><dd>5%</dd>" in shown
    assert "<dt>All debt payments of income</dt><dd>32.6%</dd>" in shown
    assert "<dd>650, passes the policy</dd>" in shown
    assert "Second approver" not in shown
    assert "<dd>590, is declined by the policy</dd>" in worked(officer, scored, "9000", "60")
    below = worked(officer, scored, "9000", "60")
    assert "needed: it approves what the system declines, it is an exception to the policy." in below


@pytest.mark.parametrize(
    ("amount", "term", "sentence", "field"),
    [
        ("abc", "36", "Enter the amount as a number above 0.", "offer-amount"),
        ("0", "36", "Enter the amount as a number above 0.", "offer-amount"),
        ("", "36", "Enter the amount as a number above 0.", "offer-amount"),
        ("10001", "36", "Enter at most what was asked for: $10,000.", "offer-amount"),
        ("10000", "36", "These are the terms that were asked for.", "offer-amount"),
        ("5000", "48", "Choose one of the terms that this product is offered over.", "offer-term"),
        ("5000", "", "Choose one of the terms that this product is offered over.", "offer-term"),
    ],
)
def test_terms_that_cannot_be_offered_are_refused_beside_their_field(
    officer: Client, scored: ReviewCase, amount: str, term: str, sentence: str, field: str
) -> None:
    assert sentence in worked(officer, scored, amount, term)
    form = offered(scored, amount, term, sentence="Kept")
    refused = officer.post(url(scored, "decide/counteroffer/"), form, headers=HX)
    shown = refused.content.decode()
    assert (refused.status_code, HeldDecision.objects.exists()) == (422, False)
    assert f'<a href="#{field}">{sentence}' in shown
    assert "Kept" in shown


def test_chosen_terms_are_held_and_let_go_at_the_price_shown(officer: Client, scored: ReviewCase) -> None:
    form = offered(scored, "6500", "36")
    assert officer.post(url(scored, "decide/counteroffer/"), form).status_code == 303
    held = HeldDecision.objects.get()
    assert (held.state, held.outcome, held.offer) == (
        HeldState.HELD,
        Outcome.COUNTEROFFER,
        {"amount_minor": 650_000, "term_months": 36, "annual_rate_bps": 1299, "instalment_minor": 21_898, "price_tier": "C"},
    )  # fmt: skip
    WorkItem.objects.update(not_before=timezone.now())
    work_on_cases()
    assert (Decision.objects.get().outcome, Decision.objects.get().offer) == ("COUNTEROFFER", held.offer)


def test_an_offer_at_another_price_than_the_policys_is_not_let_go(
    officer: Client, scored: ReviewCase
) -> None:
    officer.post(url(scored, "decide/counteroffer/"), offered(scored, "6500", "36"))
    held = HeldDecision.objects.get()
    HeldDecision.objects.update(offer={**(held.offer or {}), "annual_rate_bps": 99})
    WorkItem.objects.update(not_before=timezone.now())
    work_on_cases()
    held.refresh_from_db()
    assert (held.state, Decision.objects.exists()) == (HeldState.REFUSED, False)


@pytest.mark.parametrize(
    ("amount", "term", "more", "needs"),
    [
        (
            "9000",
            "60",
            {"override_reason": "policy_exception", "sentence": "Guarantor."},
            ["OVERRIDE", "EXCEPTION"],
        ),
        ("1500", "36", {}, ["EXCEPTION"]),
    ],
)
def test_terms_outside_the_policy_take_a_second_person(
    officer: Client, scored: ReviewCase, amount: str, term: str, more: dict[str, str], needs: list[str]
) -> None:
    officer.post(url(scored, "decide/counteroffer/"), offered(scored, amount, term, **more))
    held = HeldDecision.objects.get()
    assert (held.state, held.second_look) == (HeldState.WAITING, needs)


def test_less_than_the_system_approves_is_an_override(officer: Client, harbour: Lender, ana: User) -> None:
    case = make(harbour, system=Outcome.APPROVE)
    claimed(case, ana)
    form = offered(case, "8000", "36")
    refused = officer.post(url(case, "decide/counteroffer/"), form, headers=HX)
    assert (refused.status_code, 'href="#override-reason"' in refused.content.decode()) == (422, True)
    form |= {"override_reason": "repayment_capacity", "sentence": "Rent rises in May."}
    officer.post(url(case, "decide/counteroffer/"), form)
    assert HeldDecision.objects.get().override == "HIGH_SIDE"


def test_what_the_applicant_will_read_has_its_grade_and_length(officer: Client, scored: ReviewCase) -> None:
    for codes, said in ((["UT01"], True), ([], False)):
        shown = officer.get(url(scored, "decide/decline/preview/"), {"reasons": codes}).content.decode()
        assert ("Reading grade " in shown and " words</p>" in shown) == said
