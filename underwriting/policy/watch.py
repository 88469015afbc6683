"""The first day of a version in force: its approval rate beside what its backtest made us expect."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from underwriting.enums import Origin, Outcome
from underwriting.models import Assessment, PolicyVersion
from underwriting.policy.approvals import latest_backtest

WATCHED_FOR = timedelta(hours=24)
Z = 1.96  # 95 of 100 such samples fall inside
TOO_FEW = 30
APPROVING = (Outcome.APPROVE, Outcome.COUNTEROFFER)


@dataclass(frozen=True, slots=True)
class Watch:
    """Applications a version assessed since it came into force, and how many are in the range that was expected."""

    since: datetime
    until: datetime
    assessed: int
    approved: int
    expected: float | None
    low: float | None = None
    high: float | None = None

    @property
    def is_outside(self) -> bool:
        """Whether so many or so few approvals would be a surprise; never of fewer than 30 applications."""
        if self.low is None or self.high is None or self.assessed < TOO_FEW:
            return False
        return not self.low <= self.approved / self.assessed <= self.high

    @property
    def sentence(self) -> str:
        """`54.9% of 812 approved or counteroffered, expected 52.1% to 59.0%.`"""
        if not self.assessed:
            return "No application has been assessed with it yet."
        if self.assessed < TOO_FEW:
            rate = f"{self.approved} of {self.assessed} approved or counteroffered"
            return f"{rate}. From {TOO_FEW} on the rate is compared with the backtest."
        rate = f"{100 * self.approved / self.assessed:.1f}% of {self.assessed:,} approved or counteroffered"
        if self.low is None or self.high is None:
            return f"{rate}. There is no backtest that says what to expect."
        return f"{rate}, expected {100 * self.low:.1f}% to {100 * self.high:.1f}%."


def expected_range(share: float, count: int, *, known_from: int) -> tuple[float, float]:
    """Between which rates 95 of 100 samples of `count` fall when `share` was measured on `known_from` applications."""
    spread = Z * math.sqrt(share * (1 - share) * (1 / count + 1 / known_from))
    return max(0.0, share - spread), min(1.0, share + spread)


def watch_of(version: PolicyVersion, now: datetime) -> Watch | None:
    """The watch over a version in its first 24 hours in force; None outside them. Imported history is not counted."""
    since = version.active_from
    if since is None or not since <= now < since + WATCHED_FOR:
        return None
    seen = Assessment.objects.filter(
        policy_version=version,
        created_at__gte=since,
        created_at__lte=now,
        number=1,
        application__origin=Origin.RECEIVED,
    ).aggregate(n=Count("id"), approved=Count("id", filter=Q(outcome__in=APPROVING)))
    backtest = latest_backtest(version)
    is_of_this = backtest is not None and backtest.document_sha256 == version.document_sha256
    summary = backtest.summary if backtest is not None and is_of_this else None
    # approvals are counted over all applications weighed, those that lacked a field included
    weighed = summary["applications"] if summary else 0
    expected = summary["approved_after"] / weighed if summary and weighed else None
    low = high = None
    if expected is not None and seen["n"]:
        low, high = expected_range(expected, seen["n"], known_from=weighed)
    return Watch(since, since + WATCHED_FOR, seen["n"], seen["approved"], expected, low, high)
