"""The counteroffer solver is equal to trying every pair of the grid; and a score holds for every smaller amount over its term."""

from __future__ import annotations

import copy
import random
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.policy_cases import case_from, demo_document, random_facts
from underwriting.enums import Outcome
from underwriting.policy.compile import CompiledPolicy, compile_policy
from underwriting.policy.evaluate import evaluate
from underwriting.policy.solve import SolvedTerm, holding_score, largest_for_each_term, view_terms
from underwriting.policy.types import Offer, PairScore, PolicyCase, Terms

REQUESTED = (Terms(1_000_000, 36), Terms(740_000, 60), Terms(500_000, 48), Terms(1_500_000, 60))


@cache
def policy(allowed: bool, terms: tuple[int, ...]) -> CompiledPolicy:
    document = copy.deepcopy(demo_document("harbour"))
    document["counteroffer"] |= {"allowed": allowed, "terms_months": list(terms)}
    return compile_policy(document)


def brute_force(compiled: CompiledPolicy, case: PolicyCase) -> dict[int, Offer | None]:
    """Every pair by itself, as if it had been asked for, through the one evaluation there is."""
    bounds = compiled.document.counteroffer
    asked = case.requested.amount_minor or 0
    best: dict[int, Offer | None] = {}
    for index, score in enumerate(case.scores):
        amount, term = score.terms.amount_minor or 0, score.terms.term_months or 0
        best.setdefault(term, None)
        alone = PolicyCase(
            facts=case.facts_at[index],
            requested=score.terms,
            scores=(score,),
            facts_at=(case.facts_at[index],),
            channel=case.channel,
        )
        result = evaluate(compiled, alone)
        least = max(
            Decimal(bounds.minimum_amount_minor), Decimal(str(bounds.minimum_share_of_requested)) * asked
        )
        may = index == 0 or (
            bounds.allowed
            and least <= amount <= asked
            and (not bounds.terms_months or term in bounds.terms_months)
        )
        known = best[term]
        if may and result.outcome is Outcome.APPROVE and (known is None or amount > known.amount_minor):
            best[term] = result.offer
    return best


@settings(max_examples=300)
@given(
    seed=st.integers(0, 10**6),
    base=st.integers(560, 760),
    requested=st.sampled_from(REQUESTED),
    allowed=st.booleans(),
    terms=st.sampled_from([(), (36,), (60,)]),
)
def test_the_solver_equals_brute_force_over_the_grid(
    seed: int, base: int, requested: Terms, allowed: bool, terms: tuple[int, ...]
) -> None:
    compiled, case = policy(allowed, terms), case_from(random_facts(seed), base, requested)

    solved = largest_for_each_term(compiled, case)

    assert {line.term_months: line.passes for line in solved} == brute_force(compiled, case)
    assert [line.term_months for line in solved] == sorted(line.term_months for line in solved)


def test_the_property_meets_terms_that_pass_and_terms_that_do_not() -> None:
    found = [
        largest_for_each_term(policy(True, ()), case_from(random_facts(seed), base, REQUESTED[0]))
        for seed in range(40)
        for base in (640, 680, 720)
    ]
    lines = [line for solved in found for line in solved]
    assert sum(line.passes is not None for line in lines) > 10
    assert sum(line.passes is None for line in lines) > 10


def score(amount: int, term: int, points: int) -> PairScore:
    return PairScore(Terms(amount, term), -2.0, float(points), points, 0.1)


@pytest.mark.parametrize(
    ("amount", "term", "points"),
    [
        (500_000, 36, 660),
        (500_001, 36, 640),
        (1_000_000, 36, 640),
        (1_000_001, 36, None),
        (1, 36, 660),
        (800_000, 60, 655),
        (800_000, 48, None),
    ],
)
def test_between_two_amounts_the_larger_ones_score_holds(amount: int, term: int, points: int | None) -> None:
    grid = [score(1_000_000, 36, 640), score(500_000, 36, 660), score(900_000, 60, 655)]
    random.Random(4).shuffle(grid)
    held = holding_score(grid, Terms(amount, term))
    assert (held and held.score) == points


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), base=st.integers(600, 720))
def test_terms_on_the_grid_are_weighed_as_the_grid_weighs_them(seed: int, base: int) -> None:
    compiled, case = policy(True, ()), case_from(random_facts(seed), base, REQUESTED[0])
    for index in range(1, len(case.scores)):
        found = view_terms(compiled, case, case.scores[index].terms, case.facts_at[index])
        alone: Any = replace(case, scores=(case.scores[index],), facts_at=(case.facts_at[index],))
        expected = evaluate(
            compiled, replace(alone, facts=case.facts_at[index], requested=case.scores[index].terms)
        )
        assert found is not None
        assert found.offer == expected.offer or expected.offer is None
        assert (found.outcome is Outcome.APPROVE) == (expected.outcome is Outcome.APPROVE)


def test_a_term_without_a_passing_amount_is_still_a_line() -> None:
    case = case_from(random_facts(3), 400, REQUESTED[0])
    assert largest_for_each_term(policy(True, ()), case) == (SolvedTerm(36, None), SolvedTerm(60, None))
