"""The register of exceptions: one person asks for a permission to decide outside a rule, another approves it, and it ends.

Each function is one transaction with one audit entry; what it refuses is written down, too. Nothing of an exception is changed
once it was asked for: who wants other terms, or more time, asks for a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import transaction
from django.db.models import Max

from underwriting.alerts.raise_alert import raise_alert
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.clocks.selectors import today_of
from underwriting.enums import ExceptionState, Role
from underwriting.models import Lender, Membership, Policy, PolicyException, User
from underwriting.policy.selectors import version_in_force
from underwriting.policy.version_rows import (
    AuthorCannotApprove,
    LifecycleRefused,
    SameBrowser,
    WrongState,
    lock_policy,
    require_person,
    require_reason,
)

DAYS_MAX = 180  # longer is no exception, and belongs into the policy
USES_MAX = 1_000
EXPIRING_DAYS = 14
REFUSED = "exception.refused"
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is asked for. `channel` and `purpose` empty: every one. `until`: the last day, where the lender is. `amount_max_minor`
    None: as far as the authority of who decides goes."""

    rule_id: str
    uses_max: int
    until: date
    owner: User
    reason: str
    ticket: str
    channel: str = ""
    purpose: str = ""
    amount_max_minor: int | None = None


def _recording_refusals(step: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """What a step refuses is written down after its transaction was rolled back. The step takes `policy` or `exception` by name."""

    def decorate(change: Callable[P, T]) -> Callable[P, T]:
        @wraps(change)
        def recorded(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return change(*args, **kwargs)
            except LifecycleRefused as refused:
                given: Any = kwargs
                tried = given.get("exception") or given["policy"]
                record_refusal(step, tried, actor=given["actor"], why=str(refused), now=given["now"])
                raise

        return recorded

    return decorate


@_recording_refusals("ask")
def ask_exception(
    *, policy: Policy, terms: Terms, actor: Actor, now: datetime, renews: PolicyException | None = None
) -> PolicyException:
    """Ask for an exception; it can be named once another person approved it.

    Raises:
        NotAllowed: not a risk manager. LifecycleRefused: the terms; the message says which.
    """
    with transaction.atomic():
        lock_policy(policy.pk)
        asker_id = require_person(actor, policy, Role.RISK_MANAGER)
        _require_terms(policy, terms, now)
        if renews is not None and (renews.policy_id != policy.pk or renews.state == ExceptionState.ASKED):
            raise LifecycleRefused("Only an exception of the same policy that was answered is renewed.")
        # the numbers run for the whole lender, whose other policies this lock does not hold
        Lender.objects.select_for_update(of=("self",), no_key=True).get(pk=policy.lender_id)
        mine = PolicyException.objects.filter(lender_id=policy.lender_id)
        exception = PolicyException.objects.create(
            lender_id=policy.lender_id, number=(mine.aggregate(last=Max("number"))["last"] or 0) + 1, policy=policy,
            rule_id=terms.rule_id, channel=terms.channel, purpose=terms.purpose, amount_max_minor=terms.amount_max_minor,
            uses_max=terms.uses_max, until=terms.until, owner=terms.owner, reason=terms.reason.strip(), ticket=terms.ticket.strip(),
            renews=renews, asked_by_id=asker_id, asked_at=now, browser=actor.browser,
        )  # fmt: skip
        _record(
            "exception.asked", exception, actor, now, reason=exception.reason,
            after={
                "state": exception.state, "policy": policy.slug, "rule": terms.rule_id, "channel": terms.channel,
                "purpose": terms.purpose, "amount_max_minor": terms.amount_max_minor, "uses_max": terms.uses_max,
                "until": terms.until.isoformat(), "owner": terms.owner.name, "ticket": exception.ticket,
                "renews": renews.number if renews else None,
            },
        )  # fmt: skip
        return exception


@_recording_refusals("approve")
def approve_exception(*, exception: PolicyException, actor: Actor, now: datetime) -> PolicyException:
    """Open an exception that somebody else asked for. Raises NotAllowed, AuthorCannotApprove, SameBrowser, WrongState, LifecycleRefused (its day is over)."""
    with transaction.atomic():
        locked = lock_exception(exception.pk, ExceptionState.ASKED)
        approver_id = _require_somebody_else(locked, actor)
        if locked.until < today_of(locked.lender, now):
            raise LifecycleRefused("Its last day is over. It has to be asked for anew.")
        return _answer(
            locked, ExceptionState.OPEN, "exception.approved", approver_id, actor=actor, now=now, reason=""
        )


@_recording_refusals("turn_down")
def turn_down_exception(
    *, exception: PolicyException, reason: str, actor: Actor, now: datetime
) -> PolicyException:
    """Refuse what was asked for. Raises NotAllowed, AuthorCannotApprove, SameBrowser, WrongState, LifecycleRefused."""
    with transaction.atomic():
        locked = lock_exception(exception.pk, ExceptionState.ASKED)
        approver_id = _require_somebody_else(locked, actor)
        require_reason(reason)
        return _answer(
            locked, ExceptionState.TURNED_DOWN, "exception.turned_down", approver_id,
            actor=actor, now=now, reason=reason.strip(),
        )  # fmt: skip


@_recording_refusals("end")
def end_exception(*, exception: PolicyException, reason: str, actor: Actor, now: datetime) -> PolicyException:
    """End an exception before its day, or take a request back; decisions that are held under it are refused when they would be let go.

    Raises NotAllowed, WrongState, LifecycleRefused.
    """
    with transaction.atomic():
        locked = lock_exception(exception.pk, ExceptionState.ASKED, ExceptionState.OPEN)
        person_id = require_person(actor, locked.policy, Role.RISK_MANAGER, Role.RISK_APPROVER)
        require_reason(reason)
        before = ExceptionState(locked.state)
        locked.state, locked.ended_by_id, locked.ended_at = ExceptionState.ENDED, person_id, now
        locked.save(update_fields=["state", "ended_by", "ended_at"])
        _record(
            "exception.ended", locked, actor, now, before={"state": before}, after={"state": locked.state}, reason=reason.strip(),
        )  # fmt: skip
        return locked


def tell_expired(*, now: datetime) -> int:
    """Raise one alert for each open exception whose last day is over. Returns how many. Commits each by itself."""
    earliest = now.date() + timedelta(days=1)  # no lender's day is further ahead than this
    due = PolicyException.objects.filter(
        state=ExceptionState.OPEN, until__lt=earliest, expiry_told_at=None
    ).order_by("until")
    told = 0
    for key in due.values_list("pk", flat=True)[:200]:
        with transaction.atomic():
            locked = PolicyException.objects.select_for_update(of=("self",)).select_related("lender", "policy").get(pk=key)  # fmt: skip
            is_over = locked.until < today_of(locked.lender, now)
            if locked.state != ExceptionState.OPEN or locked.expiry_told_at is not None or not is_over:
                continue
            locked.expiry_told_at = now
            locked.save(update_fields=["expiry_told_at"])
            raise_alert(
                kind="policy.exception_expired", lender_id=locked.lender_id, now=now,
                subject=f"{locked} ({locked.rule_id} of {locked.policy.name}) expired on {locked.until:%-d %b %Y}. It cannot be named any more.",
                details={"exception": locked.number, "policy": locked.policy.slug},
            )  # fmt: skip
            told += 1
    return told


def lock_exception(exception_id: int, *states: ExceptionState) -> PolicyException:
    """The exception under its lock, in one of `states`. Raises WrongState."""
    locked = (
        PolicyException.objects.select_for_update(of=("self",))
        .select_related("policy", "lender")
        .get(pk=exception_id)
    )
    if locked.state not in states:
        word = locked.state.lower().replace("_", " ")
        raise WrongState(f"{locked} is {word} now, so this is no longer possible.")
    return locked


def _require_somebody_else(locked: PolicyException, actor: Actor) -> int:
    """The risk approver who answers: neither who asked nor in the browser in which it was asked for."""
    approver_id = require_person(actor, locked.policy, Role.RISK_APPROVER)
    if approver_id == locked.asked_by_id:
        raise AuthorCannotApprove("You asked for this exception, so somebody else answers it.")
    if actor.browser and actor.browser == locked.browser:
        raise SameBrowser(
            "This exception was asked for in this browser. Answer it in a browser of your own, where only you sign in."
        )
    return approver_id


def _answer(
    locked: PolicyException, state: ExceptionState, action: str, person_id: int, *, actor: Actor, now: datetime, reason: str
) -> PolicyException:  # fmt: skip
    locked.state, locked.answered_by_id, locked.answered_at = state, person_id, now
    locked.save(update_fields=["state", "answered_by", "answered_at"])
    _record(
        action, locked, actor, now, before={"state": ExceptionState.ASKED}, after={"state": state}, reason=reason
    )  # fmt: skip
    return locked


def exception_rules(policy: Policy, now: datetime) -> tuple[str, ...]:
    """The rules of the version in force in spite of which an approval is an exception."""
    live = version_in_force(policy, now)
    return tuple((live.document.get("delegation") or {}).get("exception_rules", ())) if live else ()


def _require_terms(policy: Policy, terms: Terms, now: datetime) -> None:
    require_reason(terms.reason)
    today = today_of(policy.lender, now)
    if terms.rule_id not in exception_rules(policy, now):
        raise LifecycleRefused(
            f"The version in force names no rule {terms.rule_id} in spite of which one may approve."
        )
    if not today <= terms.until <= today + timedelta(days=DAYS_MAX):
        raise LifecycleRefused(f"Choose a last day between today and {DAYS_MAX} days ahead.")
    if not 1 <= terms.uses_max <= USES_MAX:
        raise LifecycleRefused(f"Choose between 1 and {USES_MAX:,} uses.")
    if terms.amount_max_minor is not None and terms.amount_max_minor <= 0:
        raise LifecycleRefused("The largest amount is more than nothing.")
    if not terms.ticket.strip():
        raise LifecycleRefused("Name the ticket, or write none.")
    if not Membership.objects.filter(
        lender_id=policy.lender_id, user=terms.owner, user__is_active=True
    ).exists():
        raise LifecycleRefused("The owner is a person of this lender.")


def _record(
    action: str, exception: PolicyException, actor: Actor, now: datetime, *, reason: str = "",
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    record_entry(
        actor=actor, action=action, object_type="policy_exception", object_id=str(exception.pk),
        object_label=str(exception), lender_id=exception.lender_id, before=before, after=after, reason=reason, now=now,
    )  # fmt: skip


def record_refusal(
    step: str, tried: PolicyException | Policy, *, actor: Actor, why: str, now: datetime
) -> None:
    """One entry of an attempt that changed nothing: with an exception, or to ask for one of a policy."""
    with transaction.atomic():
        if isinstance(tried, PolicyException):
            _record(REFUSED, tried, actor, now, reason=why, after={"step": step})
            return
        record_entry(
            actor=actor, action=REFUSED, object_type="policy", object_id=str(tried.pk), object_label=tried.slug,
            lender_id=tried.lender_id, after={"step": step}, reason=why, now=now,
        )  # fmt: skip
