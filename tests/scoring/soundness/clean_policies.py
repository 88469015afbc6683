"""Sound policies drawn from a seed. Nothing of the checker is used here: what is sound follows from how they are made."""

from __future__ import annotations

import random
from typing import Any

# Fact, a threshold that some cross, the reason code that speaks of it; the riskier side is the higher one.
HIGHER_IS_RISKIER = [
    ("bankruptcy_count", (1, 2), "PR02"), ("dpd90_count_12m", (1, 6), "PH02"), ("dpd30_count_12m", (2, 9), "PH01"),
    ("past_due_account_count", (1, 5), "PH15"), ("public_record_count", (1, 4), "PR05"), ("tax_lien_count", (1, 3), "PR06"),
    ("enquiry_count_90d", (3, 9), "EN01"), ("enquiry_count_6m", (4, 12), "EN03"), ("account_opened_count_12m", (3, 9), "EN07"),
    ("delinquency_30d_count_24m", (2, 8), "PH06"), ("delinquency_60_89d_count_24m", (1, 6), "PH08"),
    ("worst_delinquency_severity_12m", (2, 4), "PH10"), ("account_90d_ever_count", (1, 6), "PH13"), ("past_due_amount", (20_000, 90_000), "PH04"),
]  # fmt: skip
RATIOS = [
    ("revolving_utilisation_ratio", (0.6, 1.2), "UT01"), ("debt_to_income_ratio", (0.4, 0.7), "CP06"),
    ("instalment_burden_ratio", (0.7, 1.5), "IB01"), ("account_with_balance_share_ratio", (0.8, 0.99), "UT05"),
]  # fmt: skip
LOWER_IS_RISKIER: list[tuple[str, tuple[Any, Any], str]] = [
    ("monthly_income", (80_000, 180_000), "CP03"), ("oldest_account_age_months", (6, 48), "CH01"),
    ("prior_on_time_ratio", (0.5, 0.8), "RP01"), ("employment_tenure_months", (2, 24), "EM02"),
    ("months_since_last_delinquency", (2, 12), "PH03"), ("satisfactory_account_count", (1, 4), "CH11"),
]  # fmt: skip
OWNERS = ["Credit risk", "Fraud desk", "Collections"]


def clean_policy(seed: int, *, rules: int | None = None) -> dict[str, Any]:
    """A sound policy of a random size and kind; `rules`: exactly that many, by narrow two-fact rules where facts run out."""
    draw = random.Random(f"clean|{seed}")
    is_line = draw.random() < 0.4
    refer = draw.randrange(590, 630)
    approve = refer + draw.choice([0, 10, 25, 40])
    document: dict[str, Any] = {
        "format": 2, "product_kind": "LINE" if is_line else "INSTALMENT", "currency": "USD",
        "cut_offs": {"approve": approve, "refer": refer}, "rules": [], "price_grid": _grid(draw, refer, approve, is_line=is_line),
        "line": {"minimum_minor": 50_000, "step_minor": 10_000, "assumed_payment_ratio": draw.choice([None, 0.03]), "reason_code": "CP12"} if is_line else None,
        "affordability": draw.choice([None, {"instalment_to_income_max": draw.choice([0.2, 0.3]), "debt_service_max": None, "reason_code": "CP15"}]),
        "counteroffer": {"allowed": not is_line, "minimum_amount_minor": 0 if is_line else 100_000, "minimum_share_of_requested": 0.0, "terms_months": []},
        "segments": {"channels": [], "purposes": draw.choice([[], ["car", "other", "house", "moving", "debt_consolidation", "credit_card", "home_improvement", "major_purchase"]])},
        "fallback": None, "authority_minor": {"credit_officer": draw.choice([1_000_000, 2_000_000]), "senior_officer": 5_000_000},
        "steps": {"rate_bps_max": 400, "limit_minor_max": 2_500_000}, "sla": {"working_minutes": 480},
    }  # fmt: skip
    if draw.random() < 0.5:
        tier = document["price_grid"][draw.randrange(len(document["price_grid"]))]["name"]
        document["fallback"] = {
            "bureau_score_min": 720, "loan_to_income_max": 0.25, "amount_max_minor": draw.choice([500_000, 1_000_000]), "price_tier": tier,
        }  # fmt: skip
    _fill_rules(draw, document, rules if rules is not None else draw.randrange(4, 16))
    if draw.random() < 0.4:
        names = [tier["name"] for tier in document["price_grid"]]
        document["delegation"] = {
            "price_tiers": {"credit_officer": names[: draw.randrange(1, len(names) + 1)]}, "override_minor": {"credit_officer": 0},
            "exception_rules": [rule["id"] for rule in document["rules"] if rule["kind"] == "REVIEW"][:1],
        }  # fmt: skip
    return document


def _grid(draw: random.Random, refer: int, approve: int, *, is_line: bool) -> list[dict[str, Any]]:
    count = draw.randrange(2, 6)
    score, rate, tiers = refer - draw.choice([0, 0, 5]), 2_400, []
    income, most = 0.5, draw.choice([200_000, 400_000])
    for _ in range(count):
        limit = None
        if is_line:
            limit = {"amount_minor": None, "monthly_income_multiple": income, "maximum_minor": most}
        tiers.append({"score_from": score, "annual_rate_bps": rate, "limit": limit})
        score = max(score, refer) + draw.randrange(12, 40)
        rate -= draw.randrange(0, 390)
        income = round(income + draw.choice([0.0, 0.25, 0.5]), 2)
        most += draw.choice([0, 200_000, 900_000])
    ordered = list(reversed(tiers))
    return [{"name": "ABCDEF"[place], **tier} for place, tier in enumerate(ordered)]


def condition(fact: str, operator: str, value: Any, absent: str = "passes") -> dict[str, Any]:
    return {
        "fact": fact,
        "operator": operator,
        "value": value,
        "if_absent": absent,
        "if_never": "passes",
    }


def rule(draw: random.Random, rule_id: str, when: dict[str, Any], code: str | None) -> dict[str, Any]:
    return {
        "id": rule_id, "kind": "KNOCKOUT" if rule_id.startswith("K") else "REVIEW", "name": f"Rule {rule_id}", "when": when,
        "reason_code": code, "priority": draw.randrange(10, 900), "owner": draw.choice(OWNERS), "source": "RISK_APPETITE", "reason": "",
    }  # fmt: skip


def _fill_rules(draw: random.Random, document: dict[str, Any], wanted: int) -> None:
    """Each fact once, some with a wider referral around a knock-out, as policies have; then pairs of facts, each pair once."""
    found: list[dict[str, Any]] = []
    facts: list[tuple[str, str, Any, str]] = [
        (name, ">=" if name != "past_due_amount" else ">", draw.randint(*span), code)
        for name, span, code in HIGHER_IS_RISKIER
    ]
    facts += [(name, ">", round(draw.uniform(*span), 2), code) for name, span, code in RATIOS]
    facts += [
        (name, "<", round(draw.uniform(*span), 2) if name.endswith("ratio") else draw.randint(*span), code)
        for name, span, code in LOWER_IS_RISKIER
    ]
    draw.shuffle(facts)
    knock_outs = reviews = 0
    spare: list[tuple[str, str, Any, str]] = []
    for fact, operator, value, code in facts:
        if len(found) >= wanted:
            break
        if draw.random() < 0.25:
            spare.append((fact, operator, value, code))
            continue
        if draw.random() < 0.5:
            knock_outs += 1
            found.append(
                rule(
                    draw,
                    f"K-{knock_outs:02d}",
                    condition(fact, operator, value, draw.choice(["passes", "refers"])),
                    code,
                )
            )
            wider = _wider(value, operator)
            if wider is not None and draw.random() < 0.4 and len(found) < wanted:
                reviews += 1
                found.append(rule(draw, f"R-{reviews:02d}", condition(fact, operator, wider), None))
        else:
            reviews += 1
            found.append(
                rule(
                    draw,
                    f"R-{reviews:02d}",
                    condition(fact, operator, value, draw.choice(["passes", "refers"])),
                    None,
                )
            )
    if draw.random() < 0.4 and len(found) < wanted:
        for low, high in ((1, 6), (7, 12)):
            reviews += 1
            both = [
                condition("requested_term_months", ">=", low),
                condition("requested_term_months", "<=", high),
            ]
            found.append(rule(draw, f"R-{reviews:02d}", {"all": both}, None))
    # Pairs of thresholds, each stricter in one fact and looser in the other: none holds another's people.
    for number in range(wanted - len(found)):
        first, second = (
            ("high_utilisation_account_count", "account_60d_ever_count")
            if number < 95
            else ("prior_days_late_mean", "delinquency_30_59d_count_24m")
        )
        step = number if number < 95 else number - 95
        pair = [condition(first, ">=", step + 1), condition(second, ">=", 190 - step)]
        found.append(rule(draw, f"R-{reviews + number + 1:02d}", {"all": pair}, None))
    document["rules"] = found


def _wider(value: Any, operator: str) -> Any:
    """A threshold that more people cross; None where there is none."""
    if operator == "<":
        return round(value + 0.1, 2) if isinstance(value, float) else value + 3
    if isinstance(value, float):
        return round(value - 0.1, 2)
    return value - 1 if value > 1 else None
