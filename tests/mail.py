"""A real mail server on loopback for tests: the demonstration's sink as a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from underwriting.config.launch import processes
from underwriting.config.launch.places import ROOT


@dataclass
class MailSink:
    """Where the server listens and where it keeps what it was given."""

    port: int
    directory: Path

    def mails(self) -> list[EmailMessage]:
        """What has arrived, oldest first."""
        files = sorted(self.directory.glob("*.eml"))
        return [
            message_from_bytes(file.read_bytes(), policy=default)
            for file in files
            if not file.name.endswith(".bounce.eml")
        ]

    def wait_for_bounce(self) -> bytes:
        """The notification that the server wrote about a mail to `bounce...`."""
        for _ in range(100):
            found = list(self.directory.glob("*.bounce.eml"))
            if found and found[0].stat().st_size:
                return found[0].read_bytes()
            time.sleep(0.05)
        raise AssertionError("no notification was written")


@pytest.fixture
def mail_sink(tmp_path: Path, settings: Any) -> Iterator[MailSink]:
    """The mail server runs, and the settings name it."""
    port, directory = processes.any_free_port(), tmp_path / "mail"
    argv = [sys.executable, "-m", processes.MAIL_SINK, "--port", str(port), "--directory", str(directory)]
    process = subprocess.Popen([*argv, "--bounce-after", "0"], cwd=ROOT)
    try:
        for _ in range(200):
            if not processes.is_free(port):
                break
            time.sleep(0.05)
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = processes.HOST, port, False
        yield MailSink(port, directory)
    finally:
        process.terminate()
        process.wait(5)
