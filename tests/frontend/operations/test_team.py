"""The team board of leads, and what an officer's home says of their own day alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.models import HeldDecision, ReviewCase, Skill, Skip, Watch
from review_queue.team import Share, pace, shares
from tests.factories import make_user
from tests.factories.reviewing import Desk, make_case
from tests.frontend.operations.conftest import claimed, url
from underwriting.enums import CaseKind, HeldState, Outcome, OverrideSide, PolicyState, Role
from underwriting.models import AuditEntry, Decision, Lender, PolicyVersion, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def lena(harbour: Lender) -> User:
    return make_user("Lena Ford", (harbour, Role.TEAM_LEAD))


@pytest.fixture
def lead(lena: User) -> Client:
    client = Client()
    client.force_login(lena)
    return client


@pytest.fixture
def tom(harbour: Lender) -> User:
    return make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER))


def decided(desk: Desk, by: User, *, seconds: int) -> HeldDecision:
    """A decision made so long after the claim, an hour ago."""
    at = timezone.now() - timedelta(hours=1)
    case = make_case(desk, now=at - timedelta(hours=1))
    ReviewCase.objects.filter(pk=case.pk).update(state="CLOSED", claimed_at=at - timedelta(seconds=seconds))
    return HeldDecision.objects.create(
        case=case, assessment=case.assessment, decided_by=by, outcome=Outcome.DECLINE, state=HeldState.RELEASED, decided_at=at, held_until=at
    )  # fmt: skip


def settled(desk: Desk, by: User, *, is_against: bool) -> None:
    """A decision that was told, where the system would have declined."""
    at = timezone.now() - timedelta(hours=1)
    case = make_case(desk, now=at, system=Outcome.DECLINE)
    ReviewCase.objects.filter(pk=case.pk).update(state="CLOSED")
    outcome = Outcome.APPROVE if is_against else Outcome.DECLINE
    decision = Decision.objects.create(
        application=case.application, lender=case.lender, number=1, assessment=case.assessment, outcome=outcome, decided_by=by, decided_at=at
    )  # fmt: skip
    HeldDecision.objects.create(
        case=case, assessment=case.assessment, decided_by=by, outcome=outcome, state=HeldState.RELEASED, decided_at=at, held_until=at,
        decision=decision, override=OverrideSide.LOW_SIDE if is_against else "",
    )  # fmt: skip


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_board_lists_what_is_late_at_risk_or_skipped_twice(
    lead: Client, desk: Desk, ana: User, tom: User
) -> None:
    now = timezone.now()
    late, soon, skipped, once = (make_case(desk, now=now) for _ in range(4))
    ReviewCase.objects.filter(pk=late.pk).update(due_at=now - timedelta(minutes=61), assigned_to=tom)
    ReviewCase.objects.filter(pk=soon.pk).update(due_at=now + timedelta(minutes=40))
    ReviewCase.objects.filter(pk__in=[skipped.pk, once.pk]).update(due_at=now + timedelta(days=3))
    for user, case in ((ana, skipped), (tom, skipped), (ana, once)):
        Skip.objects.create(lender=case.lender, case=case, user=user, reason="LANGUAGE", skipped_at=now)

    page = lead.get("/team/").content.decode()

    assert re.findall(r'href="/cases/(C-\d+)/"', page) == [str(late), str(soon), str(skipped)]
    assert "Late 1 h 1 min" in page
    assert f'href="/cases/{late}/give/"' in page
    assert f'href="/cases/{late}/due/"' in page
    assert "Language 3" in words(page)


def test_each_person_has_what_they_hold_were_given_wait_for_and_decided(
    desk: Desk, ana: User, tom: User, lena: User
) -> None:
    now = timezone.now()
    held, given, waiting = (make_case(desk, now=now) for _ in range(3))
    claimed(held, ana)
    ReviewCase.objects.filter(pk=given.pk).update(assigned_to=ana)
    ReviewCase.objects.filter(pk=waiting.pk).update(
        assigned_to=ana, waits_for="APPLICANT", waiting_until=now + timedelta(days=2)
    )
    decided(desk, tom, seconds=300)

    assert shares(lender_id=desk[0].lender_id, now=now) == [
        Share(user=ana, held=1, given=1, waiting=1, decided=0),
        Share(user=tom, held=0, given=0, waiting=0, decided=1),
    ]


def test_the_pace_is_the_teams_and_quick_decisions_carry_a_plain_warning(
    lead: Client, desk: Desk, ana: User, tom: User
) -> None:
    for by, seconds in ((ana, 19), (ana, 600), (tom, 20), (tom, 300)):
        decided(desk, by, seconds=seconds)

    found = pace(lender_id=desk[0].lender_id, now=timezone.now())
    page = words(lead.get("/team/").content.decode())

    assert (found.medians, found.quick, found.decided) == (
        [(CaseKind.REFERRAL, timedelta(seconds=160), 4)], 1, 4,
    )  # fmt: skip
    assert "In under 20 seconds 1 of 4" in page
    assert "Reviews this quick may not count as human review." in page


def test_nothing_compares_people(lead: Client, officer: Client, desk: Desk, ana: User, tom: User) -> None:
    """HM-1: no speed and no rate beside a name; names in their order; an officer reads their own numbers alone."""
    for by, seconds in ((tom, 10), (tom, 10), (ana, 900)):
        decided(desk, by, seconds=seconds)
    board = lead.get("/team/").content.decode()
    people = board[board.index('id="people"') : board.index('id="skips"')]
    assert re.findall(r'<th scope="row">([^<]+)</th>', people) == ["Ana Ruiz", "Tom Berg"]
    assert "min" not in words(people).replace("Nobody is measured by speed here.", "")
    home = officer.get("/").content.decode()
    assert "1 in seven days, median 15 min; 0 changed by a later look. Only you see these numbers." in home
    assert "Tom Berg" not in home
    assert officer.get("/team/").status_code == 403


def test_home_says_what_came_back_what_waits_and_what_is_free(
    officer: Client, desk: Desk, ana: User, tom: User
) -> None:
    now = timezone.now()
    back, theirs, asked, free = (make_case(desk, now=now) for _ in range(4))
    ReviewCase.objects.filter(pk=back.pk).update(
        assigned_to=ana, came_back_at=now, came_back_because="ANSWERED"
    )
    ReviewCase.objects.filter(pk=theirs.pk).update(
        assigned_to=tom, came_back_at=now, came_back_because="ANSWERED"
    )
    ReviewCase.objects.filter(pk=asked.pk).update(
        assigned_to=ana, waits_for="APPLICANT", waiting_until=now + timedelta(days=2)
    )
    Watch.objects.create(case=free, user=ana, asked_at=now)

    page = officer.get("/").content.decode()
    fragment = officer.get("/", headers={"HX-Request": "true"}).content.decode()

    assert f'id="returned-{back.number}"' in page
    assert "The applicant answered" in page
    assert f'id="free-{free.number}"' in page
    assert f'id="returned-{theirs.number}"' not in page
    assert "<b>1</b><span>waiting on an applicant, of mine</span>" in page
    assert "<b>1</b><span>answered, of mine</span>" in page
    assert fragment.strip().startswith("<section")
    assert f'id="returned-{back.number}"' in fragment


def test_start_names_a_case_that_it_would_hand_out(officer: Client, desk: Desk, ana: User, tom: User) -> None:
    theirs = make_case(desk, now=timezone.now() - timedelta(minutes=1))
    free = make_case(desk, now=timezone.now())
    ReviewCase.objects.filter(pk=theirs.pk).update(assigned_to=tom)
    assert f"Start with the most urgent: {free}" in officer.get("/").content.decode()


def test_a_lead_says_what_people_know(lead: Client, desk: Desk, ana: User) -> None:
    form = {"person": str(ana.public_id), "products": ["instalment-loan"], "languages": ["en", "hi"]}
    saved = lead.post("/team/skills/", form)
    wrong = lead.post("/team/skills/", form | {"languages": ["xx"]})
    page = lead.get("/team/").content.decode()

    assert (saved.status_code, wrong.status_code) == (303, 422)
    assert "Choose products and languages of the list." in wrong.content.decode()
    assert sorted(Skill.objects.values_list("kind", "value")) == [
        ("LANGUAGE", "en"), ("LANGUAGE", "hi"), ("PRODUCT", "instalment-loan"),
    ]  # fmt: skip
    assert 'value="hi" checked' in page
    assert AuditEntry.objects.get(action="person.skills_set").after == {
        "product": ["instalment-loan"], "language": ["en", "hi"],
    }  # fmt: skip


def test_the_boards_statements_do_not_grow(
    lead: Client, desk: Desk, ana: User, tom: User, django_assert_num_queries: object
) -> None:
    lead.get("/team/")  # what a first page of a session asks once
    for count in (1, 6):
        for _ in range(count):
            late = make_case(desk, now=timezone.now() - timedelta(days=4))
            claimed(late, ana)
            decided(desk, tom, seconds=90)
        with django_assert_num_queries(20):  # type: ignore[operator]
            assert lead.get("/team/").status_code == 200


def test_how_often_people_decide_against_the_system_is_told_with_what_it_is_of(
    lead: Client, desk: Desk, ana: User
) -> None:
    """A rate of fewer than thirty is told as it was counted."""
    for place in range(11):
        settled(desk, ana, is_against=place < 3)
    assert "Approved where the system would not 3 of 11" in words(lead.get("/team/").content.decode())
    for _ in range(19):
        settled(desk, ana, is_against=False)
    board = words(lead.get("/team/").content.decode())
    assert "Approved where the system would not 10.0% of 30" in board
    assert "Declined where the system would approve nothing to decide against" in board


def test_each_referral_rule_says_which_share_it_refers_and_a_lead_who_may_not_pause_it_who_can(
    lead: Client, harbour: Lender, desk: Desk
) -> None:
    make_user("Rui Costa", (harbour, Role.RISK_MANAGER))
    recent = timezone.now() - timedelta(days=2)
    for utilisation in (0.84, 0.9, 0.3):
        make_case(desk, now=recent, facts={"revolving_utilisation_ratio": utilisation})
    make_case(desk, now=timezone.now() - timedelta(days=29))
    board = words(lead.get("/team/").content.decode())
    assert "R-04 High card use" in board
    assert (
        "R-04 High card use Instalment Loan core 2 of 3 R-03 Thin credit record Instalment Loan core 0 of 3"
        in board
    )
    assert "Pause this rule" not in board
    assert "A rule is paused by a change of the policy. Rui Costa can begin one." in board


def test_pausing_a_rule_opens_a_policy_change_at_it_and_switches_nothing_off(
    harbour: Lender, desk: Desk
) -> None:
    client = Client()
    client.force_login(make_user("Rui Costa", (harbour, Role.RISK_MANAGER), (harbour, Role.TEAM_LEAD)))
    board = client.get("/team/").content.decode()
    assert '<input type="hidden" name="rule" value="R-04">' in board
    slug = desk[1].policy.slug
    for _ in range(2):  # asked for again, the same change is opened
        opened = client.post(f"/policies/{slug}/drafts/", {"rule": "R-04"})
        draft = PolicyVersion.objects.get(state=PolicyState.DRAFT)
        assert opened["Location"] == f"/policies/{slug}/drafts/{draft.number}/edit/#rule-R-04"
        page = client.get(opened["Location"]).content.decode()
        assert 'id="rule-R-04"' in page
        assert "To pause rule R-04, remove it here and submit the change" in page
    in_force = PolicyVersion.objects.get(pk=desk[1].pk)
    assert (in_force.state, "R-04" in str(in_force.document)) == (PolicyState.ACTIVE, True)


def test_the_panels_of_the_board_open_on_the_case(lead: Client, desk: Desk) -> None:
    case = make_case(desk, now=timezone.now())
    for panel in ("give/", "due/", "snooze/"):
        assert 'id="panel-title"' in lead.get(url(case, panel)).content.decode()
