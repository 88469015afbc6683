"""The worker's check of a draft: found once for each document, required before anybody is asked to approve it."""

from __future__ import annotations

import copy
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from scoring.pipeline.work import work_until_empty
from scoring.registry.register import register_model
from scoring.serving.champion import Champion, ChampionLate
from scoring.soundness import work as job
from scoring.soundness.whole import Setting
from tests.factories import make_backtest, make_policy_check
from tests.scoring.models import small_bundle
from tests.underwriting.policy.conftest import NOW, REASON, Desk, acting, build_desk
from underwriting.audit.actor import SYSTEM
from underwriting.enums import ModelState, WorkKind, WorkState
from underwriting.models import ModelVersion, PolicyCheckResult, PolicyVersion, WorkItem
from underwriting.policy.checked import CheckMissing, warning_key
from underwriting.policy.lifecycle import save_draft, submit_version
from underwriting.policy.schema import Complaint, PolicyRefused
from underwriting.policy.version_rows import LifecycleRefused
from underwriting.policy.whole_check import CheckState, checks_of
from underwriting.work import pulse
from underwriting.work.claim import MAX_ATTEMPTS, claim
from underwriting.work.pulse import ClaimLost


@pytest.fixture
def desk(db: None) -> Desk:
    return build_desk()


def work() -> None:
    WorkItem.objects.exclude(kind=WorkKind.POLICY_CHECK).update(state=WorkState.DONE)
    work_until_empty(worker="test", max_batches=3)


def work_until_left_to_a_person() -> None:
    for _ in range(MAX_ATTEMPTS + 1):
        WorkItem.objects.filter(state=WorkState.READY).update(not_before=NOW)
        work()


def without_a_model(desk: Desk) -> None:
    ModelVersion.objects.update(state=ModelState.RETIRED)


def submit(desk: Desk, draft: PolicyVersion) -> PolicyVersion:
    return submit_version(
        version=draft, reason=REASON, ticket="none", reason_codes=desk.codes, actor=acting(desk.manager), now=NOW
    )  # fmt: skip


def wishes() -> list[str]:
    found = WorkItem.objects.filter(kind=WorkKind.POLICY_CHECK).order_by("pk")
    return list(found.values_list("state", flat=True))


def test_a_saved_draft_is_checked_once_and_the_newest_document_alone(desk: Desk) -> None:
    without_a_model(desk)
    draft = desk.draft()
    changed = {**copy.deepcopy(draft.document), "sla": {"working_minutes": 500}}
    assert checks_of(draft, desk.codes).state is CheckState.BEING_CHECKED
    saved = save_draft(
        version=draft,
        document=changed,
        expected_sha256=draft.document_sha256,
        actor=acting(desk.manager),
        now=NOW,
    )
    assert WorkItem.objects.filter(kind=WorkKind.POLICY_CHECK).count() == 1

    work()

    result = PolicyCheckResult.objects.get()
    assert (result.document_sha256, result.complaints, result.model_version) == (
        saved.document_sha256,
        [],
        None,
    )
    assert checks_of(saved, desk.codes).state is CheckState.WITHOUT_MODEL


def test_a_refused_model_fails_the_check_which_blocks_the_submission_and_says_why(desk: Desk) -> None:
    draft = desk.draft()
    make_backtest(draft, desk.live, is_checked=False)

    work_until_left_to_a_person()

    assert not PolicyCheckResult.objects.exists()
    checks = checks_of(draft, desk.codes)
    assert checks.state is CheckState.FAILED
    assert checks.why.startswith("The model in charge is refused: harbour-pd")
    with pytest.raises(
        CheckMissing, match=r"could not be checked\. The model in charge is refused: harbour-pd"
    ):
        submit(desk, draft)
    assert wishes() == [WorkState.QUARANTINED, WorkState.READY]


def test_a_late_model_fails_the_check_which_is_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(lender_id: int) -> Champion:
        raise ChampionLate("not within 500 ms")

    monkeypatch.setattr(job, "champion_for", late)
    draft = desk.draft()

    work()

    assert not PolicyCheckResult.objects.exists()
    assert wishes() == [WorkState.READY]
    work_until_left_to_a_person()
    assert checks_of(draft, desk.codes).why == "The model in charge did not answer in time."


def test_a_result_without_a_model_counts_only_while_none_is_in_charge(desk: Desk) -> None:
    without_a_model(desk)
    draft = desk.draft()
    work()
    assert checks_of(draft, desk.codes).state is CheckState.WITHOUT_MODEL

    ModelVersion.objects.update(state=ModelState.CHAMPION)

    assert checks_of(draft, desk.codes).state is CheckState.NOT_CHECKED
    make_backtest(draft, desk.live, is_checked=False)
    with pytest.raises(CheckMissing, match="still being checked"):
        submit(desk, draft)
    assert wishes() == [WorkState.DONE, WorkState.READY]


def test_another_model_in_charge_has_open_drafts_checked_again(desk: Desk) -> None:
    lender = desk.policy.lender
    draft, submitted = desk.draft(), desk.submitted(635)
    make_policy_check(draft)
    elsewhere = build_desk("quarry")
    others = elsewhere.draft()
    WorkItem.objects.update(state=WorkState.DONE)
    assert checks_of(draft, desk.codes).state is CheckState.CHECKED

    wish: dict[str, Any] = {"lender_id": lender.pk, "bundle": small_bundle(), "actor": SYSTEM, "now": NOW}
    register_model(**wish, state=ModelState.SHADOW)
    assert set(wishes()) == {WorkState.DONE}
    register_model(**wish, state=ModelState.CHAMPION)

    assert checks_of(draft, desk.codes).state is CheckState.BEING_CHECKED
    assert [item.subject_id for item in WorkItem.objects.filter(state=WorkState.READY)] == [draft.pk]
    assert others.pk != submitted.pk != draft.pk
    work()
    (result,) = PolicyCheckResult.objects.filter(version=draft).order_by("-pk")[:1]
    assert str(result.model_version) == str(
        ModelVersion.objects.get(lender=lender, state=ModelState.CHAMPION)
    )
    assert checks_of(draft, desk.codes).state is CheckState.CHECKED
    register_model(**wish, state=ModelState.CHAMPION)
    assert not WorkItem.objects.filter(state=WorkState.READY).exists()


def test_what_the_worker_finds_stops_the_submission(desk: Desk) -> None:
    without_a_model(desk)
    draft = desk.draft()
    document = {**copy.deepcopy(draft.document), "format": 2}
    names = [tier["name"] for tier in document["price_grid"]]
    document["delegation"] = {"price_tiers": {"credit_officer": names[1:], "senior_officer": names[1:]}}
    draft = save_draft(
        version=draft,
        document=document,
        expected_sha256=draft.document_sha256,
        actor=acting(desk.manager),
        now=NOW,
    )
    work()
    make_backtest(draft, desk.live)

    found = checks_of(draft, desk.codes)

    assert [(c.place, c.blocks, c.about) for c in found.complaints] == [
        ("/delegation/price_tiers", True, (names[0],))
    ]
    with pytest.raises(PolicyRefused, match="No role may approve"):
        submit(desk, draft)


@pytest.mark.django_db(transaction=True)  # a lease is measured by the start of the transaction that writes
def test_the_lease_of_a_long_check_is_renewed(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Two seconds under a lease of one, worked once."""
    settings.WORK_LEASE_SECONDS = 1
    monkeypatch.setattr(pulse, "BEAT_SECONDS", 0.2)
    draft = with_a_model(build_desk())
    calls = []

    def slow(setting: Setting, *, beat: Callable[[], None]) -> list[Complaint]:
        calls.append(setting)
        for _ in range(20):
            time.sleep(0.1)
            beat()
        return []

    monkeypatch.setattr(job, "whole_complaints", slow)
    work()

    assert (len(calls), PolicyCheckResult.objects.filter(version=draft).count()) == (1, 1)
    assert wishes() == [WorkState.DONE]


def test_who_lost_a_check_stops_and_keeps_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "BEAT_SECONDS", 0.0)
    draft = with_a_model(desk)
    WorkItem.objects.exclude(kind=WorkKind.POLICY_CHECK).update(state=WorkState.DONE)
    (lost,) = claim(kinds=[WorkKind.POLICY_CHECK], worker="slow")

    def taken_away(setting: Setting, *, beat: Callable[[], None]) -> list[Complaint]:
        WorkItem.objects.filter(pk=lost.id).update(claim_token=uuid.uuid4())
        beat()
        raise AssertionError("it went on")

    monkeypatch.setattr(job, "whole_complaints", taken_away)
    with pytest.raises(ClaimLost):
        job.run_policy_checks([lost], clock=lambda: NOW)

    assert not PolicyCheckResult.objects.filter(version=draft).exists()
    assert WorkItem.objects.get(pk=lost.id).state == WorkState.LEASED


def with_a_model(desk: Desk) -> PolicyVersion:
    """A draft of a lender whose model answers."""
    draft = desk.draft()
    register_model(
        lender_id=desk.policy.lender_id, bundle=small_bundle(), state=ModelState.CHAMPION, actor=SYSTEM, now=NOW
    )  # fmt: skip
    return draft


def test_nobody_submits_what_was_not_checked_as_it_is(desk: Desk) -> None:
    draft = desk.draft()
    make_backtest(draft, desk.live, is_checked=False)
    make_policy_check(draft, document_sha256="0" * 64)

    with pytest.raises(CheckMissing):
        submit(desk, draft)


def test_a_warning_of_the_whole_decision_needs_a_word_about_it(desk: Desk) -> None:
    draft = desk.draft()
    make_backtest(draft, desk.live, is_checked=False)
    warning = Complaint("/cut_offs/approve", "Somebody on the safer side fares worse.", blocks=False)
    make_policy_check(
        draft, complaints=[{"complaint": warning.to_json(), "person_says": "", "other_says": ""}]
    )
    submission = {
        "version": draft, "reason": REASON, "ticket": "none", "reason_codes": desk.codes, "actor": acting(desk.manager), "now": NOW,
    }  # fmt: skip

    with pytest.raises(LifecycleRefused, match="Say why this warning may stand"):
        submit_version(**submission)
    submitted = submit_version(
        **submission, warning_comments={warning_key(warning): "The model is trained again."}
    )

    assert [stored["comment"] for stored in submitted.warning_comments] == ["The model is trained again."]
