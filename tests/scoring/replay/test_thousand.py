"""A thousand assessments, at least three hundred of them declines, recomputed in a process that never saw them made."""

from __future__ import annotations

import json

import pytest

from scoring.pipeline.run import run_batch
from tests.scoring.pipeline.world import apply, claimed, clock, make_world
from tests.scoring.replay.running import command
from underwriting.models import Assessment

COUNT = 1_000
IN_TROUBLE = {
    "revolving_utilisation_ratio": 0.99,
    "enquiry_count_6m_without_auto_and_mortgage": 7,
    "open_account_count": 3,
    "public_record_count": 1,
}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_thousand_assessments_are_identical() -> None:
    world = make_world()
    for index in range(COUNT):
        if index % 2:
            apply(world, index, report=IN_TROUBLE, asked=(2_500_000, 60))
        else:
            apply(world, index)
    while items := claimed():
        run_batch(items, clock=clock)

    told = command("--last", str(COUNT), "--json")

    assert Assessment.objects.filter(outcome="DECLINE").count() >= 300
    assert Assessment.objects.filter(outcome="DECLINE", stage="score").count() >= 100
    lines = told.stdout.splitlines()
    assert (told.returncode, json.loads(lines[-1])) == (
        0,
        {"replayed": COUNT, "identical": COUNT, "different": 0},
    )
