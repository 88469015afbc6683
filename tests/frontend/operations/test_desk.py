"""The review desk over HTTP: who sees what, what a form does with and without script, and what is answered on conflict."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.models import HeldDecision, ReviewCase
from tests.factories import make_lender, make_user
from tests.factories.reviewing import Desk, make_case
from tests.frontend.operations.conftest import claimed, url
from underwriting.enums import CaseState, HeldState, Role
from underwriting.models import Application, AuditEntry, Lender, User

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


def decline_form(case: ReviewCase, *codes: str) -> dict[str, object]:
    return {"assessment": case.assessment_id, "reasons": list(codes or ("UT01",)), "view": "all"}


# --- who ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "reads"),
    [(Role.CREDIT_OFFICER, 200), (Role.SENIOR_OFFICER, 200), (Role.TEAM_LEAD, 200), (Role.AUDITOR, 200), (Role.RISK_MANAGER, 403),
     (Role.ADMIN, 403), (Role.PARTNER_ENGINEER, 403)],
)  # fmt: skip
def test_who_reads_the_queue_and_a_case(
    client: Client, harbour: Lender, case: ReviewCase, role: Role, reads: int
) -> None:
    client.force_login(make_user("Kim Oduya", (harbour, role)))
    assert [client.get(path).status_code for path in ("/queue/", url(case))] == [reads, reads]


@pytest.mark.parametrize("role", [Role.TEAM_LEAD, Role.AUDITOR])
@pytest.mark.parametrize(
    "action", ["claim/", "release/", "heartbeat/", "undo/", "advice/", "decide/decline/", "draft/decline/"]
)
def test_who_reads_only_changes_nothing(
    client: Client, harbour: Lender, case: ReviewCase, role: Role, action: str
) -> None:
    client.force_login(make_user("Kim Oduya", (harbour, role)))
    before = AuditEntry.objects.count()
    assert client.post(url(case, action), decline_form(case)).status_code == 403
    assert AuditEntry.objects.count() == before


def test_the_not_allowed_page_says_who_can(
    client: Client, harbour: Lender, ana: User, case: ReviewCase
) -> None:
    client.force_login(make_user("Kim Oduya", (harbour, Role.ADMIN)))
    page = client.get("/queue/").content.decode()
    assert "credit officer, senior officer, team lead, auditor" in page
    assert "Ana Ruiz" in page


@pytest.mark.parametrize(
    "action",
    [
        "",
        "claim/",
        "release/",
        "heartbeat/",
        "undo/",
        "advice/",
        "decide/decline/",
        "decide/approve/",
        "explain/",
    ],
)
def test_another_lenders_case_is_not_there(client: Client, case: ReviewCase, action: str) -> None:
    stranger = make_user("Tom Berg", (make_lender("northgate"), Role.CREDIT_OFFICER))
    client.force_login(stranger)
    assert client.get(url(case, action)).status_code in {404, 405}
    assert client.post(url(case, action), decline_form(case)).status_code in {404, 405}
    assert not ReviewCase.objects.filter(holder=stranger).exists()


def test_pages_are_private_and_vary_with_htmx(officer: Client, case: ReviewCase) -> None:
    for path in ("/", "/queue/", url(case)):
        response = officer.get(path)
        assert response["Cache-Control"] == "private, no-store"
        assert "HX-Request" in response["Vary"]


# --- queue -------------------------------------------------------------------------------------------------------------


def test_the_queue_shows_why_and_hides_nothing_it_knows(officer: Client, case: ReviewCase) -> None:
    page = officer.get("/queue/?view=all").content.decode()
    assert f"C-{case.number}" in page
    assert "M. Okafor" in page
    assert "628" in page
    assert case.why[0].split(",")[0].replace("'", "&#x27;") in page


def test_filters_live_in_the_address_and_an_empty_page_says_which_to_drop(
    officer: Client, case: ReviewCase
) -> None:
    page = officer.get("/queue/?view=all&amount=large").content.decode()
    assert "No cases match." in page
    assert "1 matches without <em>Amount</em>" in page


@pytest.mark.parametrize(
    ("sort", "words", "column"),
    [
        ("due", "late first, then by due time, then the largest amount", "Due"),
        ("amount", "largest amount first", "Asking"),
        ("score", "highest score first", "Score"),
        ("age", "longest in the queue first", "In queue"),
    ],
)
def test_the_order_is_said_in_words_and_told_to_who_does_not_see_it(
    officer: Client, case: ReviewCase, sort: str, words: str, column: str
) -> None:
    address = f"/queue/?view=all&sort={sort}"
    page = officer.get(address).content.decode()
    fragment = officer.get(address, headers=HX).content.decode()

    assert f"<caption>1 case, {words}</caption>" in page
    assert re.findall(r'aria-sort="[a-z]+"><a [^>]+>([^<]+)</a>', page) == [column]
    assert f'hx-swap-oob="innerHTML">1 case, {words}</div>' in fragment
    assert re.search(r'id="saved-views"[^>]+hx-swap-oob="true"', fragment)


@pytest.mark.parametrize("sort", ["due", "amount", "score", "age"])
def test_pages_of_the_queue_follow_each_other_without_gap_or_repeat(
    officer: Client, desk: Desk, sort: str
) -> None:
    amounts = [900_000, 500_000, 900_000, 700_000, 500_000]
    made = [
        make_case(desk, now=timezone.now() - timedelta(hours=n), requested_amount_minor=a)
        for n, a in enumerate(amounts)
    ]
    from review_queue.queue import QueueQuery
    from review_queue.selectors import queue_page

    query = QueueQuery(desk[0].lender_id, 0, timezone.now() + timedelta(days=9), view="all", sort=sort)
    seen: list[int] = []
    after: tuple[Any, int] | None = None
    for _ in range(4):
        page = queue_page(query, now=timezone.now(), after=after, size=2)
        seen += [row.number for row in page.rows]
        after = page.following
        if after is None:
            break
    assert len(seen) == len(set(seen)) == len(made)


@pytest.mark.parametrize("count", [1, 3])
def test_the_queue_costs_eight_queries_whatever_it_holds(
    officer: Client, desk: Desk, django_assert_num_queries: Any, count: int
) -> None:
    for n in range(count):
        make_case(desk, now=timezone.now() - timedelta(hours=n))
    officer.get("/queue/?view=all")
    with django_assert_num_queries(8):
        officer.get("/queue/?view=all")


def test_the_counts_alone_answer_the_refresh(officer: Client, case: ReviewCase, desk: Desk) -> None:
    make_case(desk, now=timezone.now())
    fragment = officer.get(f"/queue/?view=all&fragment=tabs&since={case.pk}", headers=HX).content.decode()
    assert "1 new. Show" in fragment
    assert "<table" not in fragment


# --- claim, decide, undo without script --------------------------------------------------------------------------------


def test_start_claims_and_opens_the_most_urgent_case(officer: Client, ana: User, case: ReviewCase) -> None:
    response = officer.post("/queue/next/", {"view": "all"})
    case.refresh_from_db()
    assert (response.status_code, response["Location"], case.holder) == (303, f"/cases/{case}/?view=all", ana)


def test_start_on_an_empty_view_says_so(officer: Client) -> None:
    page = officer.post("/queue/next/", {"view": "all"}, follow=True).content.decode()
    assert "Queue clear." in page


def test_who_comes_second_sees_who_was_first(officer: Client, harbour: Lender, case: ReviewCase) -> None:
    claimed(case, make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    response = officer.post(url(case, "claim/"))
    assert response.status_code == 409
    assert "Tom Berg was first and holds this case for another 29 min." in response.content.decode()


def test_a_decline_is_held_and_the_next_case_opens_claimed(
    officer: Client, ana: User, desk: Desk, case: ReviewCase
) -> None:
    following = make_case(desk, now=timezone.now())
    claimed(case, ana)
    response = officer.post(url(case, "decide/decline/"), decline_form(case, "UT01", "EN01"))
    page = officer.get(response["Location"]).content.decode()
    following.refresh_from_db()

    assert (response.status_code, response["Location"]) == (303, f"/cases/{following}/?view=all")
    assert following.holder == ana
    assert [r["code"] for r in HeldDecision.objects.get().reasons] == ["UT01", "EN01", "PH01"]
    assert f"Declined {case}" in page
    assert f'action="/cases/{case}/undo/"' in page


def test_with_htmx_the_browser_is_told_where_to_go(officer: Client, ana: User, case: ReviewCase) -> None:
    claimed(case, ana)
    response = officer.post(url(case, "decide/decline/"), decline_form(case), headers=HX)
    assert (response.status_code, response["HX-Redirect"]) == (204, "/queue/?view=all")


@pytest.mark.parametrize("headers", [{}, HX])
def test_a_reason_that_is_not_true_is_answered_in_the_form_with_what_was_typed(
    officer: Client, ana: User, case: ReviewCase, headers: dict[str, str]
) -> None:
    claimed(case, ana)
    form = decline_form(case, "PR02") | {"sentence": "My own words"}
    response = officer.post(url(case, "decide/decline/"), form, headers=headers)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Bankruptcy" in page
    assert "My own words" in page
    assert ("<html" in page) is not bool(headers)
    assert not HeldDecision.objects.exists()


def test_an_approval_without_its_sentence_points_at_the_field(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    claimed(case, ana)
    form = {"assessment": case.assessment_id, "mitigating_factor": "other"}
    response = officer.post(url(case, "decide/approve/"), form)
    assert response.status_code == 422
    assert '<a href="#sentence">Say in one sentence what makes up for it.</a>' in response.content.decode()


def test_a_claim_that_was_lost_keeps_the_text(
    officer: Client, harbour: Lender, ana: User, case: ReviewCase
) -> None:
    claimed(case, ana, ago=timedelta(hours=1))
    claimed(case, make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    form = decline_form(case) | {"sentence": "Half an hour of typing"}
    response = officer.post(url(case, "decide/decline/"), form, headers=HX)
    assert response.status_code == 409
    assert "Tom Berg took this case" in response.content.decode()
    assert "Half an hour of typing" in response.content.decode()


def test_the_same_decision_sent_twice_goes_on_and_another_one_is_told(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    claimed(case, ana)
    answers = [
        officer.post(url(case, "decide/decline/"), decline_form(case, *codes)).status_code
        for codes in (("UT01",), ("UT01",), ("UT01", "CH01"))
    ]
    assert answers == [303, 303, 409]
    assert HeldDecision.objects.count() == 1


def test_an_application_withdrawn_meanwhile_keeps_the_text(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    claimed(case, ana)
    Application.objects.update(status="WITHDRAWN")
    response = officer.post(url(case, "decide/decline/"), decline_form(case), headers=HX)
    assert response.status_code == 409
    assert "The applicant withdrew the application." in response.content.decode()


def test_above_every_authority_the_limit_is_named(officer: Client, ana: User, desk: Desk) -> None:
    case = make_case(desk, requested_amount_minor=6_000_000)
    claimed(case, ana)
    response = officer.post(url(case, "decide/decline/"), decline_form(case), headers=HX)
    assert response.status_code == 422
    assert "$60,000 is above the $50,000 that anybody may decide or confirm under this policy." in (
        response.content.decode()
    )


def test_undo_opens_the_case_again(officer: Client, ana: User, case: ReviewCase) -> None:
    claimed(case, ana)
    officer.post(url(case, "decide/decline/"), decline_form(case))
    response = officer.post(url(case, "undo/"))
    case.refresh_from_db()
    assert (response.status_code, case.state, case.holder) == (303, CaseState.OPEN, ana)
    assert HeldDecision.objects.get().state == HeldState.CANCELLED


def test_undo_after_the_hold_says_what_it_takes_now(officer: Client, ana: User, case: ReviewCase) -> None:
    claimed(case, ana)
    officer.post(url(case, "decide/decline/"), decline_form(case))
    HeldDecision.objects.update(held_until=timezone.now())
    response = officer.post(url(case, "undo/"))
    assert response.status_code == 409
    assert "A change is a new decision now." in response.content.decode()


def test_a_draft_survives_and_comes_back_in_the_panel(officer: Client, ana: User, case: ReviewCase) -> None:
    claimed(case, ana)
    saved = officer.post(
        url(case, "draft/decline/"), decline_form(case, "EN01") | {"sentence": "Not finished"}, headers=HX
    )
    panel = officer.get(url(case, "decide/decline/"), headers=HX).content.decode()
    assert saved.status_code == 204
    assert "Not finished" in panel
    assert 'value="EN01" checked' in panel


def test_a_heartbeat_of_somebody_else_is_refused(officer: Client, harbour: Lender, case: ReviewCase) -> None:
    claimed(case, make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    assert officer.post(url(case, "heartbeat/")).status_code == 409


# --- the page ----------------------------------------------------------------------------------------------------------


def test_the_case_page_says_why_how_far_and_what_moved_the_score(officer: Client, case: ReviewCase) -> None:
    page = officer.get(url(case)).content.decode()
    assert "Maria Okafor" in page
    assert "628, 12 points short of approve." in page
    assert "What moved the score" in page
    assert "Claim to decide" in page


def test_no_protected_attribute_is_on_the_page(officer: Client, case: ReviewCase) -> None:
    page = officer.get(url(case)).content.decode()
    assert "<dt>Over 18</dt><dd>Yes</dd>" in page
    assert "1988" not in page
    assert "TEST-" not in page


def test_the_suggestion_is_shown_on_request_and_noted(officer: Client, case: ReviewCase) -> None:
    before = officer.get(url(case)).content.decode()
    shown = officer.post(url(case, "advice/"), headers=HX).content.decode()
    assert "nearest to approve" not in before
    assert "nearest to approve: 12 points to approve, 29 points to decline" in shown
    assert AuditEntry.objects.filter(action="case.advice_shown").count() == 1


def test_the_table_twin_is_remembered(officer: Client, case: ReviewCase) -> None:
    swapped = officer.post(url(case, "explain/"), {"as": "table"}, headers=HX).content.decode()
    page = officer.get(url(case)).content.decode()
    for text in (swapped, page):
        assert "<caption>People just above the approve line start at" in text


def test_a_case_without_a_score_says_so_and_blames_nobody(officer: Client, desk: Desk) -> None:
    case = make_case(desk, score=None)
    page = officer.get(url(case)).content.decode()
    assert "The bureau did not answer in time." in page
    assert "There is no score." in page


def test_a_case_page_stays_within_its_queries(
    officer: Client, case: ReviewCase, django_assert_max_num_queries: Any
) -> None:
    # five of them for what stands beside the assessment: appeals, documents, corrections, people, their messages
    with django_assert_max_num_queries(23):
        officer.get(url(case))


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(minutes=40), r", due in (39|40) min <kbd>"),
        (timedelta(days=3), r", due (Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ [A-Z][a-z]{2}, \d\d:\d\d <kbd>"),
        (timedelta(minutes=-65), r", late 1 h 5 min <kbd>"),
    ],
)
def test_home_starts_with_the_most_urgent_case(
    officer: Client, case: ReviewCase, left: timedelta, words: str
) -> None:
    ReviewCase.objects.update(due_at=timezone.now() + left)

    page = officer.get("/").content.decode()

    assert re.search(f"Start with the most urgent: {case}{words}", page)
