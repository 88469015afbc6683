"""Which groups of model inputs are principal reasons, most important first. Pure.

The rules are those of Regulation B, comments 9(b)(2)-1, -4 and -5: at most four, never padded, none of the top ones left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from explanations.reason_codes.codes import Catalogue, UsedBy
from underwriting.facts.features import FeatureSpec


@dataclass(frozen=True, slots=True)
class RankedGroup:
    """`share` in log-odds of default, as summed; ranks are taken on the rounded share. `features` in the model's order."""

    name: str
    share: float
    features: tuple[FeatureSpec, ...]


def rank_groups(
    *,
    shares: Mapping[str, float],
    specs: Sequence[FeatureSpec],
    codes: Catalogue,
    sums: Mapping[str, float] | None = None,
) -> list[RankedGroup]:
    """The groups that are principal reasons: highest risk first, floor applied, at most `codes.max_reasons`.

    `shares` maps each model input to its contribution to the log-odds of default, `sums` each group to theirs, where whoever
    made the shares has summed them already. Ties within the rounding go to the
    policy-linked group, then the more actionable one, then the alphabet. An input without a code is its own group, so
    that it is ranked and found wanting rather than lost.
    """
    members: dict[str, list[FeatureSpec]] = {}
    for spec in specs:
        members.setdefault(codes.group_of(spec.fact) or spec.name, []).append(spec)
    groups = [
        RankedGroup(
            name, sums[name] if sums is not None else math.fsum(shares[s.name] for s in found), tuple(found)
        )
        for name, found in members.items()
    ]
    passing = [group for group in groups if group.share >= codes.floor_log_odds]
    return sorted(passing, key=lambda group: _order(group, codes))[: codes.max_reasons]


def _order(group: RankedGroup, codes: Catalogue) -> tuple[int, int, int, str]:
    found = [code for spec in group.features for code in codes.for_fact(spec.fact, UsedBy.MODEL)]
    policy_linked = any(UsedBy.POLICY in code.used_by for code in found)
    actionable = min((code.actionable.rank for code in found), default=len(found))
    first_code = min((code.code for code in found), default=group.name)
    return -round(group.share / codes.rounding_log_odds), 0 if policy_linked else 1, actionable, first_code
