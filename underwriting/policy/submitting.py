"""Asking for approval: submit a draft, have its reference sample drawn again, prepare a rollback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.enums import PolicyState, Role
from underwriting.models import PolicyVersion
from underwriting.policy.approvals import require_backtest, void_approvals
from underwriting.policy.check import KnownReasonCode, check_policy
from underwriting.policy.checked import (
    CheckMissing,
    require_checked,
    require_whole_check,
    warning_key,
    whole_complaints_of,
)
from underwriting.policy.refused_attempts import recording_refusals
from underwriting.policy.selectors import version_in_force
from underwriting.policy.version_rows import (
    DraftChanged,
    LifecycleRefused,
    NotAllowed,
    WrongState,
    ask_for_reference,
    audit_version,
    insert_version,
    keep_revision,
    lock_policy,
    locked_version,
    require_not_in_force,
    require_on_live,
    require_person,
    require_reason,
)
from underwriting.policy.whole_check import ask_for_check

NO_TICKET = "none"


@recording_refusals("submit")
def submit_version(
    *,
    version: PolicyVersion,
    reason: str,
    ticket: str,
    reason_codes: Mapping[str, KnownReasonCode],
    actor: Actor,
    now: datetime,
    warning_comments: Mapping[str, str] | None = None,
    is_emergency: bool = False,
    seen_sha256: str | None = None,
) -> PolicyVersion:
    """Freeze one's own draft and ask for approval; its reference sample is drawn meanwhile.

    `seen_sha256`: the document that its author looked at, where a screen can tell. `ticket`: where the change was agreed on, or `none`. `warning_comments`: by warning_key, why each warning may stand.
    An emergency needs no backtest, waits for no worker's check, needs one approver, and is looked at by a second person afterwards.
    Raises PolicyRefused with every complaint, CheckMissing (the check is asked for then), Clashing, BacktestMissing, WrongState,
    NotAllowed.
    """
    with _asking_for_a_missing_check(version, now), transaction.atomic():
        locked = locked_version(version, PolicyState.DRAFT)
        if require_person(actor, locked.policy, Role.RISK_MANAGER) != locked.author_id:
            raise NotAllowed("Only its author submits a draft.")
        if seen_sha256 is not None and seen_sha256 != locked.document_sha256:
            raise DraftChanged("The draft was saved since you looked at it. Look again before you submit it.")
        require_reason(reason)
        if not ticket.strip():
            raise LifecycleRefused(f"Link the ticket, or write “{NO_TICKET}”.")
        locked.warning_comments = require_checked(
            locked.document,
            reason_codes=reason_codes,
            comments=warning_comments or {},
            beside=whole_complaints_of(locked),
        )
        locked.ticket, locked.is_emergency = ticket.strip(), is_emergency
        live = version_in_force(locked.policy, now)
        require_on_live(locked, live)
        require_backtest(locked, live)
        if not is_emergency:
            require_whole_check(locked)
        return _submit(locked, reason, actor, now)


@contextmanager
def _asking_for_a_missing_check(version: PolicyVersion, now: datetime) -> Iterator[None]:
    """Outside the transaction that the refusal takes back: nobody else might ask for it."""
    try:
        yield
    except CheckMissing:
        with transaction.atomic():
            ask_for_check(version, now)
        raise


@recording_refusals("check again")
def request_check(*, version: PolicyVersion, actor: Actor, now: datetime) -> None:
    """Have a draft's whole decision checked again, as after a check that failed every time. Raises WrongState, NotAllowed."""
    with transaction.atomic():
        locked = locked_version(version, PolicyState.DRAFT)
        require_person(actor, locked.policy, Role.RISK_MANAGER)
        ask_for_check(locked, now)
        audit_version("policy.check_requested", locked, actor, now)


@recording_refusals("roll back")
def roll_back(
    *,
    version: PolicyVersion,
    reason: str,
    reason_codes: Mapping[str, KnownReasonCode],
    actor: Actor,
    now: datetime,
    is_incident: bool = False,
) -> PolicyVersion:
    """A ready change with an earlier version's document. In an incident it is submitted at once, as an emergency.

    Otherwise it is a draft: it needs a backtest like any other change. Raises PolicyRefused when today's checks refuse the
    old document, WrongState for one that was never in force, NotAllowed.
    """
    with transaction.atomic():
        policy = lock_policy(version.policy_id)
        author_id = require_person(actor, policy, Role.RISK_MANAGER)
        earlier = PolicyVersion.objects.get(pk=version.pk)
        in_force = version_in_force(policy, now)
        if (
            earlier.active_from is None
            or earlier.active_from > now
            or (in_force is not None and in_force.pk == earlier.pk)
        ):
            raise WrongState("Roll back goes to a version that was in force before and is not now.")
        require_reason(reason)
        stands = require_checked(
            earlier.document, reason_codes=reason_codes, comments=_as_it_was(earlier, reason_codes)
        )
        new = insert_version(
            policy=policy,
            document=earlier.document,
            source=earlier,
            author_id=author_id,
            actor=actor,
            now=now,
        )
        new.undoes, new.reason, new.ticket = in_force, reason.strip(), NO_TICKET
        new.warning_comments, new.is_emergency = stands, is_incident
        new.save()
        if is_incident:
            return _submit(new, reason, actor, now)
        audit_version(
            "policy.rollback_prepared", new, actor, now, reason=new.reason, after={"to": earlier.number}
        )
        return new


def _as_it_was(earlier: PolicyVersion, reason_codes: Mapping[str, KnownReasonCode]) -> dict[str, str]:
    """Of a document that was in force its warnings stood then; going back adds none."""
    said = {(stored["place"], stored["message"]): stored["comment"] for stored in earlier.warning_comments}
    usual = f"As it stood in v{earlier.number}."
    return {
        warning_key(warning): said.get((warning.place, warning.message), usual)
        for warning in check_policy(earlier.document, reason_codes=reason_codes)
    }


@recording_refusals("draw again")
def request_reference(*, version: PolicyVersion, actor: Actor, now: datetime) -> PolicyVersion:
    """Have the reference sample drawn again, for the champion of today; an approval given with the old sample is void.

    Raises WrongState, NotAllowed.
    """
    with transaction.atomic():
        locked = locked_version(version, PolicyState.SUBMITTED, PolicyState.APPROVED)
        require_person(actor, locked.policy, Role.RISK_MANAGER, Role.RISK_APPROVER)
        require_not_in_force(locked, now)
        before = PolicyState(locked.state)
        locked.state, locked.approver, locked.approved_at = PolicyState.SUBMITTED, None, None
        locked.active_from = locked.reference_sample = locked.model_version = None
        locked.save()
        void_approvals(locked, why="The reference sample was drawn again.", now=now)
        ask_for_reference(locked, now)
        audit_version("policy.reference_requested", locked, actor, now, state=before)
        return locked


def _submit(version: PolicyVersion, reason: str, actor: Actor, now: datetime) -> PolicyVersion:
    version.state, version.reason, version.submitted_at = PolicyState.SUBMITTED, reason.strip(), now
    version.save()
    keep_revision(
        version, editor_id=actor.user_id or 0, actor=actor, now=now
    )  # marks the browser it was submitted in
    ask_for_reference(version, now)
    audit_version(
        "policy.submitted",
        version,
        actor,
        now,
        reason=version.reason,
        after={
            "sha256": version.document_sha256,
            "ticket": version.ticket,
            "is_emergency": version.is_emergency,
        },
        state=PolicyState.DRAFT,
    )
    return version
