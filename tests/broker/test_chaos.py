"""Workers killed and frozen under load: nothing lost, nothing doubled, no stale write, one pull a party; and the controls.

The long programmes and the controls run with --slow, or by `./run chaos`. A kill says nothing about a power cut: the kernel still writes what
it was given. Nothing found in n kills means at most 3/n of them at 95 % (rule of three).
"""

from __future__ import annotations

import os
import time

import pytest

from tests.broker.runs import LEASE_SECONDS, Report, kill_run, scene, stop_run
from tests.processes import RealProcesses

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.broker]
KILLS = int(os.environ.get("UW_CHAOS_KILLS", "20"))
STOPS = int(os.environ.get("UW_CHAOS_STOPS", "20"))
SEED = int(os.environ.get("UW_CHAOS_SEED", "0")) or time.time_ns() % 100_000
SMOKE = 3
UNFENCED = "tests.broker.unfenced"
UNSWEPT = "tests.broker.unswept"


def tell(name: str, report: Report) -> None:
    print(f"\n{name}, seed {SEED}: {report.sentence()}")
    for number, hit in enumerate(report.hits, 1):
        print(f"  {number:>2} {hit.victim:<6} {hit.phase:<9} {len(hit.held)} items")
    for complaint in report.verdict.complaints:
        print(f"  ! {complaint}")


@pytest.mark.parametrize(
    "kills", [pytest.param(SMOKE, id="smoke"), pytest.param(KILLS, id="full", marks=pytest.mark.slow)]
)
def test_killed_workers_lose_and_double_nothing(real_processes: RealProcesses, kills: int) -> None:
    with scene(real_processes) as made:
        report = kill_run(made, kills=kills, seed=SEED)
    tell("kill -9", report)
    assert report.verdict.is_clean, report.sentence()
    assert len(report.hits) >= kills
    assert 2 * report.in_flight >= len(report.hits), "void: too few kills hit claimed work"


@pytest.mark.parametrize(
    "stops", [pytest.param(SMOKE, id="smoke"), pytest.param(STOPS, id="full", marks=pytest.mark.slow)]
)
def test_a_worker_frozen_past_its_lease_writes_nothing(real_processes: RealProcesses, stops: int) -> None:
    with scene(real_processes) as made:
        report = stop_run(made, stops=stops, seed=SEED)
    tell("STOP, CONT", report)
    assert (report.verdict.stale, len(report.hits)) == (0, stops), report.sentence()
    assert report.verdict.is_clean, report.sentence()


@pytest.mark.slow
def test_control_without_the_sweeper_something_is_lost(real_processes: RealProcesses) -> None:
    with scene(real_processes, application=UNSWEPT) as made:
        made.load.start()
        assert made.watch.wait_for_claim(made.children(), seconds=30)
        children = made.children()
        made.kill_worker()
        held = made.watch.claims(children)
        made.worker = made.start_worker()
        submitted = made.load.end()
        made.load.submit_one()  # its hint sets the new worker going, on everything but what the dead one had claimed
        made.watch.wait_until_empty(seconds=2.0 * LEASE_SECONDS + 4)
        without = made.check(submitted.applications, submitted.people)
        made.start_sweeper()
        made.watch.wait_until_empty(seconds=60)
        with_sweeper = made.check(submitted.applications, submitted.people)
    print(f"\nwithout the sweeper: {len(without.lost)} lost; with it: {len(with_sweeper.lost)}")
    assert held
    assert len(without.lost) >= 1
    assert with_sweeper.is_clean


@pytest.mark.slow
def test_control_without_the_claim_token_a_frozen_worker_does_write(real_processes: RealProcesses) -> None:
    with scene(real_processes, application=UNFENCED) as made:
        report = stop_run(made, stops=SMOKE, seed=SEED)
    tell("STOP, CONT without the fence", report)
    assert report.verdict.stale >= 1, report.sentence()
