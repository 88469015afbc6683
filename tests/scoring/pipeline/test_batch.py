"""A batch of real applications through every stage, with the committed model and the demo policy."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from explanations.models import AttributionTables, Notice
from review_queue.models import ReviewCase
from scoring.pipeline.run import run_batch
from scoring.registry.manifest import Manifest
from tests.scoring.pipeline.world import NOW, World, apply, be_patient, claimed, clock, make_world
from underwriting.enums import ApplicationStatus, CaseKind, CaseState, Outcome, WorkKind, WorkState
from underwriting.models import Application, Assessment, AuditEntry, CreditReport, Decision, WorkItem

pytestmark = pytest.mark.django_db
PEOPLE = range(64)


@pytest.fixture
def world() -> World:
    """Another lender, so that nothing of the shared batch is in the way."""
    return make_world(code="northgate")


@pytest.fixture(scope="module")
def batch(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """64 generated people, assessed once for the tests that only look; all of it is rolled back after the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = make_world()
        for index in PEOPLE:
            apply(world, index)
        run_batch(claimed(), clock=clock)
        be_patient()
        yield world
        transaction.set_rollback(True)


def test_every_application_is_decided_or_with_a_person(batch: World) -> None:
    outcomes = Counter(Assessment.objects.values_list("outcome", flat=True))
    assert sum(outcomes.values()) == len(PEOPLE)
    assert min(outcomes[o] for o in Outcome) >= 2, outcomes
    for application in Application.objects.prefetch_related("assessments", "decisions", "cases"):
        assessment = application.assessments.get()
        decisions, cases = list(application.decisions.all()), list(application.cases.all())
        assert (len(decisions), len(cases)) == ((0, 1) if assessment.outcome == "REFER" else (1, 0))
        if decisions:
            assert (decisions[0].outcome, decisions[0].assessment) == (assessment.outcome, assessment)
            assert decisions[0].reasons == assessment.reasons
            assert decisions[0].offer == assessment.offer
            assert application.decided_at == NOW
        else:
            assert (application.status, cases[0].state) == (ApplicationStatus.REFERRED, CaseState.OPEN)
            assert cases[0].why
    assert set(WorkItem.objects.filter(kind=WorkKind.ASSESS).values_list("state", flat=True)) == {
        WorkState.DONE
    }


def test_every_decision_has_its_notice_and_one_entry_in_the_trail(batch: World) -> None:
    decisions = Decision.objects.count()
    assert Notice.objects.count() == decisions
    assert AuditEntry.objects.filter(action="decision.recorded").count() == decisions
    assert AuditEntry.objects.filter(action="assessment.recorded").count() == len(PEOPLE)
    assert AuditEntry.objects.filter(action="application.referred").count() == ReviewCase.objects.count()
    assert set(AuditEntry.objects.values_list("request_id", flat=True)) == {"req-factory"}


def test_every_assessment_names_what_it_rests_on(batch: World) -> None:
    for assessment in Assessment.objects.all():
        assert assessment.model_version == batch.model
        assert assessment.policy_version == batch.policy
        assert assessment.reference_sample == batch.policy.reference_sample
        assert assessment.hashes["model_text"] == batch.model.text_sha256
        assert assessment.hashes["policy"] == batch.policy.document_sha256
        assert assessment.hashes["reference"] == batch.policy.reference_sample.sha256  # type: ignore[union-attr]
        assert assessment.hashes["catalogue"] == assessment.reason_catalogue.sha256  # type: ignore[union-attr]
        assert len(assessment.scores) in (
            10,
            11,
        )  # the grid's ten pairs, and the requested one if it is none of them
        assert assessment.scores[0]["score"] == assessment.score
        assert not assessment.technical


def test_contributions_add_up_to_the_score(batch: World) -> None:
    manifest = Manifest.from_json(batch.model.manifest)
    for assessment in Assessment.objects.all():
        base, features = assessment.contributions["base_log_odds"], assessment.contributions["features"]  # type: ignore[index]
        margin = base + math.fsum(feature["log_odds"] for feature in features)
        assert margin == pytest.approx(assessment.scores[0]["margin"], abs=1e-9)
        assert manifest.points(margin) == pytest.approx(assessment.scores[0]["points"], abs=1e-6)


def test_what_is_explained_and_by_whom(batch: World) -> None:
    for assessment in Assessment.objects.all():
        stages = {reason["stage"] for reason in assessment.reasons}
        assert assessment.contributions is not None
        assert assessment.hashes["attribution_tables"] == AttributionTables.objects.get().sha256
        if assessment.outcome == Outcome.APPROVE:
            assert assessment.reasons == []
        elif assessment.stage == "knockout":
            assert stages == {"knockout"}
        elif assessment.outcome == Outcome.REFER:
            assert stages <= {"score"}
        else:
            assert stages == {assessment.stage}
            assert 1 <= len(assessment.reasons) <= 4


def test_what_would_change_was_true_of_the_stored_scores(batch: World) -> None:
    cut_off = batch.policy.document["cut_offs"]["approve"]
    lines = [(a, line) for a in Assessment.objects.all() for line in a.what_would_change]
    assert {line["kind"] for _, line in lines} == {"FACTS", "SCORE", "TERMS"}
    for assessment, line in lines:
        assert assessment.outcome != Outcome.APPROVE
        if line["kind"] == "SCORE":
            assert assessment.score + line["points"] == cut_off
            continue
        if (
            line["kind"] == "FACTS"
        ):  # other facts, not other terms: scored anew, and tested where they are made
            continue
        pair = next(
            s
            for s in assessment.scores
            if (s["amount_minor"], s["term_months"]) == (line["amount_minor"], line["term_months"])
        )
        assert pair["score"] >= cut_off
        assert line["amount_minor"] <= assessment.scores[0]["amount_minor"]
    assert max(len(a.what_would_change) for a in Assessment.objects.all()) <= 3


def test_a_batch_and_its_members_alone_give_the_same(world: World) -> None:
    def results() -> dict[Any, Any]:
        rows = (
            Assessment.objects.filter(lender_id=world.lender_id)
            .order_by("id")
            .values_list(
                "application__purpose",
                "application__requested_amount_minor",
                "outcome",
                "stage",
                "scores",
                "offer",
                "contributions",
            )
        )
        return dict(enumerate(rows))

    for index in range(12):
        apply(world, index)
    run_batch(claimed(), clock=clock)
    together = results()
    for index in range(12):
        apply(world, index)
        run_batch(claimed(), clock=clock)

    assert {number - 12: row for number, row in results().items() if number >= 12} == together


def test_reports_sent_along_are_kept_as_evidence(batch: World) -> None:
    assert CreditReport.objects.count() == len(PEOPLE)


# A batch of four takes the statements of a batch of one: nothing is asked or stored application by application. A decision and
# its notice take 40, the database's clock and the versions on trial among them; an approval also its offer, that offer's last day, its clock and the lender's holidays (4), a decline the
# proof of its reasons (1). A referral has a case (5) in place of decision and notice.
@pytest.mark.parametrize(
    ("outcome", "report", "queries"),
    [
        (Outcome.APPROVE, {}, 45),
        (Outcome.DECLINE, {"bankruptcy_count": 1}, 41),
        (Outcome.REFER, {"thin_file_flag": 1}, 34),
    ],
)
def test_literal_numbers_of_queries(
    outcome: Outcome, report: dict[str, Any], queries: int, world: World, django_assert_num_queries: Any
) -> None:
    apply(world, report=report)  # loads the model and compiles the policy
    run_batch(claimed(), clock=clock)

    for size in (1, 4):
        for _ in range(size):
            apply(world, report=report)
        items = claimed()
        with django_assert_num_queries(queries):
            run_batch(items, clock=clock)
    assert (
        list(Assessment.objects.filter(lender_id=world.lender_id).values_list("outcome", flat=True))
        == [outcome] * 6
    )


def test_held_notices_lie_before_a_person_in_as_many_queries(django_assert_num_queries: Any) -> None:
    world = make_world(code="northgate", reviews_notices=True)
    bankrupt = {"bankruptcy_count": 1}
    apply(world, report=bankrupt)
    run_batch(claimed(), clock=clock)

    for size in (1, 4):
        for _ in range(size):
            apply(world, report=bankrupt)
        items = claimed()
        # those of a decline, but no disclosure, links and letters (3); a look for an earlier review (1), and the case (5)
        with django_assert_num_queries(44):
            run_batch(items, clock=clock)
    cases = ReviewCase.objects.filter(lender_id=world.lender_id, kind=CaseKind.NOTICE_REVIEW)
    assert list(cases.order_by("number").values_list("notice__application_id", flat=True)) == list(
        Application.objects.filter(lender_id=world.lender_id).order_by("pk").values_list("pk", flat=True)
    )
