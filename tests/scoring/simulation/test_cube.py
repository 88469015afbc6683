"""What is read off the cube for any cut-offs is what the live engine says of each past application, added up."""

from __future__ import annotations

import copy
import random
from collections import Counter
from typing import Any

import pytest

from scoring.pipeline.work import work_until_empty
from scoring.simulation import store
from tests.properties.policy_cases import demo_document
from tests.scoring.simulation.stored import NOW, PastWorld, add_event, make_past, one_by_one
from underwriting.effect.ask import ask_for_effect
from underwriting.effect.read import effect_of
from underwriting.effect.types import BadRate, Effect, EffectState, Part, Side
from underwriting.enums import CubeState, Outcome, WorkState
from underwriting.models import Application, EffectCube, PolicyVersion, WorkItem

pytestmark = pytest.mark.django_db


def work() -> None:
    work_until_empty(worker="test", max_batches=5, clock=lambda: NOW)


def weigh(world: PastWorld, document: dict[str, Any]) -> PolicyVersion:
    version = world.draft(document)
    assert ask_for_effect(version, NOW)
    work()
    return version


def side(rows: list[dict[str, Any]], name: str) -> Side:
    outcomes = Counter(row[name]["outcome"] for row in rows)
    lent = [row for row in rows if row[name]["outcome"] in (Outcome.APPROVE, Outcome.COUNTEROFFER)]
    return Side(
        approval_count=outcomes[Outcome.APPROVE],
        counteroffer_count=outcomes[Outcome.COUNTEROFFER],
        referral_count=outcomes[Outcome.REFER],
        decline_count=outcomes[Outcome.DECLINE],
        offered_minor=sum(row[name]["offered"] for row in rows),
        expected_loss_minor=sum(row[name]["loss"] for row in rows),
        interest_minor=sum(row[name]["interest"] for row in rows),
        bad_rate=BadRate(sum(row["is_bad"] for row in lent), sum(row["is_known"] for row in lent)),
    )


def assert_same(effect: Effect, rows: list[dict[str, Any]]) -> None:
    assert (effect.state, effect.estimates) == (EffectState.READY, ())
    assert effect.application_count == len(rows)
    assert effect.before == side(rows, "before")
    assert effect.after == side(rows, "after")
    moves = Counter((row["before"]["outcome"], row["after"]["outcome"]) for row in rows)
    assert {(swap.before, swap.after): swap.count for swap in effect.swaps} == dict(moves)
    for swap in effect.swaps:
        moved = [row for row in rows if (row["before"]["outcome"], row["after"]["outcome"]) == (swap.before, swap.after)]  # fmt: skip
        assert swap.bad_rate == BadRate(sum(r["is_bad"] for r in moved), sum(r["is_known"] for r in moved))
    for segment in effect.segments:
        inside = [row for row in rows if row[segment.dimension] == segment.name]
        assert (segment.before, segment.after) == (side(inside, "before"), side(inside, "after"))
    assert {s.dimension for s in effect.segments} == {"channel", "thin_file"}


@pytest.mark.parametrize("name", ["harbour", "northgate", "quarry"])
def test_the_cube_equals_the_live_engine_row_by_row_at_any_cut_offs(name: str) -> None:
    live = demo_document(name)
    world = make_past(live, count=160)
    draft = copy.deepcopy(live)
    draft["rules"] = [rule for rule in draft["rules"] if rule["id"] != "K-03"]
    if draft["affordability"]:
        draft["affordability"]["instalment_to_income_max"] = 0.12
    weigh(world, draft)
    draw = random.Random(7)
    for _ in range(4):
        lowest = draft["price_grid"][-1]["score_from"]
        refer = draw.randint(lowest, 690)
        draft["cut_offs"] = {"approve": draw.randint(refer, 700), "refer": refer}
        rows = one_by_one(world.product, live, draft)
        assert_same(effect_of(world.live.policy, live, draft), rows)


def test_tiers_that_move_are_read_exactly_and_said_to_be_estimates_only_where_they_are() -> None:
    live = demo_document("northgate")
    world = make_past(live, count=200)
    weigh(world, live)
    draft = copy.deepcopy(live)
    draft["price_grid"][0]["score_from"] = 680
    effect = effect_of(world.live.policy, live, draft)
    rows = one_by_one(world.product, live, draft)
    assert effect.estimates == (Part.MONEY,)
    assert effect.after is not None
    assert effect.after.approval_count == side(rows, "after").approval_count
    assert effect.after.offered_minor == side(rows, "after").offered_minor
    draft["price_grid"][0]["limit"]["monthly_income_multiple"] = 2.5
    assert effect_of(world.live.policy, live, draft).estimates == (Part.OUTCOMES, Part.MONEY)


def test_a_new_price_is_an_estimate_until_the_worker_has_weighed_it() -> None:
    live = demo_document("harbour")
    world = make_past(live, count=160)
    weigh(world, live)
    draft = copy.deepcopy(live)
    draft["price_grid"][-1]["annual_rate_bps"] += 700
    effect = effect_of(world.live.policy, live, draft)
    assert effect.estimates == (Part.OUTCOMES, Part.COUNTEROFFERS, Part.MONEY)
    assert effect.after is not None
    assert effect.after.application_count == effect.application_count
    version = world.draft(draft)
    assert ask_for_effect(version, NOW)
    assert effect_of(world.live.policy, live, draft).is_waiting
    work()
    assert not effect_of(world.live.policy, live, draft).is_waiting
    assert_same(effect_of(world.live.policy, live, draft), one_by_one(world.product, live, draft))


def test_a_rule_that_was_never_weighed_has_no_numbers() -> None:
    live = demo_document("harbour")
    world = make_past(live, count=20, faults=2)
    draft = copy.deepcopy(live)
    draft["rules"][3]["when"]["value"] = 200_000
    assert effect_of(world.live.policy, live, draft) == Effect(EffectState.BUILDING)
    assert effect_of(world.live.policy, None, draft) == Effect(EffectState.NO_LIVE)


def test_names_and_owners_of_rules_need_no_new_cube() -> None:
    live = demo_document("harbour")
    world = make_past(live, count=20, faults=2)
    weigh(world, live)
    draft = copy.deepcopy(live)
    draft["rules"][0] |= {"name": "Bankruptcies", "owner": "Somebody else"}
    draft["sla"]["working_minutes"] = 60
    assert not ask_for_effect(world.draft(draft), NOW)
    assert effect_of(world.live.policy, live, draft).state is EffectState.READY


def test_a_half_done_draft_is_refused_once_and_not_taken_up_again() -> None:
    live = demo_document("harbour")
    world = make_past(live, count=20, faults=2)
    draft = copy.deepcopy(live)
    draft["rules"][0]["when"]["fact"] = "no_such_fact"
    version = weigh(world, draft)
    effect = effect_of(world.live.policy, live, draft)
    assert effect.state is EffectState.REFUSED
    assert "no_such_fact" in effect.why
    assert not ask_for_effect(version, NOW)
    assert list(WorkItem.objects.values_list("state", flat=True)) == [WorkState.DONE]
    assert (
        effect_of(world.live.policy, live, live | {"cut_offs": {"approve": "x"}}).state
        is not EffectState.READY
    )


def test_cut_offs_that_are_no_numbers_are_refused_in_words() -> None:
    live = demo_document("harbour")
    world = make_past(live, count=20, faults=2)
    weigh(world, live)
    effect = effect_of(world.live.policy, live, live | {"cut_offs": {"approve": "x", "refer": 600}})
    assert effect.state is EffectState.REFUSED
    assert effect.why.startswith("approve: ")


def test_wishes_of_one_version_are_one_until_the_worker_takes_them() -> None:
    live = demo_document("harbour")
    world = make_past(live, count=20, faults=2)
    version = world.draft(live)
    assert ask_for_effect(version, NOW)
    assert ask_for_effect(version, NOW)
    assert WorkItem.objects.count() == 1


def test_new_results_are_read_when_the_cube_is_built_again() -> None:
    live = demo_document("harbour")
    world = make_past(live, count=40, faults=2)
    version = weigh(world, live)
    known = effect_of(world.live.policy, live, live).before
    assert known is not None
    for key in Application.objects.filter(loan_events=None).order_by("pk").values_list("pk", flat=True):
        add_event(world.product, key, "PAID_OFF")
    assert ask_for_effect(version, NOW, even_if_weighed=True)
    work()
    effect = effect_of(world.live.policy, live, live)
    assert_same(effect, one_by_one(world.product, live, live))
    assert effect.before is not None
    assert effect.before.bad_rate.known_count > known.bad_rate.known_count


def test_another_lenders_cube_is_never_read() -> None:
    live = demo_document("harbour")
    world = make_past(live, count=20, faults=2)
    weigh(world, live)
    cube = EffectCube.objects.get()
    assert (cube.state, cube.product) == (CubeState.READY, world.product)
    assert cube.application_count == 20, "the quarantined one has nothing to weigh again"
    assert store.past_of(world.product).last_assessment_id == cube.last_assessment_id
