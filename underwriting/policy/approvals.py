"""What the approvals of a version are worth now: which count, which do not and why, and what is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from underwriting.enums import BacktestState, Role
from underwriting.models import (
    ApprovalVoid,
    Backtest,
    Membership,
    PolicyApproval,
    PolicyRevision,
    PolicyVersion,
)
from underwriting.policy.backtests import is_current
from underwriting.policy.diff import Change, diff_in_words
from underwriting.policy.requirement import Requirement, is_met, required_approvals, strictest
from underwriting.policy.version_rows import BacktestMissing


@dataclass(frozen=True, slots=True)
class StaleApproval:
    """An approval that counts no more, why, and what was changed in the document since."""

    approval: PolicyApproval
    why: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """The approvals of a version against the version in force `live` (None: there is none)."""

    requirement: Requirement
    backtest: Backtest | None
    current: tuple[PolicyApproval, ...]
    stale: tuple[StaleApproval, ...]

    @property
    def is_complete(self) -> bool:
        held = {a.approver_id: frozenset(Role(role) for role in a.roles) for a in self.current}
        return is_met(self.requirement, list(held.values()))

    def wants(self, roles: frozenset[Role]) -> bool:
        """Whether the approval of somebody with these roles brings it nearer to complete."""
        given = {role for approval in self.current for role in approval.roles}
        needed = (
            {Role.RISK_APPROVER, Role.COMPLIANCE}
            if self.requirement.needs_compliance
            else {Role.RISK_APPROVER}
        )
        return not self.is_complete and bool(roles & ((needed - given) or needed))

    @property
    def missing(self) -> str:
        """What is still needed, in words; empty where nothing is."""
        if self.is_complete:
            return ""
        roles = {role for approval in self.current for role in approval.roles}
        wanted = [] if Role.RISK_APPROVER in roles else ["a risk approver"]
        if self.requirement.needs_compliance and Role.COMPLIANCE not in roles:
            wanted.append("compliance")
        return f"Missing: {' and '.join(wanted) or 'a second person'}."


def latest_backtest(version: PolicyVersion) -> Backtest | None:
    """The backtest that replaced all earlier ones of the version; None where none is done."""
    return Backtest.objects.filter(version=version, state=BacktestState.DONE).order_by("-id").first()


def current_backtest(version: PolicyVersion, live: PolicyVersion | None) -> Backtest | None:
    """The latest backtest if it is of exactly this document against exactly the version in force."""
    backtest = latest_backtest(version)
    return backtest if backtest is not None and is_current(backtest, version, live) else None


def _summaries(version: PolicyVersion, live: PolicyVersion | None) -> list[Any]:
    """What every backtest of exactly this document against exactly this live version found: nobody picks the mildest by running
    another one."""
    if live is None:
        return []
    of_this = Backtest.objects.filter(
        version=version, state=BacktestState.DONE, document_sha256=version.document_sha256, live_version=live
    )
    return list(of_this.order_by("id").values_list("summary", flat=True))


def require_backtest(version: PolicyVersion, live: PolicyVersion | None) -> Backtest | None:
    """The backtest on which this version may be approved; None for an emergency, or with nothing to compare with.

    Raises BacktestMissing.
    """
    if live is None or version.is_emergency:
        return None
    if (backtest := current_backtest(version, live)) is not None:
        return backtest
    latest = latest_backtest(version)
    if latest is None:
        raise BacktestMissing("Run a backtest first: nobody knows yet what this version would have done.")
    if latest.document_sha256 != version.document_sha256:
        raise BacktestMissing("The draft was changed since its backtest. Run the backtest again.")
    raise BacktestMissing(
        f"The version in force is v{live.number} now, and the backtest compares with another. Run it again."
    )


def standing_of(version: PolicyVersion, live: PolicyVersion | None) -> Standing:
    """Which approvals of a version count against `live`, and what is missing."""
    backtest = current_backtest(version, live)
    before: Mapping[str, Any] = live.document if live is not None else {}
    changes = diff_in_words(before, version.document) if live is not None else []
    requirement = strictest(
        required_approvals(summary, changes, is_emergency=version.is_emergency, is_first=live is None)
        for summary in _summaries(version, live) or [None]
    )
    current, stale = [], []
    rows = list(version.approvals.select_related("approver", "void", "backtest").order_by("id"))
    held = _roles_held_now(version, rows)
    for approval in rows:
        why = _why_stale(approval, version, live, backtest) or _lost_role(approval, held)
        if why:
            stale.append(StaleApproval(approval, why, _changes_since(approval, version)))
        else:
            current.append(approval)
    return Standing(requirement, backtest, tuple(current), tuple(stale))


def _why_stale(
    approval: PolicyApproval, version: PolicyVersion, live: PolicyVersion | None, backtest: Backtest | None
) -> str:
    void: ApprovalVoid | None = getattr(approval, "void", None)
    if void is not None:
        return void.why
    if approval.document_sha256 != version.document_sha256:
        return "The document was changed since."
    if approval.live_sha256 != (live.document_sha256 if live is not None else ""):
        return f"The version in force is v{live.number} now." if live else "No version is in force now."
    if approval.backtest_id != (backtest.pk if backtest is not None and not version.is_emergency else None):
        return "Another backtest took the place of the one it rests on."
    return ""


def _roles_held_now(
    version: PolicyVersion, approvals: Sequence[PolicyApproval]
) -> Mapping[int, frozenset[str]]:
    """By person; nothing of somebody who has left."""
    rows = Membership.objects.filter(
        lender_id=version.policy.lender_id,
        user_id__in=[approval.approver_id for approval in approvals],
        user__is_active=True,
    ).values_list("user_id", "role")
    held: dict[int, set[str]] = defaultdict(set)
    for user_id, role in rows:
        held[user_id].add(role)
    return {user_id: frozenset(roles) for user_id, roles in held.items()}


def _lost_role(approval: PolicyApproval, held: Mapping[int, frozenset[str]]) -> str:
    lost = sorted(set(approval.roles) - held.get(approval.approver_id, frozenset()))
    names = " and ".join(role.replace("_", " ").lower() for role in lost)
    return f"{approval.approver.name} does not hold the role {names} any more." if lost else ""


def _changes_since(approval: PolicyApproval, version: PolicyVersion) -> tuple[Change, ...]:
    if approval.document_sha256 == version.document_sha256:
        return ()
    then = PolicyRevision.objects.filter(version=version, document_sha256=approval.document_sha256).first()
    return tuple(diff_in_words(then.document, version.document)) if then is not None else ()


def void_approvals(version: PolicyVersion, *, why: str, now: datetime) -> None:
    """From now on no approval of the version counts. Inside the caller's transaction."""
    standing = PolicyApproval.objects.filter(version=version, void=None)
    ApprovalVoid.objects.bulk_create(ApprovalVoid(approval=a, why=why, voided_at=now) for a in standing)
