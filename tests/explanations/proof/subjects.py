"""An applicant whose four reasons are true, and the model and policy that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from explanations.principal_reasons import own_figure
from explanations.proof import ProofResults, ProofSubject, ScoreAccount, prove
from explanations.reason_codes.catalogue import current_catalogue
from explanations.reasons import Reason
from underwriting.enums import DecisionStage
from underwriting.facts.features import FeatureSpec
from underwriting.facts.values import Absence, FactSource, FactValue

KNOWN_AT = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
BASE, BASE_POINTS, POINTS_A_LOG_ODDS = -2.0, 660.0, 50.0
CODES = current_catalogue()
SHARES = {
    "revolving_utilisation_ratio": 0.6,
    "enquiry_count_90d": 0.4,
    "annual_income": 0.3,
    "dpd30_count_12m": 0.2,
    "loan_to_income_ratio": 0.1,
    "open_account_count": -0.2,
}
VALUES: dict[str, Any] = {
    "revolving_utilisation_ratio": 0.9,
    "enquiry_count_90d": 5,
    "annual_income": 2_400_000,
    "dpd30_count_12m": 2,
    "loan_to_income_ratio": 0.4,
    "open_account_count": 9,
}
MEDIANS: dict[str, float | None] = {
    "revolving_utilisation_ratio": 0.3,
    "enquiry_count_90d": 1,
    "annual_income": 60_000,
    "dpd30_count_12m": 0,
    "loan_to_income_ratio": 0.2,
    "open_account_count": 9,
}
SIGNS = {"annual_income": -1, "open_account_count": 0}
SPECS = tuple(FeatureSpec(name, name, None, SIGNS.get(name, 1)) for name in SHARES)
STATED = (
    ("UT01", "revolving_utilisation_ratio"),
    ("EN01", "enquiry_count_90d"),
    ("CP10", "annual_income"),
    ("PH01", "dpd30_count_12m"),
)


def fact(value: Any, absence: Absence | None = None) -> FactValue:
    return FactValue(value=value, absence=absence, source=FactSource.BUREAU, known_at=KNOWN_AT)


def facts(**changes: FactValue) -> dict[str, FactValue]:
    return {name: fact(value) for name, value in VALUES.items()} | changes


def reason(code: str, fact_name: str, rank: int, **changes: Any) -> Reason:
    """A stated reason as it is composed: the catalogue's sentence, the applicant's own figure, the share of its group."""
    row = CODES.codes[code]
    made = Reason(
        code=code, group=row.group, rank=rank, text=row.text,
        detail=own_figure(row, fact_name=fact_name, facts=facts(), currency="USD"), factor=row.factor, is_neutral=False,
        fact=fact_name, value=VALUES[fact_name], typical=MEDIANS[fact_name], source="Your credit report", source_kind="bureau",
        known_at=None, party=None, share_log_odds=SHARES[fact_name], share_points=-POINTS_A_LOG_ODDS * SHARES[fact_name],
        do="", actionable="no", form_c1="specific", notice="none", stage=DecisionStage.SCORE,
    )  # fmt: skip
    return replace(made, **changes)


def reasons() -> list[Reason]:
    return [reason(code, name, rank) for rank, (code, name) in enumerate(STATED, start=1)]


def account(**changes: Any) -> ScoreAccount:
    """Contributions that add up, in log-odds and in points."""
    margin = BASE + sum(SHARES.values())
    in_points = {name: -POINTS_A_LOG_ODDS * share for name, share in SHARES.items()}
    made = ScoreAccount(
        margin=margin,
        points=BASE_POINTS + sum(in_points.values()),
        base_log_odds=BASE,
        base_points=BASE_POINTS,
        log_odds=dict(SHARES),
        in_points=in_points,
    )
    return replace(made, **changes)


def subject(**changes: Any) -> ProofSubject:
    made = ProofSubject(key="one", reasons=reasons(), facts=facts(), currency="USD", account=account())
    return replace(made, **changes)


class Model:
    """A score in which every input weighs what its contribution says, and a policy that approves from BASE_POINTS on."""

    def __init__(self, *, weights: Mapping[str, float] | None = None) -> None:
        self.weights = weights or SHARES
        self.calls = 0

    def repair(self, asked: Sequence[tuple[int, tuple[int, ...]]]) -> list[float]:
        self.calls += 1
        margin = BASE + sum(SHARES.values())
        return [margin - sum(self.weights[SPECS[place].name] for place in places) for _, places in asked]

    def judge(self, index: int, margin: float) -> tuple[float, bool]:
        points = BASE_POINTS - POINTS_A_LOG_ODDS * (margin - BASE)
        return points, points >= BASE_POINTS


def proven(*subjects: ProofSubject, model: Model | None = None) -> list[ProofResults]:
    asked = model or Model()
    return prove(subjects, specs=SPECS, medians=MEDIANS, codes=CODES, repair=asked.repair, judge=asked.judge)
