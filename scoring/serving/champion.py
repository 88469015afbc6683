"""The model in charge of a lender: verified against its hash before it is loaded, loaded after fork, bounded in time."""

from __future__ import annotations

import math
import os
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import lightgbm as lgb
import numpy as np

from scoring.features.matrix import Matrix, Vector, feature_matrix
from scoring.registry.bundle import MOST_TEXT_BYTES
from scoring.registry.manifest import Manifest, ManifestInvalid, sha256_of
from scoring.serving.bulkhead import AnswerLate, Bulkhead, MarginScorer
from underwriting.enums import ModelState
from underwriting.facts.values import Facts
from underwriting.models import ModelVersion

DEADLINE_MS = 500
KEPT_MODELS = 12


class ChampionRefused(RuntimeError):
    """There is no model that may score: none in charge, or what is stored is not what was registered."""


class ChampionLate(RuntimeError):
    """The model did not answer within its deadline; the policy's fallback rule may speak."""


class ModelScore(NamedTuple):
    """`points` exact, `score` its floor, `probability_of_default` within the manifest's horizon."""

    margin: float
    points: float
    score: int
    probability_of_default: float


@dataclass(frozen=True, slots=True)
class Champion:
    """A verified model. `bulkhead` holds the scorer, which tests replace by a slow one."""

    model_version_id: int
    manifest: Manifest
    booster: lgb.Booster
    bulkhead: Bulkhead

    @classmethod
    def of(
        cls,
        *,
        model_version_id: int,
        manifest: Manifest,
        booster: lgb.Booster,
        scorer: MarginScorer | None = None,
    ) -> Champion:
        return cls(model_version_id, manifest, booster, Bulkhead(scorer or LightGbmScorer(booster)))

    def matrix(self, rows: Sequence[Facts]) -> Matrix:
        """(len(rows), features), NaN where missing. Raises InfiniteInput, TypeError."""
        return feature_matrix(self.manifest.features, rows)

    def score(self, rows: Sequence[Facts], *, deadline_ms: int = DEADLINE_MS) -> list[ModelScore]:
        """One answer for each set of facts, in order. The deadline covers reading the facts, too.

        Raises ChampionLate, ChampionRefused (an answer that is no number), InfiniteInput, TypeError.
        """
        if not rows:
            return []
        began = time.monotonic()
        matrix = self.matrix(rows)
        left = deadline_ms / 1000 - (time.monotonic() - began)
        try:
            margins = self.bulkhead.answer(matrix, timeout_seconds=left)
        except AnswerLate as error:
            raise ChampionLate(f"{self.manifest.name}: {error}") from error
        if not np.isfinite(margins).all():
            raise ChampionRefused(f"{self.manifest.name}: an answer is no number")
        return [self._scored(float(margin)) for margin in margins]

    def _scored(self, margin: float) -> ModelScore:
        points = self.manifest.points(margin)
        return ModelScore(margin, points, math.floor(points), self.manifest.probability(margin))


class LightGbmScorer:
    """The scorer in service."""

    def __init__(self, booster: lgb.Booster) -> None:
        self._booster = booster

    def __call__(self, matrix: Matrix) -> Vector:
        return np.asarray(self._booster.predict(matrix, raw_score=True, num_threads=1), dtype=np.float64)


class _Loaded:
    """Models of this process, newest use last. A forked child begins empty: a booster is never used across a fork."""

    def __init__(self) -> None:
        self._process_id = os.getpid()
        self._champions: OrderedDict[tuple[int, str, str], Champion] = OrderedDict()

    def champions(self) -> OrderedDict[tuple[int, str, str], Champion]:
        if self._process_id != os.getpid():
            self._process_id = os.getpid()
            self._champions = OrderedDict()
        return self._champions


_loaded = _Loaded()


def champion_for(lender_id: int) -> Champion:
    """The lender's champion. Raises ChampionRefused; another model never takes its place."""
    row = (
        ModelVersion.objects.defer("text", "card")
        .filter(lender_id=lender_id, state=ModelState.CHAMPION)
        .first()
    )
    if row is None:
        raise ChampionRefused("no model is in charge of this lender")
    champions = _loaded.champions()
    key = (row.pk, row.text_sha256, row.manifest_sha256)
    if key in champions:
        champions.move_to_end(key)
        return champions[key]
    return champion_from(row)


def champion_from(row: ModelVersion) -> Champion:
    """A stored model version, verified whether or not it is loaded already. Raises ChampionRefused."""
    manifest = _verified_manifest(row)
    champions = _loaded.champions()
    key = (row.pk, row.text_sha256, row.manifest_sha256)
    if key not in champions:
        champions[key] = Champion.of(model_version_id=row.pk, manifest=manifest, booster=_load(row, manifest))
        while len(champions) > KEPT_MODELS:
            champions.popitem(last=False)
    champions.move_to_end(key)
    return champions[key]


def loaded_hashes() -> list[str]:
    """SHA-256 of each model text this process has loaded: what a worker's heartbeat reports."""
    return sorted({text_sha256 for _, text_sha256, _ in _loaded.champions()})


def load_all_champions() -> dict[int, str]:
    """Load every lender's champion, as a worker does when it begins. Returns lender id -> why its model was refused."""
    refused = {}
    for lender_id in ModelVersion.objects.filter(state=ModelState.CHAMPION).values_list(
        "lender_id", flat=True
    ):
        try:
            champion_for(lender_id)
        except ChampionRefused as error:
            refused[lender_id] = str(error)
    return refused


def _verified_manifest(row: ModelVersion) -> Manifest:
    """A damaged text can abort the process inside LightGBM, so nothing is parsed before length and hashes agree."""
    if not row.text:
        raise ChampionRefused(f"{row}: the model text is missing")
    if len(row.text) > MOST_TEXT_BYTES:
        raise ChampionRefused(f"{row}: the model text is longer than {MOST_TEXT_BYTES:,} bytes")
    found = sha256_of(row.text)
    if found != row.text_sha256:
        raise ChampionRefused(
            f"{row}: the model text has hash {found[:12]}, registered was {row.text_sha256[:12]}"
        )
    try:
        manifest = Manifest.from_json(row.manifest)
    except (ManifestInvalid, KeyError, TypeError) as error:
        raise ChampionRefused(f"{row}: the manifest cannot be read: {error}") from error
    if manifest.sha256 != row.manifest_sha256:
        raise ChampionRefused(f"{row}: the manifest is not the one that was registered")
    if manifest.text_sha256 != found:
        raise ChampionRefused(f"{row}: the manifest belongs to another model text")
    return manifest


def _load(row: ModelVersion, manifest: Manifest) -> lgb.Booster:
    try:
        booster = lgb.Booster(model_str=row.text)
    except lgb.basic.LightGBMError as error:
        raise ChampionRefused(f"{row}: LightGBM cannot read the model text: {error}") from error
    names = [spec.name for spec in manifest.features]
    if booster.feature_name() != names:
        raise ChampionRefused(f"{row}: the columns of the model text are not those of the manifest")
    return booster
