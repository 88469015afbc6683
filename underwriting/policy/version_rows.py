"""Steps shared by every change of a policy version: the lock, who may, what must be true, the row, the audit entry."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Max, Subquery

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import ActorKind, ModelState, PolicyState, Role, RolloutMode, WorkKind
from underwriting.models import (
    Assessment,
    Membership,
    ModelVersion,
    Policy,
    PolicyRevision,
    PolicyVersion,
    ReferenceSample,
)
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.whole_check import ask_for_check
from underwriting.work.put import put


class LifecycleRefused(Exception):
    """A change of a policy version that is not allowed; the message is for the person who asked."""


class WrongState(LifecycleRefused):
    """The version is not in a state from which this is possible: somebody else may have been quicker."""


class NotAllowed(LifecycleRefused):
    """The person lacks the role, or is the wrong person for this version."""


class AuthorCannotApprove(NotAllowed):
    """Four eyes: whoever wrote a version does not approve it."""


class SameBrowser(NotAllowed):
    """Four eyes need two places: the browser in which a version was written does not approve it, whoever is signed in."""


class BacktestMissing(LifecycleRefused):
    """There is no backtest of exactly this document against exactly the version in force."""


class ApprovalStale(LifecycleRefused):
    """The approvals given are not those that this document needs today."""


class Clashing(LifecycleRefused):
    """The version in force was changed too since this change was begun, and nobody put the two together."""


class DraftChanged(LifecycleRefused):
    """Somebody saved the draft in between."""


class ReferenceMissing(LifecycleRefused):
    """The reference sample is not there, or belongs to another cut-off or another model than the champion."""


def require_reference(version: PolicyVersion) -> ReferenceSample:
    """The version's sample, if it is for exactly its approve cut-off on today's champion. Raises ReferenceMissing."""
    sample = version.reference_sample
    if sample is None:
        raise ReferenceMissing(
            "The reference sample is still being drawn. Reasons are explained against it, so wait for it."
        )
    cut_off = version.document["cut_offs"]["approve"]
    if sample.approve_cut_off != cut_off:
        raise ReferenceMissing(
            f"The reference sample is for cut-off {sample.approve_cut_off}, not for {cut_off}. Draw it again."
        )
    champion = ModelVersion.objects.filter(
        lender_id=version.policy.lender_id, state=ModelState.CHAMPION
    ).first()
    if champion is None or sample.model_version_id != champion.pk:
        raise ReferenceMissing(
            "The model in use changed since the reference sample was drawn. Draw it again."
        )
    return sample


def lock_policy(policy_id: int) -> Policy:
    return Policy.objects.select_for_update().get(pk=policy_id)


def locked_version(version: PolicyVersion, *states: PolicyState) -> PolicyVersion:
    """The version read again under its policy's lock, in one of `states`. Raises WrongState."""
    lock_policy(version.policy_id)
    locked = PolicyVersion.objects.select_related("policy").get(pk=version.pk)
    if locked.state not in states:
        raise WrongState(
            f"Version {locked.number} is {locked.state.lower()} now, so this is no longer possible."
        )
    return locked


def require_person(actor: Actor, policy: Policy, *roles: Role) -> int:
    """The actor's user id, if the person holds one of the roles at the policy's lender. Raises NotAllowed."""
    if actor.kind is ActorKind.USER and actor.user_id is not None:
        held = Membership.objects.filter(lender_id=policy.lender_id, role__in=roles)
        if held.filter(user_id=actor.user_id, user__is_active=True).exists():
            return actor.user_id
    names = " or ".join(role.value.replace("_", " ") for role in roles)
    raise NotAllowed(f"This needs a person with the role {names}.")


def require_not_in_force(version: PolicyVersion, now: datetime) -> None:
    """Raises WrongState for a version that is in force, or tried on applications."""
    if version.active_from is not None and version.active_from <= now:
        raise WrongState("This version is in force already. Roll back instead.")
    if version.rollouts.filter(ended_at=None, until__gt=now).exists():
        raise WrongState("This version is being tried on applications. Stop that first.")


def require_never_decided(version: PolicyVersion) -> None:
    """Raises WrongState for a version that decided applications, in a share of them: its document stays what decided them."""
    decided = Assessment.objects.filter(policy_version=version).exists()
    if decided or version.rollouts.filter(mode=RolloutMode.SHARE).exists():
        raise WrongState(
            f"Applications were decided with v{version.number}, so its document stays as it is. Start a new draft."
        )


def require_on_live(version: PolicyVersion, live: PolicyVersion | None) -> None:
    """Raises Clashing where another version came into force since the change was begun: it would be taken back unseen."""
    base = version.undoes or version.based_on
    if live is None or base is None or base.pk == live.pk:
        return
    then = "Prepare the rollback again." if version.undoes else "Rebase it first."
    raise Clashing(
        f"The version in force is v{live.number} now, and this change was based on v{base.number}. {then}"
    )


def require_not_writer(version: PolicyVersion, person_id: int, actor: Actor) -> None:
    """Raises AuthorCannotApprove for whoever wrote or edited the version, SameBrowser in a browser that was used for it."""
    revisions = PolicyRevision.objects.filter(version=version)
    if person_id == version.author_id:
        raise AuthorCannotApprove("You wrote this version, so somebody else approves it.")
    if revisions.filter(editor_id=person_id).exists():
        raise AuthorCannotApprove("You edited this version, so somebody else approves it.")
    if actor.browser and revisions.filter(browser=actor.browser).exists():
        raise SameBrowser(
            "This version was written in this browser. Approve it in a browser of your own, where only you sign in."
        )
    if (
        actor.browser
        and version.approvals.filter(browser=actor.browser).exclude(approver_id=person_id).exists()
    ):
        raise SameBrowser("Somebody else approved this version in this browser. Use a browser of your own.")


def require_reason(reason: str) -> None:
    if len(reason.strip()) < 10:
        raise LifecycleRefused("Say why, in at least ten characters: the next reader was not in the room.")


def insert_version(
    *,
    policy: Policy,
    document: dict[str, Any],
    source: PolicyVersion | None,
    author_id: int,
    actor: Actor,
    now: datetime,
) -> PolicyVersion:
    last = PolicyVersion.objects.filter(policy=policy).aggregate(last=Max("number"))["last"] or 0
    version = PolicyVersion.objects.create(
        policy=policy,
        number=last + 1,
        state=PolicyState.DRAFT,
        document=document,
        document_sha256=canonical_sha256(document),
        based_on=source,
        author_id=author_id,
        created_at=now,
    )
    keep_revision(version, editor_id=author_id, actor=actor, now=now)
    return version


def keep_revision(version: PolicyVersion, *, editor_id: int, actor: Actor, now: datetime) -> None:
    """Keep the document as it is now, and have it checked: what an approval was given to can be shown when the draft has moved on."""
    ask_for_check(version, now)
    stored: Any = PolicyVersion.objects.filter(pk=version.pk).values("document")
    PolicyRevision.objects.create(
        version=version,
        document=Subquery(stored),  # copied by the database: a large one is not sent again
        document_sha256=version.document_sha256,
        editor_id=editor_id,
        browser=actor.browser,
        saved_at=now,
    )


def ask_for_reference(version: PolicyVersion, now: datetime) -> None:
    put(
        kind=WorkKind.DRAW_REFERENCE,
        lender_id=version.policy.lender_id,
        subject_id=version.pk,
        payload={"approve_cut_off": version.document["cut_offs"]["approve"]},
        now=now,
    )


def retire_others(version: PolicyVersion, now: datetime) -> None:
    """Every version that was or had become active ends now; the database allows one active version only."""
    others = PolicyVersion.objects.filter(policy_id=version.policy_id, active_from__lte=now).exclude(
        pk=version.pk
    )
    others.filter(state__in=(PolicyState.ACTIVE, PolicyState.APPROVED)).update(
        state=PolicyState.RETIRED, retired_at=now
    )


def audit_version(
    action: str,
    version: PolicyVersion,
    actor: Actor,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    state: PolicyState | None = None,
) -> None:
    record_entry(
        actor=actor,
        action=action,
        object_type="policy_version",
        object_id=str(version.pk),
        object_label=f"{version.policy.slug} v{version.number}",
        lender_id=version.policy.lender_id,
        before={**(before or {}), **({"state": state.value} if state else {})} or None,
        after={**(after or {}), "state": PolicyState(version.state).value},
        reason=reason,
        now=now,
        versions={"policy": version.number, "policy_sha256": version.document_sha256},
    )
