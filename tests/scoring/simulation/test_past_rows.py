"""Past applications weighed again are the cases that the pipeline weighed: the same policy gives the same answer, to the last finding."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scoring.pipeline.run import run_batch
from scoring.simulation.past import case_of, past_rows
from scoring.simulation.weighing import responsible, weigh
from tests.factories.applying import RECEIVED_AT
from tests.scoring.pipeline.world import NOW, apply, claimed, clock, harbour_policy, make_world
from underwriting.enums import Outcome
from underwriting.models import Assessment, Product
from underwriting.policy.compile import compile_policy
from underwriting.policy.evaluate import evaluate


@pytest.mark.django_db
def test_the_policy_in_force_says_again_what_it_said() -> None:
    world = make_world()
    for index in range(40):
        apply(world, index)
    run_batch(claimed(), clock=clock)
    Product.objects.update(reference_rate_bps=9_999)  # the rate of today is not the rate of then
    product = Product.objects.get(pk=world.product.pk)
    policy = compile_policy(harbour_policy())

    stored = list(Assessment.objects.select_related("application"))
    for assessment in stored:
        result = evaluate(policy, case_of(assessment, product))
        assert [finding.to_json() for finding in result.findings] == assessment.findings
        assert (result.outcome, None if result.offer is None else result.offer.to_json()) == (
            assessment.outcome,
            assessment.offer,
        )
    assert {a.outcome for a in stored} == {outcome.value for outcome in Outcome}

    rows = past_rows(
        product, since=RECEIVED_AT - timedelta(days=1), until=RECEIVED_AT + timedelta(days=1), known_at=NOW
    )
    weighed = {row.assessment_id: weigh(row, live=policy, draft=policy, is_lent=False) for row in rows}
    assert {key: row.before for key, row in weighed.items()} == {a.pk: a.outcome for a in stored}
    assert not any(row.is_flip for row in weighed.values())


@pytest.mark.django_db
def test_the_finding_that_changes_is_the_one_named() -> None:
    """Each change of the document alone: whoever it moves was moved by the part that changed."""
    world = make_world()
    for index in range(40):
        apply(world, index)
    run_batch(claimed(), clock=clock)
    live = compile_policy(harbour_policy())
    cases = [case_of(a, world.product) for a in Assessment.objects.select_related("application")]

    def moved(document: dict) -> set[str]:
        draft = compile_policy(document)
        pairs = [(evaluate(live, case), evaluate(draft, case)) for case in cases]
        return {responsible(before, after) for before, after in pairs if before.outcome is not after.outcome}

    stricter = harbour_policy()
    stricter["cut_offs"]["approve"] += 25
    assert moved(stricter) <= {"CUT-OFF", "COUNTEROFFER"}
    assert "CUT-OFF" in moved(stricter)

    without_offers = harbour_policy()
    without_offers["counteroffer"]["allowed"] = False
    assert moved(without_offers) == {"COUNTEROFFER"}

    ratio = harbour_policy()
    next(rule for rule in ratio["rules"] if rule["id"] == "R-06")["when"]["value"] = 0.05
    assert moved(ratio) == {"R-06"}
