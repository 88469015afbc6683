"""Worker processes as targets: who holds what, and signals to exactly that process."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

_CLAIMS = """
SELECT id, claim_token::text, phase, split_part(claimed_by, ':', 2)::int, attempt_count
  FROM underwriting_workitem WHERE state = 'LEASED' AND kind = 'ASSESS' ORDER BY id
"""
POLL_SECONDS = 0.002
PHASES = ("", "evidence", "assess", "write")


@dataclass(frozen=True)
class Claim:
    """A leased item as the database shows it. `phase` is empty between the claim and the first stage."""

    item: int
    token: str
    phase: str
    pid: int
    attempt_count: int


@dataclass(frozen=True)
class Hit:
    """One signal: to whom, and what that process held when it could no longer move."""

    victim: str
    held: tuple[Claim, ...]

    @property
    def phase(self) -> str:
        return (
            "idle" if not self.held else Counter(c.phase or "claimed" for c in self.held).most_common(1)[0][0]
        )


class Watch:
    """A connection of our own to the queue."""

    def __init__(self, address: str) -> None:
        self._connection: psycopg.Connection[Any] = psycopg.connect(address, autocommit=True)

    def close(self) -> None:
        self._connection.close()

    def claims(self, pids: Sequence[int] | None = None) -> tuple[Claim, ...]:
        rows = self._connection.execute(_CLAIMS).fetchall()
        claims = (Claim(*row) for row in rows)
        return tuple(claim for claim in claims if pids is None or claim.pid in pids)

    def wait_for_claim(
        self, pids: Sequence[int], *, seconds: float, phase: str | None = None
    ) -> tuple[Claim, ...]:
        """The first claims seen of these processes, in this phase if one is named; empty when none came in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            claims = [claim for claim in self.claims(pids) if phase in {None, claim.phase}]
            if claims:
                return tuple(claims)
            time.sleep(POLL_SECONDS)
        return ()

    def still_held(self, claims: Sequence[Claim]) -> int:
        """How many of these are leased under the same token as before."""
        now = {(claim.item, claim.token) for claim in self.claims()}
        return sum(1 for claim in claims if (claim.item, claim.token) in now)

    def unfinished(self) -> int:
        row = self._connection.execute(
            "SELECT count(*) FROM underwriting_workitem WHERE state IN ('READY', 'LEASED') AND kind = 'ASSESS'"
        ).fetchone()
        assert row is not None
        return int(row[0])

    def wait_until_empty(self, *, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.unfinished():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True


def children_of(pid: int) -> list[int]:
    """The worker's child processes that exist now."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def is_stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "Tt"
    except OSError:
        return False


def stop(pid: int) -> None:
    """Freeze a process and wait until the kernel says that it is."""
    os.kill(pid, signal.SIGSTOP)
    deadline = time.monotonic() + 2
    while not is_stopped(pid) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def kill_child(pid: int) -> None:
    """Kill one child and wait until it is gone or waits for its parent."""
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                return
        except OSError:
            return
        time.sleep(POLL_SECONDS)


def pick(random_: random.Random, pids: Sequence[int]) -> int:
    return random_.choice(list(pids))
