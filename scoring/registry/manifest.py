"""What a model is made of, and how its margin becomes points and a probability. Pure.

The model's margin is the raw log-odds of default. Platt scaling and the correction of the prior are affine in it:

    log_odds(margin) = platt_slope * margin + platt_intercept + prior_shift
    points(margin)   = points_offset - points_to_double_odds / ln 2 * log_odds(margin)

so that contributions in log-odds become contributions in points that add up exactly. Higher points are safer.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from underwriting.facts.features import FeatureSpec


class ManifestInvalid(ValueError):
    """The manifest contradicts itself or lacks a field; the message names it."""


def canonical_json(value: Any) -> str:
    """Keys sorted, no spaces, no NaN: the same value is always the same text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@dataclass(frozen=True)  # no slots: its own hash is kept beside it once it is asked for
class Manifest:
    """A model version's identity card. `text_sha256` binds it to one LightGBM text.

    `horizon_months` is how far the probability of default looks ahead, `horizon` the same in words.
    `reference_rate_bps` is the yearly rate at which instalment facts were computed for training, None where there are none.
    """

    name: str
    version: str
    horizon_months: int
    horizon: str
    features: tuple[FeatureSpec, ...]
    platt_slope: float
    platt_intercept: float
    prior_shift: float
    points_offset: float
    points_to_double_odds: float
    reference_rate_bps: int | None
    seed: int
    text_sha256: str
    text_bytes: int
    metrics: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    pool: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.features:
            raise ManifestInvalid("features: a model has at least one")
        names = [spec.name for spec in self.features]
        if len(set(names)) != len(names):
            raise ManifestInvalid("features: a name occurs twice")
        if not self.platt_slope > 0:
            raise ManifestInvalid(
                "platt_slope: must be above 0, or a higher margin would not be a higher risk"
            )
        if not self.points_to_double_odds > 0:
            raise ManifestInvalid("points_to_double_odds: must be above 0")
        for name in (
            "platt_slope",
            "platt_intercept",
            "prior_shift",
            "points_offset",
            "points_to_double_odds",
        ):
            if not math.isfinite(getattr(self, name)):
                raise ManifestInvalid(f"{name}: must be finite")

    @property
    def points_factor(self) -> float:
        """Points for one unit of log-odds."""
        return self.points_to_double_odds / math.log(2)

    def log_odds(self, margin: float) -> float:
        """Calibrated log-odds of default within the horizon, prior corrected."""
        return self.platt_slope * margin + self.platt_intercept + self.prior_shift

    def points(self, margin: float) -> float:
        """Exact points; higher is safer."""
        return self.points_offset - self.points_factor * self.log_odds(margin)

    def score(self, margin: float) -> int:
        """Whole points, rounded down: what cut-offs compare."""
        return math.floor(self.points(margin))

    def probability(self, margin: float) -> float:
        """Probability of default within the horizon, 0 to 1."""
        log_odds = self.log_odds(margin)
        if log_odds >= 0:
            return 1 / (1 + math.exp(-log_odds))
        return math.exp(log_odds) / (1 + math.exp(log_odds))

    def points_share(self, log_odds_contribution: float) -> float:
        """A contribution to the margin, in points: points(base + c) = points(base) + points_share(c)."""
        return -self.points_factor * self.platt_slope * log_odds_contribution

    @cached_property
    def sha256(self) -> str:
        """Of the canonical JSON."""
        return sha256_of(canonical_json(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"features": [spec.to_json() for spec in self.features]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Manifest:
        """Raises ManifestInvalid where a field is missing, unknown or impossible."""
        known = set(cls.__dataclass_fields__)
        if set(data) != known:
            raise ManifestInvalid(f"fields that should not differ: {', '.join(sorted(set(data) ^ known))}")
        values = dict(data)
        values["features"] = tuple(FeatureSpec.from_json(row) for row in data["features"])
        for name in (
            "platt_slope",
            "platt_intercept",
            "prior_shift",
            "points_offset",
            "points_to_double_odds",
        ):
            values[name] = float(data[name])
        return cls(**values)
