"""Decisions under an exception to the policy: which a case may name, naming one, and what became of the loans afterwards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q

from review_queue.models import ExceptionUse, HeldDecision, ReviewCase
from underwriting.clocks.selectors import today_of
from underwriting.enums import ExceptionState, HeldState
from underwriting.models import Decision, PolicyException
from underwriting.outcomes.interval import Share, wilson
from underwriting.outcomes.known import known_outcomes
from underwriting.policy.exceptions import EXPIRING_DAYS

COUNTED = (HeldState.WAITING, HeldState.HELD, HeldState.RELEASED)
RATE_MIN = 30  # a share of fewer is said as a count


class ExceptionRefused(ValueError):
    """The exception does not cover this decision, or not any more; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Afterwards:
    """What became of the decisions under an exception. `known`: bad loans of those whose result is known, with the interval."""

    decided: int
    amount_minor: int
    known: Share

    @property
    def in_words(self) -> str:
        """`3 of 11 known went bad`; a rate with its interval from 30 known results on."""
        if not self.known.total:
            return "No result is known yet"
        if self.known.rate is None or self.known.total < RATE_MIN:
            return f"{self.known.count} of {self.known.total} with a known result went bad"
        low, high = 100 * self.known.low, 100 * self.known.high
        return f"{self.known.count} of {self.known.total} with a known result went bad ({100 * self.known.rate:.1f}%, 95% range {low:.1f} to {high:.1f})"


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


def afterwards(decisions: Sequence[Decision], *, until: date) -> Afterwards:
    """What became of these decisions, by the results known on a day. One statement."""
    known = known_outcomes([one.application_id for one in decisions], until=until)
    bad = sum(result.is_bad for result in known.values())
    amount = sum((one.offer or {}).get("amount_minor") or 0 for one in decisions)
    return Afterwards(decided=len(decisions), amount_minor=amount, known=wilson(bad, len(known)))
