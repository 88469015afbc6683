"""Asking for a backtest, reading and ending it: what screens may do. The worker's part is scoring.simulation.backtest."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max, Min

from underwriting.audit.actor import Actor
from underwriting.clocks.deadlines import start_of
from underwriting.clocks.selectors import today_of
from underwriting.enums import BacktestState, Lane, PolicyState, Role, WorkKind
from underwriting.models import Application, Assessment, Backtest, PolicyVersion
from underwriting.people.access import NotYours
from underwriting.policy.compile import compile_policy
from underwriting.policy.selectors import version_in_force
from underwriting.policy.version_rows import (
    LifecycleRefused,
    WrongState,
    audit_version,
    locked_version,
    require_person,
)
from underwriting.work.put import put

ASKABLE = (PolicyState.DRAFT, PolicyState.SUBMITTED, PolicyState.APPROVED)
UNFINISHED = (BacktestState.WAITING, BacktestState.RUNNING)
USUAL_DAYS = 730  # the older half is old enough to know what became of its loans
LISTED_MAX = 20
ERROR_MAX_CHARACTERS = 2_000


class NoHistory(LifecycleRefused):
    """No past application was assessed in the period."""


def request_backtest(
    *, version: PolicyVersion, since: date, until: date, actor: Actor, now: datetime
) -> Backtest:
    """Ask for a backtest of a version that is not in force yet, on applications received from `since` to `until`, both included.

    Asking twice for the same answers with the one that is under way. Raises PolicyRefused for a document that cannot be
    evaluated, WrongState, NoHistory, NotAllowed, LifecycleRefused for a period that ends before it begins.
    """
    with transaction.atomic():
        locked = locked_version(version, *ASKABLE)
        person = require_person(actor, locked.policy, Role.RISK_MANAGER, Role.RISK_APPROVER)
        live = version_in_force(locked.policy, now)
        if live is None:
            raise WrongState("There is no version in force to compare with.")
        if live.pk == locked.pk:
            raise WrongState("This version is in force already.")
        if locked.active_from is not None:
            raise WrongState(
                "This version has its moment already, and another backtest would void its approvals. "
                "Take the moment back first."
            )
        if locked.rollouts.filter(ended_at=None, until__gt=now).exists():
            raise WrongState("This version is being tried on applications. Stop that first.")
        if since > until:
            raise LifecycleRefused("The period ends before it begins.")
        compile_policy(locked.document)
        if not _assessed(locked, since, until):
            raise NoHistory("No application of this period was assessed. Choose a period with applications.")
        values = {
            "version": locked, "document_sha256": locked.document_sha256, "live_version": live,
            "live_sha256": live.document_sha256, "since": since, "until": until,
        }  # fmt: skip
        under_way = Backtest.objects.filter(**values, state__in=UNFINISHED).first()
        if under_way is not None:
            return under_way
        backtest = Backtest.objects.create(
            **values, document=locked.document, requested_by_id=person, requested_at=now
        )
        put_slice(backtest, lender_id=locked.policy.lender_id, now=now)
        audit_version(
            "policy.backtest_requested",
            locked,
            actor,
            now,
            after={
                "backtest": backtest.pk,
                "since": since.isoformat(),
                "until": until.isoformat(),
                "live_version": live.number,
                "live_sha256": live.document_sha256,
            },
        )
        return backtest


def put_slice(backtest: Backtest, *, lender_id: int, now: datetime) -> None:
    """Let a worker do the next part. One part is one work item, so that applications never wait behind a whole backtest."""
    put(kind=WorkKind.BACKTEST, lender_id=lender_id, subject_id=backtest.pk, lane=Lane.BATCH, now=now)


def stop_backtest(*, backtest: Backtest, actor: Actor, now: datetime) -> Backtest:
    """End a backtest that is under way; the worker drops it at its next part. Raises WrongState, NotAllowed."""
    with transaction.atomic():
        locked = Backtest.objects.select_for_update().get(pk=backtest.pk)
        version = PolicyVersion.objects.select_related("policy").get(pk=locked.version_id)
        require_person(actor, version.policy, Role.RISK_MANAGER, Role.RISK_APPROVER)
        if locked.state not in UNFINISHED:
            raise WrongState("This backtest has ended already.")
        _fail(locked, f"Stopped by {actor.name}.", now)
        audit_version("policy.backtest_stopped", version, actor, now, after={"backtest": locked.pk})
        return locked


def fail_backtest(backtest_id: int, *, error: str, now: datetime) -> None:
    """Write down that a backtest cannot be done, unless it has ended; what went wrong stays with it."""
    locked = Backtest.objects.select_for_update().filter(pk=backtest_id, state__in=UNFINISHED).first()
    if locked is not None:
        _fail(locked, error or "The backtest failed for a technical reason.", now)


def _fail(backtest: Backtest, error: str, now: datetime) -> None:
    backtest.state, backtest.error, backtest.finished_at = (
        BacktestState.FAILED,
        error[:ERROR_MAX_CHARACTERS],
        now,
    )
    backtest.save(update_fields=["state", "error", "finished_at"])
    backtest.slices.all().delete()


def is_current(backtest: Backtest, version: PolicyVersion, live: PolicyVersion | None) -> bool:
    """Whether a backtest still speaks about this draft and the version in force: both documents are those it compared."""
    return (
        live is not None
        and backtest.version_id == version.pk
        and backtest.document_sha256 == version.document_sha256
        and backtest.live_version_id == live.pk
        and backtest.live_sha256 == live.document_sha256
    )


def access_backtest(version: PolicyVersion, backtest_id: int) -> Backtest:
    """A backtest of the version, which the caller was given access to. Raises NotYours."""
    found = (
        Backtest.objects.select_related("live_version", "requested_by")
        .filter(version=version, pk=backtest_id)
        .first()
    )
    if found is None:
        raise NotYours
    return found


def backtests_of(version: PolicyVersion) -> list[Backtest]:
    """The newest backtests of a version, newest first, without their documents."""
    found = Backtest.objects.filter(version=version).select_related("live_version", "requested_by")
    return list(found.defer("document").order_by("-pk")[:LISTED_MAX])


def usual_period(version: PolicyVersion, now: datetime) -> tuple[date, date] | None:
    """The last two years in which applications of the product came, as days at the lender; None while none was ever assessed."""
    received = Application.objects.filter(
        product_id=version.policy.product_id, assessments__hashes__has_key="inputs"
    ).aggregate(first=Min("received_at"), last=Max("received_at"))
    if received["first"] is None:
        return None
    lender = version.policy.lender
    until = min(today_of(lender, received["last"]), today_of(lender, now))
    return max(today_of(lender, received["first"]), until - timedelta(days=USUAL_DAYS - 1)), until


def _assessed(version: PolicyVersion, since: date, until: date) -> bool:
    zone = version.policy.lender.time_zone
    return Assessment.objects.filter(
        application__product_id=version.policy.product_id,
        application__received_at__gte=start_of(since, zone),
        application__received_at__lt=start_of(until + timedelta(days=1), zone),
        hashes__has_key="inputs",
    ).exists()
