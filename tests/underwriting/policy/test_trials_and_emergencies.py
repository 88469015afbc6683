"""Trying a version before it comes into force, letting one in at once, and watching it on its first day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from scoring.pipeline.work import work_until_empty
from tests.factories import make_application, make_assessment, make_backtest, make_reference_sample, make_user
from tests.underwriting.policy.conftest import NOW, REASON, Desk, acting
from tests.underwriting.policy.test_approvals import compliance_of, replace_live
from underwriting.enums import (
    Origin,
    Outcome,
    PolicyState,
    ReviewVerdict,
    Role,
    RolloutEnd,
    RolloutMode,
    WorkKind,
    WorkState,
)
from underwriting.models import Alert, AuditEntry, PolicyRollout, PolicyVersion, ShadowResult, WorkItem
from underwriting.policy.comments import comment_on, comments_of, resolve_comment
from underwriting.policy.emergencies import review_emergency, unreviewed
from underwriting.policy.lifecycle import activate_version, approve_version, roll_back, submit_version
from underwriting.policy.rollouts import disagreement, start_rollout, stop_rollout
from underwriting.policy.version_rows import (
    ApprovalStale,
    AuthorCannotApprove,
    LifecycleRefused,
    NotAllowed,
    WrongState,
)
from underwriting.policy.watch import expected_range, watch_of

DAY = timedelta(days=1)


def approved(desk: Desk, cut_off: int = 632) -> PolicyVersion:
    return approve_version(version=desk.with_sample(cut_off), actor=acting(desk.approver), now=NOW)


def start(desk: Desk, version: PolicyVersion, **changes: Any) -> PolicyRollout:
    values: dict[str, Any] = {
        "mode": RolloutMode.SHADOW,
        "days": 7,
        "now": NOW,
        "actor": acting(desk.approver),
    }
    return start_rollout(version=version, **{**values, **changes})


# Trials -------------------------------------------------------------------------------------------------------------------


def test_a_trial_ends_by_promotion(desk: Desk) -> None:
    version = approved(desk)
    rollout = start(desk, version, mode=RolloutMode.SHARE, share_percent=10)

    activate_version(version=version, actor=acting(desk.approver), now=NOW + DAY)

    rollout.refresh_from_db()
    assert (rollout.ended_at, rollout.ended_as) == (NOW + DAY, RolloutEnd.PROMOTED)


def test_a_trial_ends_when_another_version_comes_into_force_and_the_trail_says_so(desk: Desk) -> None:
    first, second = approved(desk), approved(desk, 633)
    rollout = start(desk, first)

    activate_version(version=second, actor=acting(desk.approver), now=NOW + DAY)

    rollout.refresh_from_db()
    assert (rollout.ended_at, rollout.ended_as) == (NOW + DAY, RolloutEnd.STOPPED)
    assert AuditEntry.objects.get(action="policy.rollout_stopped").object_id == str(first.pk)


def test_a_trial_ends_when_somebody_stops_it(desk: Desk) -> None:
    version = approved(desk)
    start(desk, version)

    stopped = stop_rollout(version=version, actor=acting(desk.approver), now=NOW + DAY)

    assert (stopped.ended_at, stopped.ended_as) == (NOW + DAY, RolloutEnd.STOPPED)
    with pytest.raises(WrongState):
        stop_rollout(version=version, actor=acting(desk.approver), now=NOW + DAY)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))[-3:] == [
        "policy.rollout_started",
        "policy.rollout_stopped",
        "policy.refused",
    ]


def test_an_application_that_was_assessed_again_is_counted_once_as_it_was_last(desk: Desk) -> None:
    rollout = start(desk, approved(desk))
    application = make_application(desk.policy.product)
    for number, shadow in ((1, Outcome.DECLINE), (2, Outcome.APPROVE)):
        ShadowResult.objects.create(
            rollout=rollout, assessment=make_assessment(application, number=number), live_outcome=Outcome.REFER,
            shadow_outcome=shadow, created_at=NOW,
        )  # fmt: skip

    counted = {live: dict(zip(Outcome, counts, strict=True)) for live, counts in disagreement(rollout)}

    assert counted[Outcome.REFER][Outcome.APPROVE] == 1
    assert sum(sum(row.values()) for row in counted.values()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": 0}, {"days": 91}, {"share_percent": 5}, {"mode": RolloutMode.SHARE}, {"mode": RolloutMode.SHARE, "share_percent": 0},
        {"mode": RolloutMode.SHARE, "share_percent": 51},
    ],
)  # fmt: skip
def test_days_and_share_have_bounds(desk: Desk, wrong: dict[str, Any]) -> None:
    with pytest.raises(LifecycleRefused):
        start(desk, approved(desk), **wrong)


def test_what_is_not_approved_for_today_is_not_tried_and_one_is_tried_at_a_time(desk: Desk) -> None:
    first, second = approved(desk), approved(desk, 633)
    with pytest.raises(NotAllowed):
        start(desk, first, actor=acting(desk.manager))
    with pytest.raises(WrongState):
        start(desk, desk.submitted(634))
    start(desk, first)
    with pytest.raises(WrongState, match="v2 is being tried already"):
        start(desk, second)
    with pytest.raises(WrongState):
        start(desk, first)
    again = start(desk, second, now=NOW + 8 * DAY)  # the first one's days are over
    stopped = AuditEntry.objects.get(action="policy.rollout_stopped")
    assert (stopped.object_id, stopped.occurred_at) == (str(first.pk), NOW + 8 * DAY)
    replace_live(desk)
    with pytest.raises(ApprovalStale):
        start(desk, first)

    assert again.version == second
    assert PolicyRollout.objects.filter(ended_at=None).count() == 1


# Emergencies --------------------------------------------------------------------------------------------------------------


def emergency(desk: Desk) -> PolicyVersion:
    version = submit_version(
        version=desk.draft(700),
        reason=REASON,
        ticket="INC-7",
        reason_codes=desk.codes,
        actor=acting(desk.manager),
        now=NOW,
        is_emergency=True,
    )
    version.reference_sample = make_reference_sample(desk.model, approve_cut_off=700)
    version.save()
    return approve_version(version=version, actor=acting(desk.approver), now=NOW)


def test_an_emergency_is_in_force_with_one_approval_and_is_looked_at_by_a_third_person(desk: Desk) -> None:
    version = emergency(desk)

    assert (version.state, version.active_from) == (PolicyState.ACTIVE, NOW)
    assert unreviewed(desk.policy.lender, NOW) == [version]
    wish: dict[str, Any] = {"verdict": ReviewVerdict.UPHELD, "note": "It stopped the losses.", "now": NOW}
    both = make_user(
        "Bo Both",
        (desk.policy.lender, Role.RISK_APPROVER),
        (desk.policy.lender, Role.RISK_MANAGER),
        password=None,
    )
    version.revisions.create(
        document=version.document, document_sha256=version.document_sha256, editor=both, saved_at=NOW
    )
    for person in (desk.approver, both):
        with pytest.raises(AuthorCannotApprove):
            review_emergency(version=version, actor=acting(person), **wish)
    with pytest.raises(NotAllowed):
        review_emergency(version=version, actor=acting(desk.manager), **wish)
    review = review_emergency(version=version, actor=acting(compliance_of(desk)), **wish)

    assert (review.verdict, unreviewed(desk.policy.lender, NOW)) == (ReviewVerdict.UPHELD, [])
    with pytest.raises(WrongState):
        review_emergency(version=version, actor=acting(compliance_of(desk, "Ivo Second")), **wish)


@pytest.mark.parametrize("is_reviewed", [False, True])
def test_after_a_day_an_alert_tells_of_an_emergency_that_nobody_looked_at(
    desk: Desk, is_reviewed: bool
) -> None:
    version = emergency(desk)
    item = WorkItem.objects.get(kind=WorkKind.REVIEW_DUE)
    assert (item.subject_id, item.not_before) == (version.pk, NOW + DAY)
    if is_reviewed:
        review_emergency(
            version=version,
            verdict=ReviewVerdict.TAKE_BACK,
            note="Far too strict for this.",
            actor=acting(compliance_of(desk)),
            now=NOW,
        )
    WorkItem.objects.filter(kind=WorkKind.DRAW_REFERENCE).delete()
    WorkItem.objects.update(not_before=NOW)

    work_until_empty(worker="test", max_batches=3, clock=lambda: NOW + DAY)

    item.refresh_from_db()
    assert item.state == WorkState.DONE
    assert [alert.kind for alert in Alert.objects.all()] == ([] if is_reviewed else ["policy.review_overdue"])


def test_in_an_incident_one_approver_takes_the_last_version_back(desk: Desk) -> None:
    activate_version(version=approved(desk), actor=acting(desk.approver), now=NOW)
    back = roll_back(
        version=desk.live,
        reason=REASON,
        reason_codes=desk.codes,
        actor=acting(desk.manager),
        now=NOW,
        is_incident=True,
    )
    back.reference_sample = make_reference_sample(desk.model, approve_cut_off=640)
    back.save()

    approve_version(version=back, actor=acting(desk.approver), now=NOW + DAY)

    back.refresh_from_db()
    assert (back.state, back.document, back.is_emergency) == (PolicyState.ACTIVE, desk.live.document, True)
    assert back.undoes is not None
    assert back.undoes.number == 2


# The first day ------------------------------------------------------------------------------------------------------------


def assessed(desk: Desk, version: PolicyVersion, count: int, approvals: int, **changes: Any) -> None:
    for index in range(count):
        make_assessment(
            make_application(desk.policy.product, **changes),
            policy_version=version,
            outcome=Outcome.APPROVE if index < approvals else Outcome.DECLINE,
            created_at=NOW + timedelta(hours=1),
        )


@pytest.mark.parametrize(("approvals", "is_outside"), [(28, False), (39, True)])
def test_the_first_day_is_watched_against_the_backtest_and_imported_history_is_not_counted(
    desk: Desk, approvals: int, is_outside: bool
) -> None:
    version = approved(desk)
    make_backtest(
        version,
        desk.live,
        summary={"covered": 1000, "approved_before": 700, "approved_after": 705, "applications": 1000},
    )
    version = approve_version(version=version, actor=acting(desk.approver), now=NOW)
    activate_version(version=version, actor=acting(desk.approver), now=NOW)
    version.refresh_from_db()
    assessed(desk, version, 40, approvals)
    assessed(desk, version, 30, 0, origin=Origin.IMPORTED)

    watch = watch_of(version, NOW + timedelta(hours=2))

    assert watch is not None
    assert (watch.assessed, watch.approved, watch.is_outside) == (40, approvals, is_outside)
    assert (
        f"{100 * approvals / 40:.1f}% of 40 approved or counteroffered, expected 56.1% to 84.9%."
        == watch.sentence
    )
    assert watch_of(version, NOW + DAY) is None
    assert watch_of(desk.live, NOW) is None


def test_what_is_expected_is_counted_over_all_that_were_weighed(desk: Desk) -> None:
    """Fewer had every field of the draft than were approved."""
    version = approved(desk)
    counted = {"applications": 1000, "covered": 300, "approved_before": 700, "approved_after": 705}
    make_backtest(version, desk.live, summary=counted)
    version = approve_version(version=version, actor=acting(desk.approver), now=NOW)
    activate_version(version=version, actor=acting(desk.approver), now=NOW)
    version.refresh_from_db()
    assessed(desk, version, 40, 28)

    watch = watch_of(version, NOW + timedelta(hours=2))

    assert watch is not None
    assert watch.sentence == "70.0% of 40 approved or counteroffered, expected 56.1% to 84.9%."


def test_of_a_few_applications_no_rate_is_made(desk: Desk) -> None:
    version = approved(desk)
    activate_version(version=version, actor=acting(desk.approver), now=NOW)
    version.refresh_from_db()
    assessed(desk, version, 11, 0)

    watch = watch_of(version, NOW + timedelta(hours=2))

    assert watch is not None
    assert watch.sentence.startswith("0 of 11 approved or counteroffered. From 30 on")
    assert not watch.is_outside


def test_the_range_narrows_with_both_numbers() -> None:
    low, high = expected_range(0.5, 100, known_from=10_000)

    assert (round(low, 3), round(high, 3)) == (0.402, 0.598)
    wider, narrower = expected_range(0.5, 100, known_from=100), expected_range(0.5, 1000, known_from=10_000)
    assert wider[0] < low < narrower[0] < narrower[1] < high < wider[1]
    assert expected_range(0.99, 30, known_from=30)[1] == 1.0


# Comments -----------------------------------------------------------------------------------------------------------------


def test_a_comment_stays_with_its_line_and_is_resolved_once(desk: Desk) -> None:
    version = desk.submitted()
    comment = comment_on(
        version=version,
        anchor="cut-offs:approve-at",
        quote="Approve at: 640 → 632",
        text="Why so far down?",
        actor=acting(desk.approver),
        now=NOW,
    )
    with pytest.raises(LifecycleRefused):
        comment_on(version=version, anchor="a", quote="", text="  ", actor=acting(desk.approver), now=NOW)
    officer = make_user("Ola Officer", (desk.policy.lender, Role.CREDIT_OFFICER), password=None)
    with pytest.raises(NotAllowed):
        comment_on(version=version, anchor="a", quote="", text="Hm.", actor=acting(officer), now=NOW)

    resolve_comment(comment=comment, actor=acting(desk.manager), now=NOW)
    with pytest.raises(WrongState):
        resolve_comment(comment=comment, actor=acting(desk.manager), now=NOW)

    (kept,) = comments_of(version)
    assert (kept.text, kept.author, kept.resolved_by) == ("Why so far down?", desk.approver, desk.manager)
