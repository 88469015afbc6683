"""The worker's check of a draft: found once for each document, required before anybody is asked to approve it."""

from __future__ import annotations

import copy

import pytest

from scoring.pipeline.work import work_until_empty
from tests.factories import make_backtest, make_policy_check
from tests.underwriting.policy.conftest import NOW, REASON, Desk, acting, build_desk
from underwriting.enums import WorkKind, WorkState
from underwriting.models import PolicyCheckResult, WorkItem
from underwriting.policy.checked import CheckMissing, warning_key
from underwriting.policy.lifecycle import save_draft, submit_version
from underwriting.policy.schema import Complaint, PolicyRefused
from underwriting.policy.version_rows import LifecycleRefused
from underwriting.policy.whole_check import CheckState, checks_of


@pytest.fixture
def desk(db: None) -> Desk:
    return build_desk()


def work() -> None:
    WorkItem.objects.exclude(kind=WorkKind.POLICY_CHECK).update(state=WorkState.DONE)
    work_until_empty(worker="test", max_batches=3)


def test_a_saved_draft_is_checked_once_and_the_newest_document_alone(desk: Desk) -> None:
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
    assert checks_of(saved, desk.codes).state is CheckState.CHECKED


def test_what_the_worker_finds_stops_the_submission(desk: Desk) -> None:
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
        submit_version(
            version=draft,
            reason=REASON,
            ticket="none",
            reason_codes=desk.codes,
            actor=acting(desk.manager),
            now=NOW,
        )


def test_nobody_submits_what_was_not_checked_as_it_is(desk: Desk) -> None:
    draft = desk.draft()
    make_backtest(draft, desk.live, is_checked=False)
    make_policy_check(draft, document_sha256="0" * 64)

    with pytest.raises(CheckMissing):
        submit_version(
            version=draft, reason=REASON, ticket="none", reason_codes=desk.codes, actor=acting(desk.manager), now=NOW
        )  # fmt: skip


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
