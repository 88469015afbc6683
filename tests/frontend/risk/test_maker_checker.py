"""Attacks on four eyes, as requests: each is refused, changes nothing, and stays in the trail."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.factories import make_backtest, make_lender, make_reference_sample, make_user
from tests.frontend.risk.screens import SLUG, own_draft, seen, signed_in, text, typed_cut_offs
from tests.underwriting.policy.conftest import REASON, Desk, acting, build_desk
from underwriting.enums import PolicyState, Role
from underwriting.models import AuditEntry, Membership, PolicyApproval, PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.lifecycle import create_draft, save_draft
from underwriting.policy.selectors import version_in_force

pytestmark = pytest.mark.django_db
TICKED = {f"consequence_{index}": "on" for index in range(4)}


def url(version: PolicyVersion, step: str) -> str:
    return f"/policies/{SLUG}/changes/{version.number}/{step}/"


def submitted_in(browser: Client, desk: Desk, *, cut_off: int = 632) -> PolicyVersion:
    """A version written and submitted through the screens in this browser, ready for approval."""
    browser.post(f"/policies/{SLUG}/drafts/")
    version = PolicyVersion.objects.select_related("policy").latest("pk")
    browser.post(
        f"/policies/{SLUG}/drafts/{version.number}/edit/cut-offs/",
        typed_cut_offs(version, cut_off, 600),
    )
    version.refresh_from_db()
    make_backtest(version, desk.live)
    browser.post(url(version, "submit"), {**seen(version), "reason": REASON, "ticket": "RISK-1"})
    version.refresh_from_db()
    assert version.state == PolicyState.SUBMITTED
    version.reference_sample = make_reference_sample(desk.model, approve_cut_off=cut_off, seed=version.number)
    version.save()
    return version


def refusals(step: str) -> list[str]:
    found = AuditEntry.objects.filter(action="policy.refused", after__step=step).order_by("pk")
    return list(found.values_list("reason", flat=True))


def approved(approver: Client, version: PolicyVersion) -> PolicyVersion:
    approver.post(url(version, "approve"), seen(version))
    version.refresh_from_db()
    assert version.state == PolicyState.APPROVED
    return version


def test_what_its_author_did_not_look_at_is_not_submitted(manager: Client, desk: Desk) -> None:
    version = own_draft(desk)
    make_backtest(version, desk.live)
    shown = seen(version)
    save_draft(
        version=version, document=desk.document(700), expected_sha256=version.document_sha256,
        actor=acting(desk.manager), now=database_now(),
    )  # fmt: skip

    answer = manager.post(url(version, "submit"), {**shown, "reason": REASON, "ticket": "none", "is_emergency": "on"})  # fmt: skip

    version.refresh_from_db()
    assert (answer.status_code, version.state) == (409, PolicyState.DRAFT)
    assert "saved since you looked at it" in refusals("submit")[0]


# Approving ----------------------------------------------------------------------------------------------------------------


def test_the_author_with_both_roles_is_refused(manager: Client, desk: Desk) -> None:
    Membership.objects.create(
        user=desk.manager, lender=desk.policy.lender, role=Role.RISK_APPROVER, since=timezone.now()
    )
    version = submitted_in(manager, desk)

    answer = manager.post(url(version, "approve"), seen(version))

    assert (answer.status_code, PolicyApproval.objects.count()) == (403, 0)
    assert refusals("approve") == ["You wrote this version, so somebody else approves it."]


def test_the_author_without_the_role_is_refused_at_the_gate_and_written_down(
    manager: Client, desk: Desk
) -> None:
    version = submitted_in(manager, desk)

    answer = manager.post(url(version, "approve"), seen(version))

    assert (answer.status_code, PolicyApproval.objects.count()) == (403, 0)
    assert refusals("approve") == ["Tried without the role: risk_manager."]


def test_a_second_account_in_the_authors_browser_is_refused(manager: Client, desk: Desk) -> None:
    version = submitted_in(manager, desk)
    manager.force_login(
        desk.approver
    )  # no sign-out: a colleague's account in the same session of the browser

    answer = manager.post(url(version, "approve"), seen(version))

    assert (answer.status_code, PolicyApproval.objects.count()) == (403, 0)
    assert "written in this browser" in refusals("approve")[0]
    assert approved(signed_in(desk.approver), version).state == PolicyState.APPROVED


def test_two_signatures_out_of_one_browser_are_refused(manager: Client, approver: Client, desk: Desk) -> None:
    version = submitted_in(manager, desk)
    make_backtest(
        version,
        desk.live,
        summary={"applications": 100, "covered": 100, "approved_before": 50, "approved_after": 60},
    )
    approver.post(url(version, "approve"), seen(version))
    hanna = make_user("Hanna Weiss", (desk.policy.lender, Role.COMPLIANCE), password=None)
    approver.force_login(hanna)

    answer = approver.post(url(version, "approve"), seen(version))

    assert (answer.status_code, PolicyApproval.objects.count()) == (403, 1)
    assert "Somebody else approved this version in this browser" in refusals("approve")[0]


def no_backtest(desk: Desk, version: PolicyVersion) -> None:
    version.backtests.all().delete()


def other_document(desk: Desk, version: PolicyVersion) -> None:
    document = {**version.document, "cut_offs": {"approve": 632, "refer": 590}}
    PolicyVersion.objects.filter(pk=version.pk).update(
        document=document, document_sha256=canonical_sha256(document)
    )


def other_live(desk: Desk, version: PolicyVersion) -> None:
    document = desk.document(655)
    PolicyVersion.objects.filter(pk=desk.live.pk).update(
        document=document, document_sha256=canonical_sha256(document)
    )


@pytest.mark.parametrize("forge", [no_backtest, other_document, other_live])
def test_a_document_that_was_not_simulated_is_not_approved(
    manager: Client, approver: Client, desk: Desk, forge: Callable[[Desk, PolicyVersion], None]
) -> None:
    version = submitted_in(manager, desk)
    forge(desk, version)

    answer = approver.post(url(version, "approve"), seen(version))

    assert (answer.status_code, PolicyApproval.objects.count()) == (409, 0)
    assert len(refusals("approve")) == 1


@pytest.mark.parametrize(
    "other", [{"sha256": ""}, {"sha256": "0" * 64}, {"backtest": ""}, {"backtest": "1000000"}]
)
def test_a_document_or_a_backtest_that_the_approver_did_not_see_is_not_approved(
    manager: Client, approver: Client, desk: Desk, other: dict[str, str]
) -> None:
    version = submitted_in(manager, desk)

    answer = approver.post(url(version, "approve"), {**seen(version), **other})

    assert (answer.status_code, PolicyApproval.objects.count(), len(refusals("approve"))) == (409, 0, 1)


def test_a_replayed_approval_is_refused(manager: Client, approver: Client, desk: Desk) -> None:
    version = submitted_in(manager, desk)
    make_backtest(
        version,
        desk.live,
        summary={"applications": 100, "covered": 100, "approved_before": 50, "approved_after": 60},
    )
    first = approver.post(url(version, "approve"), seen(version))

    again = approver.post(url(version, "approve"), seen(version))

    version.refresh_from_db()
    assert (first.status_code, again.status_code, PolicyApproval.objects.count()) == (302, 409, 1)
    assert (version.state, refusals("approve")) == (
        PolicyState.SUBMITTED,
        ["You approved this version already."],
    )


def test_somebody_of_another_lender_finds_nothing(manager: Client, desk: Desk) -> None:
    version = submitted_in(manager, desk)
    stranger = signed_in(
        make_user("Otto Other", (make_lender("northgate"), Role.RISK_APPROVER), password=None)
    )

    assert stranger.post(url(version, "approve"), seen(version)).status_code == 404
    assert PolicyApproval.objects.count() == 0


# Coming into force --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forge", [other_document, other_live])
def test_what_changed_after_its_approval_does_not_come_into_force(
    manager: Client, approver: Client, desk: Desk, forge: Callable[[Desk, PolicyVersion], None]
) -> None:
    version = approved(approver, submitted_in(manager, desk))
    forge(desk, version)

    answer = approver.post(url(version, "activate"), {**TICKED, "when": "now"})

    version.refresh_from_db()
    assert (answer.status_code, version.state, version.active_from) == (409, PolicyState.APPROVED, None)
    assert "out of date" in refusals("activate")[0]


@pytest.mark.parametrize("hours", [1, 24 * 400])
def test_a_back_dated_activation_is_refused(
    manager: Client, approver: Client, desk: Desk, hours: int
) -> None:
    version = approved(approver, submitted_in(manager, desk))
    zone = ZoneInfo(desk.policy.lender.time_zone)
    moment = (database_now() - timedelta(hours=hours)).astimezone(zone)

    answer = approver.post(
        url(version, "activate"), {**TICKED, "when": "at", "at": f"{moment:%Y-%m-%dT%H:%M}"}
    )

    version.refresh_from_db()
    assert (answer.status_code, version.active_from) == (422, None)
    assert len(refusals("activate")) == 1


@pytest.mark.parametrize("skew", [timedelta(days=3), -timedelta(days=3)])
def test_a_host_whose_clock_is_wrong_dates_no_activation(
    manager: Client, approver: Client, desk: Desk, skew: timedelta
) -> None:
    version = approved(approver, submitted_in(manager, desk))
    before = database_now()

    with time_machine.travel(timezone.now() + skew):
        approver.force_login(desk.approver)
        approver.post(url(version, "activate"), {**TICKED, "when": "now"})
        page = text(approver.get(f"/policies/{SLUG}/"))

    version.refresh_from_db()
    assert version.active_from is not None
    assert before <= version.active_from <= database_now()
    assert f"In force: v{version.number}" in page


def test_the_author_does_not_put_in_force_what_is_not_approved(manager: Client, desk: Desk) -> None:
    version = submitted_in(manager, desk)

    answer = manager.post(url(version, "activate"), {**TICKED, "when": "now"})

    assert (answer.status_code, refusals("activate")) == (403, ["Tried without the role: risk_manager."])


def test_rebasing_without_the_role_is_refused_and_written_down(
    manager: Client, approver: Client, desk: Desk
) -> None:
    version = submitted_in(manager, desk)

    answer = approver.post(url(version, "rebase"), {})

    assert (answer.status_code, refusals("rebase")) == (403, ["Tried without the role: risk_approver."])


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_of_two_activations_at_the_same_time_one_is_refused_and_written_down() -> None:
    desk = build_desk()
    approver = signed_in(desk.approver)
    versions = [
        approved(approver, submitted_in(signed_in(desk.manager), desk, cut_off=cut)) for cut in (631, 632)
    ]
    browsers = [signed_in(desk.approver) for _ in versions]
    start, answers = threading.Barrier(2), []

    def activate(browser: Client, version: PolicyVersion) -> None:
        try:
            start.wait(timeout=10)
            answers.append(browser.post(url(version, "activate"), {**TICKED, "when": "now"}).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=activate, args=pair) for pair in zip(browsers, versions, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(answers) == [302, 409]
    assert PolicyVersion.objects.filter(policy=desk.policy, state=PolicyState.ACTIVE).count() == 1
    assert len(refusals("activate")) == 1
    in_force = version_in_force(desk.policy, database_now())
    assert in_force in versions


def test_an_emergency_is_not_looked_at_by_its_own_people(manager: Client, desk: Desk) -> None:
    version = create_draft(
        policy=desk.policy, document=desk.document(700), actor=acting(desk.manager), now=database_now()
    )
    manager.post(
        url(version, "submit"), {**seen(version), "reason": REASON, "ticket": "INC-7", "is_emergency": "on"}
    )
    version.refresh_from_db()
    version.reference_sample = make_reference_sample(desk.model, approve_cut_off=700)
    version.save()
    approver = signed_in(desk.approver)
    approver.post(url(version, "approve"), seen(version))
    version.refresh_from_db()
    assert version.state == PolicyState.ACTIVE
    look: dict[str, Any] = {"verdict": "UPHELD", "reason": "It stopped the losses."}

    assert approver.post(url(version, "review"), look).status_code == 403
    assert manager.post(url(version, "review"), look).status_code == 403
    assert len(refusals("review")) == 2
    hanna = signed_in(make_user("Hanna Weiss", (desk.policy.lender, Role.COMPLIANCE), password=None))
    assert hanna.post(url(version, "review"), look).status_code == 302
    assert "looked at this emergency change" in text(hanna.get(f"/policies/{SLUG}/changes/2/"))
