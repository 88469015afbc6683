"""Shares of the reason groups, summed afresh from stored contributions, and what the stated ones leave out. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from explanations.proof.results import FailedTest, ProofTest
from explanations.ranking import rank_groups
from explanations.reason_codes.codes import Catalogue
from underwriting.facts.features import FeatureSpec


@dataclass(frozen=True, slots=True)
class GroupShares:
    """Every group of the model, with its share in log-odds and the positions of its inputs; `order` is the written order."""

    shares: Mapping[str, float]
    columns: Mapping[str, tuple[int, ...]]
    order: tuple[str, ...]


def group_shares(shares: Mapping[str, float], specs: Sequence[FeatureSpec], codes: Catalogue) -> GroupShares:
    """`order` holds the groups that belong in the statement: above the floor, at most four, ties by the written order."""
    columns: dict[str, list[int]] = {}
    for position, spec in enumerate(specs):
        columns.setdefault(codes.group_of(spec.fact) or spec.name, []).append(position)
    totals = {
        group: math.fsum(shares[specs[position].name] for position in positions)
        for group, positions in columns.items()
    }
    return GroupShares(
        shares=totals,
        columns={group: tuple(positions) for group, positions in columns.items()},
        order=tuple(group.name for group in rank_groups(shares=shares, specs=specs, codes=codes)),
    )


def omissions(stated: Sequence[str], groups: GroupShares, codes: Catalogue) -> list[FailedTest]:
    """What is wrong with the choice and the order of the stated groups (comment 9(b)(2)-4: no principal one left out).

    The size of each share is compared here with plain numbers; the written order settles only what rounds to the same.
    """
    failed: list[FailedTest] = []
    rounded = {name: rounded_share(share, codes) for name, share in groups.shares.items()}
    known = [name for name in stated if name in rounded]
    if len(known) != len(stated):
        strangers = ", ".join(name for name in stated if name not in rounded)
        failed.append(
            FailedTest(ProofTest.OMITTED, f"The score has no factor '{strangers}', yet it is stated.")
        )
    failed += [
        FailedTest(ProofTest.OMITTED, f"'{name}' weighs too little in the score to be a principal reason.")
        for name in known
        if groups.shares[name] < codes.floor_log_odds
    ]
    least = min((rounded[name] for name in known), default=0)
    is_full = len(stated) >= codes.max_reasons
    for name, share in groups.shares.items():
        if name in known or share < codes.floor_log_odds:
            continue
        if not is_full or rounded[name] > least:
            failed.append(
                FailedTest(
                    ProofTest.OMITTED,
                    f"'{name}' weighs more in the score than a stated reason and is left out.",
                )
            )
    if not failed and tuple(stated) != groups.order:
        failed.append(
            FailedTest(
                ProofTest.OMITTED, "The stated reasons are not in the order of their weight in the score."
            )
        )
    return failed


def rounded_share(share: float, codes: Catalogue) -> int:
    """In steps of the rounding: 0.005 log-odds."""
    return round(share / codes.rounding_log_odds)


def tied(stated: Sequence[str], groups: GroupShares, codes: Catalogue) -> tuple[tuple[str, ...], ...]:
    """Groups of the same rounded share, among the stated ones and those that could have stood in their place."""
    least = min(
        (rounded_share(groups.shares[name], codes) for name in stated if name in groups.shares), default=None
    )
    if least is None:
        return ()
    by_share: dict[int, list[str]] = {}
    for name, share in groups.shares.items():
        if share >= codes.floor_log_odds and rounded_share(share, codes) >= least:
            by_share.setdefault(rounded_share(share, codes), []).append(name)
    return tuple(
        tuple(sorted(names)) for _, names in sorted(by_share.items(), reverse=True) if len(names) > 1
    )
