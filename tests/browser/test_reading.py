"""What an officer reads on the case page, in a browser: naming a colleague, kinds of the timeline, examples on the way down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from review_queue.models import NoteMention, Phrase
from tests.browser.conftest import Axe, SignIn
from tests.browser.scene import Scene, set_scene
from tests.browsing import Complaints
from tests.factories.appealing import make_decided
from tests.factories.reviewing import Desk
from underwriting.enums import Role
from underwriting.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def desk_of(scene: Scene) -> Desk:
    assessment = scene.cases[0].assessment
    version, sample = assessment.policy_version, assessment.reference_sample
    assert version is not None
    assert sample is not None
    return scene.cases[0].application.product, version, sample


def test_a_note_by_keyboard_names_a_colleague_and_loses_no_word(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints, axe: Axe
) -> None:
    scene = set_scene()
    sign_in(scene.people[Role.CREDIT_OFFICER])
    address = f"{live_server.url}/cases/{scene.cases[0]}/?view=all"
    page.goto(address)

    page.keyboard.press("n")
    page.keyboard.type("Please look, @to")
    expect(page.locator("#note-people li:visible")).to_have_text(["Tom Berg"])
    expect(page.locator("#similar")).to_contain_text("examples, not a rule")  # they came into view on the way
    assert axe(page) == []
    with page.expect_response("**/notes/draft/"):
        page.keyboard.press("Enter")
        expect(page.locator("#note-text")).to_have_value("Please look, @Tom Berg ")
    expect(page.locator("#note-form [data-draft-state]")).to_contain_text("Saved")

    page.goto(address)
    expect(page.locator("#note-text")).to_have_value("Please look, @Tom Berg ")
    page.locator("#keep-note").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#note-said")).to_be_focused()
    expect(page.locator("#note-text")).to_have_value("")
    expect(page.locator("#similar")).not_to_contain_text("Loading")  # it comes once it is in sight
    assert axe(page) == []
    assert [mention.user for mention in NoteMention.objects.all()] == [User.objects.get(name="Tom Berg")]
    assert complaints.everything() == []


def test_a_slash_at_the_start_of_a_word_becomes_a_phrase_of_the_lender(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints, axe: Axe
) -> None:
    """C-25."""
    scene = set_scene()
    for name, text in (
        ("payslips", "Asked for payslips by telephone."),
        ("late", "Paid late, and told us why."),
    ):
        Phrase.objects.create(lender=scene.lender, name=name, text=text)
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.goto(f"{live_server.url}/cases/{scene.cases[0]}/?view=all")
    page.keyboard.press("n")
    page.keyboard.type("Rent and/pay")
    expect(page.locator("#note-people > li")).to_have_count(4, timeout=8000)
    expect(page.locator("#note-phrases")).to_be_hidden()
    page.keyboard.type(" /")
    expect(page.locator("#note-phrases li:visible")).to_have_count(2)
    page.keyboard.type("pay")
    expect(page.locator("#note-phrases li:visible")).to_have_text(
        ["/payslips Asked for payslips by telephone."]
    )
    expect(page.locator("#similar")).to_contain_text("examples, not a rule")
    assert axe(page) == []
    page.keyboard.press("Enter")
    expect(page.locator("#note-text")).to_have_value("Rent and/pay Asked for payslips by telephone. ")
    page.keyboard.type("With @to")
    expect(page.locator("#note-phrases")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#note-text")).to_have_value(
        "Rent and/pay Asked for payslips by telephone. With @Tom Berg "
    )
    assert complaints.everything() == []


def test_escape_closes_the_list_of_people_and_leaves_the_words(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints
) -> None:
    scene = set_scene()
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.goto(f"{live_server.url}/cases/{scene.cases[0]}/?view=all")
    page.keyboard.press("n")
    page.keyboard.type("@")
    expect(page.locator("#note-people")).to_be_visible()
    assert page.locator("#note-people li:visible").count() == 4
    page.keyboard.press("ArrowDown")
    expect(page.locator("#note-people li[aria-selected=true]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#note-people")).to_be_hidden()
    expect(page.locator("#note-text")).to_have_value("@")
    expect(page.locator("#note-text")).to_be_focused()
    assert complaints.everything() == []


def test_kinds_of_the_timeline_swap_it_alone_and_keep_the_focus(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints, axe: Axe
) -> None:
    scene = set_scene()
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.goto(f"{live_server.url}/cases/{scene.taken}/?view=all")
    page.locator("#timeline-people").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#timeline-people")).to_have_attribute("aria-current", "true")
    expect(page.locator("#timeline-people")).to_be_focused()
    expect(page.locator("#timeline .timeline__row")).to_have_count(1)
    expect(page.locator("#timeline .timeline__row")).to_contain_text("claimed the case nobody → Tom Berg")
    expect(page.locator("#similar")).to_contain_text("examples, not a rule")  # they came into view on the way
    assert axe(page) == []
    assert complaints.everything() == []


def test_examples_arrive_when_scrolled_to_in_a_box_that_does_not_grow(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: Complaints, axe: Axe
) -> None:
    scene = set_scene()
    tom = User.objects.get(name="Tom Berg")
    for days in range(400, 406):
        make_decided(desk_of(scene), tom, now=timezone.now() - timedelta(days=days))
    sign_in(scene.people[Role.CREDIT_OFFICER])
    page.goto(f"{live_server.url}/cases/{scene.cases[0]}/?view=all")
    assert page.locator("#similar .similar__list").count() == 0
    before = page.locator("#similar").bounding_box()

    page.locator("#similar").scroll_into_view_if_needed()
    expect(page.locator("#similar .similar__list > li")).to_have_count(5)

    after = page.locator("#similar").bounding_box()
    assert before is not None
    assert after is not None
    assert before["height"] == after["height"]
    assert axe(page) == []
    assert complaints.everything() == []
