"""What a draft means for the people who decide referrals, in a sentence with its basis; without a basis, why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min

from frontend.risk.effect import DAYS
from frontend.risk.words import plural
from review_queue.staffing import referrals_per_day, staffing_effect
from underwriting.clocks.selectors import lender_calendar, today_of
from underwriting.effect.types import Effect
from underwriting.enums import Origin, Outcome
from underwriting.models import Application, Backtest, Policy
from underwriting.policy.schema import ServiceLevel

APPLICATIONS_MIN = 30
WEEK_DAYS = 7


def staffing_of_effect(policy: Policy, effect: Effect, sla: Mapping[str, Any], now: datetime) -> str:
    """The shares of referrals among past applications, on as many applications a day as came of late. Empty without numbers."""
    old, new = effect.before, effect.after
    if old is None or new is None or not effect.application_count:
        return ""
    lender, calendar = policy.lender, lender_calendar(policy.lender)
    today = today_of(lender, now)
    came = Application.objects.filter(
        product_id=policy.product_id, origin=Origin.RECEIVED, received_at__gte=now - timedelta(days=DAYS), received_at__lte=now
    ).aggregate(count=Count("pk"), first=Min("received_at"))  # fmt: skip
    began = came["first"].astimezone(calendar.zone).date() if came["first"] else today
    is_known = came["count"] >= APPLICATIONS_MIN and (today - began).days >= WEEK_DAYS
    a_day = (
        referrals_per_day(came["count"], since=began, until=today, calendar=calendar) if is_known else None
    )
    if a_day is None:
        within = f", all within {plural((today - began).days + 1, 'day', 'days')}" if came["count"] else ""
        return (
            f"What this means for staffing is not known: {came['count']:,} {_applications(came['count'])} came in the last {DAYS} days{within}; "
            f"at least {APPLICATIONS_MIN} over {WEEK_DAYS} days are needed."
        )
    found = staffing_effect(
        lender=lender,
        referrals_per_day_before=a_day * old.referral_count / effect.application_count,
        referrals_per_day_after=a_day * new.referral_count / effect.application_count,
        sla=ServiceLevel.model_validate(dict(sla)),
        now=now,
    )
    return f"{found.sentence} Counted on {effect.application_count:,} past applications and the {came['count']:,} that came in the last {DAYS} days."


def staffing_of_backtest(backtest: Backtest, policy: Policy, now: datetime) -> str:
    """Referrals of the backtest's period, before and after, spread over its working days.

    Where the newest applications alone were weighed, the older ones are taken to be referred as often: the days are of all of them.
    """
    summary = backtest.summary or {}
    moves, left_out = summary["moves"], summary["left_out"]
    count = sum(move["known"]["applications"] for move in moves)
    scale = (count + left_out) / count if count else 1.0
    calendar = lender_calendar(policy.lender)
    before, after = (
        referrals_per_day(
            scale * sum(move["known"]["applications"] for move in moves if move[side] == Outcome.REFER),
            since=backtest.since, until=backtest.until, calendar=calendar,
        )
        for side in ("before", "after")
    )  # fmt: skip
    if count < APPLICATIONS_MIN or before is None or after is None:
        return (
            f"What this means for staffing is not known: {count:,} {_applications(count)} came in this period, and fewer than "
            f"{APPLICATIONS_MIN}, or no working day, say too little."
        )
    found = staffing_effect(
        lender=policy.lender,
        referrals_per_day_before=before,
        referrals_per_day_after=after,
        sla=ServiceLevel.model_validate(dict(backtest.document["sla"])),
        now=now,
    )
    basis = f"Counted on {count:,} past applications."
    if left_out:
        basis = f"Counted on the newest {count:,} of {count + left_out:,} past applications, as if the older ones were referred as often."
    return f"{found.sentence} {basis}"


def _applications(count: int) -> str:
    return "application" if count == 1 else "applications"
