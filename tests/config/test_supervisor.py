"""However the supervisor ends, no process of its tree is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from underwriting.config.launch.places import ROOT
from underwriting.config.launch.supervisor import ProcessSpec, StartError, Supervisor

PATIENCE_SECONDS = 20.0


def processes_with(marker: str) -> list[int]:
    """Every living process that has the marker among its arguments."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (place / "cmdline").read_bytes().split(b"\0")
            state = (place / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if marker.encode() in arguments and state != "Z":
            found.append(int(place.name))
    return found


def wait_until(question: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not question():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def interrupt_alone(supervisor: int, marker: str) -> None:
    os.kill(supervisor, signal.SIGINT)


def interrupt_group(supervisor: int, marker: str) -> None:
    os.killpg(supervisor, signal.SIGINT)


def terminate(supervisor: int, marker: str) -> None:
    os.kill(supervisor, signal.SIGTERM)


def kill_a_child(supervisor: int, marker: str) -> None:
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)


def kill_it(supervisor: int, marker: str) -> None:
    os.kill(supervisor, signal.SIGKILL)


@pytest.mark.parametrize(
    ("end", "exit_code"),
    [
        (interrupt_alone, 0),
        (interrupt_group, 0),
        (terminate, 0),
        (kill_a_child, 1),
        (kill_it, -signal.SIGKILL),
    ],
)
def test_nothing_is_left_however_it_ends(
    end: Callable[[int, str], None], exit_code: int, tmp_path: Path
) -> None:
    marker = uuid.uuid4().hex
    tree = subprocess.Popen(
        [sys.executable, "-m", "tests.config.supervised", str(tmp_path), marker],
        cwd=ROOT,
        start_new_session=True,
    )
    assert wait_until((tmp_path / "ready").exists)
    assert len(processes_with(marker)) == 5  # the supervisor, two processes, and one child of each

    end(tree.pid, marker)

    assert tree.wait(PATIENCE_SECONDS) == exit_code
    assert wait_until(lambda: processes_with(marker) == []), processes_with(marker)


def spec(directory: Path, program: str, **options: object) -> ProcessSpec:
    return ProcessSpec(name="one", argv=[sys.executable, "-c", program], env=dict(os.environ), **options)  # type: ignore[arg-type]


@pytest.fixture
def supervisor(tmp_path: Path) -> Supervisor:
    messages: list[str] = []
    return Supervisor(tmp_path, messages.append, owns_process=False)


def test_a_process_that_ends_before_it_is_ready_is_reported_with_its_log(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    with pytest.raises(StartError) as caught:
        supervisor.start(spec(tmp_path, "print('no disk'); raise SystemExit(3)", ready=lambda: False))
    supervisor.stop_all()

    assert (
        str(caught.value) == f"one ended with 3 before it was ready.\n  ({tmp_path / 'one.log'})\n  no disk"
    )


def test_a_process_that_is_never_ready_is_reported(tmp_path: Path, supervisor: Supervisor) -> None:
    with pytest.raises(StartError, match=r"^one was not ready after 0.2 s\."):
        supervisor.start(
            spec(tmp_path, "import time; time.sleep(60)", ready=lambda: False, start_seconds=0.2)
        )
    child = supervisor.children[0]
    supervisor.stop_all()

    assert child.exit_code == -signal.SIGTERM


def test_a_process_that_ignores_its_stop_signal_is_killed_after_its_grace(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    program = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    log = tmp_path / "one.log"
    child = supervisor.start(
        spec(tmp_path, program, ready=lambda: log.read_bytes() == b"up\n", grace_seconds=0.2)
    )

    supervisor.stop_all()

    assert child.exit_code == -signal.SIGKILL


@pytest.mark.parametrize(("program", "code"), [("raise SystemExit(0)", 0), ("raise SystemExit(7)", 7)])
def test_a_foreground_process_hands_its_exit_code_on(
    program: str, code: int, tmp_path: Path, supervisor: Supervisor
) -> None:
    assert supervisor.run(spec(tmp_path, program)) == code
    assert supervisor.children == []


def test_a_foreground_process_ends_when_a_service_dies(tmp_path: Path) -> None:
    messages: list[str] = []
    supervisor = Supervisor(tmp_path, messages.append, owns_process=False)
    service = supervisor.start(spec(tmp_path, "import time; time.sleep(60)"))
    service.process.kill()

    code = supervisor.run(spec(tmp_path, "import time; time.sleep(60)", output="inherit"))
    supervisor.stop_all()

    assert code == 1
    assert messages[0].startswith("one ended with -9; stopping.")
