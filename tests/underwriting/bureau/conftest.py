"""A simulated bureau over real HTTP for each test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from underwriting.bureau.simulator.__main__ import Handler, Server
from underwriting.bureau.simulator.desk import Desk


@dataclass(frozen=True)
class RunningBureau:
    address: str
    desk: Desk


@pytest.fixture
def bureau() -> Iterator[RunningBureau]:
    desk = Desk()
    with Server(("127.0.0.1", 0), partial(Handler, desk)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield RunningBureau(f"http://127.0.0.1:{server.server_port}", desk)
        server.shutdown()
        thread.join()
