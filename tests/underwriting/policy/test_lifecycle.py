"""The life of a policy version: what each step does, and who is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.factories import make_backtest, make_lender, make_model_version, make_reference_sample, make_user
from tests.underwriting.policy.conftest import NOW, REASON, Desk, acting, build_desk
from underwriting.audit.actor import SYSTEM
from underwriting.enums import ModelState, PolicyState, Role, WorkKind
from underwriting.models import AuditEntry, Membership, PolicyVersion, WorkItem
from underwriting.policy.lifecycle import (
    activate_version,
    approve_version,
    create_draft,
    request_reference,
    roll_back,
    save_draft,
    submit_version,
    turn_down_version,
)
from underwriting.policy.schema import PolicyRefused
from underwriting.policy.selectors import active_policy_version, state_at, version_in_force
from underwriting.policy.version_rows import (
    ApprovalStale,
    AuthorCannotApprove,
    DraftChanged,
    LifecycleRefused,
    NotAllowed,
    ReferenceMissing,
    WrongState,
)

LATER = NOW + timedelta(hours=5)


def live_number(desk: Desk, at: Any = NOW) -> int:
    version = active_policy_version(desk.policy.product_id, at)
    assert version is not None
    return version.number


def test_a_change_goes_through_four_eyes_into_force(desk: Desk) -> None:
    version = desk.with_sample()
    approve_version(version=version, actor=acting(desk.approver), now=NOW)
    activated = activate_version(version=version, actor=acting(desk.approver), now=LATER)

    desk.live.refresh_from_db()
    assert (activated.state, activated.number, activated.active_from) == (PolicyState.ACTIVE, 2, LATER)
    assert (desk.live.state, desk.live.retired_at) == (PolicyState.RETIRED, LATER)
    assert (live_number(desk, NOW), live_number(desk, LATER)) == (1, 2)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "actor_name", "object_label")) == [
        ("policy.draft_created", desk.manager.name, "instalment-loan-core v2"),
        ("policy.submitted", desk.manager.name, "instalment-loan-core v2"),
        ("policy.approved", desk.approver.name, "instalment-loan-core v2"),
        ("policy.activated", desk.approver.name, "instalment-loan-core v2"),
    ]
    work = WorkItem.objects.get(kind=WorkKind.DRAW_REFERENCE)
    assert (work.subject_id, work.payload) == (
        version.pk,
        {"approve_cut_off": 632},
    )


def test_a_draft_starts_from_the_version_in_force(desk: Desk) -> None:
    draft = create_draft(policy=desk.policy, actor=acting(desk.manager), now=NOW)

    assert (draft.state, draft.number, draft.based_on, draft.document) == (
        PolicyState.DRAFT,
        2,
        desk.live,
        desk.live.document,
    )


def test_an_unfinished_draft_is_kept_but_not_submitted(desk: Desk) -> None:
    draft = desk.draft()
    broken = {**desk.document(), "cut_offs": {"approve": 600, "refer": 640}}
    saved = save_draft(
        version=draft,
        document=broken,
        expected_sha256=draft.document_sha256,
        actor=acting(desk.manager),
        now=NOW,
    )

    with pytest.raises(PolicyRefused) as refused:
        submit_version(
            version=saved,
            reason=REASON,
            ticket="none",
            reason_codes=desk.codes,
            actor=acting(desk.manager),
            now=NOW,
        )

    assert [c.place for c in refused.value.complaints] == ["/cut_offs/refer"]
    assert PolicyVersion.objects.get(pk=draft.pk).document == broken


def test_saving_over_somebody_elses_window_is_refused(desk: Desk) -> None:
    draft = desk.draft()
    save_draft(
        version=draft,
        document=desk.document(650),
        expected_sha256=draft.document_sha256,
        actor=acting(desk.manager),
        now=NOW,
    )

    with pytest.raises(DraftChanged):
        save_draft(
            version=draft,
            document=desk.document(655),
            expected_sha256=draft.document_sha256,
            actor=acting(desk.manager),
            now=NOW,
        )


@pytest.mark.parametrize(
    "state", [PolicyState.SUBMITTED, PolicyState.APPROVED, PolicyState.ACTIVE, PolicyState.RETIRED]
)
def test_from_submission_on_the_document_is_frozen(desk: Desk, state: PolicyState) -> None:
    version = desk.submitted()
    PolicyVersion.objects.filter(policy=desk.policy).exclude(pk=version.pk).update(state=PolicyState.RETIRED)
    PolicyVersion.objects.filter(pk=version.pk).update(state=state)

    with pytest.raises(WrongState):
        save_draft(
            version=version,
            document=desk.document(),
            expected_sha256=version.document_sha256,
            actor=acting(desk.manager),
            now=NOW,
        )


def test_the_author_never_approves_even_holding_both_roles(desk: Desk) -> None:
    Membership.objects.create(
        user=desk.manager, lender=desk.policy.lender, role=Role.RISK_APPROVER, since=NOW
    )
    version = desk.with_sample()

    with pytest.raises(AuthorCannotApprove):
        approve_version(version=version, actor=acting(desk.manager), now=NOW)
    with pytest.raises(IntegrityError, match="author_never_approves"), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(approver=desk.manager)


STEPS: dict[str, tuple[Role, Callable[[Desk, Any], Any]]] = {
    "draft": (Role.RISK_MANAGER, lambda desk, actor: create_draft(policy=desk.policy, actor=actor, now=NOW)),
    "approve": (
        Role.RISK_APPROVER,
        lambda desk, actor: approve_version(version=desk.with_sample(), actor=actor, now=NOW),
    ),
    "turn down": (
        Role.RISK_APPROVER,
        lambda desk, actor: turn_down_version(version=desk.submitted(), reason=REASON, actor=actor, now=NOW),
    ),
    "activate": (
        Role.RISK_APPROVER,
        lambda desk, actor: activate_version(
            version=approve_version(version=desk.with_sample(), actor=acting(desk.approver), now=NOW),
            actor=actor,
            now=NOW,
        ),
    ),
    "draw again": (
        Role.RISK_MANAGER,
        lambda desk, actor: request_reference(version=desk.submitted(), actor=actor, now=NOW),
    ),
}


@pytest.mark.parametrize("step", STEPS)
def test_each_step_needs_its_role_at_this_lender(desk: Desk, step: str) -> None:
    role, take = STEPS[step]
    other = make_lender("northgate")
    right = make_user("Una Right", (desk.policy.lender, role))
    strangers = [
        acting(make_user("Otto Other", (other, role))),
        acting(
            make_user(
                "Ann Auditor", (desk.policy.lender, Role.AUDITOR), (desk.policy.lender, Role.CREDIT_OFFICER)
            )
        ),
        SYSTEM,
    ]

    for stranger in strangers:
        with pytest.raises(NotAllowed):
            take(desk, stranger)
    take(desk, acting(right))


def test_a_colleague_edits_a_draft_and_only_its_author_submits_it(desk: Desk) -> None:
    colleague = acting(make_user("Cleo Colleague", (desk.policy.lender, Role.RISK_MANAGER)))
    draft = desk.draft()
    draft = save_draft(
        version=draft,
        document=desk.document(),
        expected_sha256=draft.document_sha256,
        actor=colleague,
        now=NOW,
    )

    make_backtest(draft, desk.live)

    with pytest.raises(NotAllowed):
        submit_version(
            version=draft, reason=REASON, ticket="none", reason_codes=desk.codes, actor=colleague, now=NOW
        )
    with pytest.raises(LifecycleRefused, match="Say why"):
        submit_version(
            version=draft,
            reason="because",
            ticket="none",
            reason_codes=desk.codes,
            actor=acting(desk.manager),
            now=NOW,
        )
    with pytest.raises(LifecycleRefused, match="ticket"):
        submit_version(
            version=draft,
            reason=REASON,
            ticket=" ",
            reason_codes=desk.codes,
            actor=acting(desk.manager),
            now=NOW,
        )
    submit_version(
        version=draft,
        reason=REASON,
        ticket="none",
        reason_codes=desk.codes,
        actor=acting(desk.manager),
        now=NOW,
    )


def test_approval_and_activation_need_the_reference_sample_of_the_champion_at_the_cut_off(desk: Desk) -> None:
    without, other_cut_off = desk.submitted(631), desk.with_sample(632, approve_cut_off=640)
    challenger = make_model_version(desk.policy.lender, version="2026-10", state=ModelState.SHADOW)
    other_model = desk.with_sample(633, model=challenger)
    good = approve_version(version=desk.with_sample(634), actor=acting(desk.approver), now=NOW)

    for version in (without, other_cut_off, other_model):
        with pytest.raises(ReferenceMissing):
            approve_version(version=version, actor=acting(desk.approver), now=NOW)
    desk.model.state = ModelState.RETIRED
    desk.model.save()
    challenger.state = ModelState.CHAMPION
    challenger.save()
    with pytest.raises(ReferenceMissing, match="model in use changed"):
        activate_version(version=good, actor=acting(desk.approver), now=NOW)

    again = request_reference(version=good, actor=acting(desk.manager), now=NOW)
    assert (again.state, again.approver_id, again.reference_sample_id) == (PolicyState.SUBMITTED, None, None)
    again.reference_sample = make_reference_sample(challenger, approve_cut_off=634)
    again.save()
    approve_version(version=again, actor=acting(desk.approver), now=NOW)
    assert activate_version(version=again, actor=acting(desk.approver), now=NOW).model_version == challenger


def test_a_dated_activation_takes_over_by_itself(desk: Desk) -> None:
    version = approve_version(version=desk.with_sample(), actor=acting(desk.approver), now=NOW)
    scheduled = activate_version(version=version, actor=acting(desk.approver), now=NOW, active_from=LATER)

    assert scheduled.state == PolicyState.APPROVED
    assert live_number(desk, LATER - timedelta(microseconds=1)) == 1
    assert live_number(desk, LATER) == 2
    now_live = version_in_force(desk.policy, LATER)
    assert state_at(scheduled, in_force=now_live) is PolicyState.ACTIVE
    assert state_at(desk.live, in_force=now_live) is PolicyState.RETIRED
    then = PolicyVersion(number=3, active_from=LATER + timedelta(days=1))
    assert state_at(scheduled, in_force=then) is PolicyState.RETIRED  # stored as it was: no job had to wake
    with pytest.raises(WrongState):
        turn_down_version(version=scheduled, reason=REASON, actor=acting(desk.approver), now=LATER)


@pytest.mark.parametrize("moment", [NOW - timedelta(seconds=1), NOW + timedelta(days=91)])
def test_an_activation_in_the_past_or_far_ahead_is_refused(desk: Desk, moment: Any) -> None:
    version = approve_version(version=desk.with_sample(), actor=acting(desk.approver), now=NOW)

    with pytest.raises(LifecycleRefused, match="90 days"):
        activate_version(version=version, actor=acting(desk.approver), now=NOW, active_from=moment)


def test_what_was_not_approved_is_not_activated_and_what_was_turned_down_is_gone(desk: Desk) -> None:
    submitted = desk.with_sample()
    with pytest.raises(WrongState):
        activate_version(version=submitted, actor=acting(desk.approver), now=NOW)
    with pytest.raises(WrongState):
        activate_version(version=desk.draft(), actor=acting(desk.approver), now=NOW)

    turn_down_version(version=submitted, reason=REASON, actor=acting(desk.approver), now=NOW)

    with pytest.raises(WrongState):
        approve_version(version=submitted, actor=acting(desk.approver), now=NOW)
    assert live_number(desk) == 1


def test_rolling_back_makes_a_ready_draft_that_goes_through_the_same_approval(desk: Desk) -> None:
    version = approve_version(version=desk.with_sample(), actor=acting(desk.approver), now=NOW)
    activate_version(version=version, actor=acting(desk.approver), now=NOW)

    back = roll_back(
        version=desk.live, reason=REASON, reason_codes=desk.codes, actor=acting(desk.manager), now=LATER
    )

    assert (back.number, back.state, back.based_on_id) == (3, PolicyState.DRAFT, desk.live.pk)
    assert (back.undoes, back.reason) == (version, REASON)
    assert (back.document, back.document_sha256) == (desk.live.document, desk.live.document_sha256)
    assert live_number(desk, LATER) == 2
    for never_live in (version, desk.draft()):
        with pytest.raises(WrongState):
            roll_back(
                version=never_live,
                reason=REASON,
                reason_codes=desk.codes,
                actor=acting(desk.manager),
                now=LATER,
            )


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_of_three_activations_at_the_same_time_one_comes_into_force_and_two_are_refused_and_written_down() -> (
    None
):
    desk = build_desk()
    versions = [
        approve_version(version=desk.with_sample(cut_off), actor=acting(desk.approver), now=NOW)
        for cut_off in (631, 632, 633)
    ]
    start, refused = threading.Barrier(len(versions)), []

    def activate(version: PolicyVersion) -> None:
        try:
            start.wait(timeout=10)
            activate_version(version=version, actor=acting(desk.approver), now=LATER)
        except LifecycleRefused as error:
            refused.append(type(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=activate, args=(version,)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    states = sorted(PolicyVersion.objects.filter(policy=desk.policy).values_list("state", flat=True))
    assert refused == [ApprovalStale, ApprovalStale]
    assert states == [PolicyState.ACTIVE, PolicyState.APPROVED, PolicyState.APPROVED, PolicyState.RETIRED]
    assert AuditEntry.objects.filter(action="policy.refused", after__step="activate").count() == 2
