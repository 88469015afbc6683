"""The notice that stands, as its applicants may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from explanations.models import Notice
from explanations.notices.disclosing import is_told
from explanations.notices.required import LACKS, NO_REASON, SECOND_LOOK
from explanations.notices.subject import ADVERSE
from underwriting.enums import NoticeKind
from underwriting.models import Application, Decision, Party

OF_THE_REASONS = (NO_REASON, SECOND_LOOK)


@dataclass(frozen=True, slots=True)
class StandingNotice:
    """`letter` is the party's own, None where the notice has none for them; reasons may be shown once `is_disclosed`.

    `reasons_are_checked`: the notice waits for a person to look at its reasons, and not (only) for a setting.
    """

    content: Mapping[str, Any]
    letter: Mapping[str, Any] | None
    due_at: datetime | None
    is_disclosed: bool
    reasons_are_checked: bool = False


def standing_notice(*, application: Application, party: Party) -> StandingNotice | None:
    """The frozen notice of the application's last decision; None while there is no decision. Never recomputed."""
    notice = _of_last_decision(application)
    return None if notice is None else _seen_by(party, notice)


def offer_in_words(decision: Decision) -> Sequence[Mapping[str, str]]:
    """The terms of a decision's offer, label and value, as its newest notice prints them; nothing where it has none."""
    notice = Notice.objects.filter(decision=decision).order_by("-number").first()
    return [] if notice is None else notice.snapshot["offer"]


def incompleteness_notice(*, application: Application, party: Party) -> StandingNotice | None:
    """The frozen notice that says what is missing; None where the application was never incomplete."""
    notice = _without_decision(application)
    return None if notice is None else _seen_by(party, notice)


def look_again_until(decision: Decision) -> date | None:
    """The last day to ask for another look at a decision, as the notice names it that was told; None before that."""
    told = Notice.objects.filter(decision=decision, decision__disclosure__isnull=False).order_by("-number")
    named = told.values_list("snapshot__look_again_until", flat=True).first()
    return date.fromisoformat(named) if named else None


def told_notice(application: Application) -> Notice | None:
    """The notice that stands and was told: of the last decision, or of incompleteness before there is one."""
    notice = _of_last_decision(application) or _without_decision(application)
    return notice if notice is not None and is_told(notice) else None


def _of_last_decision(application: Application) -> Notice | None:
    return (
        Notice.objects.filter(application=application, decision__isnull=False)
        .order_by("-decision__number", "-number")
        .first()
    )


def _without_decision(application: Application) -> Notice | None:
    rows = Notice.objects.filter(application=application, kind=NoticeKind.INCOMPLETENESS)
    return rows.order_by("-number").first()


def _seen_by(party: Party, notice: Notice) -> StandingNotice:
    told = is_told(notice)
    letters = notice.snapshot["letters"] if told else []
    return StandingNotice(
        content=notice.snapshot,
        letter=next((letter for letter in letters if letter["party"] == str(party.public_id)), None),
        due_at=notice.due_at,
        is_disclosed=told,
        reasons_are_checked=not told and notice.kind in ADVERSE and _waits_for_a_person(notice),
    )


def _waits_for_a_person(notice: Notice) -> bool:
    """Whether more holds it than what only the lender's settings or the credit report lack."""
    because = notice.held_because
    for sentence in LACKS:
        if sentence not in OF_THE_REASONS:
            because = because.replace(sentence, "")
    return bool(because.strip())
