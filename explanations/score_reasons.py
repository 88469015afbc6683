"""Contributions and principal reasons of a batch of scored applications. Runs in the worker."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explanations.attribution import Attribution, explain, repair_effects
from explanations.attribution.repair import as_matrix
from explanations.principal_reasons import principal_reasons, rank_groups
from explanations.reason_codes.codes import ENGLISH, Catalogue
from explanations.reasons import PrincipalReasons, Reason, ReferenceSummary
from underwriting.facts.features import FeatureSpec
from underwriting.facts.values import Facts
from underwriting.models import ReferenceSample

if TYPE_CHECKING:
    from lightgbm import Booster

    from explanations.attribution.interventional import Matrix


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one model input did to the score. `value` and `typical` are in the input's unit; None where missing."""

    name: str
    fact: str
    log_odds: float
    points: float
    value: float | None
    typical: float | None

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "fact": self.fact, "log_odds": self.log_odds, "points": self.points,
            "value": self.value, "typical": self.typical,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScoreExplanation:
    """base_points + sum of the contributions' points is the applicant's exact points; the same in log-odds."""

    base_log_odds: float
    base_points: float
    contributions: tuple[Contribution, ...]
    reasons: tuple[Reason, ...]
    held_because: str

    @property
    def principal(self) -> PrincipalReasons:
        return PrincipalReasons(self.reasons, self.held_because)

    def to_json(self) -> dict[str, Any]:
        """As an assessment stores it."""
        return {
            "base_log_odds": self.base_log_odds,
            "base_points": self.base_points,
            "features": [contribution.to_json() for contribution in self.contributions],
        }


def score_reasons(
    *,
    booster: Booster,
    specs: Sequence[FeatureSpec],
    reference_sample: ReferenceSample,
    rows: Matrix,
    facts: Sequence[Facts],
    catalogue: Catalogue,
    points: Callable[[float], float],
    points_share: Callable[[float], float],
    languages: Sequence[str] = (),
) -> list[ScoreExplanation]:
    """Explain each row (shape (n, len(specs)), one set of facts each) against the reference sample.

    `languages` names the one each applicant is told in, row by row; English where none are given.

    Sums of money are written in the currency of the sample's lender. `points` maps a margin to points, `points_share` a part of a margin to its part of the points. Raises NotAdditive
    where contributions do not sum to the margin, ValueError where the sample's columns are not the model's inputs.
    """
    if list(reference_sample.columns) != [spec.name for spec in specs]:
        raise ValueError("the reference sample is not of this model: its columns differ")
    found = explain(booster=booster, specs=specs, reference_rows=reference_sample.rows, rows=rows)
    summary = ReferenceSummary.of(reference_sample.columns, reference_sample.rows)
    repairs = _repairs(
        booster=booster,
        specs=specs,
        reference_sample=reference_sample,
        rows=rows,
        found=found,
        codes=catalogue,
    )
    return [
        _explanation(
            attribution,
            principal_reasons(
                shares=_by_name(specs, attribution),
                specs=specs,
                facts=its_facts,
                reference=summary,
                codes=catalogue,
                repair=repair,
                points_share=points_share,
                currency=reference_sample.lender.currency,
                language=language,
            ),
            specs=specs,
            row=[float(value) for value in row],
            summary=summary,
            points=points,
            points_share=points_share,
        )
        for attribution, its_facts, repair, row, language in zip(
            found, facts, repairs, rows, languages or [ENGLISH] * len(facts), strict=True
        )
    ]


def _repairs(
    *,
    booster: Booster,
    specs: Sequence[FeatureSpec],
    reference_sample: ReferenceSample,
    rows: Matrix,
    found: Sequence[Attribution],
    codes: Catalogue,
) -> list[dict[str, float]]:
    """For each row, the effect of repairing each of its ranked groups; one prediction for the whole batch."""
    position = {spec.name: index for index, spec in enumerate(specs)}
    ranked = [
        rank_groups(shares=_by_name(specs, attribution), specs=specs, codes=codes) for attribution in found
    ]
    cases = [
        (row, attribution.margin, [position[spec.name] for spec in group.features])
        for row, attribution, groups in zip(rows, found, ranked, strict=True)
        for group in groups
    ]
    effects = iter(repair_effects(booster=booster, reference=as_matrix(reference_sample.rows), cases=cases))
    return [{group.name: next(effects) for group in groups} for groups in ranked]


def _by_name(specs: Sequence[FeatureSpec], attribution: Attribution) -> Mapping[str, float]:
    return {spec.name: share for spec, share in zip(specs, attribution.shares, strict=True)}


def _explanation(
    attribution: Attribution,
    principal: PrincipalReasons,
    *,
    specs: Sequence[FeatureSpec],
    row: Sequence[float],
    summary: ReferenceSummary,
    points: Callable[[float], float],
    points_share: Callable[[float], float],
) -> ScoreExplanation:
    return ScoreExplanation(
        base_log_odds=attribution.base,
        base_points=points(attribution.base),
        contributions=tuple(
            Contribution(
                name=spec.name,
                fact=spec.fact,
                log_odds=share,
                points=points_share(share),
                value=None if math.isnan(value) else value,
                typical=summary.medians[spec.name],
            )
            for spec, share, value in zip(specs, attribution.shares, row, strict=True)
        ),
        reasons=principal.reasons,
        held_because=principal.held_because,
    )
