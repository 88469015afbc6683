"""The whole decision: nobody fares worse for being safer. Model, rules, grid and limits together, on the model's own people.

Each person is weighed as they are and a step safer: more income, fewer late payments, less debt. The conditions of single rules
are proved elsewhere (underwriting.policy.soundness); this finds what only shows where the parts meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from scoring.pipeline.assemble import with_grid
from scoring.registry.bundle import PoolRow
from scoring.serving.champion import Champion
from scoring.soundness.moving import MovingRules
from scoring.soundness.people import chosen_people, movable_facts, riskier, safer
from underwriting.enums import Outcome, ProductKind
from underwriting.facts.arithmetic import at_terms
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Facts
from underwriting.models import Product
from underwriting.policy.compile import CompiledPolicy
from underwriting.policy.evaluate import evaluate
from underwriting.policy.schema import Complaint, ShownBy
from underwriting.policy.soundness.directions import fault_of
from underwriting.policy.soundness.persons import DERIVED, fact_value, live_facts
from underwriting.policy.soundness.show import asked_terms
from underwriting.policy.types import PairScore, PolicyCase, PolicyResult

DEADLINE_MS = 10_000  # nobody waits for this answer as an applicant does
RATIOS_REST_ON = frozenset({"annual_income", "monthly_obligations", "monthly_obligations_without_mortgage"})
# A counteroffer stands beside a referral, not before it: a person may still approve the full amount.
RANK = {Outcome.APPROVE: 0, Outcome.COUNTEROFFER: 1, Outcome.REFER: 1, Outcome.DECLINE: 2}


@dataclass(frozen=True, slots=True)
class Setting:
    """What decides: policy, model, product, and the people of the model's pool."""

    policy: CompiledPolicy
    champion: Champion
    product: Product
    rows: Sequence[PoolRow]
    points: Sequence[float]


@dataclass(frozen=True, slots=True)
class Try:
    """A person, and the same person with one fact safer."""

    fact: str
    person: ShownBy
    safer: ShownBy
    facts: Facts
    safer_facts: Facts


def whole_complaints(setting: Setting, *, beat: Callable[[], None] = lambda: None) -> list[Complaint]:
    """One complaint for each fact on whose safer side somebody fares worse; `beat` is called all along.

    Raises ChampionRefused, ChampionLate.
    """
    manifest = setting.champion.manifest
    asked = frozenset(name for rule in setting.policy.rules for name in rule.fact_names)
    people = chosen_people(setting.policy.document, manifest, setting.rows, setting.points)
    tries = list(_tries(setting, people, movable_facts(asked, manifest)))
    scores = setting.champion.score(
        [facts for one in tries for facts in (one.facts, one.safer_facts)], deadline_ms=DEADLINE_MS
    )
    found: dict[str, Complaint] = {}
    rules = MovingRules(setting.policy)
    for index, one in enumerate(tries):
        beat()
        if one.fact in found:
            continue
        before, after = (
            PairScore(
                asked_terms(facts), score.margin, score.points, score.score, score.probability_of_default
            )
            for facts, score in zip(
                (one.facts, one.safer_facts), scores[2 * index : 2 * index + 2], strict=True
            )
        )
        reduced = rules.between(one.facts, one.safer_facts)
        weighed = [
            evaluate(reduced, PolicyCase(facts, score.terms, (score,), (facts,)))
            for facts, score in ((one.facts, before), (one.safer_facts, after))
        ]
        if fares_worse(weighed[1], weighed[0]):
            complaint = _confirmed(setting, one)
            if complaint is not None:
                found[one.fact] = complaint
    return list(found.values())


def _tries(setting: Setting, people: Sequence[ShownBy], names: Sequence[str]) -> Iterator[Try]:
    known = [(person, facts_of(person, setting.product)) for person in people]
    for fact in names:
        for person, facts in known:
            whole = {**person.facts}
            value = facts[fact]
            whole[fact] = value.absence.value if value.absence is not None else value.value  # type: ignore[assignment]
            steps = [ShownBy(better) for better in safer(whole, fact)]
            for moved in steps:
                yield Try(fact, ShownBy(whole), moved, facts, _moved(facts, moved, fact, setting.product))
            worse = None if steps else riskier(whole, fact)
            if worse is not None:
                moved = ShownBy(worse)
                yield Try(fact, moved, ShownBy(whole), _moved(facts, moved, fact, setting.product), facts)


def _moved(facts: Facts, person: ShownBy, fact: str, product: Product) -> Facts:
    """Facts after the step: those that do not rest on it stay the same objects, which the model's matrix reads once."""
    if fact not in RATIOS_REST_ON:
        return {**facts, fact: fact_value(person.facts[fact])}
    changed = facts_of(person, product)
    return {
        name: changed[name] if name == fact or name in DERIVED else value for name, value in facts.items()
    }


def facts_of(person: ShownBy, product: Product) -> Facts:
    """Every fact of the person, as the pipeline works them out for this product."""
    return live_facts(
        person,
        is_line=product.kind != ProductKind.INSTALMENT,
        reference_rate_bps=product.reference_rate_bps,
    )


def fares_worse(one: PolicyResult, other: PolicyResult) -> bool:
    """A worse outcome; or the same offer, dearer; or on a line a lower limit."""
    if RANK[one.outcome] != RANK[other.outcome]:
        return RANK[one.outcome] > RANK[other.outcome]
    if one.offer is None or other.offer is None:
        return False
    if one.offer.term_months is None:
        return (
            one.offer.annual_rate_bps > other.offer.annual_rate_bps
            or one.offer.amount_minor < other.offer.amount_minor
        )
    is_same = (one.offer.amount_minor, one.offer.term_months) == (
        other.offer.amount_minor,
        other.offer.term_months,
    )
    return is_same and one.offer.annual_rate_bps > other.offer.annual_rate_bps


def decide_person(setting: Setting, person: ShownBy) -> PolicyResult:
    """The live decision: the model scores the terms asked for and the offer grid, the policy weighs all of it."""
    facts = facts_of(person, setting.product)
    asked = asked_terms(facts)
    terms = with_grid(asked, setting.product) if asked.amount_minor is not None else (asked,)
    facts_at = (facts, *(at_terms(facts, terms=pair, product=setting.product) for pair in terms[1:]))
    scores = tuple(
        PairScore(pair, one.margin, one.points, one.score, one.probability_of_default)
        for pair, one in zip(terms, setting.champion.score(facts_at, deadline_ms=DEADLINE_MS), strict=True)
    )
    return evaluate(setting.policy, PolicyCase(facts, asked, scores, facts_at))


def _confirmed(setting: Setting, one: Try) -> Complaint | None:
    """The complaint, where the live decision of both shows the fault too."""
    before, after = decide_person(setting, one.person), decide_person(setting, one.safer)
    if not fares_worse(after, before) or before.score is None or after.score is None:
        return None
    label = catalogue()[one.fact].label
    lost = before.score.score - after.score.score
    because = f": the model's score falls by {lost} points" if lost > 0 else ""
    place = _place(setting.policy, before, after) if lost <= 0 else "/cut_offs/approve"
    return Complaint(
        place,
        f"Somebody whose “{label}” is on the safer side fares worse{because}.",
        blocks=lost <= 0,  # a model is put right by training it, not in the policy
        fault=fault_of(one.fact),
        person=one.safer,
        other=one.person,
        about=(one.fact,),
    )


def _place(policy: CompiledPolicy, before: PolicyResult, after: PolicyResult) -> str:
    """The rule that says more of the safer person; the prices where none does."""
    said = {finding.rule_id: RANK[finding.outcome] for finding in before.findings}
    ids = [rule.rule.id for rule in policy.rules]
    for finding in after.findings:
        if finding.rule_id in ids and RANK[finding.outcome] > said.get(finding.rule_id, 0):
            return f"/rules/{ids.index(finding.rule_id)}/when"
    return "/price_grid"
