"""The gates: not yours is answered like not there; a missing role is said, with who holds it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from tests.factories import make_application, make_client, make_lender, make_product, make_user
from underwriting.enums import Role
from underwriting.models import Lender, Membership, User
from underwriting.people.access import (
    NotYours,
    RoleMissing,
    access_application,
    access_membership,
    access_product,
    require_role,
    roles_of,
)

pytestmark = pytest.mark.django_db


def test_a_client_gets_its_lenders_applications_and_no_others() -> None:
    ours, theirs = make_lender("harbour"), make_lender("northgate")
    application = make_application(make_product(ours))
    client, stranger = make_client(ours, "branch"), make_client(theirs)

    assert access_application(client, application.public_id) == application
    assert access_application(client, str(application.public_id)) == application
    for who, what in ((stranger, application.public_id), (client, uuid.uuid4()), (client, "no uuid")):
        with pytest.raises(NotYours, match="There is no application with this id"):
            access_application(who, what)
    assert access_product(client, "instalment-loan").lender == ours
    with pytest.raises(NotYours):
        access_product(stranger, "instalment-loan")


def test_roles_are_those_in_force_at_that_lender() -> None:
    harbour, northgate = make_lender("harbour"), make_lender("northgate")
    tom = make_user(
        "Tom Whitfield", (harbour, Role.CREDIT_OFFICER), (harbour, Role.TEAM_LEAD), (northgate, Role.AUDITOR)
    )

    assert roles_of(tom, harbour) == {Role.CREDIT_OFFICER, Role.TEAM_LEAD}
    Membership.objects.filter(user=tom, lender=harbour).update(suspended_at=timezone.now())
    assert (roles_of(tom, harbour), roles_of(tom, northgate)) == (set(), {Role.AUDITOR})
    assert (tom.memberships.count(), Membership.including_suspended.filter(user=tom).count()) == (1, 3)
    tom.is_active = False
    assert roles_of(tom, northgate) == frozenset()


def test_a_stranger_learns_nothing_and_a_colleague_learns_whom_to_ask() -> None:
    harbour, northgate = make_lender("harbour"), make_lender("northgate")
    tom = make_user("Tom Whitfield", (harbour, Role.CREDIT_OFFICER))
    make_user("Sam Adeyemi", (harbour, Role.ADMIN))

    for code in (northgate.code, "nowhere"):
        with pytest.raises(NotYours):
            access_membership(tom, code)
    with pytest.raises(RoleMissing, match=r"This needs the role administrator\. Held by: Sam Adeyemi\."):
        access_membership(tom, "harbour", [Role.ADMIN])
    assert access_membership(tom, "harbour", [Role.ADMIN, Role.CREDIT_OFFICER]).roles == {Role.CREDIT_OFFICER}


@require_role(Role.ADMIN, reads=[Role.AUDITOR])
def screen(request: HttpRequest, word: str) -> HttpResponse:
    return HttpResponse(word)


def visit(user: Any, lender: Lender | None, method: str = "get") -> int:
    request = getattr(RequestFactory(), method)("/somewhere/")
    request.user, request.lender = user, lender
    return screen(request, "seen").status_code


def test_a_screen_lets_in_its_roles_and_lets_readers_only_look() -> None:
    harbour, northgate = make_lender("harbour"), make_lender("northgate")
    admin: User = make_user("Sam Adeyemi", (harbour, Role.ADMIN))
    auditor = make_user("Viktor Sorensen", (harbour, Role.AUDITOR))
    officer = make_user("Ana Reyes", (harbour, Role.CREDIT_OFFICER))

    assert (visit(admin, harbour), visit(admin, harbour, "post"), visit(auditor, harbour)) == (200, 200, 200)
    for user, method in ((auditor, "post"), (officer, "get"), (officer, "post")):
        with pytest.raises(RoleMissing):
            visit(user, harbour, method)
    for user, lender in ((admin, northgate), (admin, None)):
        with pytest.raises(NotYours):
            visit(user, lender)
    assert visit(AnonymousUser(), harbour) == 302
