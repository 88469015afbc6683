"""The people an applicant is compared with: those of the pool who just passed (12 CFR 1002.9, comment 9(b)(2)-5)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

from explanations.attribution import NotTabulable
from explanations.attribution.stored import tables_for
from scoring.registry.bundle import Pool
from scoring.registry.manifest import canonical_json, sha256_of
from scoring.serving.champion import champion_from
from underwriting.models import ModelVersion, ReferencePool, ReferenceSample

LEAST_PEOPLE = 300
MOST_PEOPLE = 500
SAMPLE_PEOPLE = 300
# Drawn from the nearest ones only: at or just above the cut-off, not anywhere above it.
NEAREST_PEOPLE = 600


class ReferenceRefused(ValueError):
    """No sample can be drawn; the message says why and what would help."""


def draw_reference(
    *, model_version: ModelVersion, approve_cut_off: int, seed: int, now: datetime
) -> ReferenceSample:
    """300 people whose score is at or just above the cut-off, frozen, and the tables that explain a score against them.

    The same pool, cut-off and seed give the same people; a sample drawn before is returned as it is. Raises ReferenceRefused:
    no pool, a pool that is not the registered one, fewer than 300 people at or above the cut-off, or a model that cannot be
    tabulated; ChampionRefused for a model that is not the registered one, TablesRefused where stored tables are damaged.
    """
    drawn = ReferenceSample.objects.filter(
        model_version=model_version, approve_cut_off=approve_cut_off, seed=seed
    ).first()
    if drawn is not None:
        return _with_tables(drawn, model_version)
    pool = _verified_pool(model_version)
    places = nearest_above(pool.points, approve_cut_off=approve_cut_off, seed=seed)
    rows = [pool.rows[place] for place in places]
    sample, _ = ReferenceSample.objects.get_or_create(
        model_version=model_version,
        approve_cut_off=approve_cut_off,
        seed=seed,
        defaults={
            "lender_id": model_version.lender_id,
            "columns": list(pool.columns),
            "rows": rows,
            "sha256": rows_sha256(pool.columns, rows),
            "created_at": now,
        },
    )
    return _with_tables(sample, model_version)


def _with_tables(sample: ReferenceSample, model_version: ModelVersion) -> ReferenceSample:
    try:
        tables_for(sample, booster=champion_from(model_version).booster)
    except NotTabulable as refusal:
        raise ReferenceRefused(f"{model_version} cannot be explained: {refusal}") from refusal
    return sample


def nearest_above(points: Sequence[float], *, approve_cut_off: int, seed: int) -> list[int]:
    """Places in the pool, ascending. Pure. Raises ReferenceRefused."""
    passing = [place for place, value in enumerate(points) if math.floor(value) >= approve_cut_off]
    if len(passing) < LEAST_PEOPLE:
        best = sorted((math.floor(value) for value in points), reverse=True)
        highest = best[LEAST_PEOPLE - 1] if len(best) >= LEAST_PEOPLE else None
        raise ReferenceRefused(
            f"only {len(passing)} people of the pool score {approve_cut_off} or more, {LEAST_PEOPLE} are needed; "
            f"the highest cut-off that has them is {highest}"
        )
    nearest = sorted(passing, key=lambda place: (points[place], place))[:NEAREST_PEOPLE]
    return sorted(Random(f"reference|{seed}|{approve_cut_off}").sample(nearest, SAMPLE_PEOPLE))


def rows_sha256(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Hash of a sample: columns and rows in canonical JSON."""
    return sha256_of(canonical_json({"columns": list(columns), "rows": [list(row) for row in rows]}))


def _verified_pool(model_version: ModelVersion) -> Pool:
    stored = ReferencePool.objects.filter(model_version=model_version).first()
    if stored is None:
        raise ReferenceRefused(f"{model_version} has no reference pool")
    pool = Pool(tuple(stored.columns), stored.rows, stored.points)
    if pool.sha256 != stored.sha256:
        raise ReferenceRefused(f"the reference pool of {model_version} is not the one that was registered")
    return pool
