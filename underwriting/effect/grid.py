"""A draft's price grid laid over what was weighed: which limits and rates are known exactly, and what stands in for the others. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from underwriting.policy.schema import LineLimit, PriceTier

NO_LIMIT = -1


@dataclass(frozen=True, slots=True)
class TierInUse:
    """A tier of the draft. `limit_position`: the weighed limit that is read; `scale`: how much larger the draft's limit is."""

    tier: PriceTier
    limit_position: int
    scale: float
    is_exact: bool


def tiers_in_use(
    tiers: Sequence[PriceTier],
    *,
    limits: Sequence[Mapping[str, Any]],
    rates_bps: Sequence[int],
    has_caps: bool,
    is_line: bool,
) -> list[TierInUse]:
    """Each tier with the weighed limit or rate it is read from. A loan's rate that was not weighed is read between two that were."""
    if not is_line:
        return [
            TierInUse(tier, NO_LIMIT, 1.0, not has_caps or tier.annual_rate_bps in rates_bps)
            for tier in tiers
        ]
    weighed = [LineLimit.model_validate(dict(limit)) for limit in limits]
    return [_line_tier(tier, weighed) for tier in tiers]


def _line_tier(tier: PriceTier, weighed: Sequence[LineLimit]) -> TierInUse:
    wanted = tier.limit
    if wanted in weighed:
        return TierInUse(tier, weighed.index(wanted), 1.0, is_exact=True)
    if wanted is None or not weighed:
        return TierInUse(tier, NO_LIMIT, 1.0, is_exact=False)
    alike = [place for place, limit in enumerate(weighed) if _is_multiple(limit) == _is_multiple(wanted)]
    places = alike or list(range(len(weighed)))
    nearest = min(places, key=lambda place: abs(_size(weighed[place]) - _size(wanted)))
    scale = _size(wanted) / _size(weighed[nearest]) if alike and _size(weighed[nearest]) else 1.0
    return TierInUse(tier, nearest, scale, is_exact=False)


def _is_multiple(limit: LineLimit) -> bool:
    return limit.amount_minor is None


def _size(limit: LineLimit) -> float:
    """What two limits of one form are compared by: the fixed amount, or the multiple of monthly income."""
    return (
        float(limit.monthly_income_multiple or 0) if _is_multiple(limit) else float(limit.amount_minor or 0)
    )
