"""Nothing typed is ever lost: what may happen between typing and sending is made to happen, and the text is on the screen again."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from frontend.session.middleware import IDLE_SECONDS, SEEN_SESSION_KEY
from review_queue.actions.claim import claim_case
from review_queue.actions.drafts import draft_of
from review_queue.desk import show_assessment
from review_queue.models import HeldDecision, ReviewCase
from review_queue.tasks import work_on_cases
from tests.browser.conftest import SignIn
from tests.browser.scene import Scene, actor, set_scene
from tests.browser.typing import enrolled, sign_in_by_keyboard, take, write_decline
from tests.processes import RealProcesses
from underwriting.audit.actor import SYSTEM
from underwriting.config.launch import processes
from underwriting.decisions.withdraw import withdraw_application
from underwriting.enums import PolicyState, Role
from underwriting.models import Assessment, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
WORDS = "Two cards at their limits since spring."


@pytest.fixture
def scene() -> Scene:
    return set_scene(hold_seconds=60)


@pytest.fixture
def case(scene: Scene) -> ReviewCase:
    return scene.cases[0]


@pytest.fixture
def ana(scene: Scene) -> User:
    return scene.people[Role.CREDIT_OFFICER]


@pytest.fixture
def half_done(
    page: Page, live_server: LiveServer, sign_in: SignIn, ana: User, case: ReviewCase
) -> Iterator[Page]:
    """Ana holds the case and has typed a decline that she has not sent."""
    sign_in(ana)
    take(page, live_server.url, case)
    write_decline(page, WORDS)
    yield page
    page.goto("about:blank")  # what a left page still sends is sent before the data is gone


def send(page: Page) -> None:
    page.keyboard.press("Control+Enter")


def drafted(case: ReviewCase, user: User) -> list[str]:
    case.refresh_from_db()
    return list(draft_of(case, user_id=user.pk, form="decline").get("sentence", []))


def notes(case: ReviewCase) -> list[str]:
    return list(HeldDecision.objects.filter(case=case).values_list("note", flat=True))


def still_typed(page: Page, words: str = WORDS) -> None:
    """The panel is open with the sentence and both ticked reasons in it."""
    expect(page.locator("#sentence")).to_have_value(words)
    expect(page.locator("input[name=reasons]:checked")).to_have_count(2)


def test_a_lease_that_ran_out_is_no_matter_while_nobody_took_the_case(
    half_done: Page, case: ReviewCase, scene: Scene
) -> None:
    """C-3."""
    ReviewCase.objects.filter(pk=case.pk).update(lease_until=timezone.now() - timedelta(minutes=10))
    send(half_done)
    half_done.wait_for_url(f"**/cases/{scene.cases[1]}/**")
    assert notes(case) == [WORDS]

    half_done.keyboard.press("z")
    half_done.wait_for_url(f"**/cases/{case}/**")
    half_done.keyboard.press("d")
    still_typed(half_done)


def test_who_lost_the_case_to_a_colleague_is_told_who_has_it_and_keeps_the_text(
    half_done: Page, case: ReviewCase, ana: User
) -> None:
    """C-3, H-5."""
    tom = User.objects.get(name="Tom Berg")
    ReviewCase.objects.filter(pk=case.pk).update(lease_until=timezone.now() - timedelta(minutes=10))
    claim_case(case_id=case.pk, user=tom, actor=actor(tom), now=timezone.now())
    send(half_done)
    expect(half_done.locator("#panel [role=alert]")).to_have_text(
        "Your claim ran out and Tom Berg took this case. Nothing was sent; your text is kept below."
    )
    expect(half_done.locator("#panel [role=alert]")).to_be_focused()
    still_typed(half_done)
    assert (notes(case), drafted(case, ana), drafted(case, tom)) == ([], [WORDS], [])

    half_done.locator("#sentence").focus()
    half_done.keyboard.press("End")
    half_done.keyboard.type(" And a loan.")
    expect(half_done.locator("#panel [data-draft-state]")).to_have_text(re.compile("^Saved"), timeout=8000)
    assert drafted(case, ana) == [f"{WORDS} And a loan."]


def test_a_policy_that_changes_meanwhile_sends_nothing_unseen(half_done: Page, case: ReviewCase) -> None:
    _assess_under_a_new_policy(case)
    for _ in range(2):  # sending once more without a look decides nothing either
        send(half_done)
        expect(half_done.locator("#panel [role=alert]")).to_contain_text("This case was assessed again")
        still_typed(half_done)
    assert notes(case) == []

    half_done.get_by_role("link", name="Show the case as it is now").click()
    expect(half_done.locator("#band")).to_contain_text("v3")
    still_typed(half_done)
    send(half_done)
    expect(half_done.locator("#toasts")).to_contain_text(f"Declined {case}")
    assert notes(case) == [WORDS]


@transaction.atomic
def _assess_under_a_new_policy(case: ReviewCase) -> None:
    now = timezone.now()
    assessment = Assessment.objects.select_related("policy_version").get(pk=case.assessment_id)
    version = assessment.policy_version
    assert version is not None
    version.state = PolicyState.RETIRED
    version.save(update_fields=["state"])
    version.pk, version.number, version.state, version.active_from = None, 3, PolicyState.ACTIVE, now
    version.save(force_insert=True)
    assessment.pk, assessment.number, assessment.claim_token = None, 2, uuid.uuid4()
    assessment.policy_version, assessment.created_at = version, now
    assessment.save(force_insert=True)
    show_assessment(
        application=case.application, assessment=assessment, why=[], is_technical=False, actor=SYSTEM, now=now
    )


def test_an_application_withdrawn_meanwhile_says_so_and_keeps_the_text(
    half_done: Page, case: ReviewCase, ana: User
) -> None:
    withdraw_application(application=case.application, actor=SYSTEM, now=timezone.now())
    work_on_cases()
    send(half_done)
    expect(half_done.locator("#panel [role=alert]")).to_have_text(
        "The applicant withdrew the application. Nothing was sent; your text is kept below."
    )
    still_typed(half_done)
    assert (notes(case), drafted(case, ana)) == ([], [WORDS])


def test_a_session_that_ended_leads_through_sign_in_back_to_the_text(
    half_done: Page, case: ReviewCase, ana: User, live_server: LiveServer
) -> None:
    """H-5. The text was typed after the session had ended, so that no draft could be saved before."""
    enrolled(ana)
    _let_sessions_idle()
    half_done.keyboard.type(" And a loan.")
    send(half_done)
    half_done.wait_for_url("**/sign-in/?next=*")
    assert notes(case) == []

    sign_in_by_keyboard(half_done, ana)
    expect(half_done).to_have_url(re.compile(f"/cases/{case}/decide/decline/\\?view=all"))
    expect(half_done.locator("#panel [role=alert]")).to_have_text(
        "Your session had ended. Nothing was sent; your text is kept below."
    )
    still_typed(half_done, f"{WORDS} And a loan.")
    send(half_done)
    expect(half_done.locator("#toasts")).to_contain_text(f"Declined {case}")
    assert notes(case) == [f"{WORDS} And a loan."]


def test_what_one_person_typed_is_not_put_before_the_next_one_at_the_same_browser(
    half_done: Page, case: ReviewCase, scene: Scene
) -> None:
    tom = enrolled(User.objects.get(name="Tom Berg"))
    half_done.wait_for_timeout(2500)
    _let_sessions_idle()
    half_done.keyboard.type(" And a loan.")
    send(half_done)
    half_done.wait_for_url("**/sign-in/?next=*")
    sign_in_by_keyboard(half_done, tom)
    assert "And a loan" not in half_done.content()
    assert WORDS not in half_done.content()
    assert drafted(case, tom) == []


def test_signing_in_again_in_another_tab_lets_the_first_one_send(
    half_done: Page, case: ReviewCase, ana: User, live_server: LiveServer
) -> None:
    enrolled(ana)
    _let_sessions_idle()
    other = half_done.context.new_page()
    other.goto(f"{live_server.url}/queue/")
    sign_in_by_keyboard(other, ana)
    other.close()
    send(half_done)
    expect(half_done.locator("#toasts")).to_contain_text(f"Declined {case}")
    assert notes(case) == [WORDS]


def _let_sessions_idle() -> None:
    """What half an hour without a request does."""
    for session in Session.objects.all():
        data = session.get_decoded()
        data[SEEN_SESSION_KEY] = int(timezone.now().timestamp()) - IDLE_SECONDS - 1
        session.session_data = Session.objects.encode(data)
        session.save()


def test_a_double_click_decides_once_and_goes_on_to_one_case(
    half_done: Page, case: ReviewCase, ana: User
) -> None:
    """H-8."""
    half_done.locator("#commit").dblclick(no_wait_after=True)
    expect(half_done.locator("#toasts")).to_contain_text(f"Declined {case}")
    assert notes(case) == [WORDS]
    assert ReviewCase.objects.filter(holder=ana, state="OPEN").count() == 1

    half_done.keyboard.press("z")
    half_done.wait_for_url(f"**/cases/{case}/**")
    half_done.keyboard.press("d")
    still_typed(half_done)


def test_a_double_click_without_script_decides_once_and_ends_on_the_next_case(
    half_done: Page, case: ReviewCase, scene: Scene, ana: User
) -> None:
    """H-8. Two answers are on their way and the browser shows the second."""
    twice = """() => { const form = document.querySelector('#panel form'); const send = () => fetch(form.action, {method: 'POST',
      body: new FormData(form), redirect: 'follow'}).then(answer => [answer.status, new URL(answer.url).pathname]);
      return Promise.all([send(), send()]); }"""
    assert half_done.evaluate(twice) == [[200, f"/cases/{scene.cases[1]}/"]] * 2
    assert notes(case) == [WORDS]
    assert ReviewCase.objects.filter(holder=ana, state="OPEN").count() == 1


def test_back_brings_the_text_back(half_done: Page, case: ReviewCase, live_server: LiveServer) -> None:
    """H-2. The page was left at once, before the two seconds after which a draft is saved."""
    half_done.goto(f"{live_server.url}/queue/?view=all")
    half_done.go_back()
    half_done.wait_for_url(f"**/cases/{case}/**")
    expect(half_done.locator("#kept-draft")).to_have_text("What you typed into Decline is kept.")
    half_done.keyboard.press("d")
    still_typed(half_done)
    stored = half_done.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert ("Okafor" in stored, WORDS in stored) == (False, False)


@pytest.mark.broker
def test_a_server_that_is_killed_and_started_again_takes_the_text_afterwards(
    page: Page, real_processes: RealProcesses, scene: Scene, case: ReviewCase, ana: User
) -> None:
    """H-12. Between typing and sending there is no server; the panel says so, and Try again sends."""
    enrolled(ana)
    base = real_processes.web()
    page.goto(f"{base}/queue/?view=all")
    sign_in_by_keyboard(page, ana)
    take(page, base, case)
    write_decline(page, WORDS)
    server = real_processes.started[-1]
    real_processes.kill(server)
    send(page)
    notice = page.locator("#panel [data-network]")
    expect(notice).to_contain_text("Could not reach the server. What you typed is still here.")
    still_typed(page)
    assert notes(case) == []

    port = int(base.rpartition(":")[2])
    real_processes.start(
        processes.web(real_processes.data, real_processes.environment, port=port, processes=1)
    )
    notice.get_by_role("button", name="Try again").click()
    page.wait_for_url(f"**/cases/{scene.cases[1]}/**")
    assert notes(case) == [WORDS]
