"""An approval is of one document, against one version in force, on one backtest; anything else makes it void."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from tests.factories import (
    make_backtest,
    make_policy_check,
    make_policy_version,
    make_reference_sample,
    make_user,
)
from tests.underwriting.policy.conftest import NOW, REASON, Desk, acting
from underwriting.enums import BacktestState, PolicyState, Role
from underwriting.models import AuditEntry, Membership, PolicyApproval, PolicyVersion, User
from underwriting.policy.approvals import current_backtest, standing_of
from underwriting.policy.backtests import is_current
from underwriting.policy.check import check_policy
from underwriting.policy.checked import warning_key
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.lifecycle import (
    activate_version,
    approve_version,
    create_draft,
    rebase_version,
    save_draft,
    submit_version,
    take_back_version,
)
from underwriting.policy.selectors import version_in_force
from underwriting.policy.version_rows import (
    ApprovalStale,
    AuthorCannotApprove,
    BacktestMissing,
    Clashing,
    DraftChanged,
    LifecycleRefused,
    WrongState,
)

LARGE = {"applications": 1000, "covered": 1000, "approved_before": 500, "approved_after": 560}


def compliance_of(desk: Desk, name: str = "Hanna Weiss") -> User:
    return make_user(name, (desk.policy.lender, Role.COMPLIANCE), password=None)


def approved(desk: Desk) -> PolicyVersion:
    return approve_version(version=desk.with_sample(), actor=acting(desk.approver), now=NOW)


def replace_live(desk: Desk, approve: int = 645) -> PolicyVersion:
    """Another version came into force, past everything that is tested here."""
    PolicyVersion.objects.filter(pk=desk.live.pk).update(state=PolicyState.RETIRED, retired_at=NOW)
    document = desk.document(approve)
    return make_policy_version(
        desk.policy.product, document, number=50, document_sha256=canonical_sha256(document), active_from=NOW
    )


# Submitting ---------------------------------------------------------------------------------------------------------------


def submit(desk: Desk, draft: PolicyVersion, **changes: Any) -> PolicyVersion:
    values = {"reason": REASON, "ticket": "RISK-12", "reason_codes": desk.codes, "now": NOW}
    return submit_version(version=draft, actor=acting(desk.manager), **{**values, **changes})


def test_a_draft_without_a_current_backtest_is_not_submitted(desk: Desk) -> None:
    draft = desk.draft()
    with pytest.raises(BacktestMissing, match="Run a backtest first"):
        submit(desk, draft)
    make_backtest(draft, desk.live, state=BacktestState.RUNNING)
    with pytest.raises(BacktestMissing, match="Run a backtest first"):
        submit(desk, draft)
    make_backtest(draft, desk.live, document_sha256="0" * 64)
    with pytest.raises(BacktestMissing, match="changed since its backtest"):
        submit(desk, draft)
    make_backtest(draft, desk.live, live_sha256="0" * 64)
    with pytest.raises(BacktestMissing, match="compares with another"):
        submit(desk, draft)
    make_backtest(draft, desk.live)

    submitted = submit(desk, draft)

    assert (submitted.state, submitted.ticket) == (PolicyState.SUBMITTED, "RISK-12")
    assert AuditEntry.objects.filter(action="policy.refused", after__step="submit").count() == 4


def test_a_backtest_is_current_in_one_sense_on_every_page(desk: Desk) -> None:
    """Another version in force puts it out of date, also one with the same document: its page says so, and so does submission."""
    draft = desk.draft()
    backtest = make_backtest(draft, desk.live)
    assert current_backtest(draft, desk.live) == backtest
    same = replace_live(desk, desk.live.document["cut_offs"]["approve"])
    assert same.document_sha256 == desk.live.document_sha256

    assert is_current(backtest, draft, same) is False
    assert current_backtest(draft, same) is None


def test_a_first_version_and_an_emergency_have_nothing_to_wait_for(desk: Desk) -> None:
    assert submit(desk, desk.draft(), is_emergency=True).state == PolicyState.SUBMITTED
    PolicyVersion.objects.filter(pk=desk.live.pk).update(state=PolicyState.RETIRED, retired_at=NOW)

    first = desk.draft(633)
    make_policy_check(first)
    assert submit(desk, first).state == PolicyState.SUBMITTED


def test_each_warning_is_answered(desk: Desk) -> None:
    document = desk.document(632)
    document["rules"].append({**document["rules"][-1], "id": "R-90"})
    draft = create_draft(policy=desk.policy, document=document, actor=acting(desk.manager), now=NOW)
    make_backtest(draft, desk.live)
    (warning,) = check_policy(document, reason_codes=desk.codes)

    with pytest.raises(LifecycleRefused, match="asks the same as rule"):
        submit(desk, draft)
    submitted = submit(desk, draft, warning_comments={warning_key(warning): "Kept for the new channel."})

    assert submitted.warning_comments == [
        {"place": warning.place, "message": warning.message, "comment": "Kept for the new channel."}
    ]


# What an approval is worth ------------------------------------------------------------------------------------------------


def test_a_large_change_needs_compliance_beside_a_risk_approver(desk: Desk) -> None:
    version = desk.with_sample()
    make_backtest(version, desk.live, summary=LARGE)
    second = make_user("Una Second", (desk.policy.lender, Role.RISK_APPROVER), password=None)

    for person in (desk.approver, second):
        version = approve_version(version=version, actor=acting(person), now=NOW)
        assert version.state == PolicyState.SUBMITTED
    with pytest.raises(WrongState):
        activate_version(version=version, actor=acting(desk.approver), now=NOW)
    version = approve_version(version=version, actor=acting(compliance_of(desk)), now=NOW)

    assert version.state == PolicyState.APPROVED
    assert list(PolicyApproval.objects.order_by("pk").values_list("roles", flat=True)) == [
        ["risk_approver"],
        ["risk_approver"],
        ["compliance"],
    ]


def test_the_same_approval_twice_is_refused_and_written_down(desk: Desk) -> None:
    version = desk.with_sample()
    make_backtest(version, desk.live, summary=LARGE)
    approve_version(version=version, actor=acting(desk.approver), now=NOW)

    with pytest.raises(WrongState, match="already"):
        approve_version(version=version, actor=acting(desk.approver), now=NOW)

    assert PolicyApproval.objects.count() == 1
    assert AuditEntry.objects.filter(action="policy.refused", after__step="approve").count() == 1


def edit_behind(desk: Desk, version: PolicyVersion) -> None:
    document = desk.document(611)
    PolicyVersion.objects.filter(pk=version.pk).update(
        document={**document, "cut_offs": {"approve": 632, "refer": 601}},
        document_sha256=canonical_sha256({**document, "cut_offs": {"approve": 632, "refer": 601}}),
    )


STALE: dict[str, tuple[Callable[[Desk, PolicyVersion], Any], str]] = {
    "an edit": (edit_behind, "The document was changed since."),
    "another version in force": (lambda desk, _: replace_live(desk), "The version in force is v50 now."),
    "another backtest": (
        lambda desk, version: make_backtest(version, desk.live),
        "Another backtest took the place",
    ),
    "the approver's role taken": (
        lambda desk, _: Membership.objects.filter(user=desk.approver).delete(),
        "does not hold the role risk approver any more.",
    ),
    "the approver suspended": (
        lambda desk, _: Membership.objects.filter(user=desk.approver).update(suspended_at=NOW),
        "does not hold the role risk approver any more.",
    ),
}


@pytest.mark.parametrize("cause", STALE)
def test_an_approval_goes_stale_and_the_version_does_not_come_into_force(desk: Desk, cause: str) -> None:
    change, why = STALE[cause]
    version = approved(desk)
    change(desk, version)
    version = PolicyVersion.objects.select_related("policy").get(pk=version.pk)

    second = make_user("Una Second", (desk.policy.lender, Role.RISK_APPROVER), password=None)

    with pytest.raises(ApprovalStale, match=why):
        activate_version(version=version, actor=acting(second), now=NOW)

    standing = standing_of(version, version_in_force(desk.policy, NOW))
    assert (standing.current, [why in s.why for s in standing.stale]) == ((), [True])
    assert AuditEntry.objects.filter(action="policy.refused", after__step="activate").count() == 1


def test_a_stale_approval_is_given_again(desk: Desk) -> None:
    version = approved(desk)
    make_backtest(version, desk.live)

    again = approve_version(version=version, actor=acting(desk.approver), now=NOW)

    assert again.state == PolicyState.APPROVED
    assert activate_version(version=again, actor=acting(desk.approver), now=NOW).state == PolicyState.ACTIVE


def test_what_was_changed_since_an_approval_is_listed(desk: Desk) -> None:
    version = approved(desk)
    draft = take_back_version(version=version, actor=acting(desk.manager), now=NOW)
    save_draft(
        version=draft,
        document=desk.document(628),
        expected_sha256=draft.document_sha256,
        actor=acting(desk.manager),
        now=NOW,
    )

    draft.refresh_from_db()
    (stale,) = standing_of(draft, desk.live).stale

    assert (draft.state, stale.why) == (PolicyState.DRAFT, "Its author took it back to edit it.")
    assert [change.sentence for change in stale.changes] == ["Approve at: 632 → 628"]


def test_whoever_edited_a_draft_does_not_approve_it(desk: Desk) -> None:
    version = desk.with_sample()
    version.revisions.create(
        document=version.document, document_sha256=version.document_sha256, editor=desk.approver, saved_at=NOW
    )

    with pytest.raises(AuthorCannotApprove, match="You edited"):
        approve_version(version=version, actor=acting(desk.approver), now=NOW)


def test_what_the_approver_did_not_look_at_is_not_approved(desk: Desk) -> None:
    with pytest.raises(DraftChanged):
        approve_version(
            version=desk.with_sample(), actor=acting(desk.approver), now=NOW, seen_sha256="0" * 64
        )


def test_approvals_and_revisions_are_never_changed(desk: Desk) -> None:
    approved(desk)
    for table in ("policyapproval", "policyrevision"):
        with pytest.raises(DatabaseError), transaction.atomic():
            PolicyApproval.objects.raw(f"DELETE FROM underwriting_{table} RETURNING id")[0]


# Scheduled ----------------------------------------------------------------------------------------------------------------


def test_of_two_moments_the_second_is_refused_and_a_change_now_takes_the_first_back(desk: Desk) -> None:
    tomorrow = NOW + timedelta(days=1)
    versions = [
        approve_version(version=desk.with_sample(cut), actor=acting(desk.approver), now=NOW)
        for cut in (631, 632, 633)
    ]
    activate_version(version=versions[0], actor=acting(desk.approver), now=NOW, active_from=tomorrow)

    with pytest.raises(WrongState, match="v2 is scheduled already"):
        activate_version(version=versions[1], actor=acting(desk.approver), now=NOW, active_from=tomorrow)
    activate_version(version=versions[2], actor=acting(desk.approver), now=NOW)

    versions[0].refresh_from_db()
    in_force = version_in_force(desk.policy, tomorrow + timedelta(days=1))
    assert (versions[0].active_from, in_force) == (None, versions[2])


# Rebase -------------------------------------------------------------------------------------------------------------------


def test_a_rebase_makes_a_draft_again_on_the_version_in_force_and_voids_the_approvals(desk: Desk) -> None:
    draft = create_draft(policy=desk.policy, actor=acting(desk.manager), now=NOW)
    mine = {**desk.document(640), "sla": {"working_minutes": 120}}
    draft = save_draft(
        version=draft,
        document=mine,
        expected_sha256=draft.document_sha256,
        actor=acting(desk.manager),
        now=NOW,
    )
    make_backtest(draft, desk.live)
    version = submit(desk, draft)
    version.reference_sample = make_reference_sample(desk.model, approve_cut_off=640)
    version.save()
    approve_version(version=version, actor=acting(desk.approver), now=NOW)
    live = replace_live(desk)

    rebased = rebase_version(
        version=version,
        choices={},
        expected_sha256=version.document_sha256,
        expected_live=50,
        actor=acting(desk.manager),
        now=NOW,
    )

    assert (rebased.state, rebased.based_on, rebased.approver) == (PolicyState.DRAFT, live, None)
    assert rebased.document == {**desk.document(645), "sla": {"working_minutes": 120}}
    assert [s.why for s in standing_of(rebased, live).stale] == ["Rebased on v50."]


def test_a_change_on_an_older_version_takes_nothing_back_unseen(desk: Desk) -> None:
    draft = create_draft(policy=desk.policy, actor=acting(desk.manager), now=NOW)
    make_backtest(draft, desk.live)
    version = submit(desk, draft)
    version.reference_sample = make_reference_sample(desk.model, approve_cut_off=640)
    version.save()
    other = create_draft(policy=desk.policy, actor=acting(desk.manager), now=NOW)
    live = replace_live(desk)
    for one in (version, other):
        make_backtest(one, live)

    with pytest.raises(Clashing, match="v50 now, and this change was based on v1"):
        submit(desk, other)
    with pytest.raises(Clashing, match="Rebase it first"):
        approve_version(version=version, actor=acting(desk.approver), now=NOW)


def test_a_clash_changes_nothing(desk: Desk) -> None:
    draft = create_draft(policy=desk.policy, actor=acting(desk.manager), now=NOW)
    draft = save_draft(
        version=draft,
        document=desk.document(632),
        expected_sha256=draft.document_sha256,
        actor=acting(desk.manager),
        now=NOW,
    )
    replace_live(desk)
    wish: dict[str, Any] = {
        "expected_sha256": draft.document_sha256,
        "actor": acting(desk.manager),
        "now": NOW,
    }

    with pytest.raises(Clashing, match="approve at"):
        rebase_version(version=draft, choices={}, expected_live=50, **wish)
    with pytest.raises(DraftChanged):
        rebase_version(version=draft, choices={"cut_offs/approve": "mine"}, expected_live=49, **wish)
    draft.refresh_from_db()
    assert (draft.document, draft.based_on) == (desk.document(632), desk.live)

    chosen = rebase_version(version=draft, choices={"cut_offs/approve": "mine"}, expected_live=50, **wish)
    assert chosen.document["cut_offs"]["approve"] == 632
