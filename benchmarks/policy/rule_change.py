"""rule_change_s: from saving a changed rule until its exact effect can be shown; beside it the same with nothing changed."""

from __future__ import annotations

import copy
from typing import Any

from benchmarks.figures import Figure, figure
from benchmarks.policy.drafts import draft_of
from benchmarks.policy.worker import weighed_after

Document = dict[str, Any]


def rule_change(live: Document, draft_id: int) -> Figure:
    """Each round another kind of change, none of which was weighed before."""
    seconds, unchanged = [], []
    for number, document in enumerate(changes(live)):
        version = draft_of(draft_id, document)
        took, effect = weighed_after(version, live)
        again, _ = weighed_after(version, live)
        seconds.append(took)
        unchanged.append(again)
        print(f"  change {number + 1}: {took:.2f} s, {effect.application_count:,} past applications")
    return figure("rule_change_s", unit="s", rounds=seconds, control=unchanged)


def changes(live: Document) -> list[Document]:
    """A threshold, a new rule of two facts that nearly every row has its own values of, a rule less, the caps."""
    threshold = copy.deepcopy(live)
    rule = next(rule for rule in threshold["rules"] if rule["id"] == "R-04")
    first = rule["when"] if "fact" in rule["when"] else rule["when"]["all"][0]
    first["value"] = round(first["value"] * 0.87, 4)
    new = copy.deepcopy(live)
    new["rules"].append(
        {
            "id": "R-90", "kind": "REVIEW", "name": "Much owed for the income", "priority": 90, "owner": "Credit risk",
            "source": "RISK_APPETITE", "reason": "", "reason_code": None,
            "when": {"all": [
                {"fact": "revolving_utilisation_ratio", "operator": ">", "value": 0.613, "if_absent": "passes", "if_never": "passes"},
                {"any": [
                    {"fact": "loan_to_income_ratio", "operator": ">", "value": 0.31, "if_absent": "passes", "if_never": "passes"},
                    {"fact": "annual_income", "operator": "<", "value": 3_100_000, "if_absent": "refers", "if_never": "refers"},
                ]},
            ]},
        }
    )  # fmt: skip
    fewer = copy.deepcopy(live)
    fewer["rules"] = [rule for rule in fewer["rules"] if rule["id"] != "K-03"]
    caps = copy.deepcopy(live)
    caps["affordability"] = {**caps["affordability"], "debt_service_max": 0.45}
    return [threshold, new, fewer, caps]
