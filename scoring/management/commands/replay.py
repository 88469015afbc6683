"""`manage.py replay`: recompute assessments from what was stored and say whether they are identical."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from scoring.replay.replay import replay
from scoring.replay.report import Replayed
from underwriting.models import Assessment


class Command(BaseCommand):
    help = "Recompute assessments from stored rows and name whatever differs. Ends with 1 if anything does."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--application", metavar="REFERENCE", help="all assessments of one application")
        which.add_argument("--assessment", type=int, metavar="ID", help="one assessment")
        which.add_argument("--last", type=int, metavar="N", help="the newest N assessments")
        parser.add_argument(
            "--json", action="store_true", help="one JSON object a line, and one with the totals"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        done = identical = 0
        for replayed in replay(self._chosen(options)):
            done += 1
            identical += replayed.is_identical
            self._tell(replayed, as_json=options["json"])
        totals = {"replayed": done, "identical": identical, "different": done - identical}
        self.stdout.write(
            json.dumps(totals) if options["json"] else f"{identical} of {done} assessments are identical."
        )
        if identical != done:
            raise SystemExit(1)

    def _chosen(self, options: dict[str, Any]) -> QuerySet[Assessment]:
        rows = Assessment.objects.all()
        if options["application"]:
            rows = rows.filter(application__reference=options["application"].upper())
        elif options["assessment"] is not None:
            rows = rows.filter(pk=options["assessment"])
        else:
            rows = rows.filter(
                pk__in=list(rows.order_by("-id").values_list("id", flat=True)[: options["last"]])
            )
        if not rows.exists():
            raise CommandError("There is no such assessment.")
        return rows

    def _tell(self, replayed: Replayed, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(replayed.to_json()))
        elif not replayed.is_identical:
            self.stdout.write(
                f"{replayed.application} assessment {replayed.number} ({replayed.outcome}) differs:"
            )
            for difference in replayed.differences:
                self.stdout.write(f"  {difference}")
