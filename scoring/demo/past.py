"""A past for each demo lender: generated people who applied over the last two years, and what became of their loans.

Outcomes are drawn from the generator's own true risk, so that nothing in the demo pretends to have happened; the name of the file
says so wherever the import is shown.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from scoring.demo.payloads import PEOPLE_SEED, body
from scoring.demo.roster import LENDERS, DemoLender
from scoring.history.put import put_history
from underwriting.audit.actor import SYSTEM
from underwriting.bureau.people import SHAPE_OF_LENDER, GeneratedPerson, person
from underwriting.enums import LoanEventKind, Outcome
from underwriting.intake.fields import money_text
from underwriting.models import HistoryImport, Product

FILE_NAME = "generated-people-with-drawn-outcomes.jsonl"
HISTORY_SEED = PEOPLE_SEED + 2  # people of their own, whom no stream brings
OUTCOME_SEED = 11
APPLICATIONS = 900  # so that enough loans have a result for a rate to be told
DAYS_BACK, DAYS_FRESH = 730, 10  # of the older ones the first year is over, so they have a known result
# Every eighth of the second half applied before: how they repaid then is on record.
CAME_BACK_EVERY = 8
# The lender of then: a bureau score to pass, and one in ten lent to without it.
PASSED_AT, LENT_ANYWAY = 610, 0.10
PAID_OFF_EARLY = 0.6
LOST_SHARE = 0.7
WAIT_SECONDS = 60


def give_a_past(*, now: datetime) -> int:
    """Import each demo lender's past that has none yet, and wait until it is assessed; returns how many applications."""
    started = [one for lender in LENDERS if (one := _start(lender, now=now)) is not None]
    ends = time.monotonic() + WAIT_SECONDS
    waiting = HistoryImport.objects.filter(pk__in=[one.pk for one in started], finished_at=None)
    while waiting.exists():
        if time.monotonic() > ends:
            sys.stderr.write("demo: the lenders' past is still being assessed; it goes on by itself\n")
            break
        time.sleep(0.25)
    return sum(one.row_count for one in started)


def _start(lender: DemoLender, *, now: datetime) -> HistoryImport | None:
    product = Product.objects.select_related("lender").get(lender__code=lender.code, code=lender.product_code)
    if HistoryImport.objects.filter(product=product, name=FILE_NAME).exists():
        return None
    content = "\n".join(json.dumps(one) for one in past_lines(lender, count=APPLICATIONS, now=now))
    return put_history(product=product, name=FILE_NAME, content=content.encode(), actor=SYSTEM, now=now)


def past_lines(lender: DemoLender, *, count: int, now: datetime) -> Iterator[dict[str, Any]]:
    """Lines of a history file, oldest first."""
    for place in range(count):
        came_back = place >= count // 2 and place % CAME_BACK_EVERY == 0
        index = place - count // 2 if came_back else place
        someone = person(HISTORY_SEED, index, SHAPE_OF_LENDER[lender.code])
        days_ago = DAYS_BACK - (DAYS_BACK - DAYS_FRESH) * place / count
        yield _line(lender, someone, as_of=now - timedelta(days=days_ago), place=place, today=now.date())


def _line(
    lender: DemoLender, someone: GeneratedPerson, *, as_of: datetime, place: int, today: date
) -> dict[str, Any]:
    score = {} if someone.bureau_score is None else {"bureau_score": someone.bureau_score}
    chance = Random(f"past|{lender.code}|{place}")
    is_lent = (someone.bureau_score or 0) >= PASSED_AT or chance.random() < LENT_ANYWAY
    taken_on = as_of.date() + timedelta(days=2)
    return {
        **body(
            lender=lender,
            identity=someone.identity,
            consented_at=as_of,
            application=someone.stated_application,
            party=someone.stated_party,
            report={**someone.report, **score},
        ),
        "as_of": as_of.isoformat(),
        "channel": lender.channel,
        "outcome": Outcome.APPROVE if is_lent else Outcome.DECLINE,
        "events": [e for e in _events(someone, taken_on, chance) if e["occurred_on"] < today.isoformat()]
        if is_lent
        else [],
    }


def _events(someone: GeneratedPerson, taken_on: date, chance: Random) -> Iterator[dict[str, Any]]:
    """What becomes of a loan, past and future: paid for some months, then paid off, paid on, or lost."""
    defaults = someone.defaults(draw_seed=OUTCOME_SEED)
    months = chance.randint(1, 5)
    for month in range(1, months + 1):
        yield _event(LoanEventKind.PAID, taken_on, month)
    if not defaults:
        if chance.random() < PAID_OFF_EARLY:
            yield _event(LoanEventKind.PAID_OFF, taken_on, months + 1)
            return
        for month in range(months + 1, DAYS_BACK // 30 + 1):
            yield _event(LoanEventKind.PAID, taken_on, month)
        return
    for late in (1, 2, 3):
        yield _event(LoanEventKind.LATE, taken_on, months + 1 + late, days_late=30 * late)
    asked = int(someone.stated_application.get("requested_amount", 0))
    lost = {"amount": money_text(int(asked * LOST_SHARE))} if asked else {}
    yield _event(LoanEventKind.CHARGED_OFF, taken_on, months + 5, **lost)


def _event(kind: LoanEventKind, taken_on: date, month: int, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "occurred_on": (taken_on + timedelta(days=30 * month)).isoformat(), **more}
