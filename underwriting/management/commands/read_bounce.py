"""`manage.py read_bounce`: what the mail server pipes notifications of failed e-mails into."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from underwriting.outbox.bounce import SIZE_LIMIT_BYTES, NoBounce, read_bounce


class Command(BaseCommand):
    help = "Read delivery status notifications (RFC 3464), from files or one from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files", nargs="*", type=Path, help="one notification each; default: standard input"
        )

    def handle(self, *_: Any, files: list[Path], **__: Any) -> None:
        raws = [path.read_bytes() for path in files] or [sys.stdin.buffer.read(SIZE_LIMIT_BYTES)]
        refused = 0
        for raw in raws:
            try:
                is_new = read_bounce(raw, now=timezone.now())
            except NoBounce as error:
                refused += 1
                self.stderr.write(f"left alone: {error}")
            else:
                self.stderr.write("marked as bounced" if is_new else "known already")
        if refused == len(raws):
            raise CommandError("no e-mail was marked")
