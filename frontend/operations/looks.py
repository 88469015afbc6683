"""What the case page says of a second look: whose turn it is, why not this person's, and both answers once they may be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from frontend.operations.dossier import ANSWER_WORDS
from frontend.operations.words import offer_in_words
from frontend.templatetags.ui import in_words
from review_queue.actions.decide import SECOND
from review_queue.actions.undo import may_take_back_first
from review_queue.impartial import partiality
from review_queue.models import HeldDecision, ReviewCase
from underwriting.enums import HeldState, Outcome


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """One answer of two or three: who, what, why."""

    who: str
    place: str
    outcome: str
    offer: str
    reasons: Sequence[str]
    sentence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """A second look as this person sees it. `not_mine` says why there is no button; `answers` are empty while they are hidden."""

    is_awaited: bool
    banner: str
    not_mine: str
    may_undo: bool
    disagreed: bool
    answers: Sequence[AnswerShown]


_PLACES = {2: "Second approver", 3: "Third person"}


def look_of(
    case: ReviewCase, held: HeldDecision | None, *, user_id: int, is_hidden: bool, now: datetime
) -> Look | None:
    """The second look of a case whose newest first answer is `held`; None where nobody looks a second time."""
    if held is None or not held.second_look:
        return None
    is_awaited = held.state == HeldState.WAITING
    not_mine = partiality(case, user_id=user_id) if is_awaited else ""
    return Look(
        is_awaited=is_awaited,
        banner=_banner(case, held, now=now) if is_awaited else "",
        not_mine=not_mine,
        may_undo=is_awaited and may_take_back_first(case, held, user_id=user_id),
        disagreed=is_awaited and case.awaited_answer > SECOND,
        answers=() if is_hidden else _answers(case, held),
    )


def _banner(case: ReviewCase, held: HeldDecision, *, now: datetime) -> str:
    if case.awaited_answer > 2:
        return "Third look. Two people answered differently. You will see both answers after you choose, and yours stands."
    ago = in_words(max(now - held.decided_at, timedelta(0)))
    return f"Second look. {held.decided_by.name} decided {ago} ago. You will see it after you choose."


def _answers(case: ReviewCase, held: HeldDecision) -> list[AnswerShown]:
    first = AnswerShown(
        who=held.decided_by.name,
        place="First answer",
        outcome=ANSWER_WORDS[Outcome(held.outcome)],
        offer=offer_in_words(held.offer, case.application.currency) if held.offer else "",
        reasons=[(reason.get("english") or reason).get("text", "") for reason in held.reasons],
        sentence=held.note,
        at=held.decided_at,
    )
    others = held.second_answers.select_related("user").order_by("place")
    return [first] + [
        AnswerShown(
            who=answer.user.name,
            place=_PLACES[answer.place],
            outcome=ANSWER_WORDS[Outcome(answer.outcome)],
            offer="",
            reasons=(),
            sentence=answer.sentence,
            at=answer.answered_at,
        )
        for answer in others
    ]
