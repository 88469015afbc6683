"""backtest_20k_s: a backtest of 20,000 past applications, from asking until its summary is there.

The control reads the same past applications and weighs nothing.
"""

from __future__ import annotations

import time
from datetime import datetime

from django.utils import timezone

from benchmarks.figures import Figure, figure
from benchmarks.policy.drafts import author
from benchmarks.policy.worker import work
from scoring.simulation.past import past_rows
from underwriting.clocks.selectors import today_of
from underwriting.enums import BacktestState
from underwriting.models import Application, Backtest, PolicyVersion, Product
from underwriting.policy.backtests import request_backtest

ROWS = 20_000


def backtest(version: PolicyVersion, product: Product, *, rounds: int) -> Figure:
    """On the newest applications; fewer where there are fewer, and the table says how many."""
    since, count = _newest(product)
    now = timezone.now()
    values, control = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        asked = request_backtest(
            version=version,
            since=today_of(product.lender, since),
            until=today_of(product.lender, now),
            actor=author()[1],
            now=now,
        )
        work()
        values.append(time.perf_counter() - began)
        done = Backtest.objects.get(pk=asked.pk)
        if done.state != BacktestState.DONE:
            raise ValueError(f"the backtest is {done.state}: {done.error}")
        began = time.perf_counter()
        read = sum(1 for _ in past_rows(product, since=since, until=now, known_at=now))
        control.append(time.perf_counter() - began)
        print(f"  backtest of {done.total_count:,} past applications; {read:,} read for the control, of {count:,}")  # fmt: skip
    return figure("backtest_20k_s", unit="s", rounds=values, control=control)


def _newest(product: Product) -> tuple[datetime, int]:
    """From which moment on there are so many."""
    received = Application.objects.filter(product=product).order_by("-received_at")
    moments = list(received.values_list("received_at", flat=True)[:ROWS])
    return moments[-1], len(moments)
