"""The policy screens: who may open and do what, what they read, and a change from draft to in force and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import make_backtest, make_lender, make_reference_sample, make_user
from tests.frontend.risk.screens import SLUG, edit_url, own_draft, seen, signed_in, text, typed_cut_offs
from tests.underwriting.policy.conftest import NOW, REASON, Desk, acting
from underwriting.enums import PolicyState, Role, WorkKind
from underwriting.models import AuditEntry, PolicyVersion, WorkItem
from underwriting.policy.lifecycle import create_draft
from underwriting.policy.selectors import active_policy_version

pytestmark = pytest.mark.django_db


# Who may ------------------------------------------------------------------------------------------------------------------

READS = (
    "/policies/",
    f"/policies/{SLUG}/",
    f"/policies/{SLUG}/versions/1/",
    f"/policies/{SLUG}/compare/1...2/",
    f"/policies/{SLUG}/changes/2/",
)
MANAGER, ACTIVATOR = {Role.RISK_MANAGER}, {Role.RISK_APPROVER}
APPROVERS = {Role.RISK_APPROVER, Role.COMPLIANCE}
READERS = MANAGER | APPROVERS | {Role.AUDITOR}
WRITES: dict[str, set[Role]] = {
    f"/policies/{SLUG}/drafts/": MANAGER,
    edit_url(2, "edit", "cut-offs"): MANAGER,
    edit_url(2, "lease", "prices"): MANAGER,
    edit_url(2, "rules", "K-01"): MANAGER,
    edit_url(2, "rules", "K-01", "close"): MANAGER,
    edit_url(2, "rules", "K-01", "remove"): MANAGER,
    edit_url(2, "rules", "K-01", "move"): MANAGER,
    f"/policies/{SLUG}/changes/2/submit/": MANAGER,
    f"/policies/{SLUG}/versions/1/rollback/": MANAGER,
    f"/policies/{SLUG}/changes/2/approve/": APPROVERS,
    f"/policies/{SLUG}/changes/2/turn-down/": APPROVERS,
    f"/policies/{SLUG}/changes/2/activate/": ACTIVATOR,
}


@pytest.mark.parametrize("role", Role)
def test_who_may_read(desk: Desk, role: Role) -> None:
    desk.draft()
    client = signed_in(make_user("Some Body", (desk.policy.lender, role), password=None))

    assert {client.get(url).status_code for url in READS} == {200 if role in READERS else 403}
    own = client.get(edit_url(2, "edit"))
    assert own.status_code == (200 if role is Role.RISK_MANAGER else 403)


@pytest.mark.parametrize("role", Role)
def test_who_may_change(desk: Desk, role: Role) -> None:
    desk.draft()
    client = signed_in(make_user("Some Body", (desk.policy.lender, role), password=None))
    before = PolicyVersion.objects.count()

    for url, needed in WRITES.items():
        answer = client.post(url, {"reason": REASON})
        if role not in needed:
            assert answer.status_code == 403, url
            assert "Open to:" in text(answer)
        else:
            assert "Open to:" not in text(answer), url
        assert client.get(url).status_code in (200, 302, 403, 405, 409)
    assert PolicyVersion.objects.count() == before + (1 if role is Role.RISK_MANAGER else 0)


def test_another_lenders_policy_is_not_there(desk: Desk) -> None:
    desk.draft()
    other = make_lender("northgate")
    for role in (Role.RISK_MANAGER, Role.RISK_APPROVER, Role.AUDITOR):
        client = signed_in(make_user(f"{role.value} Stranger", (other, role), password=None))
        for url in READS[1:]:
            answer = client.get(url)
            assert answer.status_code == 404
            assert "harbour" not in answer.content.decode().lower()
        assert client.get("/policies/").status_code == 200
        assert SLUG not in client.get("/policies/").content.decode()
        assert {
            client.post(url, {"reason": REASON}).status_code
            for url, needed in WRITES.items()
            if role in needed
        } <= {404}


def test_nobody_signed_in_is_sent_to_sign_in(desk: Desk) -> None:
    for url in READS:
        answer = Client().get(url)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/sign-in/")


def test_what_is_not_there_is_404(manager: Client, desk: Desk) -> None:
    desk.draft()
    for url in (
        "/policies/nothing/",
        f"/policies/{SLUG}/versions/99/",
        f"/policies/{SLUG}/compare/1...99/",
        edit_url(99, "edit"),
        edit_url(2, "rules", "K-99"),
    ):
        assert manager.get(url).status_code == 404
    assert manager.post(edit_url(2, "edit", "nonsense")).status_code == 404


# Reading ------------------------------------------------------------------------------------------------------------------


def test_the_list_and_the_page_say_the_live_version_in_words(manager: Client, desk: Desk) -> None:
    sentence = "Approve at 640 and above. Review 600 to 639. Decline below 600. 4 knock-out rules, 6 review rules, 4 price tiers."

    assert sentence in text(manager.get("/policies/"))
    page = text(manager.get(f"/policies/{SLUG}/"))
    assert sentence in page
    assert "Decline when “Bankruptcies” is 1 or more." in page
    assert f"Who may approve {desk.approver.name}" in page


def test_a_lender_without_policies_is_told_so(desk: Desk) -> None:
    client = signed_in(make_user("New Manager", (make_lender("empty"), Role.RISK_MANAGER)))

    assert "Policies appear here once" in text(client.get("/policies/"))


def test_the_comparison_is_in_words_and_in_tables(manager: Client, desk: Desk) -> None:
    desk.draft(632)

    assert "Changed: Approve at: 640 632" in text(manager.get(f"/policies/{SLUG}/compare/1...2/"))
    tables = text(manager.get(f"/policies/{SLUG}/compare/1...2/?as=tables"))
    assert "Cut-offs Approve at 640 632 Changed" in tables


def test_the_list_asks_the_database_as_often_for_one_policy_as_it_should(
    manager: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(14):
        manager.get("/policies/")


# From draft to in force ---------------------------------------------------------------------------------------------------


def test_a_threshold_moves_under_four_eyes_and_back(manager: Client, approver: Client, desk: Desk) -> None:
    draft = own_draft(desk)
    manager.post(
        edit_url(2, "edit", "cut-offs"),
        typed_cut_offs(draft, 632, 600),
    )
    change = f"/policies/{SLUG}/changes/2/"

    short = manager.post(f"{change}submit/", {**seen(draft), "reason": "why not", "ticket": "none"})
    assert (short.status_code, "at least 10" in text(short)) == (422, True)
    unproven = manager.post(f"{change}submit/", {**seen(draft), "reason": REASON, "ticket": "none"})
    assert (unproven.status_code, "Run a backtest first" in text(unproven)) == (409, True)
    draft.refresh_from_db()
    make_backtest(draft, desk.live)
    submitted = manager.post(
        f"{change}submit/", {**seen(draft), "reason": REASON, "ticket": "none"}, follow=True
    )
    assert "You wrote this version, so somebody else approves it." in text(submitted)
    assert WorkItem.objects.get(kind=WorkKind.DRAW_REFERENCE).subject_id == draft.pk

    draft.refresh_from_db()
    early = approver.post(f"{change}approve/", seen(draft))
    assert (early.status_code, "still being drawn" in text(early)) == (409, True)
    draft.refresh_from_db()
    draft.reference_sample = make_reference_sample(desk.model, approve_cut_off=632)
    draft.save()
    assert "Approve v2" in text(approver.get(change))
    approved = approver.post(f"{change}approve/", seen(draft), follow=True)
    assert "From that moment new applications are assessed with v2." in text(approved)

    unticked = approver.post(f"{change}activate/", {"when": "now"})
    assert unticked.status_code == 422
    assert live_number(desk) == 1
    ticked = {f"consequence_{i}": "on" for i in range(4)}
    active = approver.post(f"{change}activate/", {**ticked, "when": "now"}, follow=True)
    assert "v2 is in force." in text(active)
    assert live_number(desk) == 2

    rollback = f"/policies/{SLUG}/versions/1/rollback/"
    assert "Changed: Approve at: 632 640" in text(manager.get(rollback))
    back = manager.post(rollback, {"reason": REASON}, follow=True)
    assert "v3 with the document of v1 is ready." in text(back)
    assert live_number(desk) == 2
    actors = AuditEntry.objects.order_by("pk").values_list("action", "actor_name")
    assert [row for row in actors if row[0] in ("policy.approved", "policy.activated")] == [
        ("policy.approved", desk.approver.name),
        ("policy.activated", desk.approver.name),
    ]


def live_number(desk: Desk) -> int:
    version = active_policy_version(desk.policy.product_id, timezone.now())
    assert version is not None
    return version.number


def test_a_moment_is_read_in_the_lenders_time_zone(approver: Client, desk: Desk) -> None:
    version = desk.with_sample()
    change = f"/policies/{SLUG}/changes/{version.number}/"
    approver.post(f"{change}approve/", seen(version))
    tomorrow = timezone.now().astimezone() + timedelta(days=1)
    ticked = {f"consequence_{i}": "on" for i in range(4)}

    answer = approver.post(
        f"{change}activate/", {**ticked, "when": "at", "at": f"{tomorrow:%Y-%m-%d}T09:00"}, follow=True
    )

    version.refresh_from_db()
    assert "Scheduled for" in text(answer)
    assert version.active_from is not None
    assert f"{version.active_from:%H:%M}" in ("13:00", "14:00")  # 09:00 in New York
    missing = approver.post(f"{change}activate/", {**ticked, "when": "at", "at": ""})
    assert (missing.status_code, "Choose the moment." in text(missing)) == (422, True)


def test_the_author_is_refused_even_with_both_roles(desk: Desk) -> None:
    both = make_user(
        "Both Hats", (desk.policy.lender, Role.RISK_MANAGER), (desk.policy.lender, Role.RISK_APPROVER)
    )
    version = create_draft(policy=desk.policy, actor=acting(both), now=NOW)
    make_backtest(version, desk.live)
    client = signed_in(both)
    client.post(
        f"/policies/{SLUG}/changes/{version.number}/submit/",
        {**seen(version), "reason": REASON, "ticket": "none"},
    )
    version.refresh_from_db()
    version.reference_sample = make_reference_sample(desk.model, approve_cut_off=640)
    version.save()

    answer = client.post(f"/policies/{SLUG}/changes/{version.number}/approve/", seen(version))

    assert (answer.status_code, "You wrote this version" in text(answer)) == (403, True)
    version.refresh_from_db()
    assert version.state == PolicyState.SUBMITTED


def test_a_version_is_turned_down_with_a_reason(approver: Client, desk: Desk) -> None:
    version = desk.submitted()
    change = f"/policies/{SLUG}/changes/{version.number}/"

    assert approver.post(f"{change}turn-down/", {"reason": ""}).status_code == 422
    approver.post(f"{change}turn-down/", {"reason": "The back-test is missing."})

    version.refresh_from_db()
    assert version.state == PolicyState.RETIRED
    assert "The back-test is missing." in text(approver.get(change))
