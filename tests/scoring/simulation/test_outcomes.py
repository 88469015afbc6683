"""Weighed together or one by one, a past application gets the same outcome and the same offer."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from scoring.simulation.outcomes import simulate
from tests.scoring.simulation.past_people import case_of_row, changed, past_rows_of, stored_rows
from underwriting.enums import Outcome
from underwriting.policy.compile import compile_policy
from underwriting.policy.evaluate import evaluate

ROWS = 1_000


def condition(fact: str, operator: str, value: Any, absent: str = "passes", never: str = "passes") -> Any:
    return {"fact": fact, "operator": operator, "value": value, "if_absent": absent, "if_never": never}


def rule(number: int, kind: str, when: Any) -> dict[str, Any]:
    return {
        "id": f"{kind[0]}-{number}", "kind": kind, "name": f"Rule {number}", "when": when, "owner": "Credit risk", "source": "RISK_APPETITE",
        "reason_code": "CP03" if kind == "KNOCKOUT" else None,
    }  # fmt: skip


NESTED = [
    rule(11, "KNOCKOUT", {"all": [condition("annual_income", "<", 2_000_000, "refers", "refers"), condition("purpose", "in", ["wedding"], "refers")]}),
    rule(12, "REVIEW", {"any": [condition("loan_to_income_ratio", ">", 0.35, "refers"), condition("debt_service_ratio", ">=", 0.4, "passes")]}),
    rule(13, "REVIEW", {"any": [{"all": [condition("revolving_utilisation_ratio", ">", 0.799999999), condition("purpose", "!=", "car")]}, condition("bureau_hit_flag", "==", 0)]}),
    rule(14, "REVIEW", condition("instalment_to_income_ratio", ">", 0.1, "refers", "refers")),
    rule(15, "KNOCKOUT", condition("enquiry_count_6m", ">=", 5, "refers", "refers")),
]  # fmt: skip
CAPS = {"instalment_to_income_max": 0.15, "debt_service_max": 0.45, "reason_code": "CP15"}
LENIENT = {"allowed": True, "minimum_amount_minor": 150_000, "minimum_share_of_requested": 0.333, "terms_months": []}  # fmt: skip
DOCUMENTS = {
    "harbour": changed("harbour"),
    "northgate": changed("northgate"),
    "quarry": changed("quarry"),
    "no caps": changed("harbour", affordability=None),
    "nested rules": changed("harbour", rules=NESTED, affordability=CAPS, counteroffer=LENIENT),
    "segments": changed("harbour", segments={"channels": ["web"], "purposes": ["car", "medical"]}),
    "line with debts": changed("northgate", affordability=CAPS, rules=NESTED[:1]),
    "no review band": changed("harbour", cut_offs={"approve": 655, "refer": 655}),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_outcome_and_offer_is_that_of_the_live_engine(name: str) -> None:
    document = DOCUMENTS[name]
    rows = stored_rows(ROWS, seed=len(name), is_line=document["line"] is not None)
    policy = compile_policy(document)
    simulated = simulate(policy, past_rows_of(rows))
    live = [evaluate(policy, case_of_row(row)) for row in rows]
    seen = Counter(result.outcome for result in live)
    wanted = set(Outcome) - ({Outcome.COUNTEROFFER} if document["line"] else set())
    assert set(seen) == wanted, "the people drawn do not reach every outcome"
    assert [simulated.result(at) for at in range(ROWS)] == [(one.outcome, one.offer) for one in live]
