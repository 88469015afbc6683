"""The only door to a referral or a decision. Everything here runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from underwriting.audit.actor import Actor
from underwriting.audit.record import NewEntry, record_entries
from underwriting.clocks.running import (
    DECISION_CLOCKS,
    NewClock,
    last_moment,
    start_clocks,
    stop_clocks,
)
from underwriting.decisions.offers import make_offers
from underwriting.decisions.transitions import status_after_decision
from underwriting.enums import ApplicationStatus, ClockKind, DecisionStage, Outcome
from underwriting.models import Application, Assessment, Decision, NoticeClock, User
from underwriting.outbox.results import void_waiting

# What an earlier decision waited for: void once another stands.
ANSWER_CLOCKS = (
    ClockKind.APPROVAL_ANSWER,
    ClockKind.COUNTEROFFER_ANSWER,
    ClockKind.REASONS_REQUEST,
    ClockKind.STATEMENT_OF_REASONS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDecision:
    """A decision about to be written, and the assessment it rests on. `override`: side and coded reason, where it leaves the system's."""

    assessment: Assessment
    outcome: Outcome
    stage: DecisionStage | None
    offer: Mapping[str, Any] | None
    reasons: Sequence[Mapping[str, Any]]
    decided_by: User | None = None
    note: str = ""
    override: Mapping[str, str] | None = None
    conditions: Sequence[str] = ()
    versions: Mapping[str, Any] = field(default_factory=dict)


def lock_applications(application_ids: Sequence[int]) -> dict[int, Application]:
    """Lock applications until the end of the transaction, always in the order of their keys, and read them afresh."""
    locked = Application.objects.select_for_update(of=("self",)).select_related("lender", "product")
    return {row.pk: row for row in locked.filter(pk__in=application_ids).order_by("pk")}


def record_referrals(
    applications: Sequence[Application], *, why: Mapping[int, str], actor: Actor, now: datetime
) -> None:
    """Give locked applications the status REFERRED; `why` (by application key) is the referral sentence."""
    before = {row.pk: row.status for row in applications}
    Application.objects.filter(pk__in=list(before)).update(status=ApplicationStatus.REFERRED)
    for row in applications:
        row.status = ApplicationStatus.REFERRED
    record_entries(
        [
            NewEntry(
                actor=for_request(actor, row),
                action="application.referred",
                object_type="application",
                object_id=str(row.public_id),
                object_label=row.reference,
                lender_id=row.lender_id,
                application_id=row.pk,
                before={"status": before[row.pk]},
                after={"status": row.status},
                reason=why[row.pk],
                now=now,
            )
            for row in applications
        ]
    )


def record_decision(
    *,
    application: Application,
    assessment: Assessment,
    outcome: Outcome,
    stage: DecisionStage | None,
    offer: Mapping[str, Any] | None,
    reasons: Sequence[Mapping[str, Any]],
    decided_by: User | None,
    note: str,
    actor: Actor,
    now: datetime,
    override: Mapping[str, str] | None = None,
    conditions: Sequence[str] = (),
) -> Decision:
    """Decide one application; `record_decisions` says how, and what it raises. Refreshes the status on `application`."""
    if assessment.application_id != application.pk:
        raise ValueError("the assessment belongs to another application")
    new = NewDecision(
        assessment=assessment,
        outcome=outcome,
        stage=stage,
        offer=offer,
        reasons=reasons,
        decided_by=decided_by,
        note=note,
        override=override,
        conditions=conditions,
    )
    decision = record_decisions([new], actor=actor, now=now)[0]
    for name in ("status", "decided_at", "notice_due_at", "notified_at"):
        setattr(application, name, getattr(decision.application, name))
    return decision


def record_decisions(new: Sequence[NewDecision], *, actor: Actor, now: datetime) -> list[Decision]:
    """Write decisions, each with the next number of its application and naming the one it replaces.

    Locks the applications and reads their status again. Sets status, decided_at, notice_due_at and, as nobody has been told
    of this decision yet, notified_at. One audit entry each, with the decision that stood before and the one that stands now.
    Raises ApplicationWithdrawn and StatusRefused (decisions.transitions); nothing is written then.
    """
    applications = lock_applications([x.assessment.application_id for x in new])
    standing = {
        row.application_id: row
        for row in Decision.objects.filter(application_id__in=list(applications)).order_by(
            "application_id", "number"
        )
    }
    earlier = _clocks_before(list(standing))
    rows, entries, clocks = [], [], []
    for x in new:
        application = applications[x.assessment.application_id]
        replaced = standing.get(application.pk)
        before = _standing(application, replaced)
        row = Decision(
            application=application,
            lender_id=application.lender_id,
            number=replaced.number + 1 if replaced else 1,
            assessment=x.assessment,
            outcome=x.outcome,
            stage=x.stage or "",
            offer=None if x.offer is None else dict(x.offer),
            conditions=list(x.conditions),
            reasons=[dict(reason) for reason in x.reasons],
            decided_by=x.decided_by,
            note=x.note,
            replaces=replaced,
            decided_at=now,
        )
        before_it = None if replaced is None else earlier.get(application.pk, {})
        clocks += _take_status(application, outcome=x.outcome, clocks=before_it, now=now)
        rows.append(row)
        entries.append((x, application, row, before))
    Decision.objects.bulk_create(rows)
    make_offers(rows, now=now)
    Application.objects.bulk_update(
        list(applications.values()), ["status", "decided_at", "notice_due_at", "notified_at"]
    )
    start_clocks(clocks)
    if standing:
        void_waiting([applications[key] for key in standing], actor=actor, now=now)
    record_entries([_decision_entry(*entry, actor=actor, now=now) for entry in entries])
    return rows


def _take_status(
    application: Application, *, outcome: Outcome, clocks: Mapping[str, datetime | None] | None, now: datetime
) -> list[NewClock]:
    """Set what the decision changes, and return the clocks that it starts (underwriting.clocks.deadlines).

    The clock from the completed application goes on until somebody is told. A decision after that, or on an application that
    was never complete, is an action of its own: an adverse one has to be told within 30 days of it. An approval waits 30 days
    from the application to be taken up.

    Args:
        clocks: those of the notices of earlier decisions (`_clocks_before`); None where there was no decision before.
    """
    application.status = status_after_decision(status=ApplicationStatus(application.status), outcome=outcome)
    known = clocks or {}
    is_met = known.get(ClockKind.DECISION_NOTICE, now) is None  # of a decision before the one that stood
    is_own_action = application.completed_at is None or application.notified_at is not None or is_met
    zone = application.lender.time_zone
    kind, event = ClockKind.DECISION_NOTICE, application.completed_at or now
    if is_own_action:
        kind = ClockKind.ADVERSE_ACTION_NOTICE
        event = known.get(kind) or now  # an action that nobody was told of yet keeps its day
    owed = not is_own_action or outcome is not Outcome.APPROVE
    application.decided_at, application.notified_at = now, None
    application.notice_due_at = last_moment(kind, event, zone) if owed else None
    if clocks is not None:
        stop_clocks(application, by="another decision", now=now, kinds=ANSWER_CLOCKS)
    started = [NewClock(application=application, kind=kind, began_at=event)] if is_own_action and owed else []
    if outcome is Outcome.APPROVE:
        answer = NewClock(
            application=application, kind=ClockKind.APPROVAL_ANSWER, began_at=application.received_at
        )
        started.append(answer)
    return started


def _clocks_before(application_ids: Sequence[int]) -> dict[int, dict[str, datetime | None]]:
    """The clocks of earlier decisions' notices, by application and kind: when the running one began, None where all were met."""
    found: dict[int, dict[str, datetime | None]] = {}
    if application_ids:
        clocks = NoticeClock.objects.filter(application_id__in=application_ids, kind__in=DECISION_CLOCKS)
        for clock in clocks:
            began = clock.began_at if clock.stopped_at is None else None
            of_it = found.setdefault(clock.application_id, {})
            of_it[clock.kind] = began or of_it.get(clock.kind)
    return found


def _standing(application: Application, decision: Decision | None) -> dict[str, Any]:
    if decision is None:
        return {"status": application.status, "outcome": None}
    return {
        "status": application.status,
        "outcome": decision.outcome,
        "offer": decision.offer,
        "decision": decision.number,
    }


def _decision_entry(
    new: NewDecision,
    application: Application,
    row: Decision,
    before: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> NewEntry:
    return NewEntry(
        actor=for_request(actor, application),
        action="decision.recorded" if row.replaces_id is None else "decision.replaced",
        object_type="decision",
        object_id=str(row.pk),
        object_label=f"{application.reference} decision {row.number}",
        lender_id=application.lender_id,
        application_id=application.pk,
        before=before,
        after={
            "status": application.status,
            "outcome": row.outcome,
            "offer": row.offer,
            "decision": row.number,
            "stage": row.stage,
            "assessment": new.assessment.number,
            "reason_codes": [reason.get("code") for reason in row.reasons],
            **({"override": dict(new.override)} if new.override else {}),
            **({"conditions": list(new.conditions)} if new.conditions else {}),
        },
        reason=new.note,
        now=now,
        versions={**(new.versions or version_names(new.assessment)), "assessment": new.assessment.pk},
    )


def version_names(assessment: Assessment) -> dict[str, Any]:
    """The versions an assessment used, by the names people know them by, for the trail."""
    names: dict[str, Any] = {}
    if assessment.model_version is not None:
        names["model"] = str(assessment.model_version)
    if assessment.policy_version_id is not None:
        names["policy_version"] = assessment.policy_version_id
        names["policy"] = str(assessment.policy_version)
    if assessment.reference_sample_id is not None:
        names["reference_sample"] = assessment.reference_sample_id
    if assessment.reason_catalogue is not None:
        names["reason_catalogue"] = assessment.reason_catalogue.version
    return names


def for_request(actor: Actor, application: Application) -> Actor:
    """The actor, under the request that brought the application in unless it acts in a request of its own."""
    return actor if actor.request_id else replace(actor, request_id=application.request_id)
