"""Points, probabilities and the form of a manifest."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from scoring.registry.manifest import Manifest, ManifestInvalid, canonical_json
from tests.scoring.models import small_bundle


def _manifest(**changes: Any) -> Manifest:
    return replace(
        small_bundle().manifest, platt_slope=2.0, platt_intercept=0.5, prior_shift=-1.0, points_offset=560.0,
        points_to_double_odds=40.0, **changes,
    )  # fmt: skip


def test_even_odds_are_the_offset_and_halved_odds_of_default_are_forty_points_more() -> None:
    manifest = _manifest()
    even = 0.25  # 2 * 0.25 + 0.5 - 1 is 0
    halved = even - math.log(2) / 2

    assert manifest.points(even) == pytest.approx(560)
    assert manifest.points(halved) == pytest.approx(600)
    assert manifest.probability(even) == pytest.approx(0.5)
    assert manifest.probability(halved) == pytest.approx(1 / 3)


def test_contributions_in_points_add_up_to_the_points() -> None:
    manifest = _manifest()
    base, shares = -1.3, (0.4, -0.9, 0.05)

    total = manifest.points(base) + sum(manifest.points_share(share) for share in shares)

    assert total == pytest.approx(manifest.points(base + sum(shares)), abs=1e-9)


def test_the_score_is_rounded_down() -> None:
    manifest = _manifest()
    margin = 0.25 - math.log(2) / 2 * 0.99  # 599.6 points

    assert manifest.score(margin) == 599


@pytest.mark.parametrize("margin", [-800.0, 800.0])
def test_extreme_margins_stay_probabilities(margin: float) -> None:
    assert 0.0 <= _manifest().probability(margin) <= 1.0


def test_json_and_back_is_the_same_manifest_with_the_same_hash() -> None:
    manifest = small_bundle().manifest

    again = Manifest.from_json(json.loads(canonical_json(manifest.to_json())))

    assert (again, again.sha256) == (manifest, manifest.sha256)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"platt_slope": -1.0}, "platt_slope"),
        ({"points_to_double_odds": 0.0}, "points_to_double_odds"),
        ({"prior_shift": math.inf}, "prior_shift"),
        ({"features": ()}, "features"),
        ({"features": small_bundle().manifest.features * 2}, "occurs twice"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ManifestInvalid, match=complaint):
        replace(small_bundle().manifest, **changes)


def test_missing_and_unknown_fields_are_named() -> None:
    document = small_bundle().manifest.to_json()
    del document["seed"]

    with pytest.raises(ManifestInvalid, match="colour, seed"):
        Manifest.from_json(document | {"colour": "green"})
