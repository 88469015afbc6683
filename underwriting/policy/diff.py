"""What changed between two policy documents, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from underwriting.enums import Role
from underwriting.policy.conditions import leaves
from underwriting.policy.schema import (
    Counteroffer,
    IfAbsent,
    PolicyDocument,
    PolicyRefused,
    PriceTier,
    Rule,
    RuleKind,
    parse_document,
)
from underwriting.policy.words import (
    bound_in_words,
    every_digit,
    label,
    points_in_words,
    rate_in_words,
    rule_in_words,
    share_in_words,
)


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `section` as on the policy page, `what` names the thing, `before` and `after` are words, empty where there is none.

    `is_knock_out`: it is about a rule that declines, before or after.
    """

    kind: ChangeKind
    section: str
    what: str
    before: str = ""
    after: str = ""
    is_knock_out: bool = False

    @property
    def anchor(self) -> str:
        """Names the changed thing, whatever is changed about it: `rules:k-01`, `prices:a`, `cut-offs:approve-at`."""
        name = self.what.split(" ")[1] if self.section == "Rules" else self.what.removeprefix("Tier ")
        return f"{self.section}:{name}".replace(" ", "-").lower()

    @property
    def sentence(self) -> str:
        """`Approve at: 640 → 632.`"""
        if self.kind is ChangeKind.ADDED:
            return f"{self.what} added: {self.after}"
        if self.kind is ChangeKind.REMOVED:
            return f"{self.what} removed: {self.before}"
        if self.kind is ChangeKind.MOVED:
            return f"{self.what} moved {self.after}."
        return f"{self.what}: {self.before} → {self.after}"


def diff_in_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every difference, in the order of the policy page; a document that cannot be read yet is one change that says so."""
    try:
        old, new = parse_document(before), parse_document(after)
    except PolicyRefused as refused:
        place = refused.complaints[0]
        return [
            Change(ChangeKind.CHANGED, "Document", "The draft cannot be read yet", place.place, place.message)
        ]
    knock_outs = {f"Rule {r.id}" for r in (*old.rules, *new.rules) if r.kind is RuleKind.KNOCKOUT}
    rules = [
        replace(change, is_knock_out=" ".join(change.what.split(" ")[:2]) in knock_outs)
        for change in _rules(old, new)
    ]
    return [*_cut_offs(old, new), *rules, *_tiers(old, new), *_settings(old, new)]


def _changed(section: str, what: str, before: str, after: str) -> Iterator[Change]:
    if before != after:
        kind = ChangeKind.ADDED if not before else ChangeKind.REMOVED if not after else ChangeKind.CHANGED
        yield Change(kind, section, what, before, after)


def _cut_offs(old: PolicyDocument, new: PolicyDocument) -> Iterator[Change]:
    yield from _changed("Cut-offs", "Approve at", str(old.cut_offs.approve), str(new.cut_offs.approve))
    yield from _changed("Cut-offs", "Decline below", str(old.cut_offs.refer), str(new.cut_offs.refer))


def _rules(old: PolicyDocument, new: PolicyDocument) -> Iterator[Change]:
    before, after = {r.id: r for r in old.rules}, {r.id: r for r in new.rules}
    for rule_id, rule in before.items():
        if rule_id not in after:
            yield Change(ChangeKind.REMOVED, "Rules", f"Rule {rule_id}", _rule(rule, old), "")
    for rule_id, rule in after.items():
        if rule_id not in before:
            yield Change(ChangeKind.ADDED, "Rules", f"Rule {rule_id}", "", _rule(rule, new))
        else:
            yield from _rule_changes(before[rule_id], rule, old, new)
    yield from _moves([i for i in before if i in after], [i for i in after if i in before])


def _moves(before: list[str], after: list[str]) -> Iterator[Change]:
    """Rules out of order: those outside the longest runs that both orders share."""
    runs = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    kept = {rule_id for run in runs for rule_id in after[run.b : run.b + run.size]}
    for index, rule_id in enumerate(after):
        if rule_id not in kept:
            place = f"above {after[index + 1]}" if index + 1 < len(after) else "to the end"
            yield Change(ChangeKind.MOVED, "Rules", f"Rule {rule_id}", "", place)


def _rule(rule: Rule, document: PolicyDocument) -> str:
    code = f" Reason {rule.reason_code}." if rule.reason_code else ""
    return f"{rule.name}. {rule_in_words(rule, document.currency)}{code}{_against(rule)} Priority {rule.priority}."


def _rule_changes(old: Rule, new: Rule, before: PolicyDocument, after: PolicyDocument) -> Iterator[Change]:
    what = f"Rule {new.id}"
    yield from _changed(
        "Rules", f"{what} condition", rule_in_words(old, before.currency), rule_in_words(new, after.currency)
    )
    yield from _changed("Rules", f"{what} without a fact", _absences(old), _absences(new))
    yield from _changed("Rules", f"{what} name", old.name, new.name)
    yield from _changed("Rules", f"{what} reason code", old.reason_code or "none", new.reason_code or "none")
    yield from _changed("Rules", f"{what} priority", str(old.priority), str(new.priority))
    yield from _changed("Rules", f"{what} owner", old.owner, new.owner)
    yield from _changed("Rules", f"{what} source", old.source.value, new.source.value)
    yield from _changed("Rules", f"{what} reason", old.reason, new.reason)
    yield from _changed("Rules", f"{what} review date", _day(old), _day(new))


def _day(rule: Rule) -> str:
    return f"{rule.review_on:%-d %b %Y}" if rule.review_on else ""


def _absences(rule: Rule) -> str:
    """Of each condition, in order: the same fact may stand in two of them."""
    return "; ".join(
        f"“{label(c.fact)}” not on file {c.if_absent.value}, never happened {c.if_never.value}"
        for c in leaves(rule.when)
    )


def _against(rule: Rule) -> str:
    """What a missing fact does to an applicant, where it does not simply pass."""
    found = []
    for condition in leaves(rule.when):
        if condition.if_absent is not IfAbsent.PASSES:
            found.append(f" “{label(condition.fact)}” not on file {condition.if_absent.value}.")
        if condition.if_never is not IfAbsent.PASSES:
            found.append(f" “{label(condition.fact)}” that never happened {condition.if_never.value}.")
    return "".join(dict.fromkeys(found))


def tier_in_words(tier: PriceTier, currency: str) -> str:
    """`from 700: 7.49 % a year`, with the limit for lines."""
    words = f"from {tier.score_from}: {rate_in_words(tier.annual_rate_bps)} a year"
    limit = tier.limit
    if limit is not None and limit.amount_minor is not None:
        words += f", limit {bound_in_words(limit.amount_minor, currency)}"
    if limit is not None and limit.monthly_income_multiple is not None:
        most = bound_in_words(limit.maximum_minor or 0, currency)
        words += f", limit {every_digit(limit.monthly_income_multiple)} times monthly income, at most {most}"
    return words


def _tiers(old: PolicyDocument, new: PolicyDocument) -> Iterator[Change]:
    before = {t.name: tier_in_words(t, old.currency) for t in old.price_grid}
    after = {t.name: tier_in_words(t, new.currency) for t in new.price_grid}
    for name in [*before, *(n for n in after if n not in before)]:
        yield from _changed("Prices", f"Tier {name}", before.get(name, ""), after.get(name, ""))


def _settings(old: PolicyDocument, new: PolicyDocument) -> Iterator[Change]:
    if (old.steps, old.delegation) == (new.steps, new.delegation):  # else it changed with what needs it
        yield from _changed("Document", "Format", str(old.format), str(new.format))
    for section, before, after in zip(SETTINGS, settings_in_words(old), settings_in_words(new), strict=True):
        yield from _changed(section, section, before, after)


SETTINGS = (
    "Affordability", "Line", "Largest steps", "Counteroffer", "Segments", "Fallback", "Authority", "Service level"
)  # fmt: skip


def settings_in_words(document: PolicyDocument) -> tuple[str, ...]:
    """The parts of a policy beside cut-offs, rules and prices, one sentence each, in the order of SETTINGS; empty: not set."""
    return (
        _affordability(document),
        _line(document),
        _steps(document),
        _counteroffer(document),
        _segments(document),
        _fallback(document),
        _authority(document),
        f"A referral is decided within {document.sla.working_minutes:,} working minutes.",
    )


def _affordability(document: PolicyDocument) -> str:
    caps = document.affordability
    if caps is None:
        return ""
    words = []
    if caps.instalment_to_income_max is not None:
        words.append(
            f"the instalment takes at most {share_in_words(caps.instalment_to_income_max)} of monthly income"
        )
    if caps.debt_service_max is not None:
        words.append(f"all debt payments with it take at most {share_in_words(caps.debt_service_max)}")
    return f"{' and '.join(words).capitalize()}; else reason {caps.reason_code}."


def _line(document: PolicyDocument) -> str:
    line, currency = document.line, document.currency
    if line is None:
        return ""
    step, least = bound_in_words(line.step_minor, currency), bound_in_words(line.minimum_minor, currency)
    paying = (
        ""
        if line.assumed_payment_ratio is None
        else f", paid back at {share_in_words(line.assumed_payment_ratio)} a month"
    )
    return f"Limits in steps of {step}, at least {least}{paying}; else reason {line.reason_code}."


def _steps(document: PolicyDocument) -> str:
    steps, words = document.steps, []
    if steps is not None and steps.rate_bps_max is not None:
        words.append(f"the yearly rate rises by at most {points_in_words(steps.rate_bps_max)}")
    if steps is not None and steps.limit_minor_max is not None:
        words.append(f"the limit falls by at most {bound_in_words(steps.limit_minor_max, document.currency)}")
    return f"One point of score lower, {' and '.join(words)}." if words else ""


def _counteroffer(document: PolicyDocument) -> str:
    bounds = document.counteroffer
    terms = ", ".join(str(t) for t in bounds.terms_months)
    words = (
        f"{bound_in_words(bounds.minimum_amount_minor, document.currency)} and "
        f"{share_in_words(bounds.minimum_share_of_requested)} of the amount asked for"
        f"{f', over {terms} months' if terms else ''}."
    )
    if bounds.allowed:
        return f"At least {words}"
    is_bounded = bounds != Counteroffer(allowed=False)
    return f"No counteroffers; were they allowed, at least {words}" if is_bounded else "No counteroffers."


def _segments(document: PolicyDocument) -> str:
    channels, purposes = document.segments.channels, document.segments.purposes
    return f"Channels: {', '.join(channels) or 'all'}. Purposes: {', '.join(p.replace('_', ' ') for p in purposes) or 'all'}."


def _fallback(document: PolicyDocument) -> str:
    rule = document.fallback
    if rule is None:
        return "When the model is late, a person decides."
    return (
        f"When the model is late: approve at a bureau score of {rule.bureau_score_min} or more, up to "
        f"{bound_in_words(rule.amount_max_minor, document.currency)} and {every_digit(rule.loan_to_income_max)} times yearly income, "
        f"at the price of tier {rule.price_tier}; else a person decides."
    )


def _authority(document: PolicyDocument) -> str:
    rights = sorted(document.authority_minor.items(), key=lambda item: item[1])
    words = [f"{_role(role)} up to {bound_in_words(m, document.currency)}" for role, m in rights]
    delegation = document.delegation
    if delegation is not None:
        tiers, overrides = sorted(delegation.price_tiers.items()), sorted(delegation.override_minor.items())
        words += [
            f"{_role(role)} approves alone at tier {', '.join(names) or 'none'}" for role, names in tiers
        ]
        words += [
            f"{_role(role)} confirms overrides up to {bound_in_words(m, document.currency)}"
            for role, m in overrides
        ]
        if delegation.exception_rules:
            words.append(f"two people approve in spite of {', '.join(delegation.exception_rules)}")
    return "; ".join(words) + "."


def _role(role: Role) -> str:
    return role.value.replace("_", " ")
