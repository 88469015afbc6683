"""Numbers, moments and states in the words of the screens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from frontend.session.unsent import take_unsent_words
from underwriting.enums import ApplicationStatus, Outcome, PolicyState

register = template.Library()

MINUS = "\N{MINUS SIGN}"
_TONES: dict[str, tuple[str, str]] = {
    Outcome.APPROVE: ("approve", "Approve"),
    Outcome.COUNTEROFFER: ("approve", "Counteroffer"),
    Outcome.REFER: ("refer", "Refer"),
    Outcome.DECLINE: ("decline", "Decline"),
    ApplicationStatus.SUBMITTED: ("wait", "Submitted"),
    ApplicationStatus.INCOMPLETE: ("wait", "Incomplete"),
    ApplicationStatus.IN_ASSESSMENT: ("wait", "In assessment"),
    ApplicationStatus.REFERRED: ("refer", "In review"),
    ApplicationStatus.APPROVED: ("approve", "Approved"),
    ApplicationStatus.COUNTEROFFERED: ("approve", "Counteroffered"),
    ApplicationStatus.DECLINED: ("decline", "Declined"),
    ApplicationStatus.ACCEPTED: ("approve", "Accepted"),
    ApplicationStatus.WITHDRAWN: ("none", "Withdrawn"),
    ApplicationStatus.EXPIRED: ("none", "Expired"),
    ApplicationStatus.CLOSED_INCOMPLETE: ("none", "Closed incomplete"),
    PolicyState.DRAFT: ("wait", "Draft"),
    PolicyState.ACTIVE: ("approve", "Active"),
    PolicyState.RETIRED: ("none", "Retired"),
    "PASS": ("approve", "Pass"),
    "FAIL": ("decline", "Fail"),
    "NOT_CHECKED": ("none", "Not checked"),
}
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹"}


@register.inclusion_tag("components/tag.html")
def status_tag(state: str, word: str = "") -> dict[str, str]:
    """A word with a shape for an outcome, a status or a rule's result; an unknown state stays a plain word."""
    tone, usual = _TONES.get(str(state), ("info", str(state).replace("_", " ").capitalize()))
    return {"tone": tone, "word": word or usual}


@register.filter
def money(minor: int | None, currency: str = "USD") -> str:
    """Whole minor units as an amount: no decimals from 100 units up."""
    if minor is None:
        return "Not provided"
    sign = _SIGNS.get(currency, f"{currency} ")
    units, cents = divmod(abs(int(minor)), 100)
    digits = f"{units + (cents >= 50):,}" if units >= 100 else f"{units}.{cents:02d}"
    return f"{MINUS if minor < 0 else ''}{sign}{digits}"


@register.filter
def share(ratio: float | None) -> str:
    """A plain ratio as a percentage with at most one decimal."""
    if ratio is None:
        return "Not provided"
    text = f"{ratio * 100:.1f}".removesuffix(".0")
    return f"{text}%".replace("-", MINUS)


@register.filter
def rate(basis_points: int | None) -> str:
    """Basis points as a yearly percentage with two decimals."""
    return "Not provided" if basis_points is None else f"{basis_points / 100:.2f}%"


@register.filter
def signed(number: float) -> str:
    """A whole number with its sign, as points are written."""
    whole = round(number)
    return f"+{whole}" if whole > 0 else f"{MINUS}{-whole}" if whole < 0 else "0"


def in_words(span: timedelta) -> str:
    """A duration: minutes under an hour, hours and minutes under a day, then days."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours and days < 3 else f"{days} d"


@register.filter
def get(values: Mapping[str, object], name: str) -> object:
    """An entry of a dictionary whose name is not a word that a template can spell."""
    return values.get(name)


@register.filter
def duration(span: timedelta) -> str:
    return in_words(span)


def _local(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone or "UTC"))


@register.filter
def on_day(at: datetime, zone: str = "UTC") -> str:
    local = _local(at, zone)
    return f"{local.day} {local:%b %Y}"


@register.simple_tag
def moment(at: datetime | None, form: str = "both", zone: str = "UTC") -> SafeString | str:
    """A `<time>` in the lender's zone; `form` is both, day or time. The exact instant is in the attribute and the title."""
    if at is None:
        return "Not yet"
    local = _local(at, zone)
    day = f"{local.day} {local:%b %Y}"
    words = {"day": day, "time": f"{local:%H:%M}"}.get(form, f"{day}, {local:%H:%M}")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(), f"{day} {local:%H:%M:%S %Z}", words
    )


@register.simple_tag(takes_context=True)
def unsent_words(context: Mapping[str, Any]) -> list[str]:
    """What the signed-in person sent after their session had ended and no form of this page has taken back."""
    request = context.get("request")
    return take_unsent_words(request) if getattr(request, "staff", None) else []
