"""What a person's decline tells: the person's reasons alone where the score had no evidence, both where it had."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from explanations.models import Notice
from explanations.proof import FailedTest, ProofTest
from review_queue.actions.claim import claim_case
from review_queue.actions.content import Choice, decline_reasons
from review_queue.actions.decide import decide_case
from review_queue.evidence import score_reasons_of, stage_of_decline
from review_queue.models import HeldDecision, ReviewCase
from review_queue.tasks import work_on_cases
from scoring.pipeline.run import run_batch
from tests.factories import actor_of, make_lender, make_user
from tests.factories.proving import make_proof
from tests.factories.reviewing import make_case, make_desk
from tests.scoring.pipeline.world import NOW, apply, claimed, clock, make_world
from underwriting.enums import DecisionStage, Outcome, Role
from underwriting.models import Assessment, Decision, Disclosure, Lender, User
from underwriting.policy.types import FaultKind, TechnicalFault

CUT_OFF = 660


def decline(case: ReviewCase, user: User, *codes: str) -> HeldDecision:
    actor = actor_of(user)
    claim_case(case_id=case.pk, user=user, actor=actor, now=NOW)
    choice = Choice(outcome=Outcome.DECLINE, assessment_id=case.assessment_id, reasons=codes)
    return decide_case(
        case_id=case.pk, user=user, roles={Role.SENIOR_OFFICER}, choice=choice, actor=actor, now=NOW
    )


@pytest.fixture
def deaf_bureau() -> Iterator[str]:
    """Takes connections and never answers."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.django_db(transaction=True)
def test_after_a_bureau_time_out_the_letter_tells_what_the_person_said_and_nothing_else(
    deaf_bureau: str,
) -> None:
    world = make_world(hold_seconds=0)
    lender = world.product.lender
    Lender.objects.update(
        bureau={**lender.bureau, "adapter": "HTTP", "base_url": deaf_bureau, "deadline_ms": 50}
    )
    application = apply(world, 3, asked=(3_500_000, 60))
    application.stated.pop("inline_report")
    application.save(update_fields=["stated"])
    run_batch(claimed(), clock=clock)
    assessment = Assessment.objects.get()
    assert [fault["kind"] for fault in assessment.technical] == [FaultKind.BUREAU_TIMEOUT]
    assert assessment.score is not None
    assert assessment.score < CUT_OFF
    assert assessment.reasons != []

    decline(ReviewCase.objects.get(), make_user("Ana Ruiz", (lender, Role.SENIOR_OFFICER)), "CP01")
    work_on_cases()

    decision = Decision.objects.get()
    [letter] = Notice.objects.get().snapshot["letters"]
    assert (decision.outcome, decision.stage) == ("DECLINE", "judgement")
    assert [(reason["code"], reason["where_from"]) for reason in letter["reasons"]] == [
        ("CP01", "Calculated from the application")
    ]
    assert (letter["credit_report"], letter["score"]) == (None, None)
    assert Disclosure.objects.filter(decision=decision).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fault", "stage", "codes"),
    [
        (FaultKind.BUREAU_TIMEOUT, DecisionStage.JUDGEMENT, []),
        (FaultKind.BUREAU_REFUSED, DecisionStage.JUDGEMENT, []),
        (FaultKind.BUREAU_UNKNOWN, DecisionStage.JUDGEMENT, []),
        (FaultKind.BUREAU_WRONG_PERSON, DecisionStage.JUDGEMENT, []),
        (FaultKind.BUREAU_EMPTY_FILE, DecisionStage.JUDGEMENT, []),
        (FaultKind.BUREAU_MALFORMED, DecisionStage.JUDGEMENT, []),
        (FaultKind.FACT_OUT_OF_RANGE, DecisionStage.JUDGEMENT, []),
        (FaultKind.MODEL_REFUSED, DecisionStage.JUDGEMENT, []),
        (FaultKind.MODEL_TIMEOUT, DecisionStage.JUDGEMENT, []),
        (FaultKind.QUARANTINED, DecisionStage.GREY_BAND, ["UT01", "PH01"]),
        (None, DecisionStage.GREY_BAND, ["UT01", "PH01"]),
    ],
)
def test_a_score_without_its_evidence_says_nothing(
    fault: FaultKind | None, stage: DecisionStage, codes: list[str]
) -> None:
    assessment = make_case(make_desk(make_lender())).assessment
    assessment.technical = [] if fault is None else [TechnicalFault(fault, "It went wrong.").to_json()]

    said = score_reasons_of(assessment)

    assert stage_of_decline(assessment) is stage
    assert [reason.code for reason in said.reasons] == codes


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "codes", "held_because"),
    [
        ({}, ["UT01", "PH01"], ""),
        (
            {"held_because": "The risk would not fall."},
            ["UT01", "PH01"],
            "The risk would not fall.",
        ),
        (
            {"contributions": None, "reasons": []},
            [],
            "The score counted against the applicant and could not be explained.",
        ),
    ],
)
def test_what_the_score_could_not_say_holds_the_decline_of_a_person(
    change: dict[str, Any], codes: list[str], held_because: str
) -> None:
    case = make_case(make_desk(make_lender()))
    for name, value in change.items():
        setattr(case.assessment, name, value)

    stage, told = decline_reasons(case, ["EN01"])

    assert stage is DecisionStage.GREY_BAND
    assert [reason.code for reason in told.reasons] == ["EN01", *codes]
    assert told.held_because == held_because


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("test", "rank", "held_because"),
    [
        (ProofTest.REPAIR, 1, "It is not true."),
        (ProofTest.ADDITIVE, None, "It is not true."),  # about no single reason, so about each
        (
            ProofTest.WORDING,
            None,
            "",
        ),  # about one that is not given: the next rank, which there is no room for
    ],
)
def test_a_score_reason_that_failed_its_proof_is_not_told_beside_the_persons(
    test: ProofTest, rank: int | None, held_because: str
) -> None:
    case = make_case(make_desk(make_lender()))
    make_proof(case.assessment, at=NOW, failed=[FailedTest(test, "It is not true.", rank)])
    case.assessment.held_because = "It is not true."

    _, told = decline_reasons(case, ["EN01", "CH01"])

    assert [reason.code for reason in told.reasons] == ["EN01", "CH01", "UT01", "PH01"]
    assert told.held_because == held_because
