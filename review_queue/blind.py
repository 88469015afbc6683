"""The blind look (UX S05): the earlier answer to an appeal, or the first answer to a case, is hidden until one has given one's own.

What a fair look is. The officer forms an answer from what the first one had: the facts with their sources, the score in points
and what moved it, the documents, and what the applicant says. Hidden are the earlier decision with its reasons, note, author
and entries in the timeline, and everything that repeats an automatic decision: where the score lies on the policy's lines, what
each rule found, what the system suggests or would change. Both kinds of decision are hidden alike, or what is shown would tell
which it was. The status of the application stays what was decided, because that decision stands until another replaces it.

The score itself is evidence and stays. Who knows the cut-offs by heart can tell from it what the machine would say, as they can from
the facts; they cannot tell what was answered.

After the answer everything is shown, both answers side by side, and the case is decided through the same door as any other.

A second look hides less: the first answer, whoever gave it, with its entries in the timeline. What the first officer had to go by
is there for the second too, the policy's lines and rules among it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from review_queue.access import lock_case
from review_queue.models import HeldDecision, ReviewCase
from review_queue.permissions import DECIDERS, MayNotDecide
from review_queue.transitions import Claim, require_another_person, require_holder
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import CaseKind, CaseState, HeldState, Outcome, Role
from underwriting.models import User

SENTENCE_CHARACTERS_MAX = 2_000
ANSWERS = (Outcome.APPROVE, Outcome.DECLINE)
# What the timeline may show before the own answer is given: nothing that tells an outcome.
SEEN_BLIND = frozenset({
    "application.submitted", "application.completed", "bureau.pulled", "document.received", "document.read", "fact.corrected",
    "fact.verified", "appeal.received", "message.sent", "case.claimed", "case.released", "case.assessment_requested",
    "case.applicant_asked", "case.came_back",
})  # fmt: skip
# On a second look what the machine said is no secret; what people said of it is.
SEEN_ON_SECOND_LOOK = SEEN_BLIND | frozenset({
    "assessment.recorded", "application.referred", "case.opened", "case.assessed_again",
})  # fmt: skip


class AnswerIncomplete(ValueError):
    """The own answer lacks something; `field` is the form's name of it, the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """What a person answered before they saw the earlier answer."""

    user_id: int
    name: str
    outcome: Outcome
    sentence: str
    at: datetime

    def agrees_with(self, outcome: Outcome) -> bool:
        """Other terms than those asked for are no full yes: only an approval agrees with an approval."""
        return (self.outcome is Outcome.APPROVE) == (outcome is Outcome.APPROVE)


def answer_of(case: ReviewCase, *, user_id: int) -> OwnAnswer | None:
    """What this person answered on this appeal; None while they have not."""
    stored = (case.own_answer or {}).get(str(user_id))
    if stored is None:
        return None
    return OwnAnswer(
        user_id=user_id,
        name=stored["name"],
        outcome=Outcome(stored["outcome"]),
        sentence=stored["sentence"],
        at=datetime.fromisoformat(stored["at"]),
    )


def blind_case(*, application_id: int, user_id: int, roles: Collection[Role]) -> ReviewCase | None:
    """The case whose answer so far is hidden from this person, an unanswered appeal or second look; None where nothing is hidden.

    It hides it from all who could come to decide it, on every screen; not from those who only read, nor from the person whose
    answer it is, nor from those who have given their own.
    """
    if not DECIDERS & frozenset(roles):
        return None
    case = (
        ReviewCase.objects.filter(
            application_id=application_id, state__in=[CaseState.OPEN, CaseState.DECIDED]
        )
        .filter(Q(kind=CaseKind.APPEAL) | Q(awaited_answer__gt=1))
        .first()
    )
    return case if case is not None and not _knows(case, user_id) else None


def case_that_hides(case: ReviewCase, *, user_id: int, roles: Collection[Role]) -> ReviewCase | None:
    """`blind_case` of a case's application, without asking the database where the case itself tells.

    An open referral or appeal is the only one of its application: a referral hides nothing before its first answer, an appeal
    what was decided before it.
    """
    if case.state == CaseState.CLOSED or case.kind == CaseKind.NOTICE_REVIEW:
        return blind_case(application_id=case.application_id, user_id=user_id, roles=roles)
    hides = case.kind == CaseKind.APPEAL or case.awaited_answer > 1
    if not hides or not DECIDERS & frozenset(roles) or _knows(case, user_id):
        return None
    return case


def hides_policy(case: ReviewCase) -> bool:
    """Whether a blind look at it hides what the policy said too: on an appeal that repeats the automatic answer."""
    return case.kind == CaseKind.APPEAL


def _knows(case: ReviewCase, user_id: int) -> bool:
    """Whether this person gave one of the answers to the case."""
    held = HeldDecision.objects.filter(
        Q(decided_by_id=user_id) | Q(second_answers__user_id=user_id),
        case=case,
        state__in=[HeldState.WAITING, HeldState.HELD],
    )
    if case.awaited_answer > 1:
        return held.exists()
    return case.not_for_id == user_id or answer_of(case, user_id=user_id) is not None or held.exists()


@transaction.atomic
def give_own_answer(
    *,
    case_id: int,
    user: User,
    roles: Collection[Role],
    outcome: str,
    sentence: str,
    actor: Actor,
    now: datetime,
) -> ReviewCase:
    """Keep what the holder of an appeal answers before they see the earlier answer. Given once, and then it stands.

    Raises:
        MayNotDecide: no role that decides cases.
        CaseNotOpen, ClaimTaken, NotClaimed, NotForThisPerson: the case is not this person's (any more).
        AnswerIncomplete: no outcome, no sentence, not an appeal, or it was given before.
    """
    if not DECIDERS & frozenset(roles):
        raise MayNotDecide("none of these roles decides cases")
    case = lock_case(case_id=case_id)
    claim = Claim(case.holder_id, case.holder.name if case.holder else "", case.lease_until)
    require_holder(state=CaseState(case.state), claim=claim, user_id=user.pk)
    require_another_person(not_for_id=case.not_for_id, user_id=user.pk)
    if case.kind != CaseKind.APPEAL:
        raise AnswerIncomplete(
            "own-outcome", "Only an appeal is answered before the earlier decision is shown."
        )
    if answer_of(case, user_id=user.pk) is not None:
        raise AnswerIncomplete("own-outcome", "You have given your answer. It stands as you gave it.")
    if outcome not in ANSWERS:
        raise AnswerIncomplete("own-outcome", "Choose what you would answer.")
    sentence = sentence.strip()
    if not sentence or len(sentence) > SENTENCE_CHARACTERS_MAX:
        raise AnswerIncomplete(
            "own-sentence", "Give your reason in a sentence, with at most 2,000 characters."
        )
    given = {"name": user.name, "outcome": outcome, "sentence": sentence, "at": now.isoformat()}
    case.own_answer = {**(case.own_answer or {}), str(user.pk): given}
    case.save(update_fields=["own_answer"])
    record_entry(
        actor=actor, action="case.answered_blind", object_type="case", object_id=str(case.number), object_label=str(case),
        lender_id=case.lender_id, application_id=case.application_id, after={"outcome": outcome}, reason=sentence, now=now,
    )  # fmt: skip
    return case
