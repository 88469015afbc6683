"""C-6: at a lender in blind mode nobody at the desk reads a name or an address until the decision is recorded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.models import ReviewCase
from review_queue.tasks import work_on_cases
from tests.factories import make_party, make_user
from tests.factories.appealing import make_appeal
from tests.factories.reviewing import Desk, make_case
from tests.frontend.operations.conftest import claimed, url
from tests.frontend.operations.test_desk import HX, decline_form
from underwriting.enums import CaseKind, CaseState, PartyRole, Role
from underwriting.models import Lender, User

pytestmark = pytest.mark.django_db
TOLD = ("Vandermeer", "Greta", "Nnamdi", "Elm Street", "Portland", "04101")
FRAGMENTS = ("case-head", "why", "band", "explain", "rules", "facts", "bureau", "docs", "related", "similar", "notes", "timeline", "decision")  # fmt: skip
PANELS = ("decide/approve/", "decide/decline/", "decide/counteroffer/", "ask/", "correct/", "escalate/", "skip/", "snooze/")  # fmt: skip


@pytest.fixture
def case(desk: Desk) -> ReviewCase:
    return make_case(
        desk, now=timezone.now() - timedelta(minutes=5), given_name="Greta", family_name="Vandermeer"
    )


@pytest.fixture
def joint(case: ReviewCase) -> ReviewCase:
    """A case of two people."""
    make_party(
        case.application,
        role=PartyRole.CO_APPLICANT,
        ordinal=2,
        given_name="Nnamdi",
        family_name="Vandermeer",
    )
    return case


@pytest.fixture
def blind(harbour: Lender) -> Lender:
    Lender.objects.filter(pk=harbour.pk).update(hides_names=True)
    return harbour


@pytest.fixture
def everybody(harbour: Lender) -> Client:
    client = Client()
    roles = (Role.CREDIT_OFFICER, Role.TEAM_LEAD)
    client.force_login(make_user("Kim Berg", *((harbour, role) for role in roles)))
    return client


def pages(client: Client, case: ReviewCase) -> dict[str, str]:
    """Every page and fragment of the desk on which the case stands, by its address."""
    paths = [
        "/", "/team/", "/queue/?view=all", f"/queue/?view=all&words={case.application.reference}",
        url(case), *(url(case, f"?fragment={name}") for name in FRAGMENTS), *(url(case, panel) for panel in PANELS),
        url(case, "notes/people/"), url(case, "give/"),
    ]  # fmt: skip
    found = {}
    for path in paths:
        found[path] = client.get(path).content.decode()
        found[f"{path} as a fragment"] = client.get(path, headers=HX).content.decode()
    searched = client.post("/queue/search/", {"typed": "vandermeer", "view": "all"}, headers=HX)
    found["search"] = searched.content.decode()
    return found


def naming(shown: dict[str, str]) -> list[tuple[str, str]]:
    return [(path, word) for path, page in shown.items() for word in TOLD if word in page]


def test_no_page_of_the_desk_tells_a_name_or_an_address(
    everybody: Client, blind: Lender, joint: ReviewCase
) -> None:
    ReviewCase.objects.filter(pk=joint.pk).update(due_at=timezone.now() - timedelta(hours=1))
    everybody.post(url(joint, "claim/"))
    for person in ("1", "2"):
        sent = {"text": "Rang twice.", "note_person": person}
        assert everybody.post(url(joint, "notes/"), sent).status_code == 303
    shown = pages(everybody, joint)
    assert naming(shown) == []
    assert "Rang twice." in shown[url(joint)]
    assert "G. V., postal area 041" in shown[url(joint)]
    assert "N. V., postal area 041" in shown[url(joint)]
    assert "G. V., postal area 041 +1" in shown["/queue/?view=all"]


def test_a_search_by_the_name_finds_the_case_and_shows_initials(
    officer: Client, blind: Lender, case: ReviewCase
) -> None:
    found = officer.post(
        "/queue/search/", {"typed": "vandermeer", "view": "all"}, headers=HX
    ).content.decode()
    assert f'id="row-{case.number}"' in found
    assert "G. V., postal area 041" in found


def test_the_names_are_there_once_the_decision_is_recorded(
    officer: Client, ana: User, blind: Lender, case: ReviewCase
) -> None:
    claimed(case, ana)
    Lender.objects.update(hold_seconds=0)
    assert officer.post(url(case, "decide/decline/"), decline_form(case)).status_code == 303
    case.refresh_from_db()
    assert case.state == CaseState.DECIDED
    assert "Vandermeer" not in officer.get(url(case)).content.decode()
    work_on_cases()
    case.refresh_from_db()
    assert case.state == CaseState.CLOSED
    assert "Greta Vandermeer" in officer.get(url(case)).content.decode()
    reference = case.application.reference
    assert "G. Vandermeer" in officer.get(f"/queue/?view=decided&words={reference}").content.decode()


def test_an_appeal_hides_the_name_again_also_on_the_case_that_was_decided(
    officer: Client, blind: Lender, desk: Desk, harbour: Lender
) -> None:
    appeal = make_appeal(desk, make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    earlier = ReviewCase.objects.get(application=appeal.application, kind=CaseKind.REFERRAL)
    reader = Client()
    reader.force_login(make_user("Agnes Rao", (harbour, Role.AUDITOR)))
    for shown in (appeal, earlier):
        assert "Okafor" not in reader.get(url(shown)).content.decode()
    decided = reader.get(f"/queue/?view=decided&words={appeal.application.reference}").content.decode()
    assert ("postal area" in decided, "Okafor" in decided) == (True, False)


def test_at_any_other_lender_names_are_shown(officer: Client, case: ReviewCase) -> None:
    assert "Greta Vandermeer" in officer.get(url(case)).content.decode()
    assert "G. Vandermeer" in officer.get("/queue/?view=all").content.decode()


def test_hiding_names_costs_an_open_case_and_the_queue_no_statement(
    officer: Client, blind: Lender, case: ReviewCase, django_assert_num_queries: Any
) -> None:
    officer.get(url(case, "?view=all"))
    with django_assert_num_queries(15):
        officer.get(url(case, "?view=all"))
    with django_assert_num_queries(8):
        officer.get("/queue/?view=all")
