"""A policy beside its baseline: where they differ and why, and what the baseline changed since a draft last took it in.

A baseline is another policy of the same lender, by its version in force, or a document that ships with the product.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import Role
from underwriting.models import BaselineTaken, DeviationReason, Policy, PolicyBaseline, PolicyVersion
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.diff import Change, diff_in_words
from underwriting.policy.lifecycle import save_draft
from underwriting.policy.rebase import MINE, rebase
from underwriting.policy.selectors import version_in_force
from underwriting.policy.version_rows import (
    DraftChanged,
    LifecycleRefused,
    WrongState,
    lock_policy,
    require_person,
    require_reason,
)

SHIPPED = Path(__file__).with_name("demo")
SHIPPED_NAMES = {
    "harbour": "Shipped: instalment loan",
    "northgate": "Shipped: line of credit",
    "quarry": "Shipped: prescreened line",
}


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline as it is now. `name` tells one from another, `label` is for people."""

    name: str
    label: str
    document: dict[str, Any]

    @property
    def sha256(self) -> str:
        return canonical_sha256(self.document)


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing in which a policy differs. `reason` None: nobody said why; `is_old`: said of a difference that read otherwise."""

    anchor: str
    changes: tuple[Change, ...]
    reason: DeviationReason | None
    is_old: bool

    @property
    def quote(self) -> str:
        return quote_of(self.changes)


@dataclass(frozen=True, slots=True)
class TakeOver:
    """What a draft would take in: the merged document, what that changes in it, and where it keeps its own word."""

    baseline: Baseline
    merged: dict[str, Any]
    changes: tuple[Change, ...]
    kept: tuple[str, ...]


def quote_of(changes: Sequence[Change]) -> str:
    return "\n".join(change.sentence for change in changes)


@cache
def _shipped(name: str) -> str:
    return (SHIPPED / f"{name}.json").read_text(encoding="utf-8")


def shipped_baseline(name: str) -> Baseline:
    """A shipped document. Raises LifecycleRefused."""
    if name not in SHIPPED_NAMES:
        raise LifecycleRefused("There is no such shipped policy.")
    return Baseline(f"shipped:{name}", SHIPPED_NAMES[name], json.loads(_shipped(name)))


def policy_baseline(source: Policy, now: datetime) -> Baseline | None:
    """A policy by its version in force; None where none is."""
    live = version_in_force(source, now)
    if live is None:
        return None
    return Baseline(f"policy:{source.slug}", f"{source.name} v{live.number}", live.document)


def choices_for(policy: Policy, now: datetime) -> list[Baseline]:
    """What the policy may be measured against: baselines for the same kind of product and currency."""
    others = Policy.objects.filter(lender_id=policy.lender_id).exclude(pk=policy.pk).order_by("name")
    found = [policy_baseline(other, now) for other in others] + [shipped_baseline(n) for n in SHIPPED_NAMES]
    return [each for each in found if each is not None and _is_alike(policy, each)]


def _is_alike(policy: Policy, baseline: Baseline) -> bool:
    product, document = policy.product, baseline.document
    return document.get("product_kind") == product.kind and document.get("currency") == policy.lender.currency


def baseline_of(policy: Policy, now: datetime) -> Baseline | None:
    """The policy's baseline as it is now; None where none is named, or the named one has no version in force."""
    row = PolicyBaseline.objects.select_related("source").filter(policy=policy).first()
    if row is None:
        return None
    return shipped_baseline(row.shipped) if row.source is None else policy_baseline(row.source, now)


def deviations(policy: Policy, baseline: Baseline, document: Mapping[str, Any]) -> list[Deviation]:
    """Every difference of a document from the baseline, those without a reason first, then those whose reason is of another time."""
    by_anchor: dict[str, list[Change]] = {}
    for change in diff_in_words(baseline.document, document):
        by_anchor.setdefault(change.anchor, []).append(change)
    rows = DeviationReason.objects.filter(policy=policy, baseline_name=baseline.name, anchor__in=by_anchor)
    newest = {row.anchor: row for row in rows.select_related("written_by").order_by("pk")}
    found = [
        Deviation(
            anchor=anchor,
            changes=tuple(changes),
            reason=newest.get(anchor),
            is_old=anchor in newest and newest[anchor].quote != quote_of(changes),
        )
        for anchor, changes in by_anchor.items()
    ]
    return sorted(found, key=lambda each: (each.reason is not None, not each.is_old))


def name_baseline(*, policy: Policy, name: str, actor: Actor, now: datetime) -> PolicyBaseline:
    """Measure a policy against another, named as in `choices_for`. Raises LifecycleRefused, NotAllowed."""
    with transaction.atomic():
        lock_policy(policy.pk)
        person_id = require_person(actor, policy, Role.RISK_MANAGER)
        chosen = next((each for each in choices_for(policy, now) if each.name == name), None)
        if chosen is None:
            raise LifecycleRefused("Choose a policy of the same product kind and currency that is in force.")
        before = PolicyBaseline.objects.select_related("source").filter(policy=policy).first()
        kind, _, which = chosen.name.partition(":")
        source = Policy.objects.get(lender_id=policy.lender_id, slug=which) if kind == "policy" else None
        row, _ = PolicyBaseline.objects.update_or_create(
            policy=policy,
            defaults={
                "source": source,
                "shipped": "" if source else which,
                "document": chosen.document,
                "document_sha256": chosen.sha256,
                "named_by_id": person_id,
                "named_at": now,
            },
        )
        _audit(
            "policy.baseline_named",
            policy,
            actor,
            now,
            before=None if before is None else {"baseline": _name_of(before)},
            after={"baseline": chosen.name, "sha256": chosen.sha256},
        )
        return row


def say_why(
    *, version: PolicyVersion, anchor: str, quote: str, text: str, actor: Actor, now: datetime
) -> DeviationReason:
    """Record why the policy differs in one thing, as this version reads. `quote`: the difference that the person saw.

    Raises LifecycleRefused, DraftChanged where it reads otherwise by now, NotAllowed.
    """
    with transaction.atomic():
        policy = version.policy
        lock_policy(policy.pk)
        person_id = require_person(actor, policy, Role.RISK_MANAGER)
        require_reason(text)
        baseline = baseline_of(policy, now)
        found = (
            {} if baseline is None else {d.anchor: d for d in deviations(policy, baseline, version.document)}
        )
        if baseline is None or anchor not in found or found[anchor].quote != quote:
            raise DraftChanged("The policy or its baseline changed in between. Look at the difference again.")
        row = DeviationReason.objects.create(
            policy=policy,
            baseline_name=baseline.name,
            anchor=anchor,
            quote=quote,
            text=text.strip(),
            written_by_id=person_id,
            written_at=now,
        )
        after = {"anchor": anchor, "baseline": baseline.name, "difference": quote}
        _audit("policy.deviation_explained", policy, actor, now, after=after, reason=row.text)
        return row


def what_to_take(version: PolicyVersion, now: datetime) -> TakeOver | None:
    """What the baseline changed since this version's line took it in, beside what the version deviates in; None: there is no baseline."""
    baseline = baseline_of(version.policy, now)
    if baseline is None:
        return None
    base, mine = _taken_before(version, baseline), version.document
    merged = rebase(base, mine, baseline.document, {})
    kept: tuple[str, ...] = ()
    if isinstance(merged, tuple):
        kept = tuple(clash.name for clash in merged)
        merged = rebase(base, mine, baseline.document, {clash.key: MINE for clash in merged})
    assert not isinstance(merged, tuple)  # every clash was settled
    return TakeOver(baseline, merged, tuple(diff_in_words(mine, merged)), kept)


def take_over(
    *, version: PolicyVersion, expected_sha256: str, merged_sha256: str, actor: Actor, now: datetime
) -> PolicyVersion:
    """Put what the baseline changed into a draft; where the draft deviates it keeps its own. One save of the draft.

    `merged_sha256`: hash of the document that the person was shown. Raises DraftChanged, WrongState and what `save_draft` raises.
    """
    with transaction.atomic():
        lock_policy(version.policy_id)
        person_id = require_person(actor, version.policy, Role.RISK_MANAGER)
        fresh = PolicyVersion.objects.select_related("policy__lender", "policy__product", "based_on").get(
            pk=version.pk
        )
        found = what_to_take(fresh, now)
        if found is None:
            raise WrongState("This policy has no baseline in force.")
        if canonical_sha256(found.merged) != merged_sha256:
            raise DraftChanged("The draft or the baseline changed in between. Look again.")
        saved = save_draft(
            version=fresh, document=found.merged, expected_sha256=expected_sha256, actor=actor, now=now
        )
        BaselineTaken.objects.create(
            version=saved,
            baseline_name=found.baseline.name,
            document=found.baseline.document,
            document_sha256=found.baseline.sha256,
            taken_by_id=person_id,
            taken_at=now,
        )
        return saved


def _taken_before(version: PolicyVersion, baseline: Baseline) -> dict[str, Any]:
    """The state of the baseline that this version, or the nearest it is based on, took in; else the state when it was named."""
    based_on = dict(
        PolicyVersion.objects.filter(policy_id=version.policy_id).values_list("pk", "based_on_id")
    )
    taken = {
        row.version_id: row
        for row in BaselineTaken.objects.filter(
            version__policy_id=version.policy_id, baseline_name=baseline.name
        ).order_by("pk")
    }
    at: int | None = version.pk
    while at is not None and at not in taken:
        at = based_on.pop(at, None)
    if at is not None:
        return dict(taken[at].document)
    return dict(PolicyBaseline.objects.get(policy_id=version.policy_id).document)


def _name_of(row: PolicyBaseline) -> str:
    return f"shipped:{row.shipped}" if row.source is None else f"policy:{row.source.slug}"


def _audit(action: str, policy: Policy, actor: Actor, now: datetime, **parts: Any) -> None:
    record_entry(
        actor=actor,
        action=action,
        object_type="policy",
        object_id=str(policy.pk),
        object_label=policy.slug,
        lender_id=policy.lender_id,
        now=now,
        **parts,
    )
