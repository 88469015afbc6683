"""Attribution tables: made with the reference people, kept, verified, and never replaced by others in silence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg.types.json import Jsonb

from explanations.attribution import TablesRefused, stored
from explanations.attribution.tables import KERNEL_VERSION, pack, unpack
from explanations.models import AttributionTables
from scoring.pipeline.bench import reference_sample
from scoring.pipeline.run import run_batch
from scoring.replay.replay import replay
from scoring.serving.champion import champion_for
from tests.database import unguarded
from tests.scoring.pipeline.world import World, apply, be_patient, claimed, clock, make_world
from underwriting.enums import Outcome
from underwriting.models import Assessment, ReferenceSample
from underwriting.policy.types import FaultKind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> Iterator[World]:
    yield make_world()
    new_process()


def new_process() -> None:
    """What a process remembers is gone; the database is all there is."""
    stored._loaded.clear()
    stored._built.clear()
    reference_sample.cache_clear()


def assessed(world: World) -> Assessment:
    application = apply(world)
    run_batch(claimed(), clock=clock)
    be_patient()
    return Assessment.objects.get(application=application)


def assert_refused(assessment: Assessment, why: str) -> None:
    assert (assessment.outcome, assessment.contributions) == (Outcome.REFER, None)
    (fault,) = assessment.technical
    assert fault["kind"] == FaultKind.EXPLANATION_FAILED
    assert why in fault["detail"]


def altered(statement: str, *values: object) -> None:
    with unguarded() as owner:
        assert owner.execute(statement, values).rowcount == 1
    new_process()


def test_they_are_made_when_the_people_are_drawn_and_used_from_then_on(world: World) -> None:
    row = AttributionTables.objects.get()
    assert (row.reference_sample, row.kernel_version) == (world.policy.reference_sample, KERNEL_VERSION)
    tables = unpack(bytes(row.data), sha256=row.sha256)
    assert tables.model_sha256 == world.model.text_sha256

    new_process()
    assessment = assessed(world)

    assert assessment.outcome == Outcome.APPROVE
    assert assessment.contributions is not None
    assert assessment.hashes["attribution_tables"] == row.sha256
    assert AttributionTables.objects.get() == row


def test_a_sample_of_earlier_times_gets_its_tables_when_they_are_first_needed(world: World) -> None:
    before = AttributionTables.objects.get()
    altered("DELETE FROM explanations_attributiontables")

    assessment = assessed(world)

    row = AttributionTables.objects.get()
    assert (assessment.outcome, row.sha256) == (Outcome.APPROVE, before.sha256)
    assert row.pk != before.pk


def test_tables_of_an_older_kernel_stand_beside_the_new_ones(world: World) -> None:
    altered("UPDATE explanations_attributiontables SET kernel_version = 0")

    assert assessed(world).outcome == Outcome.APPROVE
    assert set(AttributionTables.objects.values_list("kernel_version", flat=True)) == {0, KERNEL_VERSION}


def test_altered_tables_are_refused_and_the_application_is_with_a_person(world: World) -> None:
    row = AttributionTables.objects.get()
    tables = unpack(bytes(row.data), sha256=row.sha256)
    tables.values[0] += 1.0
    data, _ = pack(tables)
    altered("UPDATE explanations_attributiontables SET data = %s", data)

    assert_refused(assessed(world), "the attribution tables have hash")


def test_bytes_that_are_no_tables_are_refused(world: World) -> None:
    altered("UPDATE explanations_attributiontables SET data = %s", b"nothing of the kind")

    assert_refused(assessed(world), "the attribution tables cannot be unpacked")


def test_altered_tables_with_a_fitting_hash_do_not_add_up(world: World) -> None:
    """Whoever rewrites the hash as well has to make every score add up, too; and a replay names it in any case."""
    first = assessed(world)
    row = AttributionTables.objects.get()
    tables = unpack(bytes(row.data), sha256=row.sha256)
    tables.values[:] *= 1.01
    data, sha256 = pack(tables)
    altered("UPDATE explanations_attributiontables SET data = %s, sha256 = %s", data, sha256)

    second = assessed(world)

    assert (second.outcome, second.contributions) == (Outcome.REFER, None)
    assert [fault["kind"] for fault in second.technical] == [FaultKind.EXPLANATION_NOT_ADDITIVE]
    [replayed] = replay(Assessment.objects.filter(pk=first.pk))
    assert "attribution tables" in {difference.thing for difference in replayed.differences}


def test_tables_of_other_people_are_refused(world: World) -> None:
    rows = ReferenceSample.objects.get().rows
    rows[16][0] += 1
    altered("UPDATE underwriting_referencesample SET rows = %s", Jsonb(rows))

    assert_refused(assessed(world), "compare with other people than the reference sample holds")


def test_tables_of_another_model_are_refused(world: World) -> None:
    sample = ReferenceSample.objects.select_related("model_version").get()
    sample.model_version.text_sha256 = "0" * 64
    new_process()

    with pytest.raises(TablesRefused, match="are not those of"):
        stored.tables_for(sample, booster=champion_for(world.lender_id).booster)


def test_a_replay_computes_with_the_kernel_and_finds_the_same(world: World) -> None:
    assessment = assessed(world)
    new_process()

    [replayed] = replay(Assessment.objects.filter(pk=assessment.pk))

    assert replayed.differences == ()


def test_a_replay_names_tables_that_are_gone(world: World) -> None:
    assessment = assessed(world)
    altered("DELETE FROM explanations_attributiontables")

    [replayed] = replay(Assessment.objects.filter(pk=assessment.pk))

    assert [(d.thing, d.detail) for d in replayed.differences] == [
        ("attribution tables", "are not stored any more")
    ]
