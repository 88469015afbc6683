"""The second look on the screen: said before deciding, hidden until answered, then side by side; refusals in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.models import HeldDecision, ReviewCase, SecondAnswer
from tests.factories import make_user
from tests.factories.reviewing import Desk, make_case
from tests.frontend.operations.conftest import claimed, url
from tests.frontend.operations.test_desk import HX, decline_form
from underwriting.enums import HeldState, Outcome, Role
from underwriting.models import Lender, User

pytestmark = pytest.mark.django_db
ABOVE = 3_000_000
NOTE = "Cards full since spring and no savings anywhere"
ANSWER = {"outcome": "DECLINE", "sentence": "Too many new debts.", "view": "all"}


@pytest.fixture
def sue(harbour: Lender) -> User:
    return make_user("Sue Lam", (harbour, Role.SENIOR_OFFICER))


@pytest.fixture
def senior(sue: User) -> Client:
    client = Client()
    client.force_login(sue)
    return client


@pytest.fixture
def large(desk: Desk) -> ReviewCase:
    return make_case(desk, requested_amount_minor=ABOVE, now=timezone.now() - timedelta(hours=1))


@pytest.fixture
def waiting(officer: Client, ana: User, large: ReviewCase) -> ReviewCase:
    """Ana declined it; the time in which she could take it back is over."""
    claimed(large, ana)
    assert (
        officer.post(url(large, "decide/decline/"), decline_form(large) | {"sentence": NOTE}).status_code
        == 303
    )
    ReviewCase.objects.update(lease_until=timezone.now())
    HeldDecision.objects.update(held_until=timezone.now())
    large.refresh_from_db()
    return large


def page(client: Client, case: ReviewCase) -> str:
    return client.get(url(case)).content.decode()


def test_the_bar_says_before_deciding_that_a_second_approver_is_needed(
    officer: Client, ana: User, large: ReviewCase, case: ReviewCase
) -> None:
    claimed(large, ana)
    claimed(case, ana)
    assert "Second approver needed: over $25,000." in page(officer, large)
    assert "Second approver needed" not in page(officer, case)
    for outcome in ("approve", "decline"):
        panel = officer.get(url(large, f"decide/{outcome}/"), headers=HX).content.decode()
        assert "Second approver needed: over $25,000. They answer without seeing yours." in panel


def test_the_bar_says_which_outcome_overrides_the_system_and_the_panel_asks_for_the_code(
    officer: Client, ana: User, desk: Desk
) -> None:
    case = make_case(desk, system=Outcome.DECLINE)
    claimed(case, ana)
    shown = page(officer, case)
    assert "Second approver needed to approve: it approves what the system declines." in shown
    assert "Second approver needed to decline" not in shown
    form = {"assessment": case.assessment_id, "sentence": "Paid up since."}
    refused = officer.post(url(case, "decide/approve/"), form, headers=HX)
    assert refused.status_code == 422
    shown = refused.content.decode()
    assert '<a href="#override-reason">This goes against the system&#x27;s own answer.' in shown
    assert ('name="override_reason"' in shown, 'name="mitigating_factor"' in shown) == (True, False)
    assert "Paid up since." in shown
    taken = officer.post(url(case, "decide/approve/"), form | {"override_reason": "isolated_event"})
    assert (taken.status_code, HeldDecision.objects.get().state) == (303, HeldState.WAITING)


def test_nothing_of_the_first_answer_is_on_any_screen_of_the_second_approver(
    senior: Client, sue: User, waiting: ReviewCase
) -> None:
    claimed(waiting, sue)
    addresses = [
        url(waiting),
        url(waiting, "second-look/"),
        "/queue/?view=second-look",
        "/queue/?view=all",
        f"/assessments/{waiting.assessment_id}/",
        "/",
    ]
    for address in addresses:
        shown = senior.get(address).content.decode()
        assert NOTE not in shown, address
        assert "Declined" not in shown, address
        assert "decided: decline" not in shown, address
    shown = page(senior, waiting)
    assert "Second look. Ana Ruiz decided" in shown
    assert "You will see it after you choose." in shown
    assert "Score against policy" in shown  # the evidence that the first officer had is there
    for panel in (
        "decide/decline/",
        "decide/approve/",
        "decide/counteroffer/terms/",
        "decide/decline/preview/",
    ):
        assert senior.get(url(waiting, panel)).status_code == 409


def test_the_third_person_sees_neither_answer_before_their_own(
    harbour: Lender, senior: Client, sue: User, waiting: ReviewCase
) -> None:
    claimed(waiting, sue)
    senior.post(url(waiting, "second-look/"), ANSWER | {"outcome": "APPROVE"})
    third = Client()
    third.force_login(make_user("Ben Ode", (harbour, Role.SENIOR_OFFICER)))
    shown = page(third, waiting)
    assert (NOTE in shown, "Too many new debts." in shown, "answers to this case" in shown) == (
        False,
        False,
        False,
    )
    assert "Third look. Two people answered differently." in shown


def test_after_the_answer_both_stand_side_by_side_and_the_hold_runs(
    senior: Client, officer: Client, sue: User, waiting: ReviewCase
) -> None:
    claimed(waiting, sue)
    sent = senior.post(url(waiting, "second-look/"), ANSWER)
    assert (sent.status_code, sent["Location"]) == (303, f"/cases/{waiting}/?view=all")
    for client in (senior, officer):
        shown = page(client, waiting)
        assert "2 answers to this case" in shown
        assert "First answer: Ana Ruiz" in shown
        assert "Second approver: Sue Lam" in shown
        assert NOTE in shown
        assert "Too many new debts." in shown
    assert HeldDecision.objects.get().state == HeldState.HELD


def test_after_a_disagreement_the_first_decider_is_told_and_can_take_it_back(
    senior: Client, officer: Client, sue: User, waiting: ReviewCase
) -> None:
    claimed(waiting, sue)
    senior.post(url(waiting, "second-look/"), ANSWER | {"outcome": "APPROVE"})
    assert "A third person takes it from here." in page(senior, waiting)
    shown = page(officer, waiting)
    assert "The second approver answered otherwise. Talk it over" in shown
    assert "Second approver: Sue Lam" in shown
    assert officer.post(url(waiting, "undo/")).status_code == 303
    assert HeldDecision.objects.get().state == HeldState.CANCELLED


def test_home_tells_the_first_decider_alone_who_answered_otherwise_and_why(
    harbour: Lender, senior: Client, officer: Client, sue: User, waiting: ReviewCase
) -> None:
    """HM-1, SA-1: who could answer next reads neither answer."""
    third = Client()
    third.force_login(make_user("Ben Ode", (harbour, Role.SENIOR_OFFICER)))
    line = f'id="disagreed-{waiting.number}"'
    claimed(waiting, sue)
    assert line not in officer.get("/").content.decode()
    senior.post(url(waiting, "second-look/"), ANSWER | {"outcome": "APPROVE"})
    for shown in (officer.get("/").content.decode(), officer.get("/", headers=HX).content.decode()):
        assert line in shown
        assert "Sue Lam answered otherwise: Approved. “Too many new debts.”" in shown
    for client in (senior, third):
        home = client.get("/").content.decode()
        assert (line in home, "Too many new debts." in home) == (False, False)
    officer.post(url(waiting, "undo/"))
    assert line not in officer.get("/").content.decode()


def test_who_agrees_does_not_come_back(
    senior: Client, officer: Client, sue: User, waiting: ReviewCase
) -> None:
    claimed(waiting, sue)
    senior.post(url(waiting, "second-look/"), ANSWER)
    assert "answered otherwise" not in officer.get("/").content.decode()


def test_an_answer_without_a_sentence_is_refused_and_kept(
    senior: Client, sue: User, waiting: ReviewCase
) -> None:
    claimed(waiting, sue)
    refused = senior.post(url(waiting, "second-look/"), ANSWER | {"sentence": " "}, headers=HX)
    assert refused.status_code == 422
    assert 'href="#second-sentence">Give your reason in a sentence' in refused.content.decode()
    assert 'value="DECLINE" checked' in refused.content.decode()
    assert not SecondAnswer.objects.exists()


def test_without_a_claim_the_answer_is_refused_with_the_text_kept(
    senior: Client, waiting: ReviewCase
) -> None:
    ReviewCase.objects.update(holder=None, lease_until=None)
    refused = senior.post(url(waiting, "second-look/"), ANSWER, headers=HX)
    assert refused.status_code == 409
    assert "Nobody holds this case. Claim it first; your text is kept below." in refused.content.decode()
    assert "Too many new debts." in refused.content.decode()


def test_the_first_decider_has_no_button_and_is_refused_in_words(
    officer: Client, ana: User, waiting: ReviewCase
) -> None:
    shown = page(officer, waiting)
    assert "Your answer waits for a second approver." in shown
    assert "open-second-look" not in shown
    refused = officer.post(url(waiting, "second-look/"), ANSWER, headers=HX)
    assert refused.status_code == 409
    assert "You gave the first answer to this case. The second look is another officer&#x27;s." in (
        refused.content.decode()
    )
    again = officer.post(url(waiting, "decide/decline/"), decline_form(waiting))
    assert again.status_code == 409
    assert "A first answer waits for a second approver. Nothing was sent." in again.content.decode()


def test_a_role_that_does_not_reach_has_no_button_and_is_told_why(
    harbour: Lender, waiting: ReviewCase
) -> None:
    client = Client()
    client.force_login(make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    shown = page(client, waiting)
    assert "Your role does not reach far enough to be the second approver of this case." in shown
    assert 'action="/cases/' + str(waiting) + '/claim/"' not in shown
    assert client.post(url(waiting, "claim/")).status_code == 409


def test_a_draft_of_an_answer_is_each_persons_own(
    harbour: Lender, senior: Client, sue: User, waiting: ReviewCase
) -> None:
    claimed(waiting, sue)
    assert senior.post(url(waiting, "draft/second-look/"), ANSWER, headers=HX).status_code == 204
    assert "Too many new debts." in senior.get(url(waiting, "second-look/")).content.decode()
    senior.post(url(waiting, "release/"), {})
    ben = make_user("Ben Ode", (harbour, Role.SENIOR_OFFICER))
    claimed(waiting, ben)
    other = Client()
    other.force_login(ben)
    assert "Too many new debts." not in other.get(url(waiting, "second-look/")).content.decode()


def test_what_waits_for_another_is_not_mine_any_more(officer: Client, waiting: ReviewCase) -> None:
    assert str(waiting) not in officer.get("/queue/?view=mine").content.decode()


def test_the_queue_and_home_count_what_waits_for_this_person(
    senior: Client, officer: Client, waiting: ReviewCase
) -> None:
    for client, count in ((senior, 1), (officer, 0)):
        home = client.get("/").content.decode()
        assert f"<b>{count}</b><span>waiting for me as second approver</span>" in home
        shown = client.get("/queue/?view=second-look").content.decode()
        assert (str(waiting) in shown) == bool(count)
