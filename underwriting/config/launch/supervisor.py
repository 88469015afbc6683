"""A small supervisor: starts processes in order, waits until each is ready, and leaves none behind however it ends.

* Every child is the leader of a process group of its own, so the terminal's Ctrl-C reaches the supervisor alone, which
  then stops the children in reverse order.
* The kernel ends the children when the supervisor is killed (PR_SET_PDEATHSIG), and hands lost grandchildren to the
  supervisor (PR_SET_CHILD_SUBREAPER), which reaps them. Both exist on Linux only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Literal

from underwriting.config.launch.places import ROOT, Ids

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
POLL_SECONDS = 0.02
LOG_TAIL_LINES = 15
Output = Literal["log", "inherit", "stderr"]
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One process to run. `ready` is asked until it says yes; without it the process counts as ready at once."""

    name: str
    argv: Sequence[str | Path]
    env: Mapping[str, str]
    ready: Callable[[], bool] | None = None
    start_seconds: float = 120.0
    grace_seconds: float = 10.0
    stop_signal: signal.Signals = signal.SIGTERM
    ids: Ids | None = None
    cwd: Path = ROOT
    output: Output = "log"
    interactive: bool = False  # keeps the terminal: its input, and Ctrl-C, which it handles itself


class StartError(Exception):
    """A process ended before it was ready, or was not ready in time; the message carries the end of its log."""


class StopRequested(Exception):
    """A signal asked the supervisor to end."""


@dataclass(slots=True)
class Child:
    """A process that was started; `exit_code` is None while it lives (negative: the signal that ended it)."""

    spec: ProcessSpec
    process: subprocess.Popen[bytes]
    exit_code: int | None = None


@dataclass(slots=True)
class Supervisor:
    """Runs children whose output goes to one file each in `log_dir`. Use from the main thread, as a context manager."""

    log_dir: Path
    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    owns_process: bool = True  # false in a test run, which has children and signal handlers of its own
    signal_received: int | None = None

    def __enter__(self) -> Supervisor:
        if not self.owns_process:
            return self
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._remember)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()

    def _remember(self, number: int, _frame: FrameType | None) -> None:
        self.signal_received = number

    def start(self, spec: ProcessSpec) -> Child:
        """Start a process and wait until it is ready.

        Raises:
            StartError: it ended or was not ready within `start_seconds`.
            StopRequested: a signal came meanwhile.
        """
        child = self._spawn(spec)
        self._wait_until_ready(child)
        return child

    def start_together(self, specs: Sequence[ProcessSpec]) -> None:
        """Start processes that do not need each other, in order, and wait until all are ready. Raises as `start`."""
        for child in [self._spawn(spec) for spec in specs]:
            self._wait_until_ready(child)

    def wait(self, foreground: Child | None = None) -> int:
        """Wait until `foreground` ends (its exit code), any other child ends (1), or a signal comes.

        A signal gives 0: it is the normal end of a service. With a foreground process it gives 128 + the signal.
        """
        while True:
            self._reap()
            if self.signal_received == signal.SIGINT and foreground and foreground.spec.interactive:
                self._pass_on_interrupt(foreground)
            if self.signal_received is not None:
                return 128 + self.signal_received if foreground else 0
            if foreground is not None and foreground.exit_code is not None:
                code = foreground.exit_code
                return code if code >= 0 else 128 - code
            for child in self.children:
                if child is not foreground and child.exit_code is not None:
                    self.say(
                        f"{child.spec.name} ended with {child.exit_code}; stopping.{self.log_tail(child.spec)}"
                    )
                    return 1
            time.sleep(POLL_SECONDS)

    def run(self, spec: ProcessSpec) -> int:
        """Run a process to its end beside the others; returns as `wait` does, and forgets the process."""
        child = self._spawn(spec)
        code = self.wait(child)
        if child.exit_code is not None:
            self.children.remove(child)
        return code

    def log_tail(self, spec: ProcessSpec) -> str:
        """Return the place and the last lines of a process's log, indented; empty if it has none."""
        log = self._log_file(spec)
        if spec.output != "log" or not log.exists():
            return ""
        lines = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return "".join(f"\n  {line}" for line in [f"({log})", *lines])

    def stop_all(self) -> None:
        """Stop the children in reverse order, each with its grace, then kill what is left of its group."""
        while self.children:
            self._stop(self.children.pop())
        self._reap()

    def _wait_until_ready(self, child: Child) -> None:
        spec = child.spec
        deadline = time.monotonic() + spec.start_seconds
        while spec.ready is not None:
            self._reap()
            self._raise_if_asked_to_stop()
            if child.exit_code is not None:
                raise StartError(
                    f"{spec.name} ended with {child.exit_code} before it was ready.{self.log_tail(spec)}"
                )
            # The order matters: another process may answer in place of a child that has just died.
            if spec.ready() and self._alive(child):
                return
            if time.monotonic() > deadline:
                raise StartError(
                    f"{spec.name} was not ready after {spec.start_seconds:g} s.{self.log_tail(spec)}"
                )
            time.sleep(POLL_SECONDS)

    def _log_file(self, spec: ProcessSpec) -> Path:
        return self.log_dir / f"{spec.name}.log"

    def _spawn(self, spec: ProcessSpec) -> Child:
        self._raise_if_asked_to_stop()
        supervisor = os.getpid()

        def in_child() -> None:  # runs after the change of user, so the setting survives
            if _LIBC is not None:
                _LIBC.prctl(PR_SET_PDEATHSIG, int(spec.stop_signal), 0, 0, 0)
                if os.getppid() != supervisor:
                    os._exit(1)  # the supervisor died before the line above

        with contextlib.ExitStack() as stack:
            output = stack.enter_context(self._log_file(spec).open("ab")) if spec.output == "log" else None
            process = subprocess.Popen(
                [os.fspath(part) for part in spec.argv],
                env=dict(spec.env),
                cwd=spec.cwd,
                stdin=None if spec.interactive else subprocess.DEVNULL,
                stdout=output or (sys.stderr if spec.output == "stderr" else None),
                stderr=subprocess.STDOUT if output else None,
                process_group=None if spec.interactive else 0,
                preexec_fn=in_child,
                user=spec.ids.uid if spec.ids else None,
                group=spec.ids.gid if spec.ids else None,
                extra_groups=[] if spec.ids else None,
            )
        child = Child(spec, process)
        self.children.append(child)
        return child

    def _stop(self, child: Child) -> None:
        if self._alive(child):
            child.process.send_signal(child.spec.stop_signal)
            deadline = time.monotonic() + child.spec.grace_seconds
            while self._alive(child) and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
        # Also when the leader has ended by itself: its own children may still be there.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
        while self._alive(child):
            time.sleep(POLL_SECONDS)

    def _pass_on_interrupt(self, child: Child) -> None:
        """Leave Ctrl-C to a process on our terminal, which has got it too; hand it on when only we were signalled."""
        self.signal_received = None
        if not os.isatty(0) and self._alive(child):
            child.process.send_signal(signal.SIGINT)

    def _alive(self, child: Child) -> bool:
        if child.exit_code is None:
            child.exit_code = child.process.poll()
        return child.exit_code is None

    def _reap(self) -> None:
        """Collect every ended process, orphans that were handed to us included."""
        for child in self.children:
            self._alive(child)
        if not self.owns_process:
            return
        known = {child.process.pid for child in self.children}
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None or ended.si_pid in known:
                return
            os.waitpid(ended.si_pid, os.WNOHANG)

    def _raise_if_asked_to_stop(self) -> None:
        if self.signal_received is not None:
            raise StopRequested
