"""Contributions and principal reasons of a batch of scored applications. Runs in the worker."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explanations.attribution import Attribution, Tables, explain
from explanations.principal_reasons import principal_reasons
from explanations.reason_codes.codes import ENGLISH, Catalogue
from explanations.reasons import PrincipalReasons, Reason, ReferenceSummary
from underwriting.facts.features import FeatureSpec
from underwriting.facts.values import Facts
from underwriting.models import ReferenceSample

if TYPE_CHECKING:
    from explanations.attribution.tables import Matrix


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
    """base_points + sum of the contributions' points is the applicant's exact points; the same in log-odds.

    `tables_sha256` is the hash of the tables in which the contributions were looked up.
    """

    base_log_odds: float
    base_points: float
    contributions: tuple[Contribution, ...]
    reasons: tuple[Reason, ...]
    held_because: str
    tables_sha256: str

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
    tables: Tables,
    specs: Sequence[FeatureSpec],
    reference_sample: ReferenceSample,
    rows: Matrix,
    margins: Sequence[float],
    facts: Sequence[Facts],
    catalogue: Catalogue,
    points: Callable[[float], float],
    points_share: Callable[[float], float],
    languages: Sequence[str] = (),
    is_told: Sequence[bool] = (),
) -> list[ScoreExplanation]:
    """Explain each row (shape (n, len(specs)), one set of facts each) against the reference sample.

    `tables` are the sample's, `margins` what the model gave each row. `languages` names the one each applicant is told in, row
    by row; English where none are given. Rows of which `is_told` is false get their contributions and no reasons: an approval,
    or a decline in which rules speak. Sums of money are written in the currency of the sample's lender. `points` maps a margin
    to points, `points_share` a part of a margin to its part of the points. Raises NotAdditive where contributions do not sum to
    the margin, ValueError where the sample's columns are not the model's inputs.
    """
    if list(reference_sample.columns) != [spec.name for spec in specs]:
        raise ValueError("the reference sample is not of this model: its columns differ")
    groups = [catalogue.group_of(spec.fact) or spec.name for spec in specs]
    names = list(dict.fromkeys(groups))
    places = [names.index(group) for group in groups]
    found = explain(tables=tables, rows=rows, margins=margins, group_of_input=places)
    reasons = _reasons(
        found,
        names=names,
        specs=specs,
        facts=facts,
        summary=ReferenceSummary(dict(zip(reference_sample.columns, tables.medians, strict=True))),
        catalogue=catalogue,
        points_share=points_share,
        currency=reference_sample.lender.currency,
        languages=languages or [ENGLISH] * len(found),
        is_told=is_told or [True] * len(found),
    )
    return [
        _explanation(
            attribution, principal, specs=specs, row=row, tables=tables, points=points, points_share=points_share
        )
        for attribution, principal, row in zip(found, reasons, rows.tolist(), strict=True)
    ]  # fmt: skip


def _reasons(
    found: Sequence[Attribution],
    *,
    names: Sequence[str],
    specs: Sequence[FeatureSpec],
    facts: Sequence[Facts],
    summary: ReferenceSummary,
    catalogue: Catalogue,
    points_share: Callable[[float], float],
    currency: str,
    languages: Sequence[str],
    is_told: Sequence[bool],
) -> list[PrincipalReasons]:
    """The principal reasons of each row, none where they are not told. `names` are those of the groups, as they were summed."""
    return [
        principal_reasons(
            shares=_by_name(specs, attribution),
            sums=dict(zip(names, attribution.sums, strict=True)),
            specs=specs,
            facts=known,
            reference=summary,
            codes=catalogue,
            points_share=points_share,
            currency=currency,
            language=language,
        )
        if is_one
        else PrincipalReasons(())
        for attribution, known, language, is_one in zip(found, facts, languages, is_told, strict=True)
    ]


def _by_name(specs: Sequence[FeatureSpec], attribution: Attribution) -> Mapping[str, float]:
    return {spec.name: share for spec, share in zip(specs, attribution.shares, strict=True)}


def _explanation(
    attribution: Attribution,
    principal: PrincipalReasons,
    *,
    specs: Sequence[FeatureSpec],
    row: Sequence[float],
    tables: Tables,
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
                typical=typical,
            )
            for spec, share, value, typical in zip(
                specs, attribution.shares, row, tables.medians, strict=True
            )
        ),
        reasons=principal.reasons,
        held_because=principal.held_because,
        tables_sha256=tables.sha256,
    )
