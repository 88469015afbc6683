"""The second look: another person answers before they see the first answer, and a third where the two disagree (UX S05)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from review_queue.access import lock_case
from review_queue.actions.assess_again import is_being_assessed
from review_queue.actions.claim import claim_of
from review_queue.actions.decide import SECOND, THIRD, begin_hold
from review_queue.authority import require_confirmer
from review_queue.blind import SENTENCE_CHARACTERS_MAX, AnswerIncomplete
from review_queue.impartial import require_impartial, require_no_applicant
from review_queue.models import HeldDecision, ReviewCase, SecondAnswer
from review_queue.stakes import stakes_of_held
from review_queue.transitions import (
    LEASE,
    CaseNotOpen,
    held_until,
    require_another_person,
    require_holder,
)
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.decisions.transitions import DECIDABLE, ApplicationWithdrawn
from underwriting.enums import ApplicationStatus, CaseState, HeldState, Outcome, Role
from underwriting.models import Assessment, User

ANSWERS = (Outcome.APPROVE, Outcome.COUNTEROFFER, Outcome.DECLINE)


@transaction.atomic
def give_second_answer(
    *,
    case_id: int,
    user: User,
    roles: Collection[Role],
    outcome: str,
    sentence: str,
    actor: Actor,
    now: datetime,
) -> SecondAnswer:
    """Keep what a second approver answers before they see the first answer; given once, and then it stands.

    Agreement starts the hold of the first answer. Disagreement sends the case to a third person. The third's answer stands: where
    it is the first's, the hold starts; where it is not, the first answer is overruled and the third person decides.

    Raises:
        MayNotDecide, authority.MayNotConfirm: the role does not decide, or not as far as this case goes.
        CaseNotOpen, ClaimTaken, NotClaimed: the case is not this person's, or waits for no second answer.
        NotForThisPerson: it is their own, a related or an earlier file.
        ApplicationWithdrawn: the applicant withdrew meanwhile.
        AnswerIncomplete: no outcome, no sentence, or the application is being assessed again.
    """
    case = lock_case(case_id=case_id)
    held = _waiting(case)
    require_holder(state=CaseState(case.state), claim=claim_of(case), user_id=user.pk)
    require_another_person(not_for_id=case.not_for_id, user_id=user.pk)
    require_impartial(case, user=user)
    require_no_applicant(case, user=user)
    _require_decidable(case)
    version = case.assessment.policy_version
    require_confirmer(version.document if version else {}, roles, stakes_of_held(case, held))
    sentence = sentence.strip()
    if outcome not in ANSWERS:
        raise AnswerIncomplete("second-outcome", "Choose what you would answer.")
    if not sentence or len(sentence) > SENTENCE_CHARACTERS_MAX:
        raise AnswerIncomplete(
            "second-sentence", "Give your reason in a sentence, with at most 2,000 characters."
        )
    answer = SecondAnswer.objects.create(
        held=held, user=user, place=case.awaited_answer, outcome=outcome, sentence=sentence, answered_at=now
    )
    _follow(case, held, answer, now=now)
    record_entry(
        actor=actor, action="case.second_answered", object_type="case", object_id=str(case.number), object_label=str(case),
        lender_id=case.lender_id, application_id=case.application_id,
        before={"state": CaseState.OPEN, "awaited_answer": answer.place},
        after={"state": case.state, "outcome": outcome, "first_outcome": held.outcome, "first_answer": held.state},
        reason=sentence, now=now,
    )  # fmt: skip
    return answer


def _waiting(case: ReviewCase) -> HeldDecision:
    """The first answer that waits, with the assessment it rests on laid on the case."""
    held = (
        HeldDecision.objects.select_for_update(of=("self",))
        .filter(case=case, state=HeldState.WAITING)
        .first()
    )
    if held is None:
        raise CaseNotOpen("no answer waits for a second approver")
    case.assessment = Assessment.objects.select_related("policy_version").get(pk=held.assessment_id)
    return held


def _require_decidable(case: ReviewCase) -> None:
    if case.application.status == ApplicationStatus.WITHDRAWN:
        raise ApplicationWithdrawn("the application was withdrawn")
    if case.application.status not in DECIDABLE:
        raise CaseNotOpen(f"the application is {case.application.status.lower()}")
    if is_being_assessed(application_id=case.application_id):
        raise AnswerIncomplete(
            "second-outcome", "This application is being assessed just now. Answer when that is done."
        )


def _follow(case: ReviewCase, held: HeldDecision, answer: SecondAnswer, *, now: datetime) -> None:
    """What comes of an answer: the hold, a third person, or the third person's own decision."""
    if answer.outcome == held.outcome:
        held.state = HeldState.HELD
        held.held_until = held_until(decided_at=now, hold_seconds=case.lender.hold_seconds)
        held.save(update_fields=["state", "held_until"])
        begin_hold(case, held, now=now)
        return
    if answer.place == SECOND:
        case.awaited_answer, case.holder, case.lease_until = THIRD, None, None
        case.save(update_fields=["awaited_answer", "holder", "lease_until"])
        return
    held.state, held.finished_at = HeldState.OVERRULED, now
    held.save(update_fields=["state", "finished_at"])
    case.awaited_answer, case.confirming_role, case.lease_until = 1, "", now + LEASE
    case.save(update_fields=["awaited_answer", "confirming_role", "lease_until"])
