"""`manage.py import_outcomes`: events of a lender's loans from a CSV file; all of them, or none and every error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from underwriting.audit.actor import SYSTEM
from underwriting.models import Lender
from underwriting.outcomes.file import COLUMNS, FileUnreadable, read_outcome_file, sentence_of
from underwriting.outcomes.record import OutcomesRefused, record_outcomes


class Command(BaseCommand):
    help = f"Record what became of loans, from a CSV file with the columns {', '.join(COLUMNS)}."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--lender", required=True, help="its code")
        parser.add_argument("--file", type=Path, required=True)

    def handle(self, *_: Any, lender: str, file: Path, **__: Any) -> None:
        row = Lender.objects.filter(code=lender).first()
        if row is None:
            raise CommandError(f"there is no lender with the code {lender}")
        try:
            told, unread = read_outcome_file(file.read_bytes())
            taken = record_outcomes(
                lender=row, told=told, unread=unread, client=None, actor=SYSTEM, now=timezone.now()
            )
        except (OSError, FileUnreadable) as refusal:
            raise CommandError(str(refusal)) from refusal
        except OutcomesRefused as refused:
            lines = [sentence_of(error) for error in refused.errors]
            raise CommandError("\n".join(["nothing was recorded:", *lines])) from refused
        self.stdout.write(
            f"{taken.new:,} events recorded of {taken.applications:,} loans; {taken.known:,} were known already"
        )
