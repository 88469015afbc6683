"""What goes into a policy evaluation and what comes out. Pure: no Django, no clock, no random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from underwriting.enums import DecisionStage, Outcome
from underwriting.facts.values import Facts


@dataclass(frozen=True, slots=True)
class Terms:
    """Requested or offered terms. `amount_minor` None: a line, whose limit the price grid assigns."""

    amount_minor: int | None
    term_months: int | None


@dataclass(frozen=True, slots=True)
class PairScore:
    """The model's answer for one pair of terms. `points` is exact; `score` (its floor) is what cut-offs compare."""

    terms: Terms
    margin: float  # log-odds of default, raw
    points: float
    score: int
    probability_of_default: float  # within the manifest's horizon


class FaultKind(StrEnum):
    """Technical faults. Any of them makes the outcome REFER, unless a knock-out failed all of whose facts are on file."""

    BUREAU_TIMEOUT = "BUREAU_TIMEOUT"
    BUREAU_REFUSED = "BUREAU_REFUSED"
    BUREAU_UNKNOWN = "BUREAU_UNKNOWN"
    BUREAU_WRONG_PERSON = "BUREAU_WRONG_PERSON"
    BUREAU_EMPTY_FILE = "BUREAU_EMPTY_FILE"
    BUREAU_MALFORMED = "BUREAU_MALFORMED"
    MODEL_REFUSED = "MODEL_REFUSED"
    MODEL_TIMEOUT = "MODEL_TIMEOUT"
    FACT_OUT_OF_RANGE = "FACT_OUT_OF_RANGE"
    EXPLANATION_FAILED = "EXPLANATION_FAILED"
    EXPLANATION_NOT_ADDITIVE = "EXPLANATION_NOT_ADDITIVE"
    POLICY_FAILED = "POLICY_FAILED"
    POLICY_MISSING = "POLICY_MISSING"
    QUARANTINED = "QUARANTINED"


@dataclass(frozen=True, slots=True)
class TechnicalFault:
    kind: FaultKind
    detail: str  # a sentence an officer can read, without identity

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind.value, "detail": self.detail}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TechnicalFault:
        return cls(kind=FaultKind(data["kind"]), detail=data["detail"])


class FindingResult(StrEnum):
    PASS = "PASS"  # noqa: S105 - a result, no secret
    FAIL = "FAIL"  # knock-out or cap: declines
    REFER = "REFER"
    NOT_CHECKED = "NOT_CHECKED"  # a fact was absent and the condition says it neither passes nor fails


class FindingKind(StrEnum):
    SEGMENT = "SEGMENT"
    KNOCKOUT = "KNOCKOUT"
    REVIEW = "REVIEW"
    CUT_OFF = "CUT_OFF"
    AFFORDABILITY = "AFFORDABILITY"
    FALLBACK = "FALLBACK"
    TECHNICAL = "TECHNICAL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's answer at the requested terms, with the values it saw."""

    rule_id: str
    kind: FindingKind
    result: FindingResult
    outcome: Outcome
    sentence: str  # the rule in words, with its limit
    values: Mapping[str, Any]  # fact name -> value seen, or the absence
    reason_code: str | None = None
    priority: int = 100

    def to_json(self) -> dict[str, Any]:
        return {
            "rule_id": self.rule_id, "kind": self.kind.value, "result": self.result.value, "outcome": self.outcome.value,
            "sentence": self.sentence, "values": dict(self.values), "reason_code": self.reason_code, "priority": self.priority,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """Terms at a price. Money in whole minor units; for a line the amount is the limit and there is no term or instalment."""

    amount_minor: int
    term_months: int | None
    annual_rate_bps: int
    instalment_minor: int | None
    price_tier: str

    def to_json(self) -> dict[str, Any]:
        return {
            "amount_minor": self.amount_minor, "term_months": self.term_months, "annual_rate_bps": self.annual_rate_bps,
            "instalment_minor": self.instalment_minor, "price_tier": self.price_tier,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class PolicyCase:
    """Everything a policy may look at.

    `scores` holds the requested terms first, then the pairs of the offer grid; empty when the model did not answer, in
    which case `model_late` says whether the fallback rule may speak. `facts_at` gives the facts of each scored pair
    (terms-dependent facts differ), in the same order.
    """

    facts: Facts
    requested: Terms
    scores: tuple[PairScore, ...]
    facts_at: Sequence[Facts]
    faults: tuple[TechnicalFault, ...] = ()
    model_late: bool = False
    channel: str = ""


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """`findings` are those at the requested terms, all rules, in document order. `offer` is set for APPROVE and COUNTEROFFER."""

    outcome: Outcome
    stage: DecisionStage | None
    findings: tuple[Finding, ...]
    offer: Offer | None
    score: PairScore | None
    used_fallback: bool
    approve_cut_off: int
    refer_cut_off: int
    referral_sentences: tuple[str, ...]  # why a person is needed, in words, most important first
