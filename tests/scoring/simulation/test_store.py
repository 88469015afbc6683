"""The store holds what the assessments hold, however it came to be."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from scoring.simulation import store
from scoring.simulation.columns import digest, encode, from_bytes
from scoring.simulation.outcomes import LEFT_OUT, simulate
from scoring.simulation.store import keep_current, past_from, past_of
from tests.properties.policy_cases import demo_document
from tests.scoring.simulation.past_people import stored_rows
from tests.scoring.simulation.stored import PastWorld, assess, make_past
from underwriting.models import Assessment, PastChunk
from underwriting.policy.compile import compile_policy

ROOT = Path(__file__).parents[3]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "CHUNK_ASSESSMENTS", 10)


def world(count: int = 25) -> PastWorld:
    return make_past(demo_document("harbour"), count=count, faults=2)


def contents(one: PastWorld) -> list[tuple[int, int, int, str]]:
    fields = ("first_assessment_id", "last_assessment_id", "row_count", "sha256")
    return list(PastChunk.objects.filter(product=one.product).order_by("pk").values_list(*fields))


@pytest.mark.django_db
@pytest.mark.usefixtures("small_chunks")
def test_kept_current_and_built_anew_it_is_the_same() -> None:
    one = world()
    keep_current(one.product)
    for seed in (5, 6):
        assess(one.product, stored_rows(7, seed=seed))
        keep_current(one.product)
    kept = contents(one)
    assert [row[2] for row in kept] == [10, 10, 9, 10], "the quarantined one has no row"
    said = StringIO()
    call_command("rebuild_store", product=str(one.product), stdout=said)
    assert contents(one) == kept
    assert "39 assessments in 4 chunks" in said.getvalue()
    for chunk in PastChunk.objects.all():
        assert digest(from_bytes(bytes(chunk.data))) == chunk.sha256


@pytest.mark.django_db
@pytest.mark.usefixtures("small_chunks")
def test_nothing_is_cut_again_while_nothing_came() -> None:
    one = world()
    keep_current(one.product)
    before = list(PastChunk.objects.order_by("pk").values_list("pk", flat=True))
    keep_current(one.product)
    assert list(PastChunk.objects.order_by("pk").values_list("pk", flat=True)) == before


@pytest.mark.django_db
@pytest.mark.usefixtures("small_chunks")
def test_an_assessment_that_was_committed_late_is_found() -> None:
    one = world()
    late = assess(one.product, stored_rows(1, seed=9))[0]
    assess(one.product, stored_rows(12, seed=10))
    hidden = PastChunk.objects.none()
    keep_current(one.product)
    whole = contents(one)
    # as if it had not been there when its chunk was cut
    hidden = PastChunk.objects.filter(first_assessment_id__lte=late.pk, last_assessment_id__gte=late.pk)
    hidden.update(assessment_count=9, row_count=8, sha256="0" * 64)
    keep_current(one.product)
    assert sorted(contents(one)) == sorted(whole)


@pytest.mark.django_db
def test_the_newest_assessment_of_an_application_counts() -> None:
    one = world(5)
    older = Assessment.objects.order_by("pk")[0]
    older.pk, older.number = None, 2
    older.scores = [{**older.scores[0], "score": 711}, *older.scores[1:]]
    older.save(force_insert=True)
    keep_current(one.product)
    past = past_of(one.product)
    assert len(past) == 5
    at = list(past.application_id).index(older.application_id)
    assert past.pair_score[past.pair_start[at]] == 711


@pytest.mark.django_db
def test_an_assessment_that_cannot_be_read_is_left_out_and_stops_nothing() -> None:
    one = world(5)
    broken = Assessment.objects.order_by("pk")[0]
    broken.pk, broken.number = None, 2
    broken.facts = {"monthly_income": {"value": 5}}
    broken.save(force_insert=True)
    keep_current(one.product)
    simulated = simulate(compile_policy(demo_document("harbour")), past_of(one.product))
    assert list(simulated.severity).count(LEFT_OUT) == 1


def test_values_that_columns_do_not_hold_are_weighed_alone() -> None:
    rows = stored_rows(6, seed=3)
    strange = [2**60, "many", True, float(2**60), 1.5]
    for row, value in zip(rows, strange, strict=False):
        row.facts["revolving_balance"]["value"] = value  # type: ignore[index]
        row.facts["revolving_balance"]["absence"] = None  # type: ignore[index]
    assert list(past_from(encode(rows)).odd) == [True, True, True, True, True, False]


def test_what_the_web_reads_loads_no_numeric_library() -> None:
    code = (
        "import django, sys; django.setup(); import underwriting.effect.read, underwriting.effect.ask;"
        "print([name for name in ('numpy', 'pandas', 'lightgbm') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
