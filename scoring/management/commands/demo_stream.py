"""`manage.py demo_stream`: applications through the REST API, then the address and the logins, or one JSON line of totals."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from scoring.demo.afterwards import carry_on
from scoring.demo.credentials import Credentials
from scoring.demo.past import give_a_past
from scoring.demo.payloads import UnknownDataSet, next_index, real_rows
from scoring.demo.stream import (
    Partner,
    StillWaiting,
    SubmissionRefused,
    submit_all,
    totals,
    wait_until_assessed,
    wait_until_told,
)
from scoring.demo.variety import demo_submissions
from scoring.demo.welcome import welcome

DEFAULT_APPLICATIONS = 120


class Command(BaseCommand):
    help = "Stream applications into a running demo."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", required=True)
        parser.add_argument("--data-dir", type=Path, default=None, help="default: UW_DATA_DIR")
        parser.add_argument(
            "--applications", type=int, default=None, help="how many; default 120, or all rows of --rows"
        )
        parser.add_argument(
            "--rows", type=Path, default=None, help="a file of a real data set, instead of generated people"
        )
        parser.add_argument("--exit", action="store_true", help="end with one JSON line of totals")

    def handle(
        self,
        *_: Any,
        base_url: str,
        data_dir: Path | None,
        applications: int | None,
        rows: Path | None,
        exit: bool,  # noqa: A002
        **__: Any,
    ) -> None:
        credentials = Credentials((data_dir or Path(os.environ["UW_DATA_DIR"])) / "demo.json")
        credentials.data["base_url"] = base_url
        credentials.save()
        keys = {code: lender["api_key"] for code, lender in credentials.data["lenders"].items()}
        now = timezone.now()
        try:
            if rows is not None:
                count, months, submissions = real_rows(path=rows, count=applications, now=now)
                moved = f", their dates moved forward by {months} months" if months else ""
                sys.stderr.write(
                    f"demo: {count} real rows of {rows.parent.name} under invented identities{moved}\n"
                )
                public_ids = submit_all(submissions, total=count, base_url=base_url, keys=keys)
                _wait(public_ids)
            else:
                to_send = demo_submissions(
                    total=DEFAULT_APPLICATIONS if applications is None else applications,
                    first_index=next_index(),
                    now=now,
                )
                public_ids = submit_all(iter(to_send), total=len(to_send), base_url=base_url, keys=keys)
                _wait(public_ids)
                partner = Partner(base_url=base_url, keys=keys)
                carry_on(list(zip(to_send, public_ids, strict=True)), partner=partner, base_url=base_url)
                _wait(public_ids)
        except (UnknownDataSet, FileNotFoundError, SubmissionRefused, StillWaiting) as error:
            raise CommandError(str(error)) from error
        result = totals(public_ids)
        if rows is None:
            past = give_a_past(now=timezone.now())
            sys.stderr.write(
                f"demo: {past} past applications imported, with outcomes that were drawn\n" if past else ""
            )
        if exit:
            self.stdout.write(json.dumps(result))
        else:
            self.stdout.write(welcome(credentials.data, result))
        self.stdout.flush()


def _wait(public_ids: list[str]) -> None:
    wait_until_assessed(public_ids)
    wait_until_told(public_ids)
