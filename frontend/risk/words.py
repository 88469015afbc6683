"""What the policy screens say: a version in one sentence, its parts, its changes with marks, its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from explanations.reason_codes.catalogue import current_catalogue, policy_codes
from frontend.risk.check_words import PersonWords, Said, people_in_words
from underwriting.enums import ActorKind
from underwriting.models import AuditEntry, Policy, PolicyVersion
from underwriting.policy.check import check_policy
from underwriting.policy.diff import (
    SETTINGS,
    Change,
    ChangeKind,
    diff_in_words,
    settings_in_words,
    tier_in_words,
)
from underwriting.policy.parts import PARTS
from underwriting.policy.schema import (
    Complaint,
    PolicyDocument,
    PolicyRefused,
    Rule,
    RuleKind,
    parse_document,
)
from underwriting.policy.words import rule_in_words

MARKS = {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "−", ChangeKind.CHANGED: "~", ChangeKind.MOVED: "↕"}
ACTIONS = {
    "policy.draft_created": "started",
    "policy.draft_saved": "saved",
    "policy.submitted": "submitted",
    "policy.approved": "approved",
    "policy.turned_down": "turned down",
    "policy.activated": "put in force",
    "policy.scheduled": "scheduled",
    "policy.check_requested": "asked for another check of",
    "policy.backtest_requested": "asked for a backtest of",
    "policy.backtest_stopped": "stopped a backtest of",
    "policy.taken_back": "took back",
    "policy.rebased": "put on the version in force",
    "policy.unscheduled": "took back the moment of",
    "policy.rollback_prepared": "prepared the rollback",
    "policy.rollout_started": "began to try",
    "policy.rollout_stopped": "stopped trying",
    "policy.emergency_reviewed": "looked afterwards at",
    "policy.commented": "commented on",
    "policy.comment_resolved": "resolved a comment on",
    "policy.refused": "was refused at",
    "policy.reference_requested": "asked to draw the reference sample again for",
    "policy.reference_drawn": "drew the reference sample for",
}


@dataclass(frozen=True, slots=True)
class RuleWords:
    """A rule and what it says."""

    rule: Rule
    words: str


@dataclass(frozen=True, slots=True)
class DocumentWords:
    """A document in words, or why it cannot be read."""

    sentence: str
    knock_outs: tuple[RuleWords, ...] = ()
    reviews: tuple[RuleWords, ...] = ()
    tiers: tuple[tuple[str, str], ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class MarkedChange:
    """A change as components/diff.html draws it."""

    mark: str
    section: str
    sentence: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A complaint with a link to where it can be put right."""

    message: str
    anchor: str
    blocks: bool
    people: tuple[PersonWords, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A row of components/timeline.html."""

    occurred_at: datetime
    who: str
    is_machine: bool
    sentence: str
    reason: str
    url: str = ""
    before: str = ""
    after: str = ""


def plural(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def summary(document: PolicyDocument) -> str:
    """`Approve at 640 and above. Review 600 to 639. Decline below 600. 4 knock-out rules, 6 review rules, 4 price tiers.`"""
    approve, refer = document.cut_offs.approve, document.cut_offs.refer
    band = f" Review {refer} to {approve - 1}." if refer < approve else " No review band."
    knock_outs = sum(rule.kind is RuleKind.KNOCKOUT for rule in document.rules)
    counts = (
        plural(knock_outs, "knock-out rule", "knock-out rules"),
        plural(len(document.rules) - knock_outs, "review rule", "review rules"),
        plural(len(document.price_grid), "price tier", "price tiers"),
    )
    return f"Approve at {approve} and above.{band} Decline below {refer}. {', '.join(counts)}."


def in_words(document: Mapping[str, Any]) -> DocumentWords:
    """A stored document in words; one that cannot be read says so."""
    try:
        parsed = parse_document(document)
    except PolicyRefused as refused:
        first = refused.complaints[0]
        return DocumentWords(
            sentence=f"This document cannot be read: {first.place}: {first.message}", is_readable=False
        )
    rows = [RuleWords(rule, rule_in_words(rule, parsed.currency)) for rule in parsed.rules]
    settings = zip(SETTINGS, settings_in_words(parsed), strict=True)
    return DocumentWords(
        sentence=summary(parsed),
        knock_outs=tuple(row for row in rows if row.rule.kind is RuleKind.KNOCKOUT),
        reviews=tuple(row for row in rows if row.rule.kind is RuleKind.REVIEW),
        tiers=tuple((tier.name, tier_in_words(tier, parsed.currency)) for tier in parsed.price_grid),
        settings=tuple((name, words) for name, words in settings if words),
    )


def complaints_about(document: Mapping[str, Any]) -> list[Complaint]:
    """All complaints, by the reason catalogue in force."""
    return check_policy(document, reason_codes=policy_codes(current_catalogue()))


def checks(document: Mapping[str, Any]) -> list[Check]:
    """What is wrong with a document, as `checks_of` lists it."""
    return checks_of(document, complaints_about(document))


def checks_of(
    document: Mapping[str, Any], complaints: Sequence[Complaint], said: Said | None = None
) -> list[Check]:
    """Complaints as a list with links into the editor and the people who show them, those that block first."""
    rules = document.get("rules", [])
    people = people_in_words(document, complaints, said or {})
    found = [
        Check(_named(c, rules), _anchor(c.place, rules), c.blocks, shown)
        for c, shown in zip(complaints, people, strict=True)
    ]
    return sorted(found, key=lambda check: not check.blocks)


def _named(complaint: Complaint, rules: Any) -> str:
    rule_id = _rule_id(complaint.place, rules)
    is_named = not rule_id or complaint.message.startswith(f"Rule {rule_id} ")
    return complaint.message if is_named else f"Rule {rule_id}: {complaint.message}"


def _rule_id(place: str, rules: Any) -> str:
    parts = place.split("/")
    if len(parts) > 2 and parts[1] == "rules" and parts[2].isdigit() and int(parts[2]) < len(rules):
        return str(rules[int(parts[2])].get("id", ""))
    return ""


def _anchor(place: str, rules: Any) -> str:
    rule_id = _rule_id(place, rules)
    if rule_id:
        return f"rule-{rule_id}"
    section = place.split("/")[1] if place.count("/") else ""
    part = next((part for part, keys in PARTS.items() if section in keys), "rules")
    return "rules" if section == "rules" else part


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[MarkedChange]:
    """Differences as the diff component draws them."""
    return [marked(change) for change in diff_in_words(before, after)]


def marked(change: Change) -> MarkedChange:
    """A difference as the diff component draws it."""
    mark = MARKS[change.kind]
    if change.kind is ChangeKind.MOVED:
        return MarkedChange(mark, change.section, change.sentence)
    return MarkedChange(mark, change.section, f"{change.what}:", change.before, change.after)


def history(policy: Policy, versions: Sequence[PolicyVersion], *, limit: int = 60) -> list[HistoryRow]:
    """What happened to these versions, newest first."""
    entries = AuditEntry.objects.filter(
        lender_id=policy.lender_id, object_type="policy_version", object_id__in=[str(v.pk) for v in versions]
    ).order_by("-id")[:limit]
    return [_history_row(entry) for entry in entries]


def _history_row(entry: AuditEntry) -> HistoryRow:
    verb = ACTIONS.get(entry.action, entry.action.replace(".", " ").replace("_", " "))
    label = entry.object_label.rsplit(" ", 1)[-1]
    moment = (entry.after or {}).get("active_from", "") if entry.action == "policy.scheduled" else ""
    return HistoryRow(
        occurred_at=entry.occurred_at,
        who=entry.actor_name,
        is_machine=entry.actor_kind == ActorKind.SYSTEM,
        sentence=f"{verb} {label}{f' for {moment[:16]} UTC' if moment else ''}",
        reason=entry.reason,
    )
