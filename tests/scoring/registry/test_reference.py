"""Who an applicant is compared with."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from explanations.attribution import stored
from explanations.models import AttributionTables
from scoring.registry.reference import ReferenceRefused, draw_reference, nearest_above, rows_sha256
from scoring.registry.register import register_model
from tests.database import unguarded
from tests.factories.lending import make_lender
from tests.scoring.models import small_bundle
from underwriting.audit.actor import SYSTEM
from underwriting.enums import ModelState
from underwriting.models import ModelVersion, ReferenceSample

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
POINTS = [500 + place * 0.25 for place in range(1_000)]  # 500.0 to 749.75


def _registered() -> ModelVersion:
    return register_model(
        lender_id=make_lender().pk,
        bundle=small_bundle(),
        actor=SYSTEM,
        now=NOW,
        state=ModelState.CHAMPION,
    )


def _cut_off_with(people: int) -> int:
    return math.floor(sorted(small_bundle().pool.points, reverse=True)[people - 1])


def test_people_are_at_or_just_above_the_cut_off() -> None:
    places = nearest_above(POINTS, approve_cut_off=550, seed=1)

    assert len(set(places)) == 300
    assert places == sorted(places)
    assert 550 <= min(POINTS[place] for place in places) < 552
    assert max(POINTS[place] for place in places) < 700  # the 600 nearest of 800 who pass


def test_the_floor_decides_who_passes() -> None:
    points = [599.99] * 400 + [600.0] * 300

    assert nearest_above(points, approve_cut_off=600, seed=1) == list(range(400, 700))


def test_another_seed_draws_other_people_and_the_same_seed_the_same() -> None:
    first, again, other = (nearest_above(POINTS, approve_cut_off=550, seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_too_few_people_is_refused_with_the_highest_cut_off_that_works() -> None:
    with pytest.raises(ReferenceRefused) as refusal:
        nearest_above(POINTS, approve_cut_off=700, seed=1)

    assert str(refusal.value) == (
        "only 200 people of the pool score 700 or more, 300 are needed; the highest cut-off that has them is 675"
    )


@pytest.mark.django_db
def test_a_sample_is_frozen_and_drawn_once() -> None:
    version = _registered()
    cut_off = _cut_off_with(900)

    sample = draw_reference(model_version=version, approve_cut_off=cut_off, seed=7, now=NOW)
    again = draw_reference(model_version=version, approve_cut_off=cut_off, seed=7, now=NOW)

    kept = ReferenceSample.objects.get()
    assert again == sample == kept
    assert len(kept.rows) == 300
    assert kept.columns == list(small_bundle().pool.columns)
    assert all(row in small_bundle().pool.rows for row in kept.rows[:5])
    assert kept.sha256 == rows_sha256(kept.columns, kept.rows)
    assert AttributionTables.objects.get().reference_sample == kept


@pytest.mark.django_db
def test_people_whom_a_model_cannot_be_explained_against_are_not_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = _registered()
    monkeypatch.setattr("explanations.attribution.layout.MOST_TABLE_BYTES", 1 << 10)
    stored._built.clear()

    with pytest.raises(ReferenceRefused, match="cannot be explained: the tables"):
        draw_reference(model_version=version, approve_cut_off=_cut_off_with(900), seed=7, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_changed_pool_gives_no_sample() -> None:
    version = _registered()
    with unguarded() as owner:
        owner.execute("UPDATE underwriting_referencepool SET rows = jsonb_set(rows, '{0,0}', '1')")

    with pytest.raises(ReferenceRefused, match="is not the one that was registered"):
        draw_reference(model_version=version, approve_cut_off=_cut_off_with(900), seed=7, now=NOW)
