"""Reasons are proven before they are told: one proof an assessment, and a notice is held where a test fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from explanations.models import Notice, Proof
from explanations.proof import ProofTest
from explanations.proof.store import record_proofs
from scoring.pipeline import prove as stage
from scoring.pipeline.assemble import assemble
from scoring.pipeline.bench import set_up
from scoring.pipeline.decide import decide
from scoring.pipeline.enrich import enrich
from scoring.pipeline.explain import explain
from scoring.pipeline.fetch import fetch
from scoring.pipeline.record import record
from scoring.pipeline.route import route
from scoring.pipeline.run import run_batch
from scoring.pipeline.score import score
from scoring.pipeline.types import Bench, Explained
from tests.scoring.pipeline.world import NOW, World, apply, claimed, clock, make_world
from underwriting.enums import Outcome
from underwriting.models import Assessment, Disclosure
from underwriting.work.claim import ClaimedItem

pytestmark = pytest.mark.django_db
DECLINED_PEOPLE = range(24)


@pytest.fixture
def world() -> World:
    return make_world()


def explained_batch(world: World) -> tuple[list[Explained], Bench, list[ClaimedItem]]:
    """As far as the proof: some of these people are declined by their score."""
    for index in DECLINED_PEOPLE:
        apply(world, index)
    items = claimed()
    requests = fetch(items)
    bench = set_up(requests, now=NOW)
    assert bench is not None
    assembled = assemble(enrich(requests, bench=bench, now=NOW), now=NOW)
    explained = explain(decide(score(assembled, bench=bench), bench=bench), bench=bench)
    return explained, bench, items


def declined(explained: list[Explained]) -> int:
    """Position of one whom the score declined, with four reasons."""
    return next(
        index
        for index, one in enumerate(explained)
        if one.decided.result.outcome is Outcome.DECLINE
        and one.decided.result.stage == "score"
        and len(one.explanation.reasons) == 4
    )


def written(explained: list[Explained], bench: Bench, items: list[ClaimedItem], now: datetime = NOW) -> None:
    with transaction.atomic():
        route(
            record(stage.prove(explained, bench=bench), bench=bench, now=now),
            items=items,
            bench=bench,
            now=now,
        )


def test_every_told_reason_of_a_batch_has_a_proof_that_passed(world: World) -> None:
    for index in DECLINED_PEOPLE:
        apply(world, index)

    run_batch(claimed(), clock=clock)

    with_reasons = Assessment.objects.exclude(reasons=[])
    assert with_reasons.count() >= 5
    assert set(Proof.objects.values_list("assessment_id", flat=True)) == set(
        with_reasons.values_list("id", flat=True)
    )
    assert set(Proof.objects.values_list("passed", "lender_id")) == {(True, world.lender_id)}
    scored = Proof.objects.filter(all_reaches__isnull=False)
    assert scored.exists()
    assert all(proof.tried_count == min(3, proof.reason_count) for proof in scored)


@pytest.mark.parametrize(
    ("tampered", "test"),
    [
        ({"text": "You did not reach our standards."}, ProofTest.TRUTH),
        ({"share_log_odds": 9.9}, ProofTest.ADDITIVE),
        ({"code": "CH04"}, ProofTest.TRUTH),
    ],
)
def test_a_tampered_reason_is_told_to_nobody(world: World, tampered: dict[str, Any], test: ProofTest) -> None:
    explained, bench, items = explained_batch(world)
    place = declined(explained)
    one = explained[place]
    reasons = ({**one.explanation.reasons[0], **tampered}, *one.explanation.reasons[1:])
    explained[place] = replace(one, explanation=replace(one.explanation, reasons=reasons))

    written(explained, bench, items)

    proof = Proof.objects.get(assessment__application=one.request.application)
    notice = Notice.objects.get(application=one.request.application)
    assert test in proof.failed
    assert notice.held_because
    assert not Disclosure.objects.filter(decision__application=one.request.application).exists()
    assert Proof.objects.filter(passed=False).count() == 1


def test_a_principal_reason_left_out_is_told_to_nobody(world: World) -> None:
    explained, bench, items = explained_batch(world)
    place = declined(explained)
    one = explained[place]
    explained[place] = replace(one, explanation=replace(one.explanation, reasons=one.explanation.reasons[1:]))

    written(explained, bench, items)

    proof = Proof.objects.get(assessment__application=one.request.application)
    assert proof.failed == [ProofTest.OMITTED]
    assert not Disclosure.objects.filter(decision__application=one.request.application).exists()


def test_reasons_without_which_the_risk_would_not_fall_are_told_to_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained, bench, items = explained_batch(world)
    application = explained[declined(explained)].request.application
    monkeypatch.setattr(stage, "repair_effects", lambda *, cases, **_: [9.0 for _ in cases])

    written(explained, bench, items)

    proof = Proof.objects.get(assessment__application=application)
    assert proof.failed == [ProofTest.REPAIR]
    assert "the risk would not fall" in Notice.objects.get(application=application).held_because
    assert not Disclosure.objects.filter(decision__application=application).exists()


def test_contributions_that_do_not_add_up_are_told_to_nobody(world: World) -> None:
    explained, bench, _ = explained_batch(world)
    place = declined(explained)
    one = explained[place]
    found = one.explanation.contributions or {}
    wrong = {**found, "base_log_odds": found["base_log_odds"] + 0.001}
    explained[place] = replace(one, explanation=replace(one.explanation, contributions=wrong))

    proven = stage.prove(explained, bench=bench)[place]

    assert "miss the score" in proven.explanation.held_because


def test_a_proof_that_breaks_holds_its_own_notice_and_no_other(world: World) -> None:
    explained, bench, _ = explained_batch(world)
    place = declined(explained)
    one = explained[place]
    broken = ({**one.explanation.reasons[0], "stage": "nonsense"}, *one.explanation.reasons[1:])
    explained[place] = replace(one, explanation=replace(one.explanation, reasons=broken))

    proven = stage.prove(explained, bench=bench)

    assert "could not be checked (ValueError)" in proven[place].explanation.held_because
    others = [p for index, p in enumerate(proven) if index != place and p.proof is not None]
    assert len(others) >= 4
    assert all(other.proof is not None and other.proof.passed for other in others)


def test_proofs_are_written_by_one_statement(world: World) -> None:
    explained, bench, _ = explained_batch(world)
    rows = record(explained, bench=bench, now=NOW)
    proven = [one for one in stage.prove(explained, bench=bench) if one.proof is not None]
    by_application = {w.application.pk: w.assessment for w in rows}
    found = [
        (assessment, one.proof)
        for one in proven
        if one.proof is not None and (assessment := by_application[one.request.application.pk]) is not None
    ]
    assert len(found) >= 3

    for count in (1, 3):
        with (
            CaptureQueriesContext(
                connection,
            ) as queries,
            transaction.atomic(),
        ):
            record_proofs(found[:count], now=NOW)
            transaction.set_rollback(True)
        assert sum(query["sql"].startswith("INSERT") for query in queries) == 1
