"""The key factors that the simulated bureau gives with a score: what on the report weighs against the person. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FACTORS_MAX = 4
# Facts of the three shapes of report, from which value on they count, and the bureau's words. In order of weight.
_AGAINST = (
    (("bankruptcy_count", "public_record_count", "tax_lien_count"), 1, "Public record on file"),
    (("past_due_account_count",), 1, "Accounts are past due now"),
    (("delinquency_30d_count_24m", "delinquency_30_59d_count_24m", "delinquency_60_89d_count_24m", "delinquency_90d_count_24m",
      "worst_delinquency_severity_ever"), 1, "Payments were late on one or more accounts"),
    (("revolving_utilisation_ratio",), 0.3, "Balances are high compared with limits on revolving accounts"),
    (("high_utilisation_account_count",), 1, "One or more accounts are close to their limit"),
)  # fmt: skip
_ENQUIRIES = (
    "enquiry_count_90d",
    "enquiry_count_6m",
    "enquiry_count_6m_without_auto_and_mortgage",
)
NUMBER_OF_ENQUIRIES = "Number of recent inquiries"
# A score always has factors; a clean file falls short of the highest score through its age or its breadth alone.
_CLEAN = ("Time since the oldest account was opened", "Number of accounts paid as agreed")


def key_factors(report: Mapping[str, Any]) -> list[str]:
    """At most four, most important first; enquiries after them, whatever their weight (15 USC 1681g(f)(9))."""
    against = [
        said for names, least, said in _AGAINST if any(_number(report, name) >= least for name in names)
    ]
    told = (against or list(_CLEAN))[:FACTORS_MAX]
    return [*told, *([NUMBER_OF_ENQUIRIES] if any(_number(report, name) >= 1 for name in _ENQUIRIES) else [])]


def _number(report: Mapping[str, Any], name: str) -> float:
    value = report.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
