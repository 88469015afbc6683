"""Buttons that are pressed twice, and people who cannot get in: the administrator's pages for them."""

from __future__ import annotations

import re
import threading
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from frontend.admin.handover import suspend_and_hand_over
from review_queue.desk import open_case
from review_queue.models import ReviewCase
from tests.factories import make_application, make_assessment, make_lender, make_product, make_user
from tests.factories.lending import PASSWORD
from underwriting.audit.actor import SYSTEM
from underwriting.enums import CaseState, Role
from underwriting.models import AuditEntry, Lender, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def lender() -> Lender:
    return make_lender()


@pytest.fixture
def ana(lender: Lender) -> User:
    return make_user("Ana Reyes", (lender, Role.CREDIT_OFFICER), password=None)


@pytest.fixture
def admin(client: Client, lender: Lender) -> Client:
    client.force_login(make_user("Sam Adeyemi", (lender, Role.ADMIN), password=None))
    return client


def test_a_suspension_sent_twice_suspends(admin: Client, ana: User) -> None:
    address = f"/admin-area/users/{ana.public_id}/suspension/"
    wanted = re.search(rb'name="wanted" value="(\w+)"', admin.get(address).content)
    assert wanted is not None
    values = {"reason": "Left the team", "wanted": wanted[1].decode()}

    answers = [admin.post(address, values).status_code for _ in range(2)]

    assert (answers, ana.memberships.exists()) == ([303, 303], False)
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["person.suspended"]
    assert b"Ana Reyes is suspended already; this changed nothing." in admin.get("/admin-area/users/").content
    assert b'name="wanted" value="reinstate"' in admin.get(address).content
    assert admin.post(address, {"reason": "No button says this"}).status_code == 422
    assert not ana.memberships.exists()


def test_a_second_step_is_reset_by_a_button(admin: Client, lender: Lender) -> None:
    ana = make_user("Ana Reyes", (lender, Role.CREDIT_OFFICER))
    address = f"/admin-area/users/{ana.public_id}/"
    assert b"Reset second step" not in admin.get(address).content
    TOTP.activate(ana, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert b"Reset second step" in admin.get(address).content

    hers = Client()
    hers.force_login(ana)

    answers = [admin.post(f"{address}second-step-reset/").status_code for _ in range(2)]

    assert (answers, Authenticator.objects.filter(user=ana).exists()) == ([303, 303], False)
    assert b"Person second step reset" in admin.get(address).content
    assert hers.get("/me/settings/").status_code == 302
    anew = hers.post("/sign-in/", {"email": ana.email, "password": PASSWORD})
    assert anew["Location"] == "/sign-in/enrol/"
    hers.get("/sign-in/enrol/")
    secret = hers.session["sign_in_secret"]
    code = format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30))
    assert hers.post("/sign-in/enrol/", {"code": code})["Location"] == "/"
    assert hers.get("/me/settings/").status_code == 200


def test_whoever_works_elsewhere_too_gets_no_reset_here(admin: Client, lender: Lender) -> None:
    kim = make_user(
        "Kim Oduya", (lender, Role.AUDITOR), (make_lender("northgate"), Role.AUDITOR), password=None
    )
    TOTP.activate(kim, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    address = f"/admin-area/users/{kim.public_id}/"

    page = admin.get(address).content
    reset = admin.post(f"{address}second-step-reset/")

    assert b"Reset second step" not in page
    assert reset.status_code == 422
    assert b"Another lender employs this person, too" in reset.content
    assert Authenticator.objects.filter(user=kim).exists()


@pytest.mark.parametrize("help_in", ["invitation", "second-step-reset"])
def test_help_is_given_by_administrators_to_their_own_people(
    client: Client, admin: Client, ana: User, lender: Lender, help_in: str
) -> None:
    stranger = make_user("Tom Whitfield", (make_lender("northgate"), Role.AUDITOR), password=None)
    auditor = Client()
    auditor.force_login(make_user("Lea Brandt", (lender, Role.AUDITOR), password=None))

    assert admin.post(f"/admin-area/users/{stranger.public_id}/{help_in}/").status_code == 404
    assert admin.get(f"/admin-area/users/{ana.public_id}/{help_in}/").status_code == 405
    assert auditor.post(f"/admin-area/users/{ana.public_id}/{help_in}/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_case_decided_while_its_holder_is_suspended_stops_nothing() -> None:
    lender = Lender.objects.get(pk=make_lender().pk)
    ana = make_user("Ana Reyes", (lender, Role.CREDIT_OFFICER), password=None)
    now, product = timezone.now(), make_product(lender)
    cases = []
    for number in range(2):
        application = make_application(product, reference=f"A-7Q4M-2{number}")
        with transaction.atomic():
            case = open_case(
                application=application, assessment=make_assessment(application), why=["Over the limit."],
                is_technical=False, actor=SYSTEM, now=now,
            )  # fmt: skip
        case.holder, case.lease_until = ana, now + timedelta(minutes=20)
        case.save()
        cases.append(case)
    counts: list[int] = []

    def suspend() -> None:
        try:
            counts.append(
                suspend_and_hand_over(lender=lender, user=ana, reason="Left", actor=SYSTEM, now=now)
            )
        finally:
            connection.close()

    other = threading.Thread(target=suspend)
    with transaction.atomic():
        deciding = ReviewCase.objects.select_for_update().get(pk=cases[0].pk)
        other.start()
        wait_for_blocked()
        deciding.state = CaseState.CLOSED
        deciding.save()
    other.join(20)

    assert counts == [1]
    assert list(ReviewCase.objects.order_by("pk").values_list("state", "holder_id")) == [
        ("CLOSED", ana.pk),
        ("OPEN", None),
    ]
    assert not ana.memberships.exists()


def wait_for_blocked() -> None:
    """Until another connection waits for a lock of this one."""
    for _ in range(400):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            row = cursor.fetchone()
        if row is not None and row[0]:
            return
        time.sleep(0.025)
    pytest.fail("nobody waited for the lock")
