"""What a draft's cut-offs would have meant for the applications of the last 90 days, by score alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from underwriting.models import Assessment, PolicyVersion
from underwriting.policy.schema import PolicyRefused, parse_document

DAYS = 90


def effect_sentence(live: PolicyVersion | None, draft: PolicyVersion, now: datetime) -> str:
    """`632 instead of 640: 14 more of 412 applications reach the approval cut-off (3.4 points).` Empty where there is nothing to compare."""
    if live is None:
        return ""
    try:
        old, new = parse_document(live.document).cut_offs, parse_document(draft.document).cut_offs
    except PolicyRefused:
        return ""
    scored = Assessment.objects.filter(
        lender_id=draft.policy.lender_id,
        application__product_id=draft.policy.product_id,
        number=1,
        score__isnull=False,
        created_at__gte=now - timedelta(days=DAYS),
        created_at__lte=now,
    )
    counts: dict[str, Any] = scored.aggregate(
        all=Count("id"),
        old_approve=Count("id", filter=Q(score__gte=old.approve)),
        new_approve=Count("id", filter=Q(score__gte=new.approve)),
        old_decline=Count("id", filter=Q(score__lt=old.refer)),
        new_decline=Count("id", filter=Q(score__lt=new.refer)),
    )
    if not counts["all"]:
        return f"No application was scored in the last {DAYS} days, so there is nothing to compare with."
    if old == new:
        return f"The cut-offs are those in force. {counts['all']:,} applications were scored in the last {DAYS} days."
    parts = [
        _part(counts, "approve", old.approve, new.approve, "reach the approval cut-off"),
        _part(counts, "decline", old.refer, new.refer, "fall below the referral cut-off"),
    ]
    return f"Of {counts['all']:,} applications scored in the last {DAYS} days, by score alone: {'; '.join(p for p in parts if p)}."


def _part(counts: dict[str, Any], name: str, old: int, new: int, what: str) -> str:
    if old == new:
        return ""
    difference = counts[f"new_{name}"] - counts[f"old_{name}"]
    word = "as many" if difference == 0 else f"{abs(difference):,} {'more' if difference > 0 else 'fewer'}"
    points = 100 * abs(difference) / counts["all"]
    tail = f" ({points:.1f} points)" if difference and counts["all"] >= 30 else ""
    return f"{new} instead of {old}: {word} {what}{tail}"
