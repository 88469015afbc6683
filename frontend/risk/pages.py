"""Reading policies: the list, one policy, one version, and two versions side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render

from frontend.risk.words import changes_between, history, in_words, summary
from frontend.session.gate import screen
from frontend.session.staff import AUDITORS, COMPLIANCE, RISK, StaffRequest
from underwriting.enums import PolicyState, Role
from underwriting.models import Membership, PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.emergencies import unreviewed
from underwriting.policy.schema import PolicyRefused, parse_document
from underwriting.policy.selectors import (
    access_policy,
    access_version,
    state_at,
    version_before,
    version_in_force,
    versions_of,
)
from underwriting.policy.watch import watch_of

READERS = RISK | AUDITORS | COMPLIANCE
MANAGERS = frozenset({Role.RISK_MANAGER})
APPROVERS = frozenset({Role.RISK_APPROVER}) | COMPLIANCE
ACTIVATORS = frozenset({Role.RISK_APPROVER})
RATE_DAYS = 28
TOO_FEW = 30


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """A version with what it is at this moment."""

    version: PolicyVersion
    state: PolicyState


@dataclass(frozen=True, slots=True)
class NextReview:
    """When the rules in force are to be looked at again: the next day and its rules, and those whose day has passed."""

    on: date | None
    rule_ids: tuple[str, ...]
    overdue: tuple[str, ...]


def next_review(live: PolicyVersion | None, today: date) -> NextReview | None:
    """None where no rule in force has a review date."""
    rules = live.document["rules"] if live else []
    dated = sorted((rule["review_on"], rule["id"]) for rule in rules if rule.get("review_on"))
    if not dated:
        return None
    coming = [(day, rule_id) for day, rule_id in dated if day >= today.isoformat()]
    on = coming[0][0] if coming else None
    return NextReview(
        on=date.fromisoformat(on) if on else None,
        rule_ids=tuple(rule_id for day, rule_id in coming if day == on),
        overdue=tuple(rule_id for day, rule_id in dated if day < today.isoformat()),
    )


def sentence_of(version: PolicyVersion | None) -> str:
    """A version in one sentence."""
    if version is None:
        return "No version is in force."
    try:
        return summary(parse_document(version.document))
    except PolicyRefused:
        return "This document cannot be read yet."


@screen(read=READERS)
def policy_page(request: StaffRequest, slug: str) -> HttpResponse:
    policy = access_policy(request.lender, slug)
    now = database_now()
    live = version_in_force(policy, now)
    versions = versions_of(policy)
    listed = [ListedVersion(v, state_at(v, in_force=live)) for v in versions]
    people = Membership.objects.filter(lender=request.lender, user__is_active=True).order_by("user__name")
    approvers, compliance = (
        list(people.filter(role=role).values_list("user__name", flat=True))
        for role in (Role.RISK_APPROVER, Role.COMPLIANCE)
    )
    context = {
        "policy": policy,
        "live": live,
        "words": in_words(live.document) if live else None,
        "versions": listed,
        "open_versions": [
            row
            for row in listed
            if row.version.state in (PolicyState.DRAFT, PolicyState.SUBMITTED) or _waits(row)
        ],
        "history": history(policy, versions),
        "approvers": approvers,
        "compliance": compliance,
        "review": next_review(live, database_now().astimezone(ZoneInfo(request.lender.time_zone)).date()),
        "may_edit": Role.RISK_MANAGER in request.roles,
        "watch": watch_of(live, now) if live else None,
        "before_it": version_before(live) if live else None,
        "unreviewed": [v for v in unreviewed(request.lender, now) if v.policy_id == policy.pk],
        "zone": request.lender.time_zone,
    }
    return render(request, "risk/policy.html", context)


def _waits(row: ListedVersion) -> bool:
    """Approved and not in force yet."""
    return row.state is PolicyState.APPROVED


@screen(read=READERS)
def version_page(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    live = version_in_force(version.policy, database_now())
    was_live = version.active_from is not None and version.active_from <= database_now()
    context = {
        "version": version,
        "policy": version.policy,
        "live": live,
        "state": state_at(version, in_force=live),
        "words": in_words(version.document),
        "history": history(version.policy, [version]),
        "may_roll_back": was_live
        and live is not None
        and live.pk != version.pk
        and Role.RISK_MANAGER in request.roles,
        "zone": request.lender.time_zone,
    }
    return render(request, "risk/version.html", context)


@screen(read=READERS)
def compare(request: StaffRequest, slug: str, before: int, after: int) -> HttpResponse:
    older, newer = access_version(request.lender, slug, before), access_version(request.lender, slug, after)
    found = changes_between(older.document, newer.document)
    context = {
        "policy": older.policy,
        "older": older,
        "newer": newer,
        "changes": found,
        "rows": zip_tables(older, newer),
        "view": "tables" if request.GET.get("as") == "tables" else "words",
        "zone": request.lender.time_zone,
    }
    return render(request, "risk/compare.html", context)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of two documents side by side."""

    section: str
    name: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def zip_tables(older: PolicyVersion, newer: PolicyVersion) -> list[TableRow]:
    """Both documents line by line, rules and tiers matched by id and name."""
    left, right = _lines(older), _lines(newer)
    keys = [*left, *(key for key in right if key not in left)]
    return [
        TableRow(section, name, left.get((section, name), ""), right.get((section, name), ""))
        for section, name in keys
    ]


def _lines(version: PolicyVersion) -> dict[tuple[str, str], str]:
    words = in_words(version.document)
    if not words.is_readable:
        return {("Document", ""): words.sentence}
    cut_offs = version.document["cut_offs"]
    lines = {
        ("Cut-offs", "Approve at"): str(cut_offs["approve"]),
        ("Cut-offs", "Decline below"): str(cut_offs["refer"]),
    }
    for row in (*words.knock_outs, *words.reviews):
        lines["Rules", f"{row.rule.id} {row.rule.name}"] = row.words
    lines |= {("Prices", f"Tier {name}"): text for name, text in words.tiers}
    return lines | {("Other limits", name): text for name, text in words.settings}
