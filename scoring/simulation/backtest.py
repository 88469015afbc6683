"""BACKTEST: a draft beside the version in force on every past application of a period, part by part.

One work item does one part and puts the next, in the transaction that stores what it found: assessments never wait behind a whole
backtest, a worker that dies loses one part, and whoever claims it next goes on where the last one stopped. A part ends by time, as a
large policy takes a hundred times as long for a row as a small one: rows that it did not come to are a part of their own.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from scoring.simulation.past import READ_AT_ONCE, StoredRow, past_keys, rows_at
from scoring.simulation.summary import Summary, summarise
from scoring.simulation.weighing import Weighed, weigh
from underwriting.clocks.deadlines import start_of
from underwriting.clocks.selectors import today_of
from underwriting.enums import BacktestState
from underwriting.models import Application, Assessment, Backtest, BacktestFlip, BacktestSlice, Product
from underwriting.outcomes.losses import loss_given_default
from underwriting.policy.backtests import UNFINISHED, put_slice
from underwriting.policy.compile import CompiledPolicy, compile_policy
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import finish, hold_for_write
from underwriting.work.pulse import Pulse

__all__ = ["ROWS_MAX", "Summary", "run_backtests"]

logger = structlog.get_logger(__name__)

PART_SECONDS = 5.0  # an application that comes meanwhile waits so long at most
LEAST_ROWS = 10  # of a part, however long they take: each comes nearer to the end
READ_ROWS = 250  # at once; whatever a part read and did not come to is read again
ROWS_MAX = 100_000  # newest first; what is older is counted and said
NAMED_MAX = 20  # rows that could not be weighed and are named
FLIPS_AT_ONCE = 2_000
UNREADABLE = (KeyError, ValueError, TypeError, AttributeError, IndexError, ArithmeticError)


class DocumentChanged(RuntimeError):
    """A document is not the one that the backtest was asked for."""


def run_backtests(items: Sequence[ClaimedItem], *, clock: Callable[[], datetime]) -> None:
    """Do the next part of each backtest (the item's subject). Raises DoesNotExist for another lender's, DocumentChanged, PolicyRefused, ClaimLost."""
    for item in items:
        if item.subject_id is None:
            raise ValueError("the work item names no backtest")
        pulse = Pulse([item], phase="backtest")
        pulse.beat()
        backtest = Backtest.objects.select_related(
            "version__policy__product__lender", "live_version__policy"
        ).get(pk=item.subject_id, version__policy__lender_id=item.lender_id)
        write = _next_part(backtest, pulse, clock=clock)
        with transaction.atomic():
            if item.id in hold_for_write([item]):
                locked = Backtest.objects.select_for_update().get(pk=backtest.pk)
                if locked.state in UNFINISHED and write is not None:
                    write(locked)
                    if locked.state in UNFINISHED:
                        put_slice(locked, lender_id=item.lender_id, now=clock())
                finish(items=[item])


Write = Callable[[Backtest], None]


def _next_part(backtest: Backtest, pulse: Pulse, *, clock: Callable[[], datetime]) -> Write | None:
    """Everything that takes long, done outside the transaction; what it answers writes the result."""
    if backtest.state not in UNFINISHED:
        return None
    if backtest.total_count is None:
        return _begin(backtest)
    part = backtest.slices.filter(rows__isnull=True).order_by("ordinal").first()
    return _conclude(backtest, pulse, clock=clock) if part is None else _work(backtest, part, pulse)


def _begin(backtest: Backtest) -> Write:
    since, until = _period(backtest)
    keys = past_keys(backtest.version.policy.product, since=since, until=until)
    used = keys[:ROWS_MAX]

    def write(locked: Backtest) -> None:
        BacktestSlice.objects.bulk_create(
            BacktestSlice(
                backtest=locked,
                ordinal=start,
                assessment_ids=used[start : start + READ_AT_ONCE],
            )
            for start in range(0, len(used), READ_AT_ONCE)
        )
        locked.total_count, locked.state = len(used), BacktestState.RUNNING
        locked.save(update_fields=["total_count", "state"])

    return write


def _work(backtest: Backtest, part: BacktestSlice, pulse: Pulse) -> Write:
    live, draft = _policies(backtest)
    product = backtest.version.policy.product
    rows: list[Any] = []
    refused: list[list[str]] = []
    with _without_collecting():
        for stored in _in_time(part.assessment_ids, product, pulse, known_at=backtest.requested_at):
            try:
                row = weigh(stored.past(), live=live, draft=draft, is_lent=stored.is_lent)
                rows.append(row.to_json())
            except UNREADABLE as error:
                logger.warning(
                    "backtest.row_refused", assessment=stored.assessment.pk, error=repr(error)[:200]
                )
                refused.append([stored.reference, f"Could not be read: {type(error).__name__}."])
    count = len(rows) + len(refused)
    done, rest = part.assessment_ids[:count], part.assessment_ids[count:]

    def write(locked: Backtest) -> None:
        BacktestSlice.objects.filter(pk=part.pk).update(assessment_ids=done, rows=rows, refused=refused)
        if rest:
            BacktestSlice.objects.create(backtest=locked, ordinal=part.ordinal + count, assessment_ids=rest)
        locked.done_count += count
        locked.save(update_fields=["done_count"])

    return write


def _in_time(
    keys: Sequence[int], product: Product, pulse: Pulse, *, known_at: datetime
) -> Iterator[StoredRow]:
    """The assessments in their order until the part has had its time."""
    count = 0
    for start in range(0, len(keys), READ_ROWS):
        for row in rows_at(keys[start : start + READ_ROWS], product, known_at=known_at):
            if count >= LEAST_ROWS and time.monotonic() - pulse.began >= PART_SECONDS:
                return
            pulse.beat()
            yield row
            count += 1


def _conclude(backtest: Backtest, pulse: Pulse, *, clock: Callable[[], datetime]) -> Write:
    parts = list(backtest.slices.order_by("ordinal").values_list("rows", "refused"))
    rows = [Weighed.from_json(values) for part, _ in parts for values in part or ()]
    refused = [(reference, why) for _, part in parts for reference, why in part]
    unweighed, left_out = _not_weighed(backtest)
    pulse.beat()
    product = backtest.version.policy.product
    summary = summarise(
        rows,
        losses=loss_given_default(product, until=today_of(product.lender, backtest.requested_at)),
        refused=[*refused, *unweighed],
        left_out=left_out,
        rows_max=ROWS_MAX,
        named_max=NAMED_MAX,
    )
    pulse.beat()
    flips = sorted((row for row in rows if row.is_flip), key=lambda row: not row.changes_outcome)

    def write(locked: Backtest) -> None:
        BacktestFlip.objects.bulk_create(
            (_flip(locked, ordinal, row) for ordinal, row in enumerate(flips, start=1)),
            batch_size=FLIPS_AT_ONCE,
        )
        locked.slices.all().delete()
        locked.state, locked.summary, locked.finished_at = BacktestState.DONE, summary.to_json(), clock()
        locked.save(update_fields=["state", "summary", "finished_at"])

    return write


def _not_weighed(backtest: Backtest) -> tuple[list[tuple[str, str]], int]:
    """Applications of the period without anything to weigh again, by name; and how many older ones are beyond the limit.

    One that was never complete is none of them: no version would have answered it.
    """
    since, until = _period(backtest)
    received = Application.objects.filter(
        product=backtest.version.policy.product, received_at__gte=since, received_at__lt=until
    )
    of_mine = Assessment.objects.filter(application=OuterRef("pk"))
    received = received.annotate(
        is_assessed=Exists(of_mine), is_weighed=Exists(of_mine.filter(hashes__has_key="inputs"))
    )
    bare = received.filter(is_weighed=False, completed_at__isnull=False).order_by("-received_at", "-pk")
    named = [
        (reference, "Its assessment failed." if is_assessed else "It was never assessed.")
        for reference, is_assessed in bare.values_list("reference", "is_assessed")
    ]
    return named, max(0, received.filter(is_weighed=True).count() - ROWS_MAX)


def _flip(backtest: Backtest, ordinal: int, row: Weighed) -> BacktestFlip:
    offer = row.offer_after or row.offer_before
    return BacktestFlip(
        backtest=backtest,
        ordinal=ordinal,
        assessment_id=row.assessment_id,
        before={"outcome": row.before, "offer": row.offer_before},
        after={"outcome": row.after, "offer": row.offer_after},
        rule_id=row.rule_id,
        segment=f"{row.channel}, {row.purpose.replace('_', ' ')}"[:80],
        score=row.score,
        amount_minor=row.requested_minor if offer is None else offer["amount_minor"],
        is_bad=row.is_bad,
    )


def _period(backtest: Backtest) -> tuple[datetime, datetime]:
    zone = backtest.version.policy.product.lender.time_zone
    return start_of(backtest.since, zone), start_of(backtest.until + timedelta(days=1), zone)


def _policies(backtest: Backtest) -> tuple[CompiledPolicy, CompiledPolicy]:
    live, draft = compile_policy(backtest.live_version.document), compile_policy(backtest.document)
    if (live.sha256, draft.sha256) != (backtest.live_sha256, backtest.document_sha256):
        raise DocumentChanged("A document is not the one the backtest was asked for.")
    return live, draft


@contextmanager
def _without_collecting() -> Iterator[None]:
    """A part makes a million small objects without a cycle among them; looking for cycles in between costs a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
