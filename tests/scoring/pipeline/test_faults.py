"""A technical failure refers. It never declines anybody, and a knock-out rule that failed on facts on file still speaks."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from review_queue.models import ReviewCase
from scoring.features.matrix import Matrix, Vector
from scoring.pipeline.assemble import assemble
from scoring.pipeline.bench import set_up
from scoring.pipeline.decide import decide
from scoring.pipeline.enrich import enrich
from scoring.pipeline.explain import explain
from scoring.pipeline.fetch import fetch
from scoring.pipeline.record import record
from scoring.pipeline.run import run_batch
from scoring.pipeline.score import score
from scoring.pipeline.types import Bench, Decided, Scored
from scoring.serving.bulkhead import MarginScorer
from scoring.serving.champion import Champion, _loaded
from tests.scoring.pipeline.world import (
    NOW,
    World,
    apply,
    claimed,
    clock,
    good_applicant,
    make_model,
    make_world,
)
from underwriting.enums import ApplicationStatus, DecisionStage, ModelState, Outcome
from underwriting.models import (
    Application,
    Assessment,
    Decision,
    Lender,
    ModelVersion,
    PolicyVersion,
    ReferenceSample,
)
from underwriting.policy.evaluate import evaluate
from underwriting.policy.types import FaultKind

BANKRUPT = {"bankruptcy_count": 1}


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def assessed(*applications: Application) -> list[Assessment]:
    run_batch(claimed(), clock=clock)
    return [Assessment.objects.get(application=application) for application in applications]


def kinds(assessment: Assessment) -> list[str]:
    return [fault["kind"] for fault in assessment.technical]


def assert_referred_once(assessment: Assessment, fault: FaultKind, words: str) -> None:
    assert assessment.outcome == Outcome.REFER
    assert kinds(assessment) == [fault]
    case = ReviewCase.objects.get(application=assessment.application)
    assert case.is_technical
    assert words in " ".join(case.why)
    assert not Decision.objects.filter(application=assessment.application).exists()
    assert Application.objects.get(pk=assessment.application_id).status == ApplicationStatus.REFERRED


def assert_knocked_out(assessment: Assessment) -> None:
    assert (assessment.outcome, assessment.stage) == (Outcome.DECLINE, "knockout")
    assert [reason["code"] for reason in assessment.reasons] == ["PR02"]
    assert Decision.objects.get(application=assessment.application).outcome == "DECLINE"


class TestModel:
    def test_a_damaged_text_is_refused(self, world: World) -> None:
        good, bankrupt = apply(world), apply(world, report=BANKRUPT)
        ModelVersion.objects.update(text=world.model.text.replace("leaf_value=", "leaf_value=9", 1))
        _loaded.champions().clear()  # as a new process, which has yet to load it

        first, second = assessed(good, bankrupt)

        assert_referred_once(first, FaultKind.MODEL_REFUSED, "the model text has hash")
        assert (first.score, first.scores, first.model_version, first.contributions) == (None, [], None, None)
        assert_knocked_out(second)

    def test_without_a_champion_nothing_is_scored(self, world: World) -> None:
        ModelVersion.objects.update(state=ModelState.CANDIDATE)

        (assessment,) = assessed(apply(world))

        assert_referred_once(assessment, FaultKind.MODEL_REFUSED, "no model is in charge of this lender")

    def test_a_champion_that_the_policy_was_not_approved_with_is_not_asked(self, world: World) -> None:
        ModelVersion.objects.update(state=ModelState.RETIRED)
        make_model(world.lender_id, version="other")

        first, second = assessed(apply(world), apply(world, report=BANKRUPT))

        assert_referred_once(first, FaultKind.MODEL_REFUSED, "Submit the policy again for this model.")
        assert_knocked_out(second)


class TestPolicy:
    def test_no_policy_in_force(self, world: World) -> None:
        PolicyVersion.objects.update(state="RETIRED", retired_at=NOW)

        (assessment,) = assessed(apply(world))

        assert_referred_once(
            assessment, FaultKind.POLICY_MISSING, "No policy is in force for Instalment Loan."
        )
        assert assessment.score is not None

    def test_a_document_that_is_not_the_approved_one(self, world: World) -> None:
        document = world.policy.document | {"cut_offs": {"approve": 300, "refer": 300}}
        PolicyVersion.objects.update(document=document)

        (assessment,) = assessed(apply(world))

        assert_referred_once(assessment, FaultKind.POLICY_FAILED, "its hash differs")


class TestExplanation:
    @pytest.fixture
    def broken_sample(self, world: World) -> None:
        """People of another model: explaining a score against them fails."""
        sample = world.policy.reference_sample
        assert sample is not None
        columns = [sample.columns[1], sample.columns[0], *sample.columns[2:]]
        other = ReferenceSample.objects.create(
            lender=sample.lender, model_version=sample.model_version, approve_cut_off=640, seed=99, columns=columns,
            rows=sample.rows, sha256="0" * 64, created_at=NOW,
        )  # fmt: skip
        PolicyVersion.objects.update(reference_sample=other)

    def test_one_that_fails_refers(self, world: World, broken_sample: None) -> None:
        (assessment,) = assessed(replace_amount(apply(world), 90_000_000))

        assert_referred_once(assessment, FaultKind.EXPLANATION_FAILED, "The explanation failed (ValueError).")
        assert (assessment.reasons, assessment.contributions) == ([], None)

    def test_an_approval_needs_one_and_a_knock_out_does_not(self, world: World, broken_sample: None) -> None:
        good, bankrupt = assessed(apply(world), apply(world, report=BANKRUPT))

        assert_referred_once(good, FaultKind.EXPLANATION_FAILED, "The explanation failed (ValueError).")
        assert_knocked_out(bankrupt)
        assert [reason["stage"] for reason in bankrupt.reasons] == ["knockout"]
        assert [fault["kind"] for fault in bankrupt.technical] == [FaultKind.EXPLANATION_FAILED]

    def test_one_that_does_not_add_up_refers(self, world: World) -> None:
        """The score says one thing and the explanation's points another."""
        decided, bench = until_decided(world, [replace_amount(apply(world), 100_000_000)])
        assert decided[0].result.outcome in (Outcome.DECLINE, Outcome.COUNTEROFFER)
        champion = bench.champion
        assert champion is not None
        manifest = replace(champion.manifest, points_offset=champion.manifest.points_offset + 0.01)

        explained = explain(decided, bench=replace(bench, champion=replace(champion, manifest=manifest)))

        assert explained[0].decided.result.outcome is Outcome.REFER
        assert [fault.kind for fault in explained[0].decided.faults] == [FaultKind.EXPLANATION_NOT_ADDITIVE]
        assert explained[0].explanation.contributions is None

    def test_why_reasons_may_not_be_told_is_kept_with_the_assessment(self, world: World) -> None:
        decided, bench = until_decided(world, [replace_amount(apply(world), 100_000_000)])
        (explained,) = explain(decided, bench=bench)
        held = replace(explained.explanation, held_because="The risk would not fall.")

        record([replace(explained, explanation=held)], bench=bench, now=NOW)

        assert Assessment.objects.get().held_because == "The risk would not fall."


def scored_by(bench: Bench, scorer: MarginScorer) -> Bench:
    champion = bench.champion
    assert champion is not None
    return replace(
        bench,
        champion=Champion.of(
            model_version_id=champion.model_version_id,
            manifest=champion.manifest,
            booster=champion.booster,
            scorer=scorer,
        ),
    )


class TestLateModel:
    def slow(self, bench: Bench) -> Bench:
        def scorer(matrix: Matrix) -> Vector:
            time.sleep(0.2)
            return matrix[:, 0]

        return scored_by(bench, scorer)

    def decided(self, world: World, *applications: Application) -> list[Decided]:
        scored, bench = until_scored(world, list(applications), deadline_ms=20, change=self.slow)
        assert all(one.model_late and one.scores == () for one in scored)
        return decide(scored, bench=bench)

    def test_the_fallback_rule_approves_inside_its_limits(self, world: World) -> None:
        (one,) = self.decided(world, apply(world, report={"bureau_score": 780}))

        assert (one.result.outcome, one.result.used_fallback) == (Outcome.APPROVE, True)
        assert [fault.kind for fault in one.faults] == [FaultKind.MODEL_TIMEOUT]

    def test_without_a_bureau_score_a_person_looks(self, world: World) -> None:
        (one,) = self.decided(world, apply(world, report={"bureau_score": None}))

        assert (one.result.outcome, one.result.used_fallback) == (Outcome.REFER, True)

    def test_a_late_batch_is_asked_for_one_by_one(self, world: World) -> None:
        asked: list[int] = []

        def late_once(matrix: Matrix) -> Vector:
            asked.append(len(matrix))
            time.sleep(2.0 if len(asked) == 1 else 0.0)
            return matrix[:, 0]

        scored, _ = until_scored(
            world,
            [apply(world, index) for index in range(3)],
            deadline_ms=1_500,
            change=lambda bench: scored_by(bench, late_once),
        )

        assert [(one.model_late, one.faults, bool(one.scores)) for one in scored] == [(False, (), True)] * 3
        assert asked[0] == sum(asked[1:])
        assert len(asked) == 4

    def test_a_model_that_stays_late_costs_a_few_deadlines_and_not_one_for_each(self, world: World) -> None:
        asked: list[int] = []

        def always_late(matrix: Matrix) -> Vector:
            asked.append(len(matrix))
            time.sleep(0.1)
            return matrix[:, 0]

        until_scored(
            world,
            [apply(world, index) for index in range(20)],
            deadline_ms=50,
            change=lambda bench: scored_by(bench, always_late),
        )

        assert len(asked) <= 5  # the breaker opens after five late answers

    def test_it_never_declines(self, world: World) -> None:
        found = self.decided(world, *[apply(world, index) for index in range(40)])

        assert {one.result.stage for one in found if one.result.outcome is Outcome.DECLINE} <= {
            DecisionStage.KNOCKOUT
        }


class TestInput:
    def test_a_value_that_no_fact_can_have_refers_its_application_alone(self, world: World) -> None:
        wrong, right = apply(world, report={"revolving_utilisation_ratio": -3}), apply(world)

        first, second = assessed(wrong, right)

        assert_referred_once(first, FaultKind.FACT_OUT_OF_RANGE, "is not one this fact can have")
        assert second.outcome == Outcome.APPROVE

    def test_no_income_is_seen_as_the_worst_share_of_income_and_never_as_a_missing_fact(
        self, world: World
    ) -> None:
        someone = good_applicant()
        application = apply(
            world, replace(someone, stated_party={**someone.stated_party, "annual_income": 0})
        )

        (assessment,) = assessed(application)

        shares = (
            "loan_to_income_ratio",
            "instalment_to_income_ratio",
            "debt_service_ratio",
            "debt_to_income_ratio",
        )
        assert [assessment.facts[name]["value"] for name in shares] == [1000] * 4
        assert (assessment.outcome, assessment.offer) == (Outcome.DECLINE, None)

    def test_an_empty_report_refers_and_never_declines(self, world: World) -> None:
        applications = [apply(world, asked=(3_500_000, 60)) for _ in range(3)]
        for application in applications:
            application.stated["inline_report"] = {"1": {}}
            application.save(update_fields=["stated"])

        for assessment in assessed(*applications):
            assert_referred_once(assessment, FaultKind.BUREAU_EMPTY_FILE, "There is no credit report")


@pytest.fixture
def deaf_bureau() -> Iterator[str]:
    """Takes connections and never answers."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.django_db(transaction=True)
def test_a_bureau_that_times_out_never_makes_a_decline_on_score(deaf_bureau: str) -> None:
    world = make_world()
    Lender.objects.update(
        bureau={**world.product.lender.bureau, "adapter": "HTTP", "base_url": deaf_bureau, "deadline_ms": 50}
    )
    applications = [apply(world, index) for index in range(30)]
    for application in applications:
        application.stated.pop("inline_report")
        application.save(update_fields=["stated"])
        replace_amount(application, 3_500_000)

    decided, _ = until_decided(world, applications)

    # after twenty that waited for nothing the breaker spares the rest the wait
    faults = Counter(fault.kind for one in decided for fault in one.faults)
    assert set(faults) <= {FaultKind.BUREAU_TIMEOUT, FaultKind.BUREAU_REFUSED}
    assert faults[FaultKind.BUREAU_TIMEOUT] >= 15
    assert {one.result.outcome for one in decided} == {Outcome.REFER}
    # the control: the same cases without the technical rule
    without = [
        evaluate(one.policy.compiled, replace(one.case, faults=()))
        for one in decided
        if one.policy and one.case
    ]
    assert any(
        result.outcome is Outcome.DECLINE and result.stage is DecisionStage.SCORE for result in without
    )


def replace_amount(application: Application, minor: int) -> Application:
    Application.objects.filter(pk=application.pk).update(requested_amount_minor=minor)
    return application


def until_scored(
    world: World,
    applications: list[Application],
    *,
    deadline_ms: int = 10_000,
    change: Any = lambda bench: bench,
) -> tuple[list[Scored], Bench]:
    """The stages up to the score, for these applications."""
    requests = fetch(claimed())
    assert len(requests) == len(applications)
    bench = set_up(requests, now=NOW)
    assert bench is not None
    bench = change(bench)
    assembled = assemble(enrich(requests, bench=bench, now=NOW), now=NOW)
    return score(assembled, bench=bench, deadline_ms=deadline_ms), bench


def until_decided(world: World, applications: list[Application]) -> tuple[list[Decided], Bench]:
    scored, bench = until_scored(world, applications)
    return decide(scored, bench=bench), bench
