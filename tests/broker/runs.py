"""The two programmes: kill -9 at random under load, and STOP past the lease, then CONT."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.broker.check import Verdict, check
from tests.broker.load import Load
from tests.broker.victims import PHASES, Claim, Hit, Watch, children_of, kill_child, pick, stop
from tests.database import database_url
from tests.processes import RealProcesses
from tests.scoring.pipeline.world import make_world
from underwriting.config.launch import processes as launch
from underwriting.config.launch.supervisor import Child

LEASE_SECONDS = 4
PER_SECOND = 2.5
DRAIN_SECONDS = 400.0
CONCURRENCY = 2
# A frozen write keeps its rows locked until the server cuts it off after 10 s.
RECLAIM_SECONDS = LEASE_SECONDS + 16.0


@dataclass(frozen=True)
class Report:
    """What was done to the workers, and what was found afterwards."""

    hits: tuple[Hit, ...]
    verdict: Verdict
    is_drained: bool

    @property
    def in_flight(self) -> int:
        return sum(1 for hit in self.hits if hit.held)

    def phases(self) -> dict[str, int]:
        return dict(sorted(Counter(hit.phase for hit in self.hits).items()))

    def sentence(self) -> str:
        v = self.verdict
        return (
            f"{len(self.hits)} hits, {self.in_flight} in flight, phases {self.phases()}; {v.applications} applications: "
            f"{v.decided} decided, {v.referred} referred, {len(v.lost)} lost, {len(v.doubled)} doubled, {v.stale} stale writes, "
            f"{v.pulled_twice} pulled twice, {len(v.complaints)} complaints{'' if self.is_drained else '; NOT DRAINED'}"
        )


class Scene:
    """Two lenders, a bureau, a worker with two children, and load. Everything real, in processes of its own."""

    def __init__(self, real: RealProcesses, *, application: str = "underwriting.config.celery") -> None:
        self._real = real
        self._application = application
        self.bureau = real.bureau()
        bureau = {"adapter": "HTTP", "name": "Demo Bureau", "base_url": self.bureau, "deadline_ms": 1_500}
        self.products = [make_world(code=code, bureau=bureau).product for code in ("harbour", "northgate")]
        self.load = Load(self.products, per_second=PER_SECOND)
        self.worker = self.start_worker()
        self.watch = Watch(database_url())

    def start_worker(self) -> Child:
        environment = self._real.environment | {"UW_LEASE_SECONDS": str(LEASE_SECONDS)}
        spec = launch.worker(self._real.data, environment, concurrency=CONCURRENCY)
        argv = [self._application if part == "underwriting.config.celery" else part for part in spec.argv]
        return self._real.start(dataclasses.replace(spec, argv=argv))

    def start_sweeper(self) -> None:
        self._real.environment["UW_LEASE_SECONDS"] = str(LEASE_SECONDS)
        self._real.beat()

    def children(self, *, seconds: float = 30.0) -> list[int]:
        """The worker's children, once all of them are there again."""
        deadline = time.monotonic() + seconds
        while (
            len(children := children_of(self.worker.process.pid)) < CONCURRENCY
            and time.monotonic() < deadline
        ):
            time.sleep(0.05)
        return children

    def kill_worker(self) -> None:
        """The whole process group at once, as when memory runs out."""
        self._real.kill(self.worker)

    def finish(self, hits: list[Hit]) -> Report:
        """End the load, let the workers catch up, and check."""
        submitted = self.load.end()
        is_drained = self.watch.wait_until_empty(seconds=DRAIN_SECONDS)
        return Report(tuple(hits), self.check(submitted.applications, submitted.people), is_drained)

    def check(self, applications: list[int] | None = None, people: list[str] | None = None) -> Verdict:
        """What the database and the bureau say of these applications, or of all that were submitted."""
        submitted = self.load.submitted
        applications = submitted.applications if applications is None else applications
        people = submitted.people if people is None else people
        return check(address=database_url(), applications=applications, people=people, bureau=self.bureau)


@contextmanager
def scene(real: RealProcesses, *, application: str = "underwriting.config.celery") -> Iterator[Scene]:
    made = Scene(real, application=application)
    try:
        yield made
    finally:
        made.load.end()
        made.watch.close()


def kill_run(made: Scene, *, kills: int, seed: int) -> Report:
    """Kill a child, every fourth time the whole worker, at random; at least half of the times while items are claimed.

    A worker may end its batch between the look and the kill, so further kills follow, all of them reported, until half
    have hit claimed work; at most five times as many as asked for.
    """
    chance = random.Random(seed)
    made.start_sweeper()
    made.load.start()
    hits: list[Hit] = []
    in_flight = 0
    while len(hits) < kills or (2 * in_flight < len(hits) < 5 * kills):
        time.sleep(chance.uniform(0.1, 1.0))
        aimed = chance.random() < 0.7 or 2 * in_flight < len(hits) + 1
        hits.append(_kill(made, chance, aimed=aimed, whole=len(hits) % 4 == 3))
        in_flight = sum(1 for hit in hits if hit.held)
    return made.finish(hits)


def _kill(made: Scene, chance: random.Random, *, aimed: bool, whole: bool) -> Hit:
    children = made.children()
    seen = made.watch.wait_for_claim(children, seconds=20, phase=chance.choice(PHASES)) if aimed else ()
    time.sleep(chance.uniform(0, 0.05) if aimed else 0)
    if whole:
        made.kill_worker()
        held = made.watch.claims(children)
        made.worker = made.start_worker()
        return Hit("worker", held)
    pid = seen[0].pid if seen else pick(chance, children)
    kill_child(pid)
    # Read after its death: what it holds now it held then.
    return Hit("child", made.watch.claims([pid]))


def stop_run(made: Scene, *, stops: int, seed: int) -> Report:
    """Freeze a child that holds items until others have taken them over, then let it go on."""
    chance = random.Random(seed)
    made.start_sweeper()
    made.load.start()
    hits: list[Hit] = []
    for _ in range(stops * 10):
        if len(hits) == stops:
            break
        held = _freeze(made, chance)
        if held:
            hits.append(Hit("child", held))
    return made.finish(hits)


def _freeze(made: Scene, chance: random.Random) -> tuple[Claim, ...]:
    """One freeze. Empty when the process had just let go of its items, which makes the attempt void."""
    seen = made.watch.wait_for_claim(made.children(), seconds=20, phase=chance.choice(PHASES))
    if not seen:
        return ()
    pid = seen[0].pid
    time.sleep(chance.uniform(0, 0.05))
    stop(pid)
    held = made.watch.claims([pid])
    deadline = time.monotonic() + RECLAIM_SECONDS
    try:
        while held and made.watch.still_held(held) and time.monotonic() < deadline:
            time.sleep(0.05)
        # A moment for the second holder: the sleeper has to find the work of another, not merely an open item.
        time.sleep(1.0 if held else 0)
        taken_over = not made.watch.still_held(held)
    finally:
        os.kill(pid, signal.SIGCONT)
    time.sleep(0.5)
    return held if taken_over else ()
