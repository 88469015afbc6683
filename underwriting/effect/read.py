"""The effect of an edit, read off the cube: two queries over its cells, no numeric library, nothing of the draft is compiled.

The web process asks `effect_of` with the document as it stands in the editor, saved or not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from underwriting.effect.add_up import Groups, add_up
from underwriting.effect.ask import open_wishes
from underwriting.effect.cells import cell_groups, counter_groups
from underwriting.effect.grid import TierInUse, tiers_in_use
from underwriting.effect.hashes import prices_sha256, rules_sha256, weighing_sha256
from underwriting.effect.types import Effect, EffectState, Part
from underwriting.enums import CubeState, ProductKind
from underwriting.models import EffectCube, Policy
from underwriting.outcomes.losses import LossGivenDefault
from underwriting.policy.schema import CutOffs, PriceTier

_TIERS = TypeAdapter(tuple[PriceTier, ...])


def effect_of(policy: Policy, live: Mapping[str, Any] | None, draft: Mapping[str, Any]) -> Effect:
    """What `draft` would have made of the past applications of a policy's product, beside `live`, the document in force.

    Exact for any cut-offs on rules and prices that were weighed (every saved draft is, within seconds); with prices that were
    not, `estimates` says which parts are estimates. A draft whose rules were not weighed yet is BUILDING; ask again in a second
    or two while `is_waiting`. Raises nothing for a half-done document: that is REFUSED with `why`.
    """
    if live is None:
        return Effect(EffectState.NO_LIVE)
    is_waiting = open_wishes(policy.lender_id).filter(payload__product_id=policy.product_id).exists()
    cube = _cube(policy, live, draft)
    if cube is None:
        return Effect(EffectState.BUILDING, is_waiting=is_waiting)
    if cube.state == CubeState.REFUSED:
        return Effect(EffectState.REFUSED, why=cube.why)
    if not cube.application_count:
        return Effect(EffectState.NO_PAST, as_of=cube.built_at, is_waiting=is_waiting)
    try:
        cut_offs = CutOffs.model_validate_json(json.dumps(draft.get("cut_offs")))
        tiers = _TIERS.validate_json(json.dumps(draft.get("price_grid")))
    except ValidationError as error:
        complaint = error.errors(include_url=False)[0]
        place = "/".join(str(part) for part in complaint["loc"])
        return Effect(EffectState.REFUSED, why=f"{place}: {complaint['msg']}")
    return _read(cube, cut_offs, tiers, draft, is_waiting=is_waiting)


def _cube(policy: Policy, live: Mapping[str, Any], draft: Mapping[str, Any]) -> EffectCube | None:
    """Of these rules beside this live version: the one weighed at these prices, else the one weighed last."""
    weighed = EffectCube.objects.filter(
        product_id=policy.product_id, live_sha256=weighing_sha256(live), rules_sha256=rules_sha256(draft)
    )
    prices = prices_sha256(draft)
    found = sorted(weighed, key=lambda cube: (cube.prices_sha256 == prices, cube.built_at), reverse=True)
    ready = [cube for cube in found if cube.state == CubeState.READY or cube.prices_sha256 == prices]
    return ready[0] if ready else None


def _read(
    cube: EffectCube,
    cut_offs: CutOffs,
    tiers: tuple[PriceTier, ...],
    draft: Mapping[str, Any],
    *,
    is_waiting: bool,
) -> Effect:
    is_line = draft.get("product_kind") != ProductKind.INSTALMENT
    in_use = tiers_in_use(
        tiers,
        limits=cube.limits,
        rates_bps=cube.rates_bps,
        has_caps=draft.get("affordability") is not None,
        is_line=is_line,
    )
    is_same = cube.prices_sha256 == prices_sha256(draft)
    groups = Groups(
        cells=cell_groups(cube.pk, cut_offs, in_use),
        counters=[] if is_line else counter_groups(cube.pk, cut_offs),
        before=cube.before,
        tiers=in_use,
        is_line=is_line,
        as_weighed=is_same,
    )
    sums = add_up(groups)
    estimates = () if is_same else _estimates(in_use, is_line=is_line)
    return Effect(
        EffectState.READY,
        application_count=cube.application_count,
        before=sums.before,
        after=sums.after,
        swaps=sums.swaps,
        segments=sums.segments,
        estimates=estimates,
        left_out_count=cube.left_out_count,
        losses=LossGivenDefault(cube.loss_share, cube.bad_loan_count),
        as_of=cube.built_at,
        is_waiting=is_waiting,
    )


def _estimates(in_use: list[TierInUse], *, is_line: bool) -> tuple[Part, ...]:
    """With prices that were not weighed: outcomes are exact where each single limit or rate was; money is rounded by group."""
    outcomes = () if all(tier.is_exact for tier in in_use) else (Part.OUTCOMES,)
    return (*outcomes, Part.MONEY) if is_line else (*outcomes, Part.COUNTEROFFERS, Part.MONEY)
