"""Replay: identical where nothing was touched; where one thing was, that thing is named."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from explanations.models import Proof
from scoring.pipeline.run import run_batch
from scoring.replay.replay import replay
from scoring.replay.report import Replayed
from tests.database import unguarded
from tests.scoring.pipeline.world import World, apply, claimed, clock, make_world
from tests.scoring.replay.running import command
from underwriting.models import Assessment, PolicyVersion, ReasonCatalogue, ReferenceSample

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 40


THIN = {"thin_file_flag": 1, "bureau_hit_flag": 1}  # a review rule asks for a person


@pytest.fixture
def world() -> World:
    """One approval, one knock-out, and six people who wait for an officer, with reasons."""
    world = make_world()
    apply(world)
    apply(world, report={"bankruptcy_count": 1})
    for index in range(6):
        apply(world, index, report=THIN)
    run_batch(claimed(), clock=clock)
    return world


@pytest.fixture
def many() -> World:
    world = make_world()
    for index in range(PEOPLE):
        apply(world, index)
    run_batch(claimed(), clock=clock)
    return world


def replayed() -> list[Replayed]:
    return list(replay(Assessment.objects.all()))


def named(thing: str) -> set[str]:
    return {d.name for found in replayed() for d in found.differences if d.thing == thing}


def things() -> Counter[str]:
    return Counter(d.thing for found in replayed() for d in found.differences)


def tamper(statement: str, *values: Any) -> None:
    """As somebody with the owner's password would, triggers off."""
    with unguarded() as owner:
        assert owner.execute(statement, values).rowcount == 1


def test_untouched_assessments_are_identical(many: World) -> None:
    found = replayed()

    assert len(found) == PEOPLE
    assert [one.differences for one in found] == [()] * PEOPLE
    assert {one.outcome for one in found} == {"APPROVE", "COUNTEROFFER", "REFER", "DECLINE"}


def test_a_leaf_of_the_model(world: World) -> None:
    assert "leaf_value=" in world.model.text
    leaf = world.model.text.split("leaf_value=", 1)[1].split(" ", 1)[0]
    tamper(
        "UPDATE underwriting_modelversion SET text = %s WHERE id = %s",
        world.model.text.replace(f"leaf_value={leaf}", "leaf_value=0.5", 1),
        world.model.pk,
    )

    found = replayed()

    assert {d.thing for one in found for d in one.differences} == {"model text"}
    assert {d.name for one in found for d in one.differences} == {str(world.model)}
    assert all(not one.is_identical for one in found)


def test_a_model_text_that_would_end_the_process_is_not_opened(world: World) -> None:
    tamper("UPDATE underwriting_modelversion SET text = left(text, 4000) WHERE id = %s", world.model.pk)

    assert named("model text") == {str(world.model)}


def test_a_reference_row(world: World) -> None:
    sample = ReferenceSample.objects.get()
    rows = sample.rows
    rows[16][0] += 1
    tamper("UPDATE underwriting_referencesample SET rows = %s WHERE id = %s", Jsonb(rows), sample.pk)

    differences = {d for one in replayed() for d in one.differences if d.thing == "reference sample"}

    assert {d.name for d in differences} == {f"of {world.model} at cut-off {sample.approve_cut_off}"}
    assert all("Not from the pool: row 17." in d.detail for d in differences)


def test_a_proof_made_to_pass(world: World) -> None:
    proof = Proof.objects.filter(all_reaches__isnull=False).order_by("pk")[0]
    results = {**proof.results, "all_repair": {**proof.results["all_repair"], "points": 700.0}}
    tamper("UPDATE explanations_proof SET results = %s WHERE id = %s", Jsonb(results), proof.pk)

    found = [one for one in replayed() if not one.is_identical]

    assert [one.assessment_id for one in found] == [proof.assessment_id]
    assert [(d.thing, d.name) for d in found[0].differences] == [("proof", "all_repair")]


def test_a_proof_that_was_taken_away(world: World) -> None:
    proof = Proof.objects.order_by("pk")[0]
    tamper("DELETE FROM explanations_proof WHERE id = %s", proof.pk)

    assert named("proof") == {"all"}


def test_a_frozen_fact(world: World) -> None:
    assessment = Assessment.objects.order_by("pk").first()
    assert assessment is not None
    facts = assessment.facts | {
        "revolving_balance": assessment.facts["revolving_balance"] | {"value": 123_456_789, "absence": None}
    }
    tamper("UPDATE underwriting_assessment SET facts = %s WHERE id = %s", Jsonb(facts), assessment.pk)

    found = {one.assessment_id: one for one in replayed() if not one.is_identical}

    assert set(found) == {assessment.pk}
    assert [d.name for d in found[assessment.pk].differences if d.thing == "frozen fact"] == [
        "revolving_balance"
    ]


def test_a_rule(world: World) -> None:
    document = PolicyVersion.objects.get().document
    rule = next(rule for rule in document["rules"] if rule["id"] == "K-02")
    rule["when"]["value"] = 5
    tamper(
        "UPDATE underwriting_policyversion SET document = %s WHERE id = %s", Jsonb(document), world.policy.pk
    )

    assert named("policy rule") >= {f"K-02 of {world.policy}"}
    assert not {name for name in named("policy rule") if not name.startswith("K-02")}


def test_a_sentence_of_the_catalogue(world: World) -> None:
    row = ReasonCatalogue.objects.get()
    code = next(code for code in row.document["codes"] if code["code"] == "CP01")
    code["text"] = "We did not like the look of it."
    tamper("UPDATE underwriting_reasoncatalogue SET document = %s WHERE id = %s", Jsonb(row.document), row.pk)

    assert named("catalogue sentence") == {"CP01"}


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("outcome", "APPROVE", "outcome"),
        ("scores", None, "score"),
        ("reasons", None, "reason"),
        ("contributions", None, "contribution"),
        ("held_because", "Not to be told yet.", "assessment held_because"),
    ],
)
def test_a_stored_result(world: World, column: str, value: Any, expected: str) -> None:
    assessment = Assessment.objects.filter(outcome="REFER").exclude(reasons=[]).first()
    assert assessment is not None
    stored = getattr(assessment, column)
    if column == "scores":
        stored[3]["margin"] += 1e-6
    elif column == "reasons":
        stored[0]["text"] += " Or so we think."
    elif column == "contributions":
        stored["features"][0]["log_odds"] += 1e-6
    changed = value if value is not None else Jsonb(stored)
    tamper(f"UPDATE underwriting_assessment SET {column} = %s WHERE id = %s", changed, assessment.pk)

    different = [one for one in replayed() if not one.is_identical]

    assert [one.assessment_id for one in different] == [assessment.pk]
    assert {d.thing for d in different[0].differences} == {expected}


@pytest.mark.parametrize(("column", "value"), [("score", 700), ("probability_of_default", 0.001)])
def test_a_column_that_repeats_the_requested_score(world: World, column: str, value: float) -> None:
    assessment = Assessment.objects.filter(outcome="REFER").first()
    assert assessment is not None
    tamper(f"UPDATE underwriting_assessment SET {column} = %s WHERE id = %s", value, assessment.pk)

    different = [one for one in replayed() if not one.is_identical]

    assert [one.assessment_id for one in different] == [assessment.pk]
    assert [(d.thing, d.name) for d in different[0].differences] == [(f"assessment {column}", column)]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("revolving_balance", {"value": None, "absence": None}),
        ("annual_income", {"value": "a lot", "absence": None}),
        ("annual_income", {"absence": "SOMETIMES"}),
    ],
)
def test_a_frozen_fact_that_no_fact_can_be_is_named_and_the_others_are_replayed(
    world: World, name: str, change: dict[str, Any]
) -> None:
    assessment = Assessment.objects.order_by("pk").first()
    assert assessment is not None
    facts = assessment.facts | {name: assessment.facts[name] | change}
    tamper("UPDATE underwriting_assessment SET facts = %s WHERE id = %s", Jsonb(facts), assessment.pk)

    found = replayed()

    assert len(found) == Assessment.objects.count()
    assert {one.assessment_id: [(d.thing, d.name) for d in one.differences] for one in found if one.differences} == {
        assessment.pk: [("frozen fact", name), ("assessment", "recomputation")]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("table", "column", "thing"),
    [
        ("modelversion", "text_sha256", "model text"),
        ("modelversion", "manifest_sha256", "model manifest"),
        ("policyversion", "document_sha256", "policy"),
        ("referencesample", "sha256", "reference sample"),
        ("reasoncatalogue", "sha256", "reason catalogue"),
    ],
)
def test_a_hash_registered_with_a_version(world: World, table: str, column: str, thing: str) -> None:
    tamper(f"UPDATE underwriting_{table} SET {column} = repeat('0', 64)")

    found = replayed()

    assert {d.thing for one in found for d in one.differences} == {thing}
    assert all(not one.is_identical for one in found)


@pytest.mark.parametrize(
    ("column", "thing"),
    [
        ("model_version_id", "model text"),
        ("policy_version_id", "policy"),
        ("reference_sample_id", "reference sample"),
        ("reason_catalogue_id", "reason catalogue"),
    ],
)
def test_a_version_that_is_not_named_any_more(world: World, column: str, thing: str) -> None:
    assessment = Assessment.objects.order_by("pk").first()
    assert assessment is not None
    tamper(f"UPDATE underwriting_assessment SET {column} = NULL WHERE id = %s", assessment.pk)

    different = {one.assessment_id: one.differences for one in replayed() if not one.is_identical}

    assert {key: [str(d) for d in found] for key, found in different.items()} == {
        assessment.pk: [f"stored version {thing}: the assessment rested on one and names none"]
    }


def test_a_version_that_was_not_used_then(world: World) -> None:
    assessment = Assessment.objects.order_by("pk").first()
    assert assessment is not None
    hashes = {name: value for name, value in assessment.hashes.items() if name != "reference"}
    tamper("UPDATE underwriting_assessment SET hashes = %s WHERE id = %s", Jsonb(hashes), assessment.pk)

    assert named("stored version") == {"reference sample"}


def test_hashes_of_which_parts_are_missing(world: World) -> None:
    assessment = Assessment.objects.order_by("pk").first()
    assert assessment is not None
    hashes = {name: value for name, value in assessment.hashes.items() if name not in ("facts", "inputs")}
    tamper("UPDATE underwriting_assessment SET hashes = %s WHERE id = %s", Jsonb(hashes), assessment.pk)

    assert named("assessment") == {"hashes", "recomputation"}


def test_settings_that_changed_since_are_no_difference(world: World) -> None:
    world.product.offer_grid = [[100_000, 12]]
    world.product.reference_rate_bps = 9_900
    world.product.save()

    assert all(one.is_identical for one in replayed())


def test_the_command_in_a_fresh_process(many: World) -> None:
    application = Assessment.objects.filter(outcome="DECLINE").first().application  # type: ignore[union-attr]

    all_of_them = command("--last", str(PEOPLE), "--json")
    one = command("--application", application.reference)
    none = command("--assessment", "0")

    lines = [json.loads(line) for line in all_of_them.stdout.splitlines()]
    assert (all_of_them.returncode, lines[-1]) == (
        0,
        {"replayed": PEOPLE, "identical": PEOPLE, "different": 0},
    )
    assert {line["outcome"] for line in lines[:-1]} == {"APPROVE", "COUNTEROFFER", "REFER", "DECLINE"}
    assert (one.returncode, one.stdout) == (0, "1 of 1 assessments are identical.\n")
    assert (none.returncode, none.stderr.strip()) == (1, "CommandError: There is no such assessment.")


def test_the_command_names_a_changed_leaf_and_ends_with_1(world: World) -> None:
    tamper(
        "UPDATE underwriting_modelversion SET text = replace(text, 'leaf_value=', 'leaf_value=1') WHERE id = %s",
        world.model.pk,
    )

    told = command("--last", "1")

    assert told.returncode == 1
    assert f"model text {world.model}: had the hash" in told.stdout
