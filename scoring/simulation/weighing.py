"""One past application under two policies: both outcomes, the finding responsible for a change, and what the row lacked. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scoring.simulation.past import PastRow
from underwriting.enums import Outcome
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Facts, FactSource
from underwriting.policy.compile import CompiledPolicy
from underwriting.policy.conditions import is_on_file
from underwriting.policy.evaluate import evaluate
from underwriting.policy.schema import AllOf, AnyOf, Condition
from underwriting.policy.types import Finding, FindingKind, Offer, PairScore, PolicyResult

SCORE_FIELD = "score"
# Not findings of a rule: the terms offered in place of those asked for, and the price or limit of an unchanged outcome.
COUNTEROFFER_ID = "COUNTEROFFER"
PRICE_ID = "PRICE"

# Of findings of equal weight the one that ends the matter first: knock-out, score, cap, then what refers.
_KINDS = (
    FindingKind.KNOCKOUT,
    FindingKind.CUT_OFF,
    FindingKind.AFFORDABILITY,
    FindingKind.REVIEW,
    FindingKind.SEGMENT,
    FindingKind.FALLBACK,
    FindingKind.TECHNICAL,
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A past application as the version in force (`before`) and the draft (`after`) weigh it.

    `rule_id` is empty where nothing changes. Probabilities of default are those at the offered terms where something is offered,
    else at the requested ones; None without a score. `is_lent`: a loan was made of it; `is_bad`: its result
    within the window, None: not told; it is counted only where the application `is_old_enough` (underwriting.outcomes.known).
    """

    assessment_id: int
    before: str
    after: str
    offer_before: dict[str, Any] | None
    offer_after: dict[str, Any] | None
    rule_id: str
    score: int | None
    requested_minor: int | None
    probability_before: float | None
    probability_after: float | None
    channel: str
    purpose: str
    is_thin: bool | None
    is_lent: bool
    is_bad: bool | None
    is_old_enough: bool
    lacking: Sequence[str]

    def to_json(self) -> list[Any]:
        return [getattr(self, name) for name in self.__slots__]

    @classmethod
    def from_json(cls, values: Sequence[Any]) -> Weighed:
        return cls(*values)

    @property
    def changes_outcome(self) -> bool:
        return self.before != self.after

    @property
    def is_flip(self) -> bool:
        return bool(self.rule_id)


def weigh(row: PastRow, *, live: CompiledPolicy, draft: CompiledPolicy, is_lent: bool) -> Weighed:
    """Both results of the live engine's own `evaluate`, in short."""
    before, after = evaluate(live, row.case), evaluate(draft, row.case)
    thin = row.case.facts.get("thin_file_flag")
    requested = row.case.scores[0] if row.case.scores else None
    return Weighed(
        assessment_id=row.assessment_id,
        before=before.outcome.value,
        after=after.outcome.value,
        offer_before=None if before.offer is None else before.offer.to_json(),
        offer_after=None if after.offer is None else after.offer.to_json(),
        rule_id=responsible(before, after),
        score=None if requested is None else requested.score,
        requested_minor=row.case.requested.amount_minor,
        probability_before=probability_at(row.case.scores, before.offer),
        probability_after=probability_at(row.case.scores, after.offer),
        channel=row.channel,
        purpose=row.purpose,
        is_thin=None if thin is None or thin.value is None else bool(thin.value),
        is_lent=is_lent or row.known is not None,
        is_bad=None if row.known is None else row.known.is_bad,
        is_old_enough=row.is_old_enough,
        lacking=lacking(draft, row.case.facts, has_score=requested is not None),
    )


def responsible(before: PolicyResult, after: PolicyResult) -> str:
    """The finding that makes the outcome another one; empty where outcome and offer are the same.

    A change for the worse is laid to a finding of the draft that says more than the version in force said under the same id; a
    change for the better to one of the version in force that the draft no longer says. Of several, the one of most weight.
    """
    if before.outcome is after.outcome:
        return "" if before.offer == after.offer else PRICE_ID
    is_worse = after.outcome.severity > before.outcome.severity
    deciding, other = (after, before) if is_worse else (before, after)
    said = _said(other)
    # a counteroffer is made out of a decline: what stands behind it are findings that decline
    level = Outcome.DECLINE if deciding.outcome is Outcome.COUNTEROFFER else deciding.outcome
    behind = [
        finding
        for finding in deciding.findings
        if finding.outcome is level and said.get(finding.rule_id, Outcome.APPROVE) is not level
    ]
    # nothing said at the requested terms: whether other terms can be offered differs, by what also differs here or by that alone
    beside = [f for f in deciding.findings if f.outcome is not said.get(f.rule_id, Outcome.APPROVE)]
    found = behind or beside
    return _weightiest(found) if found else COUNTEROFFER_ID


def _said(result: PolicyResult) -> Mapping[str, Outcome]:
    said: dict[str, Outcome] = {}
    for finding in result.findings:
        known = said.get(finding.rule_id)
        if known is None or finding.outcome.severity > known.severity:
            said[finding.rule_id] = finding.outcome
    return said


def _weightiest(findings: Sequence[Finding]) -> str:
    return min(findings, key=lambda finding: (_KINDS.index(finding.kind), finding.priority)).rule_id


def probability_at(scores: Sequence[PairScore], offer: Offer | None) -> float | None:
    """Probability of default at the offered terms, as the assessment scored that pair; without an offer at the requested ones."""
    if not scores:
        return None
    if offer is not None:
        for pair in scores:
            if (pair.terms.amount_minor, pair.terms.term_months) == (offer.amount_minor, offer.term_months):
                return pair.probability_of_default
    return scores[0].probability_of_default


def lacking(policy: CompiledPolicy, facts: Facts, *, has_score: bool) -> list[str]:
    """What a policy looks at and nobody answered for this application: the score, facts of its rules, what caps are measured with.

    A source that was asked and has nothing has answered: no earlier loan with us, or a bureau that keeps no file of the person.
    Of the alternatives of an `any` group one answer is enough: sources count the same thing over different windows.
    """
    found = [] if has_score else [SCORE_FIELD]
    for rule in policy.rules:
        found += _unanswered(rule.rule.when, facts)
    found += [name for name in _measured_with(policy) if not _is_answered(name, facts)]
    return list(dict.fromkeys(found))


def _unanswered(node: AllOf | AnyOf | Condition, facts: Facts) -> list[str]:
    if isinstance(node, Condition):
        return [] if _is_answered(node.fact, facts) else [node.fact]
    if isinstance(node, AllOf):
        return [name for member in node.all for name in _unanswered(member, facts)]
    each = [_unanswered(member, facts) for member in node.any]
    return [] if not all(each) else [name for names in each for name in names]


def _is_answered(name: str, facts: Facts) -> bool:
    source = catalogue()[name].source
    if source is FactSource.RECORD or is_on_file(facts.get(name)):
        return True
    hit = facts.get("bureau_hit_flag")
    return source is FactSource.BUREAU and hit is not None and hit.value == 0


def _measured_with(policy: CompiledPolicy) -> list[str]:
    document, caps = policy.document, policy.document.affordability
    by_income = any(tier.limit and tier.limit.monthly_income_multiple for tier in document.price_grid)
    names = ["monthly_income"] if caps is not None or by_income else []
    return names + (["monthly_obligations"] if caps is not None and caps.debt_service_max is not None else [])
