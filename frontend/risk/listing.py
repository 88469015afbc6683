"""The list of policies: what is in force, what is being changed, how many are approved. As many statements for one as for thirty."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Min
from django.db.models.functions import TruncDate
from django.http import HttpResponse
from django.shortcuts import render

from frontend.charts.sparkline import Sparkline, sparkline
from frontend.risk.pages import RATE_DAYS, READERS, TOO_FEW, sentence_of
from frontend.risk.watching import watched_versions
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest
from underwriting.enums import BacktestState, Outcome, PolicyState, Role
from underwriting.models import Backtest, Decision, Lender, Policy, PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.selectors import versions_in_force

MAX_POLICIES = 100


@dataclass(frozen=True, slots=True)
class ListedPolicy:
    """One row of the list."""

    policy: Policy
    live: PolicyVersion | None
    sentence: str
    drafts: int
    waiting: int
    oldest_waiting: datetime | None
    approved: int
    decided: int
    line: Sparkline | None
    backtest: Backtest | None

    @property
    def rate_in_words(self) -> str:
        """The approval rate, or the bare counts where they are too few to be a rate."""
        if not self.decided:
            return "No decisions yet"
        if self.decided < TOO_FEW:
            return f"{self.approved} of {self.decided} decided"
        return f"{100 * self.approved / self.decided:.1f}% of {self.decided:,} decided"

    @property
    def backtest_in_words(self) -> str:
        """`54.2% to 55.6% of 12,480 approved`; counts where they are too few to be a rate."""
        summary = (self.backtest.summary if self.backtest else None) or {}
        count = summary.get("applications") or 0
        if not count:
            return ""
        before, after = summary["approved_before"], summary["approved_after"]
        if count < TOO_FEW:
            return f"{before} to {after} of {count} approved"
        return f"{100 * before / count:.1f}% to {100 * after / count:.1f}% of {count:,} approved"


@screen(read=READERS)
def policy_list(request: StaffRequest) -> HttpResponse:
    now = database_now()
    context = {
        "policies": listed(request.lender, now), "watched": watched_versions(request.lender, now), "days": RATE_DAYS,
        "may_edit": Role.RISK_MANAGER in request.roles, "may_open_policies": True, "zone": request.lender.time_zone,
    }  # fmt: skip
    return render(request, "risk/list.html", context)


def listed(lender: Lender, now: datetime) -> list[ListedPolicy]:
    """The lender's policies by name. Five statements."""
    decided = _decided(lender, now)
    live = {version.policy_id: version for version in versions_in_force(lender.pk, now)}
    open_states = _open_states(lender)
    backtests = {
        backtest.version.policy_id: backtest
        for backtest in Backtest.objects.filter(version__policy__lender=lender, state=BacktestState.DONE)
        .select_related("version")
        .defer("version__document")
        .order_by("version__policy", "-id")
        .distinct("version__policy")
    }
    rows = []
    for policy in (
        Policy.objects.filter(lender=lender).select_related("product").order_by("name")[:MAX_POLICIES]
    ):
        version, counts = live.get(policy.pk), decided.get(policy.product_id, {})
        drafts, _ = open_states.get((policy.pk, PolicyState.DRAFT), (0, None))
        waiting, oldest = open_states.get((policy.pk, PolicyState.SUBMITTED), (0, None))
        rows.append(
            ListedPolicy(
                policy=policy,
                live=version,
                sentence=sentence_of(version),
                drafts=drafts,
                waiting=waiting,
                oldest_waiting=oldest,
                approved=sum(approved for approved, _ in counts.values()),
                decided=sum(count for _, count in counts.values()),
                line=sparkline(_daily(counts, now, lender)),
                backtest=backtests.get(policy.pk),
            )
        )
    return rows


def _open_states(lender: Lender) -> dict[tuple[int, str], tuple[int, datetime | None]]:
    """How many versions of a policy are drafts or wait, and since when the oldest waits."""
    counted = (
        PolicyVersion.objects.filter(
            policy__lender=lender, state__in=(PolicyState.DRAFT, PolicyState.SUBMITTED)
        )
        .values_list("policy_id", "state")
        .annotate(count=Count("id"), oldest=Min("submitted_at"))
    )
    return {(policy_id, state): (count, oldest) for policy_id, state, count, oldest in counted}


def _decided(lender: Lender, now: datetime) -> dict[int, dict[date, tuple[int, int]]]:
    """By product and day at the lender: how many were approved, of how many decided."""
    days = (
        Decision.objects.filter(
            lender=lender, decided_at__gt=now - timedelta(days=RATE_DAYS), decided_at__lte=now
        )
        .annotate(day=TruncDate("decided_at", tzinfo=ZoneInfo(lender.time_zone)))
        .values_list("application__product_id", "day", "outcome")
        .annotate(count=Count("id"))
    )
    found: dict[int, dict[date, tuple[int, int]]] = defaultdict(dict)
    for product_id, day, outcome, count in days:
        approved, total = found[product_id].get(day, (0, 0))
        found[product_id][day] = (approved + count * (outcome == Outcome.APPROVE), total + count)
    return found


def _daily(counts: dict[date, tuple[int, int]], now: datetime, lender: Lender) -> list[float | None]:
    """The rate of each of the last days, oldest first; None for a day without decisions."""
    today = now.astimezone(ZoneInfo(lender.time_zone)).date()
    days = [today - timedelta(days=back) for back in range(RATE_DAYS, -1, -1)]
    return [counts[day][0] / counts[day][1] if day in counts else None for day in days]
