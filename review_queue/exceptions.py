"""Decisions under an exception to the policy: which a case may name, naming one, and what became of the loans afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q

from review_queue.models import ExceptionUse, HeldDecision, ReviewCase
from underwriting.clocks.selectors import today_of
from underwriting.enums import ExceptionState, HeldState
from underwriting.models import Decision, PolicyException
from underwriting.outcomes.interval import Share, wilson
from underwriting.outcomes.known import (
    WINDOW_MONTHS,
    KnownOutcome,
    is_old_enough,
    known_outcomes,
    outcomes_in_window,
)
from underwriting.policy.exceptions import EXPIRING_DAYS

COUNTED = (HeldState.WAITING, HeldState.HELD, HeldState.RELEASED)
RATE_MIN = 30  # a share of fewer is said as a count


class ExceptionRefused(ValueError):
    """The exception does not cover this decision, or not any more; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Afterwards:
    """What became of the decisions under an exception. `bad_so_far`: loans that went bad up to the day of asking. `in_window`:
    bad loans of those old enough to be counted over the same months (underwriting.outcomes.known), with the interval."""

    decided: int
    amount_minor: int
    known: int
    bad_so_far: int
    in_window: Share

    @property
    def in_words(self) -> str:
        """`3 of 40 went bad so far`; the rate of those old enough, with its interval, from 30 of them on."""
        if not self.known:
            return "No result is known yet"
        words = f"{self.bad_so_far} of {self.decided} went bad so far"
        if self.in_window.rate is None or self.in_window.total < RATE_MIN:
            return words
        low, high = 100 * self.in_window.low, 100 * self.in_window.high
        return (
            f"{words}; within {WINDOW_MONTHS} months {100 * self.in_window.rate:.1f}% "
            f"of the {self.in_window.total} that are old enough (95% range {low:.1f} to {high:.1f})"
        )


def uses_of(exceptions: Collection[PolicyException]) -> dict[int, int]:
    """How often each was used: decisions that stand, are held or wait for a second approver. One statement."""
    rows = ExceptionUse.objects.filter(exception__in=exceptions, held__state__in=COUNTED)
    return dict(rows.values_list("exception").annotate(count=Count("pk")).order_by())


def exceptions_for(case: ReviewCase, *, rules: Collection[str], amount_minor: int, now: datetime) -> list[PolicyException]:  # fmt: skip
    """Those that an approval of this amount may name, in spite of one of these rules. Two statements.

    `case` comes with its application, lender and the policy version of its assessment.
    """
    version = case.assessment.policy_version
    if version is None or not rules:
        return []
    application = case.application
    found = list(
        PolicyException.objects.filter(
            Q(channel__in=["", application.channel]), Q(purpose__in=["", application.purpose]),
            Q(amount_max_minor=None) | Q(amount_max_minor__gte=amount_minor),
            policy_id=version.policy_id, rule_id__in=rules, state=ExceptionState.OPEN, until__gte=today_of(case.lender, now),
        ).order_by("until", "number")
    )  # fmt: skip
    used = uses_of(found)
    return [one for one in found if used.get(one.pk, 0) < one.uses_max]


def lock_for_use(
    case: ReviewCase, *, number: int, rules: Collection[str], amount_minor: int, now: datetime
) -> PolicyException:
    """The named exception under its lock, covering this decision at this moment. Raises ExceptionRefused.

    Who names it counts its uses under the lock, so the last use is given once.
    """
    version = case.assessment.policy_version
    exception = (
        PolicyException.objects.select_for_update(of=("self",))
        .filter(lender_id=case.lender_id, number=number)
        .first()
    )
    if exception is None or version is None or exception.policy_id != version.policy_id:
        raise ExceptionRefused("There is no such exception to the policy of this case.")
    require_running(exception, today=today_of(case.lender, now))
    if uses_of([exception]).get(exception.pk, 0) >= exception.uses_max:
        raise ExceptionRefused(f"{exception} is used up: it was for {exception.uses_max:,}.")
    if exception.rule_id not in rules:
        raise ExceptionRefused(
            f"{exception} is for {exception.rule_id}, in spite of which this is not decided."
        )
    application = case.application
    if exception.channel not in ("", application.channel):
        raise ExceptionRefused(f"{exception} is for the channel {exception.channel} alone.")
    if exception.purpose not in ("", application.purpose):
        raise ExceptionRefused(f"{exception} is for the purpose {exception.purpose} alone.")
    if exception.amount_max_minor is not None and amount_minor > exception.amount_max_minor:
        raise ExceptionRefused(f"{exception} does not reach this amount.")
    return exception


def require_running(exception: PolicyException, *, today: date) -> None:
    """Raises ExceptionRefused for one that is not open, or whose last day is over."""
    if exception.state != ExceptionState.OPEN:
        word = exception.state.lower().replace("_", " ")
        raise ExceptionRefused(
            f"{exception} is {'not approved yet' if exception.state == ExceptionState.ASKED else word}."
        )
    if exception.until < today:
        raise ExceptionRefused(f"{exception} expired on {exception.until:%-d %b %Y}.")


def require_still_running(held: HeldDecision, *, now: datetime) -> None:
    """At the moment a decision takes effect the exception that it names has not ended. Raises ExceptionRefused."""
    use = ExceptionUse.objects.filter(held=held).select_related("exception__lender").first()
    if use is None:
        return
    # locked, so that it does not end between this look and the decision
    exception = PolicyException.objects.select_for_update(of=("self",)).get(pk=use.exception_id)
    require_running(exception, today=today_of(use.exception.lender, now))


def is_expiring(exception: PolicyException, *, today: date) -> bool:
    """Whether an open exception ends within 14 days."""
    return exception.state == ExceptionState.OPEN and 0 <= (exception.until - today).days <= EXPIRING_DAYS


def decisions_under(exception: PolicyException) -> list[Decision]:
    """The decisions that named it, the newest first."""
    return list(
        Decision.objects.filter(held_decision__exception_use__exception=exception)
        .select_related("application", "decided_by", "held_decision__case")
        .order_by("-decided_at", "-pk")
    )


def afterwards(exceptions: Collection[PolicyException], *, until: date) -> dict[int, Afterwards]:
    """What became of the decisions under each of these exceptions of one lender, by what is known on a day. Four statements."""
    rows = list(
        Decision.objects.filter(held_decision__exception_use__exception__in=exceptions).values_list(
            "held_decision__exception_use__exception", "application", "application__received_at", "offer__amount_minor"
        )
    )  # fmt: skip
    lender = next((one.lender for one in exceptions), None)
    applied = {key: today_of(lender, received) for _, key, received, _ in rows} if lender else {}
    old = {key: day for key, day in applied.items() if is_old_enough(day, until=until)}
    known, counted = known_outcomes(list(applied), until=until), outcomes_in_window(old, until=until)
    return {one.pk: _became([row for row in rows if row[0] == one.pk], known, counted) for one in exceptions}


def _became(
    rows: Sequence[tuple[Any, ...]], known: Mapping[int, KnownOutcome], counted: Mapping[int, KnownOutcome]
) -> Afterwards:
    mine = [key for _, key, _, _ in rows]
    results = [counted[key].is_bad for key in mine if key in counted]
    return Afterwards(
        decided=len(mine),
        amount_minor=sum(amount or 0 for *_, amount in rows),
        known=sum(key in known for key in mine),
        bad_so_far=sum(key in known and known[key].is_bad for key in mine),
        in_window=wilson(sum(results), len(results)),
    )
