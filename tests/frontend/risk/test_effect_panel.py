"""The panel beside a draft: numbers of past applications for what is typed, saved or not, and scores under its thresholds."""

from __future__ import annotations

import copy
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from frontend.risk.effect_panel import bad_in_words
from scoring.pipeline.work import work_until_empty
from tests.factories import make_application, make_assessment
from tests.frontend.risk.screens import edit_url, own_draft, section_values, text
from tests.scoring.simulation.past_people import stored_rows
from tests.scoring.simulation.stored import assess
from tests.underwriting.policy.conftest import Desk, acting
from underwriting.effect.ask import ask_for_effect
from underwriting.effect.read import effect_of
from underwriting.effect.types import BadRate
from underwriting.enums import Origin
from underwriting.models import Application, PolicyVersion, WorkItem
from underwriting.policy.lifecycle import save_draft

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def draft(desk: Desk) -> PolicyVersion:
    return own_draft(desk)


@pytest.fixture
def weighed(desk: Desk, draft: PolicyVersion) -> PolicyVersion:
    """A draft that a worker has weighed on sixty past applications."""
    assess(desk.policy.product, stored_rows(60, seed=3))
    ask_for_effect(draft, timezone.now())
    work_until_empty(worker="test", max_batches=3, clock=timezone.now)
    return draft


def test_what_is_typed_moves_the_numbers_and_nothing_is_saved(
    manager: Client, desk: Desk, weighed: PolicyVersion
) -> None:
    typed = section_values(manager.get(edit_url(2, "edit")).content.decode(), "cut-offs")
    changed = {**weighed.document, "cut_offs": {"approve": 700, "refer": 600}}
    expected = effect_of(desk.policy, desk.live.document, changed)

    answer = manager.post(edit_url(2, "effect"), {**typed, "cut-approve": "700"}, headers=HTMX)

    said = text(answer)
    assert expected.before is not None
    assert expected.after is not None
    old, new = expected.before.approval_count, expected.after.approval_count
    assert old > new
    assert "Not saved yet Thresholds" in said
    assert "Of 60 past applications" in said
    assert f"Approved {old} {new} −{old - new}" in said
    assert "Exact for these past applications." in said
    weighed.refresh_from_db()
    assert weighed.document == desk.live.document


def test_while_rules_are_weighed_the_numbers_in_force_stand_and_the_drafts_are_dots(
    manager: Client, desk: Desk, weighed: PolicyVersion
) -> None:
    before = effect_of(desk.policy, desk.live.document, desk.live.document).before
    document = copy.deepcopy(weighed.document)
    document["rules"][0]["when"]["value"] += 1
    save_draft(
        version=weighed, document=document, expected_sha256=weighed.document_sha256,
        actor=acting(desk.manager), now=timezone.now(),
    )  # fmt: skip

    said = text(manager.post(edit_url(2, "effect"), {}, headers=HTMX))

    assert before is not None
    assert "These rules are being weighed on past applications." in said
    assert f"Approved {before.approval_count} … is being weighed" in said
    assert "Exact for these" not in said


def test_staffing_says_why_it_is_not_known_or_what_a_day_of_referrals_becomes(
    manager: Client, desk: Desk, weighed: PolicyVersion
) -> None:
    typed = {"cut-approve": "700", "cut-refer": "600"}
    Application.objects.update(origin=Origin.IMPORTED)
    unknown = text(manager.post(edit_url(2, "effect"), typed, headers=HTMX))
    Application.objects.update(origin=Origin.RECEIVED, received_at=timezone.now() - timedelta(days=30))
    known = text(manager.post(edit_url(2, "effect"), typed, headers=HTMX))

    assert "What this means for staffing is not known: 0 applications came in the last 90 days" in unknown
    assert "a day." not in unknown
    assert re.search(r"Referrals rise from [\d.]+ to [\d.]+ a day\.", known)
    assert "Counted on 60 past applications and the 60 that came in the last 90 days." in known


def test_what_cannot_be_read_yet_is_named_and_the_saved_values_count(
    manager: Client, weighed: PolicyVersion
) -> None:
    answer = manager.post(
        edit_url(2, "effect"), {"cut-approve": "6e", "cut-refer": "600", "K-03-rule-id": "K-03"}, headers=HTMX
    )

    said = text(answer)
    assert "As saved Thresholds: what is typed there cannot be read yet." in said
    assert "A rule that is open counts once it is saved." in said
    assert "Of 60 past applications" in said


def test_prices_that_were_not_weighed_are_called_estimates(manager: Client, weighed: PolicyVersion) -> None:
    typed = section_values(manager.get(edit_url(2, "edit")).content.decode(), "prices")

    answer = manager.post(edit_url(2, "effect"), {**typed, "tier-0-rate": "7.77"}, headers=HTMX)

    assert "Estimated until these prices are saved and weighed:" in text(answer)
    assert "loss and profit" in text(answer)


def test_rules_nobody_has_weighed_have_no_numbers(manager: Client, draft: PolicyVersion) -> None:
    WorkItem.objects.all().delete()
    assert "These rules have not been weighed yet." in text(manager.get(edit_url(2, "effect"), headers=HTMX))


def test_a_new_draft_has_past_applications_that_came_since_counted(manager: Client, desk: Desk) -> None:
    ask_for_effect(desk.live, timezone.now())
    work_until_empty(worker="test", max_batches=3, clock=timezone.now)
    assess(desk.policy.product, stored_rows(3, seed=3))
    own_draft(desk)

    waiting = manager.get(edit_url(2, "effect"), headers=HTMX)
    work_until_empty(worker="test", max_batches=3, clock=timezone.now)
    counted = manager.get(edit_url(2, "effect"), headers=HTMX)

    assert "Past applications are being counted." in text(waiting)
    assert "load delay:2s" in waiting.content.decode()
    assert "Of 3 past applications" in text(counted)
    assert "load delay:2s" not in counted.content.decode()


def test_scores_of_the_last_90_days_stand_under_the_typed_thresholds(
    manager: Client, desk: Desk, draft: PolicyVersion
) -> None:
    now = timezone.now()
    for score, days in ((590, 1), (612, 2), (618, 3), (700, 89), (701, 91)):
        application = make_application(desk.policy.product, received_at=now - timedelta(days=days))
        make_assessment(application, score=score, created_at=now)

    page = manager.post(
        edit_url(2, "effect"), {"cut-approve": "632", "cut-refer": "600"}, headers=HTMX
    ).content.decode()

    assert '<div id="scores" class="stack--s" hx-swap-oob="true">' in page
    rows = re.findall(r'<th scope="row">(\d+) to \d+</th><td class="num">(\d+)</td><td>(\w+)</td>', page)
    assert rows == [("590", "1", "Decline"), ("610", "2", "Review"), ("700", "1", "Approve")]
    assert "Approve at 632; Review at 600; Before: Approve at 640." in page


def test_the_panel_asks_the_database_as_often_whatever_is_typed(
    manager: Client, weighed: PolicyVersion, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        manager.post(edit_url(2, "effect"), {"cut-approve": "700", "cut-refer": "600"}, headers=HTMX)


@pytest.mark.parametrize(
    ("bad", "known", "words"),
    [
        (0, 0, "No result known"),
        (3, 11, "3 of 11"),
        (9, 131, "9 of 131: 6.9%, 95% range 3.7 to 12.5"),
    ],
)
def test_a_rate_has_its_n_and_its_range_and_few_are_no_rate(bad: int, known: int, words: str) -> None:
    assert bad_in_words(BadRate(bad, known)) == words
