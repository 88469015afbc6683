"""row_edit_p95_ms: one value of one rule of a table of 200 rules of 30 conditions is saved, until its row is there as HTML.

The control is the same save in a table of ten rules of two conditions.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.figures import Figure, figure, percentile
from benchmarks.policy.drafts import new_draft
from benchmarks.policy.screens import HTMX, NotOnTheScreen, fields, signed_in, url
from underwriting.facts.catalogue import FactDefinition, Unit, catalogue
from underwriting.models import Policy, PolicyVersion
from underwriting.policy.check import FORBIDDEN_FIELDS

RULES, CONDITIONS = 200, 30
FEW_RULES, FEW_CONDITIONS = 10, 2
EDITS = 30


def row_edit(policy: Policy, live: dict[str, Any], *, rounds: int) -> Figure:
    """Each round edits both tables in turn."""
    large = new_draft(policy, table(live, RULES, CONDITIONS))
    small = new_draft(policy, table(live, FEW_RULES, FEW_CONDITIONS))
    values, control = [], []
    for _ in range(rounds):
        values.append(percentile(_edits(large), 95))
        control.append(percentile(_edits(small), 95))
    return figure("row_edit_p95_ms", unit="ms", rounds=values, control=control)


def _edits(draft: PolicyVersion) -> list[float]:
    client, took = signed_in(draft), []
    for number in range(EDITS):
        rule_id = f"R-{number % FEW_RULES + 1:03d}"
        save = url("policy-table-row", draft, rule_id)
        values = fields(client.get(save, headers=HTMX).content.decode(), form_id=f"form-rule-{rule_id}")
        cell = next(name for name in values if name.startswith("cell "))
        values[cell] = str(int(values[cell].replace(",", "")) + 1)
        began = time.perf_counter()
        saved = client.post(save, values, headers=HTMX)
        took.append((time.perf_counter() - began) * 1000)
        if saved.status_code != 200 or f"row-{rule_id}" not in saved.content.decode():
            raise NotOnTheScreen(f"{rule_id} was not saved: {saved.status_code}")
    return took


def table(live: dict[str, Any], rules: int, conditions: int) -> dict[str, Any]:
    """The document with so many review rules in place of its own, each of so many conditions."""
    columns = list(itertools.islice(_columns(), conditions))
    written = [
        {
            "id": f"R-{number:03d}", "kind": "REVIEW", "name": f"Combination {number}", "reason_code": None, "priority": 100,
            "owner": "Credit risk", "source": "RISK_APPETITE", "reason": "",
            "when": {"all": [_condition(definition, operator, number) for definition, operator in columns]},
        }
        for number in range(1, rules + 1)
    ]  # fmt: skip
    return {**live, "rules": written}


def _columns() -> Iterator[tuple[FactDefinition, str]]:
    """Facts with the operators that their direction allows; counts first, so that the first value of a rule is a whole number."""
    able = [
        definition
        for definition in sorted(catalogue().values(), key=lambda one: one.unit is not Unit.COUNT)
        if definition.unit not in (Unit.CATEGORY, Unit.FLAG)
        and definition.name not in {*FORBIDDEN_FIELDS, "bureau_score"}
    ]
    for is_strict in (True, False):
        for definition in able:
            more, less = (">", "<") if is_strict else (">=", "<=")
            yield definition, more if definition.risk_sign >= 0 else less


def _condition(definition: FactDefinition, operator: str, number: int) -> dict[str, Any]:
    low, high = definition.low or 0, definition.high if definition.high is not None else 1_000
    value = low + (high - low) * number / 1_000
    whole = definition.unit is not Unit.RATIO
    return {
        "fact": definition.name, "operator": operator, "value": int(value) if whole else round(value, 4),
        "if_absent": "refers", "if_never": "passes",
    }  # fmt: skip
