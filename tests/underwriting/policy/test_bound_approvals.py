"""What an approval stands for cannot be changed under it: the document that decided, the backtest, the moment."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.factories import make_application, make_assessment, make_backtest, make_reference_sample, make_user
from tests.underwriting.policy.conftest import NOW, REASON, Desk, acting
from tests.underwriting.policy.test_approvals import LARGE, replace_live
from underwriting.enums import Outcome, PolicyState, Role, RolloutMode, WorkKind
from underwriting.models import AuditEntry, PolicyVersion, WorkItem
from underwriting.policy.approvals import standing_of
from underwriting.policy.backtests import request_backtest
from underwriting.policy.diff import diff_in_words
from underwriting.policy.leases import SectionHeld, take_lease
from underwriting.policy.lifecycle import (
    activate_version,
    approve_version,
    create_draft,
    rebase_version,
    save_draft,
    submit_version,
    take_back_version,
)
from underwriting.policy.rollouts import start_rollout, stop_rollout
from underwriting.policy.version_rows import SameBrowser, WrongState
from underwriting.policy.watch import watch_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def approved(desk: Desk, cut_off: int = 632) -> PolicyVersion:
    return approve_version(version=desk.with_sample(cut_off), actor=acting(desk.approver), now=NOW)


@pytest.mark.parametrize("decided", ["a share", "an assessment"])
def test_a_version_that_decided_applications_is_never_a_draft_again(desk: Desk, decided: str) -> None:
    version = approved(desk)
    if decided == "a share":
        start_rollout(version=version, mode=RolloutMode.SHARE, share_percent=50, days=7, actor=acting(desk.approver), now=NOW)  # fmt: skip
        stop_rollout(version=version, actor=acting(desk.approver), now=NOW + DAY)
    else:
        make_assessment(make_application(desk.policy.product), policy_version=version)

    with pytest.raises(WrongState, match="Applications were decided with v2"):
        take_back_version(version=version, actor=acting(desk.manager), now=NOW + DAY)

    version.refresh_from_db()
    assert version.state == PolicyState.APPROVED


def test_a_version_that_was_only_in_shadow_may_be_edited(desk: Desk) -> None:
    version = approved(desk)
    start_rollout(version=version, mode=RolloutMode.SHADOW, days=7, actor=acting(desk.approver), now=NOW)
    stop_rollout(version=version, actor=acting(desk.approver), now=NOW + DAY)

    back = take_back_version(version=version, actor=acting(desk.manager), now=NOW + DAY)

    assert back.state == PolicyState.DRAFT


def test_a_milder_backtest_asks_for_no_fewer_people(desk: Desk) -> None:
    draft = desk.draft()
    make_backtest(draft, desk.live, summary=LARGE)
    strict = standing_of(draft, desk.live).requirement
    make_backtest(draft, desk.live)

    assert (strict.people, strict.needs_compliance) == (2, True)
    assert standing_of(draft, desk.live).requirement == strict
    edited = save_draft(
        version=draft, document=desk.document(633), expected_sha256=draft.document_sha256,
        actor=acting(desk.manager), now=NOW,
    )  # fmt: skip
    make_backtest(edited, desk.live)
    assert standing_of(edited, desk.live).requirement.people == 1, "another document is another change"


def test_a_version_with_a_moment_or_on_trial_is_not_backtested_again(desk: Desk) -> None:
    scheduled = activate_version(
        version=approved(desk), actor=acting(desk.approver), now=NOW, active_from=NOW + DAY
    )
    tried = approved(desk, 633)
    start_rollout(version=tried, mode=RolloutMode.SHADOW, days=7, actor=acting(desk.approver), now=NOW)

    for version, why in ((scheduled, "has its moment already"), (tried, "is being tried")):
        with pytest.raises(WrongState, match=why):
            request_backtest(version=version, since=NOW.date(), until=NOW.date(), actor=acting(desk.manager), now=NOW)  # fmt: skip


def test_a_moment_is_lost_with_its_approvals_and_that_is_written_down(desk: Desk) -> None:
    version = activate_version(
        version=approved(desk), actor=acting(desk.approver), now=NOW, active_from=NOW + DAY
    )
    make_backtest(version, desk.live, summary=LARGE)
    again = approve_version(version=version, actor=acting(desk.approver), now=NOW)

    assert (again.state, again.active_from) == (PolicyState.SUBMITTED, None)
    assert AuditEntry.objects.filter(action="policy.unscheduled", object_id=str(version.pk)).count() == 1


def test_who_signs_in_where_the_draft_was_submitted_does_not_approve_it(desk: Desk) -> None:
    """The draft was written in another browser, as on the day before."""
    draft = desk.draft()
    make_backtest(draft, desk.live)
    here = replace(acting(desk.manager), browser="b" * 64)
    version = submit_version(
        version=draft, reason=REASON, ticket="none", reason_codes=desk.codes, actor=here, now=NOW
    )
    version.reference_sample = make_reference_sample(desk.model, approve_cut_off=632, seed=version.number)
    version.save()

    with pytest.raises(SameBrowser):
        approve_version(version=version, actor=replace(acting(desk.approver), browser="b" * 64), now=NOW)


def test_the_first_day_is_measured_by_a_backtest_of_this_document_alone(desk: Desk) -> None:
    version = activate_version(version=approved(desk), actor=acting(desk.approver), now=NOW)
    for _ in range(40):
        make_assessment(
            make_application(desk.policy.product),
            policy_version=version,
            outcome=Outcome.DECLINE,
            created_at=NOW,
        )
    before = watch_of(version, NOW + DAY / 2)
    version.backtests.update(document_sha256="0" * 64)
    after = watch_of(version, NOW + DAY / 2)

    assert before is not None
    assert after is not None
    assert (before.expected, after.expected) == (0.505, None)


def test_a_rebase_tramples_nobodys_section_and_has_the_effect_weighed(desk: Desk) -> None:
    draft = create_draft(policy=desk.policy, actor=acting(desk.manager), now=NOW)
    replace_live(desk)
    colleague = make_user("Ola Other", (desk.policy.lender, Role.RISK_MANAGER), password=None)
    take_lease(version=draft, section="sla", actor=acting(colleague), now=NOW)

    def rebased() -> PolicyVersion:
        return rebase_version(
            version=draft, choices={}, expected_sha256=draft.document_sha256, expected_live=50,
            actor=acting(desk.manager), now=NOW,
        )  # fmt: skip

    with pytest.raises(SectionHeld):
        rebased()
    draft.leases.all().delete()
    WorkItem.objects.filter(kind=WorkKind.BUILD_EFFECT).delete()
    rebased()
    assert WorkItem.objects.filter(kind=WorkKind.BUILD_EFFECT).exists()


def test_what_a_missing_fact_does_is_told_beside_a_changed_condition(desk: Desk) -> None:
    before, after = desk.document(), copy.deepcopy(desk.document())
    rule = next(rule for rule in after["rules"] if rule["id"] == "K-04")
    rule["when"] |= {"value": rule["when"]["value"] + 100, "if_absent": "passes", "if_never": "passes"}

    said = [change.what for change in diff_in_words(before, after)]

    assert said == ["Rule K-04 condition", "Rule K-04 without a fact"]
