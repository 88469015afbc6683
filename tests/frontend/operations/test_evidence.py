"""The evidence of a case page: facts with their source and state, the line of the policy that assessed, rules in an officer's order."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from review_queue.desk import show_assessment
from review_queue.models import ReviewCase
from tests.factories import make_user
from tests.factories.appealing import make_appeal
from tests.factories.deciding import make_policy_version
from tests.factories.reviewing import Desk, make_case, policy_document
from tests.frontend.operations.conftest import claimed, url
from underwriting.audit.actor import SYSTEM
from underwriting.enums import PolicyState, Role
from underwriting.models import Assessment, Lender, User

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}
LINES = [{"kind": "SCORE", "points": 12, "sentence": "12 more points reach the approval cut-off of 640."}]


def region(client: Client, case: ReviewCase, name: str) -> str:
    return client.get(url(case, f"?fragment={name}"), headers=HX).content.decode()


def fact(part: str, label: str) -> str:
    """The row of one fact, from its hover text to the word of its state."""
    found = re.search(rf'<div id="fact-[^"]*" title="[^"]*"><dt>{label}.*?</dd></div>', part)
    assert found is not None, label
    return found[0]


@transaction.atomic
def assessed_again(case: ReviewCase, **changes: Any) -> None:
    """A newer assessment that differs in this; assessments are never changed."""
    assessment = Assessment.objects.get(pk=case.assessment_id)
    assessment.pk, assessment.number, assessment.claim_token = None, 2, uuid.uuid4()
    for name, value in changes.items():
        setattr(assessment, name, value)
    assessment.save(force_insert=True)
    show_assessment(
        application=case.application, assessment=assessment, why=[], is_technical=False, actor=SYSTEM, now=timezone.now()
    )  # fmt: skip


def test_a_fact_says_its_source_its_state_in_a_word_and_whether_the_score_read_it(
    officer: Client, desk: Desk
) -> None:
    case = make_case(desk, facts={"housing": None})
    stated, reported = region(officer, case, "facts"), region(officer, case, "bureau")
    income, housing = fact(stated, "Yearly income"), fact(stated, "Housing")
    limits = fact(reported, "Share of card and line limits in use")

    assert income.startswith('<div id="fact-annual_income" title="Application form, known ')
    assert limits.startswith(
        '<div id="fact-revolving_utilisation_ratio" title="Credit report, Demo Bureau, known '
    )
    for row, state in ((income, "○ stated only"), (limits, "✓ verified"), (housing, "– missing")):
        assert state in " ".join(re.sub("<[^>]+>", " ", row).split())
    assert "Not provided" in housing
    assert [("used by the score" in row) for row in (income, limits, housing)] == [True, True, False]


def test_rules_come_in_the_order_in_which_an_officer_needs_them_with_the_source_of_each_value(
    officer: Client, desk: Desk
) -> None:
    case = make_case(desk, facts={"bankruptcy_count": 1, "thin_file_flag": None})
    part = region(officer, case, "rules")
    rules = re.findall(r'<span class="mono small muted">([^<]+)</span>', part)
    cells = re.findall(r'<td data-label="">(.*?)</td>', part, re.DOTALL)
    results = [re.sub("<[^>]+>", "", cell).strip() for cell in cells]

    assert rules.index("R-04") < rules.index("K-01") < rules.index("R-03") < rules.index("K-02")
    assert list(dict.fromkeys(results)) == ["Needs you", "Fail", "Not checked", "Pass"]
    assert re.search(r"<summary>\d+ passed</summary>.*K-02", part, re.DOTALL)
    assert re.search(r"Share of card and line limits in use 84\s%\s\(Credit report, Demo Bureau\)", part)


def test_a_rule_without_its_fact_is_neither_passed_nor_failed(officer: Client, desk: Desk) -> None:
    case = make_case(desk, facts={"thin_file_flag": None})
    row = re.search(r"<tr>(?:(?!</tr>).)*R-03.*?</tr>", region(officer, case, "rules"), re.DOTALL)
    assert row is not None
    assert "Not checked" in row[0]
    assert "not provided" in row[0]


def test_the_line_is_that_of_the_policy_that_assessed_and_the_one_in_force_is_a_second_mark(
    officer: Client, case: ReviewCase
) -> None:
    before = region(officer, case, "band")
    version = case.assessment.policy_version
    assert version is not None
    version.state = PolicyState.RETIRED
    version.save(update_fields=["state"])
    stricter = policy_document() | {"cut_offs": {"approve": 660, "refer": 600}}
    make_policy_version(
        case.application.product, document=stricter, number=2, model_version=version.model_version,
        reference_sample=version.reference_sample, active_from=timezone.now(),
    )  # fmt: skip
    after = region(officer, case, "band")

    for part in (before, after):
        assert "628, 12 points short of approve." in part
    assert "The policy in force now approves from 660. The dashed line shows it." in after
    assert ("c-tick--now" in before, "c-tick--now" in after) == (False, True)


def test_a_score_made_without_everything_is_said_to_be_approximate(officer: Client, case: ReviewCase) -> None:
    words = "take it as approximate"
    assert words not in region(officer, case, "band")
    assessed_again(case, technical=[{"kind": "BUREAU_TIMEOUT", "detail": "Bureau B did not answer in time."}])
    case.refresh_from_db()
    assert words in region(officer, case, "band")
    page = officer.get(url(case)).content.decode()
    assert "Bureau B did not answer in time. Nothing is held against the applicant for it." in page


def test_an_answer_of_the_fallback_rule_is_said_to_be_one(officer: Client, case: ReviewCase) -> None:
    assessed_again(case, used_fallback=True, score=None, contributions=None)
    page = officer.get(url(case)).content.decode()
    assert "The model was late: the fallback rule answered, without a score of its own." in page
    assert "There is no explanation, because there is no score to explain." in page


def test_what_would_change_it_stands_on_the_page_and_not_before_a_blind_answer(
    officer: Client, harbour: Lender, desk: Desk, case: ReviewCase
) -> None:
    assessed_again(case, what_would_change=LINES)
    hidden = make_appeal(desk, make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    assessed_again(hidden, what_would_change=LINES)
    shown, blind = (officer.get(url(one)).content.decode() for one in (case, hidden))

    assert "12 more points reach the approval cut-off of 640." in shown
    assert "for you, not for the applicant" in shown
    assert "12 more points" not in blind


def test_the_bar_has_the_same_order_on_every_case(
    officer: Client, ana: User, desk: Desk, case: ReviewCase
) -> None:
    plain, technical = claimed(case, ana), claimed(make_case(desk, score=None), ana)
    wanted = ["approve", "counteroffer", "decline", "correct", "ask", "escalate", "skip", "snooze"]
    for one in (plain, technical):
        opened = re.findall(r'id="open-(\w+)"', region(officer, one, "decision"))
        assert opened == [name for name in wanted if name in opened]
        assert {"approve", "decline", "ask", "escalate"} <= set(opened)


def test_no_reason_is_ticked_for_the_officer_and_those_that_are_true_come_first(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    claimed(case, ana)
    panel = officer.get(url(case, "decide/decline/"), headers=HX).content.decode()
    offered, untrue = panel.split("reasons are not true of this case", 1)

    assert 'data-tick="UT01 PH01"' in panel
    assert 'value="UT01"' in offered
    assert " checked" not in panel
    assert 'name="reasons"' not in untrue


@pytest.mark.parametrize(
    ("left", "chip"),
    [
        (timedelta(minutes=-65), ("▲", "Late 1 h 5 min")),
        (timedelta(minutes=40, seconds=30), ("◆", "40 min")),
        (timedelta(days=9), ("", "")),
    ],
)
def test_a_due_time_is_a_shape_and_words_worked_out_anew_each_time(
    officer: Client, case: ReviewCase, left: timedelta, chip: tuple[str, str]
) -> None:
    ReviewCase.objects.update(due_at=timezone.now() + left)
    found = re.search(
        r'data-label="Due"><span class="due__shape" aria-hidden="true">(.*?)</span>(.*?)</td>',
        officer.get("/queue/?view=all").content.decode(),
    )
    assert found is not None
    assert found[1] == chip[0]
    assert chip[1] in found[2]


def test_an_empty_view_leads_to_the_next_wider_one(officer: Client, case: ReviewCase) -> None:
    ReviewCase.objects.update(due_at=timezone.now() + timedelta(days=9))
    page = officer.get("/queue/?view=due-today").content.decode()
    assert "Queue clear." in page
    assert '<a href="/queue/?view=all">Look at all open</a>' in page
