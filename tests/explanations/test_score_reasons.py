"""Contributions in points add up to the score, and every reason of a batch stands on a group that adds risk."""

from __future__ import annotations

import math

import pytest

from explanations.attribution import tabulate
from explanations.reason_codes.catalogue import current_catalogue
from explanations.score_reasons import score_reasons
from tests.explanations.synthetic import SPECS, facts_of, synthetic
from underwriting.models import Lender, ReferenceSample

POINTS_A_LOG_ODDS = 20 / math.log(2)


def points(margin: float) -> float:
    return 600 - POINTS_A_LOG_ODDS * margin


def test_base_and_contributions_are_the_points_and_reasons_stand_on_them() -> None:
    model = synthetic()
    reference = ReferenceSample(
        lender=Lender(currency="USD"), columns=[spec.name for spec in SPECS], rows=model.reference_rows
    )
    rows = model.rows[:60]
    margins = [float(margin) for margin in model.booster.predict(rows, raw_score=True)]

    found = score_reasons(
        tables=tabulate(model.booster, model.reference),
        specs=SPECS,
        reference_sample=reference,
        rows=rows,
        margins=margins,
        is_told=[index != 7 for index in range(60)],
        facts=[facts_of(row) for row in rows],
        catalogue=current_catalogue(),
        points=points,
        points_share=lambda log_odds: -POINTS_A_LOG_ODDS * log_odds,
    )

    for explanation, margin in zip(found, margins, strict=True):
        total = explanation.base_points + math.fsum(c.points for c in explanation.contributions)
        assert total == pytest.approx(points(margin), abs=1e-6)
        by_group: dict[str, float] = {}
        for contribution in explanation.contributions:
            group = current_catalogue().group_of(contribution.fact) or ""
            by_group[group] = by_group.get(group, 0.0) + contribution.log_odds
        for reason in explanation.reasons:
            assert reason.share_log_odds == pytest.approx(by_group[reason.group], abs=1e-9)
    assert [index for index, explanation in enumerate(found) if not explanation.reasons] == [7]


def test_a_sample_of_another_model_is_refused() -> None:
    model = synthetic(people=400, reference=50)
    reference = ReferenceSample(lender=Lender(currency="USD"), columns=["annual_income"], rows=[[1.0]])

    with pytest.raises(ValueError, match="not of this model"):
        score_reasons(
            tables=tabulate(model.booster, model.reference),
            specs=SPECS,
            reference_sample=reference,
            rows=model.rows[:1],
            margins=[0.0],
            facts=[facts_of(model.rows[0])],
            catalogue=current_catalogue(),
            points=points,
            points_share=lambda log_odds: -log_odds,
        )
