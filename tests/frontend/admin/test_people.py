"""S26: inviting, roles, suspension; what is refused, and what the trail keeps."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.desk import open_case
from tests.factories import make_application, make_assessment, make_lender, make_product, make_user
from underwriting.audit.actor import SYSTEM
from underwriting.enums import Role
from underwriting.models import AuditEntry, Lender, Membership, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def lender() -> Lender:
    return Lender.objects.get(pk=make_lender().pk)


@pytest.fixture
def sam(lender: Lender) -> User:
    return make_user("Sam Adeyemi", (lender, Role.ADMIN), password=None)


@pytest.fixture
def admin(client: Client, sam: User) -> Client:
    client.force_login(sam)
    return client


def roles_at(user: User, lender: Lender) -> set[str]:
    return set(Membership.in_any_state.filter(user=user, lender=lender).values_list("role", flat=True))


def entry(action: str) -> dict[str, Any]:
    found = AuditEntry.objects.get(action=action)
    return {
        "actor": found.actor_name,
        "of": found.object_label,
        "before": found.before,
        "after": found.after,
        "why": found.reason,
    }


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "", "email": "x", "roles": []}, [b"Enter the person", b"Enter an e-mail address like", b"Choose at least one role"]),
        ({"name": "A", "email": "ana@example.test", "roles": ["credit_officer"]}, [b"This person is here already"]),
        ({"name": "A", "email": "sam@example.test", "roles": ["credit_officer"]}, [b"You cannot change your own access"]),
        ({"name": "A", "email": "new@example.test", "roles": ["emperor"]}, [b"emperor is not one of the available choices"]),
    ],
)  # fmt: skip
def test_an_invitation_that_cannot_be_is_answered_with_the_form(
    admin: Client, lender: Lender, values: dict[str, Any], words: list[bytes]
) -> None:
    make_user("Ana Reyes", (lender, Role.CREDIT_OFFICER), password=None)
    people = User.objects.count()

    page = admin.post("/admin-area/users/", values)

    assert page.status_code == 422
    assert all(word in page.content for word in words)
    assert User.objects.count() == people


def test_roles_are_replaced_and_the_trail_shows_before_and_after(admin: Client, lender: Lender) -> None:
    ana = make_user("Ana Reyes", (lender, Role.CREDIT_OFFICER), password=None)

    response = admin.post(
        f"/admin-area/users/{ana.public_id}/",
        {"roles": ["senior_officer", "team_lead"], "seen": "credit_officer"},
    )

    assert (response.status_code, roles_at(ana, lender)) == (303, {"senior_officer", "team_lead"})
    assert entry("person.roles_changed") == {
        "actor": "Sam Adeyemi", "of": "Ana Reyes", "before": {"roles": ["credit_officer"]},
        "after": {"roles": ["senior_officer", "team_lead"]}, "why": "",
    }  # fmt: skip
    page = admin.get(f"/admin-area/users/{ana.public_id}/").content
    assert b"Roles: <del>credit_officer</del>" in page
    assert b"<ins>senior_officer, team_lead</ins>" in page


def test_a_choice_made_on_old_roles_is_409_and_stays_chosen(admin: Client, lender: Lender) -> None:
    ana = make_user("Ana Reyes", (lender, Role.AUDITOR), password=None)

    stale = admin.post(
        f"/admin-area/users/{ana.public_id}/", {"roles": ["team_lead"], "seen": "credit_officer"}
    )

    assert (stale.status_code, roles_at(ana, lender)) == (409, {"auditor"})
    assert b"They are now: auditor" in stale.content
    assert re.search(rb'value="team_lead"[^>]*checked', stale.content)
    assert b'name="seen" value="auditor"' in stale.content
    assert (
        admin.post(
            f"/admin-area/users/{ana.public_id}/", {"roles": ["team_lead"], "seen": "auditor"}
        ).status_code
        == 303
    )


def test_nobody_edits_their_own_access(admin: Client, sam: User, lender: Lender) -> None:
    own = f"/admin-area/users/{sam.public_id}/"

    changed = admin.post(own, {"roles": ["admin", "auditor"], "seen": "admin"})
    suspended = admin.post(f"{own}suspension/", {"reason": "tired", "wanted": "suspend"})

    assert (changed.status_code, suspended.status_code) == (422, 422)
    assert roles_at(sam, lender) == {"admin"}
    assert b"These are your own roles" in admin.get(own).content
    assert not AuditEntry.objects.filter(object_type="person").exists()


def test_no_role_at_all_is_refused(admin: Client, lender: Lender) -> None:
    ana = make_user("Ana Reyes", (lender, Role.CREDIT_OFFICER), password=None)

    response = admin.post(f"/admin-area/users/{ana.public_id}/", {"seen": "credit_officer"})

    assert (response.status_code, roles_at(ana, lender)) == (422, {"credit_officer"})


def test_a_suspension_ends_sessions_here_gives_cases_back_and_can_be_undone(
    admin: Client, lender: Lender
) -> None:
    elsewhere = make_lender("northgate")
    ana = make_user("Ana Reyes", (lender, Role.CREDIT_OFFICER), (elsewhere, Role.AUDITOR), password=None)
    application = make_application(make_product(lender))
    case = open_case(
        application=application, assessment=make_assessment(application), why=["Over the limit."], is_technical=False,
        actor=SYSTEM, now=timezone.now(),
    )  # fmt: skip
    case.holder, case.lease_until = ana, timezone.now() + timedelta(minutes=20)
    case.save()
    hers = Client()
    hers.force_login(ana)
    address = f"/admin-area/users/{ana.public_id}/suspension/"
    assert b"1 case held by Ana goes back to the queue" in admin.get(address).content

    without_reason = admin.post(address, {"reason": " ", "wanted": "suspend"})
    suspended = admin.post(address, {"reason": "Left the team", "wanted": "suspend"})

    case.refresh_from_db()
    assert (without_reason.status_code, suspended.status_code, case.holder_id) == (422, 303, None)
    assert entry("person.suspended") == {
        "actor": "Sam Adeyemi", "of": "Ana Reyes", "before": {"suspended": False}, "after": {"suspended": True}, "why": "Left the team",
    }  # fmt: skip
    assert AuditEntry.objects.filter(action="case.released").count() == 1
    assert b"Harbour" not in hers.get("/me/settings/").content  # her other lender is what is left
    assert list(ana.memberships.values_list("lender__code", "role")) == [("northgate", "auditor")]

    assert admin.post(address, {"reason": "Came back", "wanted": "reinstate"}).status_code == 303
    assert set(ana.memberships.values_list("lender__code", flat=True)) == {"harbour", "northgate"}


@pytest.mark.parametrize("role", list(Role))
def test_administrators_change_auditors_look_and_nobody_else_gets_in(
    client: Client, lender: Lender, role: Role
) -> None:
    somebody = make_user("Some Body", (lender, role), password=None)
    other = make_user("Ana Reyes", (lender, Role.CREDIT_OFFICER), password=None)
    client.force_login(somebody)
    pages = [
        "",
        "users/",
        f"users/{other.public_id}/",
        f"users/{other.public_id}/suspension/",
        "roles/",
        "keys/",
        "lenders/",
        "holidays/",
    ]
    changes = [
        "users/",
        f"users/{other.public_id}/",
        f"users/{other.public_id}/suspension/",
        "lenders/",
        "holidays/",
        "keys/clients/",
    ]

    seen = {client.get(f"/admin-area/{page}").status_code for page in pages}
    changed = {client.post(f"/admin-area/{page}", {}).status_code for page in changes}

    assert seen == ({200} if role in (Role.ADMIN, Role.AUDITOR) else {403})
    assert changed == ({422} if role is Role.ADMIN else {403})


def test_people_of_another_lender_are_not_there(admin: Client) -> None:
    stranger = make_user("Tom Whitfield", (make_lender("northgate"), Role.CREDIT_OFFICER), password=None)

    for path in (
        f"/admin-area/users/{stranger.public_id}/",
        f"/admin-area/users/{stranger.public_id}/suspension/",
        "/admin-area/users/0b9e4a52-7f0e-4a38-9f2b-1f3f6c1f7a11/",
    ):
        assert admin.get(path).status_code == 404
        assert (
            admin.post(path, {"roles": ["auditor"], "seen": "credit_officer", "reason": "x"}).status_code
            == 404
        )
    assert b"Whitfield" not in admin.get("/admin-area/users/").content
    assert list(stranger.memberships.values_list("role", flat=True)) == ["credit_officer"]


def test_the_matrix_comes_from_the_gates_and_clashes_are_listed(admin: Client, lender: Lender) -> None:
    ravi = make_user("Ravi Menon", (lender, Role.RISK_MANAGER), (lender, Role.RISK_APPROVER), password=None)

    page = admin.get("/admin-area/roles/").content.decode()

    assert (
        f'<a href="/admin-area/users/{ravi.public_id}/">Ravi Menon</a>: Writes policy and approves it.'
        in page
    )
    row = re.search(r"<code>/admin-area/lenders/</code></th>(.*?)</tr>", page, re.DOTALL)
    assert row is not None
    cells = re.findall(r"<td>(.*?)</td>", row[1])
    assert cells == ["–", "–", "–", "–", "–", "–", "–", "Read", "–", "Change"]


def test_names_are_shown_as_text(admin: Client, lender: Lender) -> None:
    make_user("<script>alert(1)</script> =HYPERLINK", (lender, Role.CREDIT_OFFICER), password=None)

    assert b"<script>alert" not in admin.get("/admin-area/users/").content
