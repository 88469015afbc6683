"""A referred application on a desk: frozen facts, real findings of the demonstration policy, contributions that add up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from explanations.reason_codes.catalogue import ensure_stored
from explanations.reasons import Reason
from review_queue.desk import open_case
from review_queue.models import ReviewCase
from tests.factories.applying import RECEIVED_AT, make_application, make_party
from tests.factories.deciding import (
    make_assessment,
    make_model_version,
    make_policy_version,
    make_reference_sample,
)
from tests.factories.lending import make_product
from underwriting.audit.actor import SYSTEM
from underwriting.enums import ApplicationStatus, DecisionStage, Outcome
from underwriting.facts.catalogue import catalogue as facts_catalogue
from underwriting.facts.features import FeatureSpec
from underwriting.facts.values import Absence, FactSource, FactValue, facts_to_json
from underwriting.models import Lender, PolicyVersion, Product, ReferenceSample
from underwriting.policy.compile import compile_policy
from underwriting.policy.evaluate import evaluate
from underwriting.policy.types import FaultKind, PairScore, PolicyCase, TechnicalFault, Terms

# name -> value (catalogue unit), typical value among those who just qualify (model's unit), points
DESK_FACTS: dict[str, tuple[Any, float | None, float]] = {
    "revolving_utilisation_ratio": (0.84, 0.34, -18.4),
    "enquiry_count_90d": (5, 1.0, -9.1),
    "dpd30_count_12m": (1, 0.0, -7.6),
    "annual_income": (5_220_000, 48_000.0, 6.2),
    "employment_tenure_months": (84, 60.0, 5.3),
    "oldest_account_age_months": (96, 120.0, -3.9),
    "open_account_count": (9, 8.0, -1.2),
    "loan_to_income_ratio": (0.19, 0.22, 2.4),
    "requested_amount": (1_000_000, 9_000.0, -0.8),
    "total_account_count": (21, 20.0, 0.4),
}
OTHER_FACTS: dict[str, Any] = {
    "monthly_income": 435_000,
    "monthly_obligations": 120_000,
    "debt_to_income_ratio": 0.276,
    "instalment_to_income_ratio": 0.076,
    "debt_service_ratio": 0.352,
    "requested_term_months": 36,
    "purpose": "debt_consolidation",
    "employment_type": "salaried",
    "housing": "rent",
    "bankruptcy_count": 0,
    "public_record_count": 0,
    "dpd90_count_12m": 0,
    "past_due_amount": 0,
    "revolving_balance": 1_120_000,
    "bureau_hit_flag": 1,
    "thin_file_flag": 0,
    "possible_duplicate_flag": 0,
}
BUREAU_FACTS = frozenset({
    "revolving_utilisation_ratio", "enquiry_count_90d", "dpd30_count_12m", "oldest_account_age_months", "open_account_count",
    "total_account_count", "bankruptcy_count", "public_record_count", "dpd90_count_12m", "past_due_amount", "revolving_balance",
    "bureau_hit_flag", "thin_file_flag",
})  # fmt: skip


Desk = tuple[Product, PolicyVersion, ReferenceSample]


def policy_document() -> dict[str, Any]:
    """A small policy: two knock-outs, two rules that ask for a person, a review band from 600 to 639, four price tiers."""
    return {
        "format": 1,
        "product_kind": "INSTALMENT",
        "currency": "USD",
        "cut_offs": {"approve": 640, "refer": 600},
        "rules": [
            _rule(
                "K-01",
                "KNOCKOUT",
                "Bankruptcy on file",
                "bankruptcy_count",
                ">=",
                1,
                reason_code="PR02",
                priority=10,
            ),
            _rule(
                "K-02",
                "KNOCKOUT",
                "Repeated payments 90 days late",
                "dpd90_count_12m",
                ">=",
                2,
                reason_code="PH02",
                priority=20,
            ),
            _rule("R-03", "REVIEW", "Thin credit record", "thin_file_flag", "==", 1, priority=30),
            _rule("R-04", "REVIEW", "High card use", "revolving_utilisation_ratio", ">", 0.8, priority=40),
        ],
        "price_grid": [
            {"name": name, "score_from": score, "annual_rate_bps": bps}
            for name, score, bps in (("A", 700, 749), ("B", 670, 999), ("C", 640, 1299), ("D", 600, 1599))
        ],
        "affordability": {"instalment_to_income_max": 0.2, "debt_service_max": 0.5, "reason_code": "CP01"},
        "counteroffer": {"allowed": False},
        "authority_minor": {"credit_officer": 2_500_000, "senior_officer": 5_000_000},
        "sla": {"working_minutes": 480},
    }


def _rule(
    rule_id: str, kind: str, name: str, fact: str, operator: str, value: float, **more: Any
) -> dict[str, Any]:
    condition = {"fact": fact, "operator": operator, "value": value, "if_absent": "passes"}
    return {
        "id": rule_id,
        "kind": kind,
        "name": name,
        "when": condition,
        "owner": "Credit risk",
        "source": "RISK_APPETITE",
        **more,
    }


def desk_facts(at: datetime = RECEIVED_AT, **changes: Any) -> dict[str, FactValue]:
    """The facts of the desk's application; a change to None makes the fact UNKNOWN."""
    values = {name: value for name, (value, _, _) in DESK_FACTS.items()} | OTHER_FACTS | changes
    facts = {}
    for name, value in values.items():
        source = FactSource.BUREAU if name in BUREAU_FACTS else FactSource.APPLICATION
        origin = "Credit report, Demo Bureau" if name in BUREAU_FACTS else "Application form"
        absence = Absence.UNKNOWN if value is None else None
        facts[name] = FactValue(value, absence, source, at, origin=origin)
    facts["months_since_last_delinquency"] = FactValue(
        None, Absence.NEVER, FactSource.BUREAU, at, origin="Credit report, Demo Bureau"
    )
    return facts


def contributions(score: int = 628) -> dict[str, Any]:
    """Points that add up with the base to the score and 0.4; log-odds on the scale of 20 points to double the odds."""
    per_point = -0.6931471805599453 / 20
    features = [
        {"name": name, "fact": name, "log_odds": points * per_point, "points": points,
         "value": value / 100 if name in ("annual_income", "requested_amount") else value, "typical": typical}
        for name, (value, typical, points) in DESK_FACTS.items()
    ]  # fmt: skip
    base = score + 0.4 - sum(points for _, _, points in DESK_FACTS.values())
    return {"base_log_odds": -2.1, "base_points": base, "features": features}


def score_reason(code: str, group: str, fact: str, text: str, *, rank: int) -> dict[str, Any]:
    """A reason as the score would have given it."""
    value, typical, points = DESK_FACTS[fact]
    return Reason(
        code=code, group=group, rank=rank, text=text, detail="", factor=text, is_neutral=False, fact=fact, value=value, typical=typical,
        source="Credit report, Demo Bureau", source_kind="BUREAU", known_at=RECEIVED_AT.isoformat(), party=None, share_log_odds=-points / 29,
        share_points=points, do="", actionable="partly", form_c1="Other", notice="", stage=DecisionStage.SCORE,
    ).to_json()  # fmt: skip


def make_desk(lender: Lender, *, document: Mapping[str, Any] | None = None) -> Desk:
    """A product with the demonstration's policy in force, and the reference people of its cut-off."""
    lender.refresh_from_db()  # times given as text come back as times
    product = make_product(lender)
    model = make_model_version(
        lender,
        manifest={
            "horizon_months": 12,
            "name": "harbour-pd",
            "features": [
                FeatureSpec(name, name, None, facts_catalogue()[name].risk_sign).to_json()
                for name in DESK_FACTS
            ],
        },
    )
    sample = make_reference_sample(
        model, columns=list(DESK_FACTS), rows=[[typical for _, typical, _ in DESK_FACTS.values()]] * 3
    )
    version = make_policy_version(
        product, document=dict(document or policy_document()), model_version=model, reference_sample=sample
    )
    return product, version, sample


@transaction.atomic
def make_case(
    desk: Desk,
    *,
    now: datetime = RECEIVED_AT,
    score: int | None = 628,
    given_name: str = "Maria",
    family_name: str = "Okafor",
    facts: Mapping[str, Any] | None = None,
    national_id: str | None = None,
    system: Outcome = Outcome.REFER,
    grid_scores: Mapping[tuple[int, int], int] | None = None,
    **changes: Any,
) -> ReviewCase:
    """A referred application with its open case; `changes` go to the application. `score` None: the bureau timed out.

    `system` is what its assessment says now; `grid_scores` are the scores of other pairs (amount in minor units, months).
    """
    product, version, sample = desk
    application = make_application(
        product, status=ApplicationStatus.REFERRED, received_at=now, completed_at=now, **changes
    )
    known_as: dict[str, Any] = {} if national_id is None else {"national_id": national_id}
    make_party(application, given_name=given_name, family_name=family_name, **known_as)
    asked = {
        "requested_amount": application.requested_amount_minor,
        "requested_term_months": application.requested_term_months,
    }
    known = desk_facts(now, **{**asked, **(facts or {})})
    faults = (
        ()
        if score is not None
        else (TechnicalFault(FaultKind.BUREAU_TIMEOUT, "The bureau did not answer in time."),)
    )
    terms = Terms(application.requested_amount_minor, application.requested_term_months)
    scored = () if score is None else (PairScore(terms, -2.4, score + 0.4, score, 0.08),)
    result = evaluate(
        compile_policy(version.document),
        PolicyCase(
            facts=known,
            requested=terms,
            scores=scored,
            facts_at=(known,) if scored else (),
            faults=faults,
            channel="web",
        ),
    )
    assessment = make_assessment(
        application,
        outcome=system,
        facts=facts_to_json(known),
        scores=[] if score is None else [
            {"amount_minor": terms.amount_minor, "term_months": terms.term_months, "margin": -2.4, "points": score + 0.4, "score": score,
             "probability_of_default": 0.08},
            *({"amount_minor": amount, "term_months": term, "margin": -2.4, "points": points + 0.4, "score": points,
               "probability_of_default": 0.08} for (amount, term), points in (grid_scores or {}).items()),
        ],
        score=score,
        probability_of_default=None if score is None else 0.08,
        findings=[finding.to_json() for finding in result.findings],
        contributions=None if score is None else contributions(score),
        reasons=[] if score is None else [
            score_reason("UT01", "utilisation", "revolving_utilisation_ratio", "Your cards are close to their limits", rank=1),
            score_reason("PH01", "delinquency", "dpd30_count_12m", "You paid late in the last 12 months", rank=2),
        ],
        technical=[fault.to_json() for fault in faults],
        model_version=sample.model_version,
        policy_version=version,
        reference_sample=sample,
        reason_catalogue=ensure_stored(),
        created_at=now,
    )  # fmt: skip
    return open_case(
        application=application,
        assessment=assessment,
        why=result.referral_sentences,
        is_technical=bool(faults),
        actor=SYSTEM,
        now=now,
    )
