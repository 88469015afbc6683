"""Invitations in the browser's place: from the administrator's form over the link to the lender's screens."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client
from django.utils import timezone

from tests.factories import make_lender, make_user
from tests.factories.lending import PASSWORD
from underwriting.config.logging import REDACTED, redact
from underwriting.enums import Role
from underwriting.models import AuditEntry, Lender, Membership, User

pytestmark = pytest.mark.django_db
PASSPHRASE = "long-enough-passphrase-77"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
FOR_ANOTHER = b"This invitation is for another account"


@pytest.fixture
def harbour() -> Lender:
    return make_lender("harbour")


@pytest.fixture
def northgate() -> Lender:
    return make_lender("northgate")


@pytest.fixture
def sam(client: Client, harbour: Lender) -> Client:
    """Harbour's administrator."""
    return signed_in(make_user("Sam Adeyemi", (harbour, Role.ADMIN), password=None))


@pytest.fixture
def lou(northgate: Lender) -> Client:
    """Northgate's administrator."""
    return signed_in(make_user("Lou Meyer", (northgate, Role.ADMIN), password=None))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def invite(admin: Client, email: str = "nina@example.test", name: str = "Nina Olsen", *roles: str) -> str:
    """Invite by the form; the path of the link that it shows."""
    values = {"name": name, "email": email, "roles": roles or ("auditor",)}
    return shown(admin.post("/admin-area/users/", values))


def shown(page: Any) -> str:
    path = re.search(rb"http://testserver(/invitation/[^<\"]+/)", page.content)
    assert (page.status_code, path is not None) == (200, True)
    assert path is not None
    return path[1].decode()


def choose(client: Client, path: str, password: str = PASSPHRASE) -> Any:
    return client.post(path, {"password": password, "again": password})


def sign_in(client: Client, email: str, password: str, **extra: str) -> Any:
    """Password and code, enrolling where that is asked; the last answer."""
    first = client.post("/sign-in/", {"email": email, "password": password, **extra})
    assert first.status_code == 302, "the password was refused"
    secret = SECRET
    if first["Location"] == "/sign-in/enrol/":
        client.get("/sign-in/enrol/")
        secret = client.session["sign_in_secret"]
    code = format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30))
    return client.post(first["Location"], {"code": code})


def in_force(email: str = "nina@example.test") -> set[tuple[str, str]]:
    return set(Membership.objects.filter(user__email=email).values_list("lender__code", "role"))


def test_an_invited_person_chooses_a_password_once(sam: Client) -> None:
    path = invite(sam, "Nina@Example.test", "Nina Olsen", "credit_officer", "auditor")
    anybody = Client()

    asked = anybody.get(path)
    answers = [
        choose(anybody, path, "password"),
        anybody.post(path, {"password": PASSPHRASE, "again": "another-passphrase-88"}),
    ]
    before = in_force()
    answers += [choose(anybody, path), anybody.get(path), choose(Client(), path, "another-passphrase-88")]

    assert (asked.status_code, asked["Referrer-Policy"]) == (200, "same-origin")
    assert [answer.status_code for answer in answers] == [422, 422, 302, 404, 404]
    assert before == set()
    assert in_force() == {("harbour", "credit_officer"), ("harbour", "auditor")}
    assert User.objects.get(email="nina@example.test").check_password(PASSPHRASE)
    entries = AuditEntry.objects.order_by("pk").values_list("action", "object_label", "actor_name", "after")
    assert list(entries) == [
        ("person.invited", "Nina Olsen", "Sam Adeyemi", {"roles": ["auditor", "credit_officer"]}),
        ("person.joined", "Nina Olsen", "Nina Olsen", None),
    ]
    assert path.split("/")[2] not in str(list(AuditEntry.objects.values()))


def test_an_administrator_who_took_the_account_gets_nothing_of_a_later_lender(
    sam: Client, lou: Client
) -> None:
    first = invite(sam)
    attacker = Client()
    choose(attacker, first)
    sign_in(attacker, "nina@example.test", PASSPHRASE)

    invite(lou, "nina@example.test", "Nina Olsen", "admin")

    assert in_force() == {("harbour", "auditor")}
    assert b"Northgate" not in attacker.get("/").content
    assert attacker.post("/me/lender/", {"lender": "northgate"}).status_code == 404
    assert (
        attacker.post(first).status_code == 404
    )  # the first lender's link opens the second no more than the account


def test_an_administrator_with_the_later_link_gets_nothing_of_account_and_lender(
    sam: Client, lou: Client
) -> None:
    choose(Client(), invite(sam, "nina@example.test", "Nina Olsen", "risk_approver"))

    second = invite(lou)
    opened, chosen = Client().get(second), choose(Client(), second, "a-password-of-lou-88")
    own = [lou.get(second), lou.post(second), choose(lou, second, "a-password-of-lou-88")]

    for answer in (opened, chosen):
        assert (answer.status_code, answer["Location"]) == (302, f"/sign-in/?next={second}")
    assert [(answer.status_code, FOR_ANOTHER in answer.content) for answer in own] == [(403, True)] * 3
    assert b"Nina" not in own[0].content
    assert in_force() == {("harbour", "risk_approver")}
    assert User.objects.get(email="nina@example.test").check_password(PASSPHRASE)


def test_the_person_themselves_joins_with_account_and_link(lou: Client, harbour: Lender) -> None:
    nina = make_user("Nina Olsen", (harbour, Role.AUDITOR))
    TOTP.activate(nina, SECRET)
    path = invite(lou, nina.email, "N. Olsen", "team_lead")
    hers = Client()

    led = hers.get(path)["Location"]
    next_page = re.search(r'name="next" value="([^"]+)"', hers.get(led).content.decode())
    assert next_page is not None
    with_password_alone = Client()
    with_password_alone.post("/sign-in/", {"email": nina.email, "password": PASSWORD})
    half_way = with_password_alone.post(path)
    assert (half_way.status_code, in_force()) == (302, {("harbour", "auditor")})
    back = sign_in(hers, nina.email, PASSWORD, next=next_page[1])
    page = hers.get(back["Location"])
    looked = in_force()
    joined = hers.post(path)

    assert (back["Location"], page.status_code, looked) == (path, 200, {("harbour", "auditor")})
    assert b"Join Northgate" in page.content
    assert (joined.status_code, joined["Location"]) == (303, "/")
    assert in_force() == {("harbour", "auditor"), ("northgate", "team_lead")}
    home = hers.get("/").content
    assert b"You have joined Northgate." in home
    assert b"<footer" in home
    assert b"<span>Northgate</span>" in home  # and they are there, not at the other lender
    assert hers.post(path).status_code == 404
    entry = AuditEntry.objects.get(action="person.joined")
    assert (entry.lender.code if entry.lender else "", entry.actor_user_id) == ("northgate", nina.pk)


def test_whoever_is_signed_in_meanwhile_chooses_no_password_for_somebody_else(sam: Client) -> None:
    path = invite(sam)

    answers = [sam.get(path), choose(sam, path)]

    assert [(answer.status_code, FOR_ANOTHER in answer.content) for answer in answers] == [(403, True)] * 2
    assert not User.objects.get(email="nina@example.test").has_usable_password()


def test_used_renewed_expired_and_invented_links_are_over_alike(sam: Client, harbour: Lender) -> None:
    used, renewed, expired = (invite(sam, f"{name}@example.test", name) for name in ("ann", "bob", "cem"))
    choose(Client(), used)
    bob = User.objects.get(email="bob@example.test")
    again = shown(sam.post(f"/admin-area/users/{bob.public_id}/invitation/"))
    invented = ("MQ", "!!", "%00", "%C3%A9", used.split("/")[2][:-6])

    ended = {Client().get(path).content for path in (used, renewed, *(f"/invitation/{x}/" for x in invented))}
    with time_machine.travel(timezone.now() + timedelta(days=3, seconds=1), tick=False):
        late = [Client().get(expired), choose(Client(), expired)]

    assert Client().get(again).status_code == 200
    assert [choose(Client(), path).status_code for path in (used, renewed)] == [404, 404]
    assert [answer.status_code for answer in late] == [404, 404]
    words = {re.sub(rb'X-CSRFToken": "\w+', b"", page) for page in (*ended, late[0].content)}
    assert len(words) == 1
    assert b"This invitation is over" in words.pop()
    assert {user.has_usable_password() for user in User.objects.filter(email__in=["bob@example.test", "cem@example.test"])} == {False}  # fmt: skip


def test_no_answer_tells_whether_an_address_has_an_account(lou: Client, northgate: Lender) -> None:
    """Invited, looked at, renewed, suspended: an address with everything elsewhere reads like one that is new."""
    kim = make_user("Kim Oduya", (make_lender("harbour"), Role.AUDITOR))
    TOTP.activate(kim, SECRET)
    User.objects.filter(pk=kim.pk).update(last_login=timezone.now() - timedelta(days=1))
    told = []
    with time_machine.travel(timezone.now(), tick=False):
        for email in ("new@example.test", "kim@example.test"):
            pages = [
                lou.post("/admin-area/users/", {"name": "Zed Person", "email": email, "roles": ["auditor"]})
            ]
            user = User.objects.get(email=email)
            address = f"/admin-area/users/{user.public_id}/"
            pages += [
                lou.get("/admin-area/users/"),
                lou.get(address),
                lou.post(f"{address}second-step-reset/"),
                lou.post(address, {"roles": ["team_lead"], "seen": "auditor"}, follow=True),
                lou.get(f"{address}suspension/"),
                lou.post(f"{address}invitation/"),
                lou.get(shown(lou.post(f"{address}invitation/"))),
                lou.post(f"{address}suspension/", {"reason": "x", "wanted": "suspend"}, follow=True),
                lou.post(f"{address}invitation/"),
                lou.get("/admin-area/roles/"),
                *(lou.get(f"/audit/{pk}/") for pk in entries_of(user)),
            ]
            told.append([neutral(page, user) for page in pages])
            Membership.in_any_state.filter(user=user, lender=northgate).delete()

    for one, other in zip(*told, strict=True):
        assert one == other
    statuses = [200, 200, 200, 422, 200, 200, 200, 403, 200, 422, 200]
    assert [status for status, _ in told[0]] == [
        *statuses,
        *[200] * 5,
    ]  # five entries of the trail at the end


def entries_of(user: User) -> list[int]:
    rows = AuditEntry.objects.filter(object_id=str(user.public_id)).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def neutral(page: Any, user: User) -> tuple[int, str]:
    """A page without what differs between any two people: ids, tokens, the address itself, numbers of audit entries."""
    text = page.content.decode()
    for own, word in ((str(user.public_id), "ID"), (user.email, "EMAIL")):
        text = text.replace(own, word)
    text = re.sub(r"/invitation/[\w-]{24,}/", "/invitation/LINK/", text)
    text = re.sub(r"/audit/\d+/|[Ee]vent[ -]\d+|&quot;id&quot;: \d+|\b[0-9a-f]{32}\b", "NUMBER", text)
    return page.status_code, re.sub(
        r'X-CSRFToken": "\w+|name="csrfmiddlewaretoken" value="\w+"', "CSRF", text
    )


def test_the_people_screens_say_who_has_not_accepted_yet(sam: Client) -> None:
    path = invite(sam)
    nina = User.objects.get(email="nina@example.test")
    address = f"/admin-area/users/{nina.public_id}/"

    def state() -> list[str]:
        row = re.search(r"Nina Olsen</a>.*?</tr>", sam.get("/admin-area/users/").content.decode(), re.DOTALL)
        assert row is not None
        words = ("Invited<", "Invitation over", "Active", "Suspended", "Not set up", "Never")
        return [word for word in words if word in row[0]]

    invited, page = state(), sam.get(address).content
    with time_machine.travel(timezone.now() + timedelta(days=4), tick=False):
        sam_later = signed_in(User.objects.get(name="Sam Adeyemi"))
        over = sam_later.get(address).content
        assert b"Invitation over" in sam_later.get("/admin-area/users/").content
    choose(Client(), path)

    assert (invited, state()) == (["Invited<"], ["Active", "Not set up", "Never"])
    assert b"Invited, not yet accepted" in page
    assert b"Works until" in page
    assert b"New invitation" in page
    assert b"Reset second step" not in page
    assert b"Ended" in over
    assert b"New invitation" in over
    joined = sam.get(address).content
    assert b"not yet accepted" not in joined
    assert b"New invitation" not in joined
    refused = sam.post(f"{address}invitation/")
    assert (refused.status_code, b"Nina Olsen has joined already." in refused.content) == (422, True)


def test_a_lost_invitation_is_made_again_and_shown_once(sam: Client, lou: Client) -> None:
    """Also of somebody whom two lenders have invited."""
    first = invite(sam)
    invite(lou)
    nina = User.objects.get(email="nina@example.test")
    address = f"/admin-area/users/{nina.public_id}/"

    again = shown(sam.post(f"{address}invitation/"))

    assert (Client().get(first).status_code, Client().get(again).status_code) == (404, 200)
    assert b"/invitation/M" not in sam.get(address).content.replace(address.encode(), b"")
    assert b"Person invited again" in sam.get(address).content


def test_somebody_who_is_suspended_before_they_join_does_not(sam: Client) -> None:
    path = invite(sam)
    nina = User.objects.get(email="nina@example.test")
    address = f"/admin-area/users/{nina.public_id}/suspension/"
    assert b"The invitation of Nina Olsen works no more" in sam.get(address).content

    done = sam.post(address, {"reason": "Wrong address", "wanted": "suspend"}, follow=True)

    assert b"Nina Olsen is suspended and cannot join." in done.content
    assert b"Does not work while suspended" in done.content
    assert choose(Client(), path).status_code == 404
    assert in_force() == set()
    back = sam.post(address, {"reason": "It was right", "wanted": "reinstate"}, follow=True)
    assert b"Nina Olsen is invited again" in back.content
    assert in_force() == set()
    assert choose(Client(), path).status_code == 302
    assert in_force() == {("harbour", "auditor")}


def test_the_way_to_sign_in_carries_the_link_past_the_log(lou: Client, harbour: Lender) -> None:
    make_user("Nina Olsen", (harbour, Role.AUDITOR))

    led = Client().get(invite(lou))["Location"]

    event = redact(None, "info", {"request": f"GET {led}"})
    assert event == {"request": f"GET /sign-in/?next=/invitation/{REDACTED}/"}
