"""What the applicant could change: tried with the real scorer and policy, and only what is in their own hands."""

from __future__ import annotations

from typing import Any

import pytest

from scoring.pipeline.run import run_batch
from scoring.pipeline.work import work_until_empty
from scoring.tasks import worker_name
from tests.scoring.pipeline.world import NOW, World, apply, claimed, clock, make_world
from underwriting.enums import Outcome, WorkKind
from underwriting.models import Application, Assessment, WorkItem
from underwriting.work.put import put

IN_THEIR_HANDS = {
    "requested_amount", "requested_term_months", "revolving_utilisation_ratio", "revolving_balance",
    "high_utilisation_account_count", "past_due_account_count", "past_due_amount",
}  # fmt: skip
FULL_CARDS = {"revolving_utilisation_ratio": 0.97, "revolving_balance": 2_400_000}
APPLICANTS = 60


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def lines_of(assessment: Assessment) -> list[dict[str, Any]]:
    return [line for line in assessment.what_would_change if line["kind"] == "FACTS"]


def assessed(*applications: Application) -> list[Assessment]:
    run_batch(claimed(), clock=clock)
    return [Assessment.objects.get(application=application) for application in applications]


def tried(assessment: Assessment, line: dict[str, Any]) -> str:
    """The outcome when the line is taken literally: each fact it names at the value it names, nothing else touched."""
    item = put(
        kind=WorkKind.TRIAL, lender_id=assessment.lender_id, application_id=assessment.application_id, now=NOW,
        payload={
            "assessment_id": assessment.pk, "facts": {change["fact"]: change["to"] for change in line["changes"]},
        },
    )  # fmt: skip
    work_until_empty(worker=worker_name(), max_batches=5, max_seconds=30.0)
    result = WorkItem.objects.get(pk=item.pk).result
    assert result is not None
    return str(result["outcome"])


def test_each_suggestion_taken_literally_is_approved_and_asks_for_nothing_else(world: World) -> None:
    applications = [apply(world, index, report=FULL_CARDS) for index in range(APPLICANTS)]

    declined = [
        one for one in assessed(*applications) if one.outcome == Outcome.DECLINE and one.stage == "score"
    ]
    advised = [one for one in declined if lines_of(one)]

    assert len(advised) >= 5
    for assessment in advised:
        (line,) = lines_of(assessment)
        assert {change["fact"] for change in line["changes"]} <= IN_THEIR_HANDS
        assert tried(assessment, line) == Outcome.APPROVE


def test_it_says_the_least_that_helps_from_what_to_what_and_promises_nothing(world: World) -> None:
    applications = [apply(world, index, report=FULL_CARDS) for index in range(APPLICANTS)]

    found = [line for one in assessed(*applications) for line in lines_of(one)]

    for line in found:
        changes = {change["fact"]: change for change in line["changes"]}
        share = changes["revolving_utilisation_ratio"]
        assert (share["from"], share["unit"]) == (0.97, "ratio")
        assert share["to"] in (0.5, 0.3, 0.1)
        assert f"paid down to {share['to']:.0%} of its limit" in line["sentence"]
        assert line["sentence"].endswith("on today's data and rules. This is not a promise.")
        assert ("you asked for" in line["sentence"]) == (
            "requested_amount" in changes or "requested_term_months" in changes
        )


def test_in_the_applicants_language(world: World) -> None:
    applications = [apply(world, index, report=FULL_CARDS, language="es") for index in range(APPLICANTS)]

    found = [line for one in assessed(*applications) for line in lines_of(one)]

    assert found
    assert all(line["sentence"].endswith("No es una promesa.") for line in found)


def test_no_hint_where_the_score_did_not_decide_or_an_offer_is_made(world: World) -> None:
    bankrupt = {**FULL_CARDS, "bankruptcy_count": 1}
    applications = [apply(world, index, report=bankrupt) for index in range(20)]
    applications += [apply(world, index) for index in range(20, 40)]

    told = [one for one in assessed(*applications) if lines_of(one)]

    assert all((one.outcome, one.stage) == (Outcome.DECLINE, "score") for one in told)


def test_when_trying_fails_nothing_is_said_and_the_decision_stands(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no advice today")

    monkeypatch.setattr("scoring.pipeline.advise.score", broken)
    applications = [apply(world, index, report=FULL_CARDS) for index in range(20)]

    found = assessed(*applications)

    assert any(one.outcome == Outcome.DECLINE for one in found)
    assert all(lines_of(one) == [] for one in found)
