"""The credit report of an invented person: drawn quantities made consistent, and what follows from them. Pure."""

from __future__ import annotations

from random import Random
from typing import Any

from underwriting.bureau.people_draw import NEVER, UNKNOWN

STATED = frozenset({
    "requested_amount", "requested_term_months", "purpose", "annual_income", "employment_tenure_months", "housing",
    "debt_to_income_ratio", "debt_to_income_without_mortgage_ratio",
})  # fmt: skip


def complete_report(
    shape: str, values: dict[str, Any], random: Random, *, is_hit: bool, is_thin: bool
) -> dict[str, Any]:
    """Fact -> number, NEVER or UNKNOWN; without a record the flag that says so. Draws as often for every person, so that nobody's numbers shift."""
    dice = [random.random() for _ in range(8)]
    report = {name: values[name] for name in values if name not in STATED and values[name] is not None}
    if not is_hit:
        return {"bureau_hit_flag": 0}
    if is_thin:
        _make_thin(report, dice[0])
    if shape == "A":
        _agree_delinquency(report, dice[1])
        _agree_public_records(report, dice[2])
        _extend(report, dice[3:])
    elif shape == "C":
        _agree_lines(report)
    if "open_account_count" in report and "total_account_count" in report:
        report["open_account_count"] = min(report["open_account_count"], report["total_account_count"])
    report["bureau_hit_flag"] = 1
    if "total_account_count" in report and "oldest_account_age_months" in report:
        report["thin_file_flag"] = int(
            report["total_account_count"] < 3 or report["oldest_account_age_months"] < 6
        )
    report |= {
        name: dict(UNKNOWN)
        for name, value in values.items()
        if name not in STATED and value is None and name not in report
    }
    return report


def _make_thin(report: dict[str, Any], die: float) -> None:
    for name, most in (
        ("total_account_count", 2), ("open_account_count", 2), ("satisfactory_account_count", 2), ("oldest_account_age_months", 14),
        ("average_account_age_months", 10), ("newest_account_age_months", 8), ("real_estate_account_count", 0),
    ):  # fmt: skip
        if name in report:
            report[name] = min(report[name], max(1, round(most * die))) if most else 0


def _agree_delinquency(report: dict[str, Any], die: float) -> None:
    """A late payment in 24 months has its date in these 24 months, and the other way round."""
    late, since = (
        report.get("delinquency_30d_count_24m", 0),
        report.get("months_since_last_delinquency", NEVER),
    )
    if late and (since == NEVER or since > 23):
        report["months_since_last_delinquency"] = int(die * 24)
    elif not late and since != NEVER and since < 24:
        report["months_since_last_delinquency"] = since + 24


def _agree_public_records(report: dict[str, Any], die: float) -> None:
    records = report.get("public_record_count", 0)
    if not records:
        report["months_since_last_public_record"] = dict(NEVER)
    elif report.get("months_since_last_public_record", NEVER) == NEVER:
        report["months_since_last_public_record"] = 30 + int(die * 85)
    if "bankruptcy_count" in report:
        report["bankruptcy_count"] = min(report["bankruptcy_count"], records)


def _extend(report: dict[str, Any], dice: list[float]) -> None:
    """What the data set behind shape A does not cover and this bureau does."""
    late, since = report.get("delinquency_30d_count_24m", 0), report["months_since_last_delinquency"]
    recent = since != NEVER and since < 12
    report["dpd30_count_12m"] = min(late, 1 + int(dice[0] * late)) if recent else 0
    report["dpd90_count_12m"] = int(recent and dice[1] < 0.12)
    enquiries = report.get("enquiry_count_6m_without_auto_and_mortgage", 0)
    report["enquiry_count_90d"] = int(enquiries * (0.2 + 0.8 * dice[2]))
    report["past_due_account_count"] = int(recent and since < 2 and dice[3] < 0.3)
    report["past_due_amount"] = report["past_due_account_count"] * (5_000 + int(dice[4] * 60_000))
    report["secured_share_ratio"] = round(max(0.0, min(1.0, dice[4] * 1.3 - 0.25)), 3)
    report["tax_lien_count"] = 0


def _agree_lines(report: dict[str, Any]) -> None:
    """Ages in order, part counts within the total, severities and shares that do not contradict the last late payment."""
    for younger, older in (
        ("average_account_age_months", "oldest_account_age_months"),
        ("newest_account_age_months", "average_account_age_months"),
    ):
        if younger in report and older in report:
            report[younger] = min(report[younger], report[older])
    for part in ("satisfactory_account_count", "account_60d_ever_count", "account_opened_count_12m"):
        if part in report and "total_account_count" in report:
            report[part] = min(report[part], report["total_account_count"])
    report["account_90d_ever_count"] = min(
        report.get("account_90d_ever_count", 0), report.get("account_60d_ever_count", 0)
    )
    if "enquiry_count_6m" in report:
        report["enquiry_count_6m_without_last_7d"] = min(
            report.get("enquiry_count_6m_without_last_7d", 0), report["enquiry_count_6m"]
        )
    if report.get("months_since_last_delinquency") == NEVER:
        report |= {"worst_delinquency_severity_12m": 0, "worst_delinquency_severity_ever": 0, "never_delinquent_share_ratio": 1.0,
                   "account_60d_ever_count": 0, "account_90d_ever_count": 0}  # fmt: skip
    elif "worst_delinquency_severity_12m" in report and "worst_delinquency_severity_ever" in report:
        report["worst_delinquency_severity_ever"] = max(
            report["worst_delinquency_severity_12m"], report["worst_delinquency_severity_ever"]
        )
