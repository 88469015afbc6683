"""The panel beside a draft: what it would have done to past applications, with what is typed and not saved yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F
from django.db.models.functions import Floor

from frontend.charts.histogram import STEP, Histogram, histogram
from frontend.risk.backtest_words import loss_words
from frontend.risk.effect import DAYS, TOO_FEW, effect_in_words
from frontend.risk.section_forms import SECTIONS, readable_parts, section_form
from frontend.risk.staffing_words import staffing_of_effect
from frontend.session.staff import StaffRequest
from underwriting.effect.read import effect_of
from underwriting.effect.types import BadRate, Effect, EffectState, Part, Side
from underwriting.enums import ProductKind
from underwriting.models import Assessment, PolicyVersion
from underwriting.moment import database_now
from underwriting.outcomes.known import WINDOW_MONTHS
from underwriting.policy.parts import with_format
from underwriting.policy.selectors import active_policy_version
from underwriting.policy.words import money_in_words

ESTIMATED = {
    Part.OUTCOMES: "who is approved, declined or counteroffered",
    Part.COUNTEROFFERS: "counteroffers",
    Part.MONEY: "loss and profit",
}
DIMENSIONS = {"channel": "Channel", "thin_file": "Credit file"}


@dataclass(frozen=True, slots=True)
class Line:
    """One number before and after, in words, and how far it moved."""

    label: str
    before: str
    after: str
    moved: str = ""


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """Approvals, counteroffers included, of one segment."""

    name: str
    count: int
    before: str
    after: str


def panel(
    request: StaffRequest, draft: PolicyVersion, posted: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What the panel and the histogram show of a draft with what is typed. Raises PolicyRefused where the draft cannot be read."""
    now = database_now()
    document, unsaved, unread = with_typed(draft, posted or {})
    live = active_policy_version(draft.policy.product_id, now)
    effect = effect_of(draft.policy, live.document if live else None, document)
    is_weighed_now = live is not None and effect.state is EffectState.BUILDING and effect.is_waiting
    known = effect_of(draft.policy, live.document, live.document) if live and is_weighed_now else effect
    currency = document["currency"]
    return {
        "live": live,
        "effect": effect,
        "sentence": effect_in_words(effect),
        "lines": lines(known, currency),
        "is_weighed_now": is_weighed_now,
        "segments": segment_lines(effect),
        "staffing": staffing_of_effect(draft.policy, effect, document["sla"], now),
        "estimates": [ESTIMATED[part] for part in effect.estimates],
        "loss_words": loss_words(effect.losses),
        "unsaved": unsaved,
        "unread": unread,
        **drawn_scores(draft, document, live, now),
        "has_open_rules": any("-rule-id" in name for name in posted or {}),
        "zone": request.lender.time_zone,
    }


def with_typed(
    draft: PolicyVersion, posted: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str], list[str]]:
    """The document with the sections that were typed; titles of those that differ from what is saved, and of those nobody can read."""
    saved = draft.document
    document = dict(saved)
    parsed = readable_parts(saved)
    unread = []
    for section in SECTIONS.values():
        is_there = any(name.startswith(f"{section.prefix}-") for name in posted)
        if not is_there or ProductKind(parsed.product_kind) not in section.kinds:
            continue
        form = section_form(section, parsed, posted)
        if form.is_valid():
            form.write(document)
        else:
            unread.append(section.title)
    unsaved = [
        section.title
        for section in SECTIONS.values()
        if any(document.get(key) != saved.get(key) for key in section.keys)
    ]
    return with_format(document), unsaved, unread


def lines(effect: Effect, currency: str) -> list[Line]:
    """Outcomes, money and the bad rate, before and after; empty unless the numbers are there."""
    old, new, count = effect.before, effect.after, effect.application_count
    if old is None or new is None:
        return []
    outcomes = [
        ("Approved", old.approval_count, new.approval_count),
        ("Counteroffers", old.counteroffer_count, new.counteroffer_count),
        ("Referred to a person", old.referral_count, new.referral_count),
        ("Declined", old.decline_count, new.decline_count),
    ]
    money = [
        ("Expected loss", old.expected_loss_minor, new.expected_loss_minor),
        ("Interest less expected loss", old.profit_minor, new.profit_minor),
    ]
    return [
        *(Line(label, f"{a:,}", f"{b:,}", _moved(a, b, count)) for label, a, b in outcomes),
        *(Line(label, money_in_words(a, currency), money_in_words(b, currency)) for label, a, b in money),
        Line(
            f"Bad within {WINDOW_MONTHS} months, of loans old enough and told of",
            bad_in_words(old.bad_rate),
            bad_in_words(new.bad_rate),
        ),
    ]


def _moved(before: int, after: int, count: int) -> str:
    """`+214 (1.7 points)`; points only where the applications are enough for a rate."""
    if before == after:
        return "±0"
    points = f" ({100 * abs(after - before) / count:.1f} points)" if count >= TOO_FEW else ""
    return f"{'+' if after > before else '−'}{abs(after - before):,}{points}"


def bad_in_words(rate: BadRate) -> str:
    """`9 of 131: 6.9%, 95% range 3.7 to 12.5`; bare counts where they are too few to be a rate."""
    if not rate.known_count:
        return "No result known"
    counted = f"{rate.bad_count:,} of {rate.known_count:,}"
    if rate.known_count < TOO_FEW or rate.share is None or rate.interval is None:
        return counted
    low, high = rate.interval
    return f"{counted}: {100 * rate.share:.1f}%, 95% range {100 * low:.1f} to {100 * high:.1f}"


def segment_lines(effect: Effect) -> list[SegmentLine]:
    """How many of each segment are approved or countered, before and after."""
    return [
        SegmentLine(
            f"{DIMENSIONS.get(s.dimension, s.dimension)}: {s.name or 'not given'}",
            s.before.application_count,
            _approved(s.before),
            _approved(s.after),
        )
        for s in effect.segments
    ]


def _approved(side: Side) -> str:
    approved, count = side.approval_count + side.counteroffer_count, side.application_count
    return f"{approved:,}" if count < TOO_FEW else f"{approved:,} ({100 * approved / count:.1f}%)"


def scores(draft: PolicyVersion) -> dict[str, Any]:
    """The histogram under the saved thresholds of a draft."""
    now = database_now()
    live = active_policy_version(draft.policy.product_id, now)
    return {"live": live, **drawn_scores(draft, draft.document, live, now)}


def drawn_scores(
    draft: PolicyVersion, document: Mapping[str, Any], live: PolicyVersion | None, now: datetime
) -> dict[str, Any]:
    return {"scores": scores_of(draft, document, live, now), "score_days": DAYS}


def scores_of(
    draft: PolicyVersion, document: Mapping[str, Any], live: PolicyVersion | None, now: datetime
) -> Histogram | None:
    """First scores of the product's applications received in the last 90 days under the draft's thresholds. One statement."""
    scored = Assessment.objects.filter(
        lender_id=draft.policy.lender_id,
        application__product_id=draft.policy.product_id,
        number=1,
        score__isnull=False,
        application__received_at__gte=now - timedelta(days=DAYS),
        application__received_at__lte=now,
    )
    bars = scored.annotate(bar=Floor(F("score") / float(STEP))).values_list("bar").annotate(n=Count("id"))
    counts = {int(bar) * STEP: count for bar, count in bars.order_by("bar")}
    cut_offs = document["cut_offs"]
    old = live.document["cut_offs"] if live else None
    return histogram(
        counts,
        new=(cut_offs["approve"], cut_offs["refer"]),
        old=(old["approve"], old["refer"]) if old else None,
    )
