"""`manage.py demo_setup`: lenders, people, models and policies of the demo."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from scoring.demo.credentials import Credentials
from scoring.demo.setup import set_up


class Command(BaseCommand):
    help = (
        "Make the demo's lenders, people, models and policies, and write demo.json into the data directory."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data-dir", type=Path, default=None, help="default: UW_DATA_DIR")

    def handle(self, *_: Any, data_dir: Path | None, **__: Any) -> None:
        place = data_dir or (Path(os.environ["UW_DATA_DIR"]) if "UW_DATA_DIR" in os.environ else None)
        if place is None or not place.is_dir():
            raise CommandError("say where demo.json goes: --data-dir or UW_DATA_DIR, a directory that exists")
        set_up(credentials=Credentials(place / "demo.json"), clock=timezone.now)
        self.stderr.write("demo: three lenders, fourteen people, models and policies are in place")
