"""Due times, claims and audit entries in the words of the review desk. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from frontend.charts.contributions import ABSENCE_WORDS
from frontend.templatetags.ui import in_words, money, rate
from underwriting.enums import ActorKind
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence
from underwriting.models import AuditEntry
from underwriting.policy.words import value_in_words

SOON = timedelta(hours=1)
A_MINUTE = timedelta(minutes=1)
FEW = 30


@dataclass(frozen=True, slots=True)
class Due:
    """A due time: a shape and a tone beside the words, never instead of them."""

    shape: str
    tone: str
    words: str


def span_words(span: timedelta) -> str:
    """How long something took."""
    return in_words(span) if span >= A_MINUTE else "under a minute"


def rate_words(count: int, of: int) -> str:
    """A share with what it is of; of fewer than 30 as it was counted; empty of nothing."""
    if not of:
        return ""
    return f"{count} of {of}" if of < FEW else f"{count / of:.1%} of {of:,}"


def due_words(due_at: datetime, *, now: datetime, zone: str) -> Due:
    """`Late 1 h 5 min`, `40 min`, `2 h 10 min` (today), or the day and time."""
    left = due_at - now
    if left < timedelta(0):
        return Due("▲", "decline", f"Late {in_words(-left)}")
    if left < SOON:
        return Due("◆", "refer", in_words(left))
    local, today = due_at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    if local.date() == today:
        return Due("●", "plain", in_words(left))
    return Due("", "plain", f"{local:%a} {local.day} {local:%b}, {local:%H:%M}")


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """What the timeline component shows of an audit entry."""

    occurred_at: datetime
    who: str
    is_machine: bool
    sentence: str
    reason: str
    url: str = ""
    before: str = ""
    after: str = ""


_SENTENCES = {
    "application.submitted": "submitted the application",
    "application.referred": "referred it to a person",
    "application.withdrawn": "withdrew the application",
    "assessment.recorded": "assessed it",
    "bureau.pulled": "asked the credit bureau",
    "case.opened": "opened the case",
    "case.assessment_requested": "asked for another assessment",
    "case.assessed_again": "laid a newer assessment on the case",
    "case.claimed": "claimed the case",
    "case.released": "gave the case back",
    "case.decided": "decided",
    "case.decision_undone": "took the decision back",
    "case.release_refused": "could not be let go",
    "case.closed": "closed the case",
    "case.second_answered": "answered as second approver",
    "case.applicant_asked": "asked the applicant",
    "case.came_back": "brought the case back",
    "case.escalated": "passed the case on",
    "case.taken_over": "took the case over",
    "case.assigned": "gave the case to somebody",
    "case.skipped": "skipped the case",
    "case.snoozed": "put the case off",
    "case.due_moved": "moved the due time",
    "case.tagged": "put a tag on the case",
    "case.untagged": "took a tag off the case",
    "case.answered_blind": "gave their own answer to the appeal",
    "fact.corrected": "corrected a fact",
    "fact.verified": "verified a fact",
    "document.received": "sent a document",
    "document.read": "opened a document",
    "appeal.received": "asked for another look",
    "appeal.answered": "answered the appeal",
    "appeal.ended": "closed the appeal unanswered: the applicant ended it",
    "offer.accepted": "took the offer",
    "offer.refused": "turned the offer down",
    "offer.renewed": "gave the offer its whole time from now on",
    "offer.conditions_met": "let the offer be taken: its papers were seen",
    "condition.met": "saw a paper on which the offer depends",
    "condition.awaited": "waits for the rest of the papers",
    "offer.expired": "ended the offer: its last day was over",
    "notice.disclosed": "sent the notice",
    "notice.recomposed": "had the notice written anew",
    "message.sent": "sent a message",
    "note.written": "wrote a note",
    "note.changed": "changed a note",
    "decision.replaced": "replaced the decision",
    "case.advice_shown": "looked at the system's suggestion",
    "decision.recorded": "recorded the decision",
}
# What an entry says beside its verb, as it stands in it.
_NAMED = {
    "case.escalated": ("holder",),
    "case.taken_over": ("holder",),
    "case.assigned": ("holder",),
    "case.skipped": ("because",),
    "case.snoozed": ("until",),
    "case.tagged": ("tag",),
    "condition.met": ("condition",),
    "case.untagged": ("tag",),
    "fact.verified": ("label", "source"),
}
_OUTCOMES = {"APPROVE": "approve", "DECLINE": "decline", "COUNTEROFFER": "counteroffer", "REFER": "refer"}


def timeline_rows(entries: Sequence[AuditEntry], *, currency: str, with_links: bool) -> list[TimelineRow]:
    """Entries as rows, in their order; the machine's are quieter. Links lead to the audit explorer for those who may open it."""
    return [_timeline_row(entry, currency=currency, with_links=with_links) for entry in entries]


def _timeline_row(entry: AuditEntry, *, currency: str, with_links: bool) -> TimelineRow:
    before, after = _changed(entry, currency)
    return TimelineRow(
        occurred_at=entry.occurred_at,
        who=_who(entry),
        is_machine=entry.actor_kind != ActorKind.USER,
        sentence=_sentence(entry),
        reason="" if entry.actor_kind != ActorKind.USER else entry.reason,
        url=f"/audit/{entry.pk}/" if with_links else "",
        before=before,
        after=after,
    )


def _changed(entry: AuditEntry, currency: str) -> tuple[str, str]:
    """What one change was from and to, in words; empty for an entry that changes nothing a reader of the case asks about."""
    before: dict[str, Any] = entry.before or {}
    after: dict[str, Any] = entry.after or {}
    for name in before.keys() & after.keys():
        if name in catalogue():
            was, became = (_fact_words(name, side[name], currency) for side in (before, after))
            return f"{catalogue()[name].label} {was}", became
        if name in _CHANGED:
            return _CHANGED[name](before[name]), _CHANGED[name](after[name])
    return "", ""


def _fact_words(name: str, raw: Any, currency: str) -> str:
    if isinstance(raw, dict) or raw is None:
        absence = Absence(raw["absence"]) if raw else Absence.UNKNOWN
        return ABSENCE_WORDS[absence].lower()
    return value_in_words(name, raw, currency)


_CHANGED: dict[str, Callable[[Any], str]] = {
    "holder": lambda name: name or "nobody",
    "status": lambda status: str(status).replace("_", " ").lower(),
    "assessment": lambda number: f"assessment {number}",
}


def _who(entry: AuditEntry) -> str:
    if entry.actor_kind == ActorKind.CLIENT:
        return f"API key: {entry.actor_name}"
    return "The applicant" if entry.actor_kind == ActorKind.APPLICANT else entry.actor_name


def _sentence(entry: AuditEntry) -> str:
    said = _SENTENCES.get(entry.action, entry.action.replace(".", " ").replace("_", " "))
    after: dict[str, Any] = entry.after or {}
    details = [after[name] for name in _NAMED.get(entry.action, ()) if after.get(name)]
    if after.get("outcome") in _OUTCOMES and entry.action != "case.closed":
        details.append(_OUTCOMES[after["outcome"]])
    if after.get("score") is not None:
        details.append(f"score {after['score']}")
    return f"{said}: {', '.join(details)}" if details else said


def offer_in_words(offer: dict[str, Any], currency: str) -> str:
    """`$10,000 over 36 months at 15.99% a year, $352 a month, tier D`."""
    parts = [money(offer["amount_minor"], currency)]
    if offer["term_months"]:
        parts.append(f"over {offer['term_months']} months")
    parts.append(f"at {rate(offer['annual_rate_bps'])} a year")
    text = " ".join(parts)
    if offer["instalment_minor"]:
        text += f", {money(offer['instalment_minor'], currency)} a month"
    return f"{text}, tier {offer['price_tier']}"
