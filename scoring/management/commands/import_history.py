"""`manage.py import_history`: past applications from a file, stored at once and assessed by the workers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from scoring.history.put import HistoryRefused, TakenBefore, put_history
from underwriting.audit.actor import SYSTEM
from underwriting.intake.payload import NotOffered
from underwriting.models import Product
from underwriting.outcomes.file import FileUnreadable


class Command(BaseCommand):
    help = (
        "Take past applications: JSON lines (.jsonl) of API bodies with as_of and, where known, outcome, channel and events; or CSV "
        "with dotted column names. All of the file is stored or nothing; the workers assess it in parts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--lender", required=True, help="its code")
        parser.add_argument("--product", required=True, help="its code")
        parser.add_argument("--file", type=Path, required=True)

    def handle(self, *_: Any, lender: str, product: str, file: Path, **__: Any) -> None:
        row = Product.objects.select_related("lender").filter(lender__code=lender, code=product).first()
        if row is None:
            raise CommandError(f"there is no product {product} of a lender {lender}")
        try:
            started = put_history(
                product=row, name=file.name, content=file.read_bytes(), actor=SYSTEM, now=timezone.now()
            )
        except (OSError, FileUnreadable, NotOffered) as refusal:
            raise CommandError(str(refusal)) from refusal
        except TakenBefore as refusal:
            raise CommandError(f"{file.name} was imported for {product} before") from refusal
        except HistoryRefused as refused:
            for fault in refused.faults:
                sys.stderr.write(f"line {fault.line} {fault.pointer}: {fault.message}\n")
            raise CommandError(
                f"nothing was imported, because of {len(refused.faults):,} faults"
            ) from refused
        self.stdout.write(
            f"{started.row_count:,} applications and {started.event_count:,} events of their loans stored; the workers assess them"
        )
