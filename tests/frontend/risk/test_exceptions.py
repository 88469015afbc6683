"""The screens of the register: ask, answer, end, the list by groups, who sees what, and the decision panel that offers one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from frontend.risk import exceptions
from tests.factories import make_lender, make_user
from tests.factories.reviewing import make_case, make_desk
from tests.frontend.risk.screens import SLUG, field_values, signed_in, text
from tests.review_queue.test_overrides import delegating
from tests.review_queue.test_second_look import claim
from tests.underwriting.policy.conftest import Desk, build_desk
from tests.underwriting.policy.test_exceptions import allowing, rule_of
from underwriting.enums import ExceptionState, Role
from underwriting.models import AuditEntry, PolicyException

pytestmark = pytest.mark.django_db
ASK = f"/policies/{SLUG}/exceptions/new/"
REASON = "Teachers start with their first card."


@pytest.fixture
def desk() -> Desk:
    return allowing(build_desk())


def typed(client: Client, desk: Desk, **changes: str) -> dict[str, str]:
    """The form as it comes, filled in."""
    values = field_values(client.get(ASK).content.decode())
    until = (timezone.now() + timedelta(days=10)).date().isoformat()
    own = {"rule_id": rule_of(desk), "uses_max": "3", "until": until, "reason": REASON, "ticket": "none"}
    return {**values, **own, **changes}


def ask(client: Client, desk: Desk, **changes: str) -> PolicyException:
    answer = client.post(ASK, typed(client, desk, **changes))
    assert answer.status_code == 302, text(answer)
    return PolicyException.objects.latest("pk")


def url(exception: PolicyException, step: str = "") -> str:
    return f"/policies/exceptions/{exception.number}/{step}"


def test_a_manager_asks_an_approver_approves_and_either_ends_it(
    desk: Desk, manager: Client, approver: Client
) -> None:
    exception = ask(manager, desk, amount_max="2500.50", channel="web")
    assert (exception.amount_max_minor, exception.channel, exception.owner) == (250_050, "web", desk.manager)
    assert url(exception) not in manager.get("/policies/exceptions/").content.decode()
    assert "Asked for" in text(manager.get("/policies/exceptions/?show=asked"))
    assert approver.post(url(exception, "approve/")).status_code == 302
    listed = text(approver.get("/policies/exceptions/"))
    assert "E-1" in listed
    assert "0 of 3" in listed
    assert "Expiring" in text(approver.get("/policies/exceptions/?show=expiring"))
    page = text(manager.get(url(exception)))
    assert "approved it" in page
    assert "No result is known yet" in page
    short = manager.post(url(exception, "end/"), {"reason": "short"})
    assert (short.status_code, "short" in short.content.decode()) == (422, True)
    assert manager.post(url(exception, "end/"), {"reason": REASON}).status_code == 302
    exception.refresh_from_db()
    assert exception.state == ExceptionState.ENDED
    assert "E-1" in text(manager.get("/policies/exceptions/?show=ended"))


def test_what_is_wrong_is_said_beside_what_was_typed(desk: Desk, manager: Client) -> None:
    answer = manager.post(ASK, typed(manager, desk, uses_max="0", reason="Teachers"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert ("Error: Ask" in page, "Teachers" in page) == (True, True)
    late = manager.post(ASK, typed(manager, desk, until="2031-01-01"))
    assert (late.status_code, "180 days" in text(late)) == (422, True)
    assert not PolicyException.objects.exists()


def test_who_asked_is_refused_as_approver_with_a_sentence(desk: Desk) -> None:
    lender = desk.policy.lender
    both = make_user("Both Roles", (lender, Role.RISK_MANAGER), (lender, Role.RISK_APPROVER))
    client = signed_in(both)
    exception = ask(client, desk)
    assert "somebody else answers" in text(client.get(url(exception)))
    answer = client.post(url(exception, "approve/"))
    assert (answer.status_code, "somebody else answers" in text(answer)) == (403, True)
    exception.refresh_from_db()
    assert exception.state == ExceptionState.ASKED


def test_a_second_account_in_the_askers_browser_neither_approves_nor_turns_down(
    desk: Desk, manager: Client
) -> None:
    exception = ask(manager, desk)
    manager.force_login(desk.approver)  # a colleague's account in the same session of the browser
    answers = [
        manager.post(url(exception, step), {"reason": REASON}).status_code
        for step in ("approve/", "turn-down/")
    ]
    assert (answers, refused()) == ([403, 403], [("approve", True), ("turn_down", True)])
    assert signed_in(desk.approver).post(url(exception, "approve/")).status_code == 302


def refused() -> list[tuple[str, bool]]:
    """The step of each refused attempt, and whether it was for the browser."""
    entries = AuditEntry.objects.filter(action="exception.refused").order_by("pk")
    return [((entry.after or {})["step"], "in this browser" in entry.reason) for entry in entries]


def test_who_tries_without_the_role_is_written_down(desk: Desk, manager: Client, approver: Client) -> None:
    exception = ask(manager, desk)
    officer = signed_in(make_user("Ana Ruiz", (desk.policy.lender, Role.CREDIT_OFFICER)))
    tried = [
        (officer, ASK), (manager, url(exception, "approve/")), (manager, url(exception, "turn-down/")), (officer, url(exception, "end/"))
    ]  # fmt: skip
    assert [client.post(path).status_code for client, path in tried] == [403] * 4
    entries = AuditEntry.objects.filter(action="exception.refused").order_by("pk")
    assert [((entry.after or {})["step"], entry.reason) for entry in entries] == [
        ("ask", "Tried without the role: credit_officer."),
        ("approve", "Tried without the role: risk_manager."),
        ("turn_down", "Tried without the role: risk_manager."),
        ("end", "Tried without the role: credit_officer."),
    ]
    stranger = signed_in(make_user("Sam Otto", (make_lender("summit"), Role.RISK_MANAGER)))
    assert stranger.post(url(exception, "approve/")).status_code == 404
    assert entries.count() == 4


def test_an_open_one_is_found_behind_any_number_of_ended_ones(
    desk: Desk, manager: Client, approver: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = ask(manager, desk)
    approver.post(url(opened, "approve/"))
    for _ in range(3):
        approver.post(url(ask(manager, desk), "turn-down/"), {"reason": REASON})
    monkeypatch.setattr(exceptions, "LISTED", 2)
    assert "E-1" in text(manager.get("/policies/exceptions/"))
    ended = text(manager.get("/policies/exceptions/?show=ended"))
    assert ("E-4" in ended, "E-2" in ended, "The newest 2 of this group are shown." in ended) == (
        True,
        False,
        True,
    )


def test_the_register_asks_the_database_as_often_for_many_as_for_one(
    desk: Desk, manager: Client, django_assert_num_queries: Any
) -> None:
    ask(manager, desk)
    manager.get("/policies/exceptions/?show=asked")
    with CaptureQueriesContext(connection) as one:
        manager.get("/policies/exceptions/?show=asked")
    asked = len(one)
    for _ in range(4):
        ask(manager, desk)
    with django_assert_num_queries(asked):
        page = text(manager.get("/policies/exceptions/?show=asked"))
    assert ("E-1" in page, "E-5" in page) == (True, True)


def test_one_is_renewed_as_a_new_one_with_its_terms(desk: Desk, manager: Client, approver: Client) -> None:
    first = ask(manager, desk)
    approver.post(url(first, "approve/"))
    form = field_values(manager.get(f"{ASK}?renews={first.number}").content.decode())
    assert (form["uses_max"], form["renews"], form["until"]) == ("3", "1", "")
    new = ask(manager, desk, renews="1")
    assert (new.renews, new.state) == (first, ExceptionState.ASKED)


def test_an_officer_sees_those_that_may_be_named_alone_and_an_auditor_all(
    desk: Desk, manager: Client, approver: Client
) -> None:
    lender = desk.policy.lender
    officer = signed_in(make_user("Ana Ruiz", (lender, Role.CREDIT_OFFICER)))
    auditor = signed_in(make_user("Ada Audit", (lender, Role.AUDITOR)))
    asked, opened = ask(manager, desk), ask(manager, desk)
    approver.post(url(opened, "approve/"))
    rows = text(officer.get("/policies/exceptions/?show=all"))
    assert ("E-1" in rows, "E-2" in rows) == (False, True)
    assert (officer.get(url(asked)).status_code, officer.get(url(opened)).status_code) == (404, 200)
    assert auditor.get(url(asked)).status_code == 200
    assert auditor.post(url(asked, "approve/")).status_code == 403
    assert officer.get(ASK).status_code == 403


def test_another_lenders_is_not_there(desk: Desk, manager: Client) -> None:
    exception = ask(manager, desk)
    stranger = build_desk("summit")
    for client in (signed_in(stranger.manager), signed_in(stranger.approver)):
        assert client.get(url(exception)).status_code == 404
        assert "E-1" not in text(client.get("/policies/exceptions/?show=all"))
    assert signed_in(stranger.approver).post(url(exception, "approve/")).status_code == 404
    assert signed_in(stranger.manager).post(url(exception, "end/"), {"reason": REASON}).status_code == 404
    exception.refresh_from_db()
    assert exception.state == ExceptionState.ASKED


def test_the_panel_of_an_approval_offers_those_that_cover_it() -> None:
    lender = make_lender("quay")
    review = make_desk(lender, document=delegating(exception_rules=["R-04"]))
    ana = make_user("Ana Ruiz", (lender, Role.CREDIT_OFFICER))
    now = timezone.now()
    common = {
        "lender": lender, "policy": review[1].policy, "rule_id": "R-04", "uses_max": 5, "owner": ana, "reason": REASON,
        "ticket": "none", "asked_by": ana, "asked_at": now, "state": ExceptionState.OPEN,
    }  # fmt: skip
    today = now.date()
    PolicyException.objects.create(number=7, until=today + timedelta(days=5), **common)
    PolicyException.objects.create(number=8, until=today - timedelta(days=5), **common)
    case = make_case(review)
    claim(case, ana, now)
    client = signed_in(ana)
    address = f"/cases/{case}/decide/approve/"
    page = client.get(address).content.decode()
    assert 'name="policy_exception"' in page
    assert ("E-7: R-04" in page, "E-8" in page) == (True, False)
    form = {
        "assessment": str(case.assessment_id), "mitigating_factor": "verified_income", "sentence": "Payslips seen.",
    }  # fmt: skip
    refused = client.post(address, {**form, "policy_exception": "8"})
    assert (refused.status_code, "expired" in text(refused)) == (422, True)
    assert client.post(address, {**form, "policy_exception": "7"}).status_code == 303
    assert PolicyException.objects.get(number=7).uses.count() == 1
