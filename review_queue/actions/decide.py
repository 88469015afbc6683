"""A person decides: the decision is held, can be taken back, and is let go by the worker when the hold ends."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from review_queue.access import lock_case
from review_queue.actions.assess_again import is_being_assessed
from review_queue.actions.claim import claim_of
from review_queue.actions.content import CONTENT_OF, Choice, Content, DecisionIncomplete
from review_queue.authority import Stakes, confirming_role, require_confirmer, second_look_needs
from review_queue.blind import answer_of
from review_queue.exceptions import ExceptionRefused, lock_for_use
from review_queue.impartial import require_impartial, require_no_applicant
from review_queue.models import Appeal, ExceptionUse, HeldDecision, ReviewCase, SecondAnswer
from review_queue.overrides import REASONS
from review_queue.stakes import rules_set_aside, stakes_of
from review_queue.transitions import CaseNotOpen, held_until, require_another_person, require_holder
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.decisions.conditions import CONDITIONS_MAX
from underwriting.decisions.transitions import DECIDABLE, ApplicationWithdrawn
from underwriting.documents.wanted import papers
from underwriting.enums import (
    ApplicationStatus,
    CaseKind,
    CaseState,
    HeldState,
    Outcome,
    Role,
    WorkKind,
)
from underwriting.models import Assessment, PolicyException, User
from underwriting.work.put import put

NOTE_CHARACTERS_MAX = 2_000
SECOND, THIRD = 2, 3


@transaction.atomic
def decide_case(
    *, case_id: int, user: User, roles: Collection[Role], choice: Choice, actor: Actor, now: datetime
) -> HeldDecision:
    """Hold a decision for the lender's hold time and put the work item that lets it go.

    What reaches further than the person's own authority, overrides the system or is an exception to the policy is a first answer
    instead: it waits for a second approver (`review_queue.actions.second_look`), and the hold starts when they agree. A lease that ran out does not matter while nobody else took the case. The reasons of a decline are each tested against
    the facts of the assessment the person was looking at.

    Raises:
        CaseNotOpen, ClaimTaken, NotClaimed, NotForThisPerson: the case is not this person's to decide (any more).
        ApplicationWithdrawn: the applicant withdrew while the case was open.
        MayNotDecide, AuthorityExceeded: the role; the amount is above what any role may decide, or confirm.
        explanations.officer_reasons.ReasonNotTrue: a reason does not hold of this case, or their number is wrong.
        DecisionIncomplete: a part is missing, the named exception does not cover it, the assessment is not the case's own any more, a newer one is under way, or an
            offer that stands would be taken away.
    """
    case = lock_case(case_id=case_id)
    require_holder(state=CaseState(case.state), claim=claim_of(case), user_id=user.pk)
    require_another_person(not_for_id=case.not_for_id, user_id=user.pk)
    require_first_answer(case)
    require_impartial(case, user=user)
    require_no_applicant(case, user=user)
    if case.application.status == ApplicationStatus.WITHDRAWN:
        raise ApplicationWithdrawn("the application was withdrawn")
    if case.application.status not in DECIDABLE:
        raise CaseNotOpen(f"the application is {case.application.status.lower()}")
    case.assessment = Assessment.objects.select_related(
        "policy_version", "reference_sample", "reason_catalogue"
    ).get(pk=case.assessment_id)
    if choice.assessment_id != case.assessment_id:
        raise DecisionIncomplete(
            "assessment", "This case was assessed again while you were reading. Look at it once more."
        )
    if is_being_assessed(application_id=case.application_id):
        raise DecisionIncomplete(
            "assessment", "This application is being assessed just now. Decide when that is done."
        )
    if len(choice.sentence) > NOTE_CHARACTERS_MAX:
        raise DecisionIncomplete("sentence", f"Use at most {NOTE_CHARACTERS_MAX:,} characters.")
    _require_own_answer(case, user=user, choice=choice)
    _require_conditions(choice)
    content = CONTENT_OF[choice.outcome](case, choice, now)
    stakes = stakes_of(case, outcome=choice.outcome, offer=content.offer, worked_out=content.worked_out)
    _require_override_reason(choice, stakes)
    overruled = _overruled_by(case, user=user, choice=choice)
    version = case.assessment.policy_version
    document = version.document if version else {}
    needs = second_look_needs(document, roles, stakes)
    if overruled is not None:  # two people looked already, and this one's answer stands
        require_confirmer(document, roles, stakes)
    exception = _named_exception(case, choice, content, now=now)
    held = _create(case, user=user, choice=choice, content=content, stakes=stakes, now=now)
    held.second_look, held.settles = [] if overruled else list(needs), overruled
    if held.second_look:
        case.confirming_role = confirming_role(document, stakes) or ""
        return _ask_second(case, held, exception, actor=actor, now=now)
    return _hold(case, held, exception, actor=actor, now=now)


def require_first_answer(case: ReviewCase) -> None:
    """Raises CaseNotOpen while a first answer waits for a second approver: then only that is answered."""
    if case.awaited_answer != 1:
        raise CaseNotOpen("a first answer waits for a second approver")


def _require_override_reason(choice: Choice, stakes: Stakes) -> None:
    """A decision against the system is coded, and said in a sentence."""
    if stakes.override is None:
        return
    if choice.override_reason not in REASONS[stakes.override]:
        raise DecisionIncomplete(
            "override_reason",
            "This goes against the system's own answer. Choose the reason for the override.",
        )
    if not choice.sentence.strip():
        raise DecisionIncomplete(
            "sentence", "Say in one sentence why you go against the system's own answer."
        )


def _named_exception(
    case: ReviewCase, choice: Choice, content: Content, *, now: datetime
) -> PolicyException | None:
    """The exception that the decision names, locked and covering it now."""
    if choice.policy_exception is None:
        return None
    rules = rules_set_aside(case, choice.outcome, content.worked_out)
    amount_minor = (content.offer.amount_minor if content.offer else 0) or 0
    try:
        return lock_for_use(
            case, number=choice.policy_exception, rules=rules, amount_minor=amount_minor, now=now
        )
    except ExceptionRefused as refused:
        raise DecisionIncomplete("policy_exception", str(refused)) from refused


def _require_conditions(choice: Choice) -> None:
    codes = choice.conditions
    if codes and choice.outcome is Outcome.DECLINE:
        raise DecisionIncomplete("conditions", "A decline has no conditions.")
    if len(codes) > CONDITIONS_MAX or len(set(codes)) != len(codes) or not set(codes) <= set(papers()):
        raise DecisionIncomplete("conditions", f"Choose at most {CONDITIONS_MAX} papers of the list.")


def _overruled_by(case: ReviewCase, *, user: User, choice: Choice) -> HeldDecision | None:
    """The first answer that this person overruled as the third to look; their decision is what they answered then."""
    held = HeldDecision.objects.filter(case=case).order_by("-id").first()
    if held is None or held.state != HeldState.OVERRULED:
        return None
    answer = SecondAnswer.objects.filter(held=held, user=user, place=THIRD).first()
    if answer is None:
        return None
    if answer.outcome != choice.outcome:
        raise DecisionIncomplete(
            "outcome",
            "Your answer as third person stands as you gave it. Decide that, or give the case back to be looked at anew.",
        )
    return held


def _require_own_answer(case: ReviewCase, *, user: User, choice: Choice) -> None:
    """An appeal is answered before the earlier answer is seen, and another outcome than one's own is accounted for."""
    if case.kind == CaseKind.NOTICE_REVIEW:
        raise DecisionIncomplete("outcome", "A notice is sent or decided again; this case decides nothing.")
    if (
        case.kind == CaseKind.CONDITIONS
        and Appeal.objects.filter(application=case.application, answered_at=None).exists()
    ):
        raise DecisionIncomplete("outcome", "The applicant asked for another look. That case decides it.")
    if case.kind != CaseKind.APPEAL:
        return
    own = answer_of(case, user_id=user.pk)
    if own is None:
        raise DecisionIncomplete("own_answer", "Give your own answer first, before you see the earlier one.")
    if not own.agrees_with(choice.outcome) and not choice.sentence.strip():
        raise DecisionIncomplete(
            "sentence",
            "This is not what you answered before you saw the earlier decision. Say what changed your mind.",
        )


def _create(
    case: ReviewCase, *, user: User, choice: Choice, content: Content, stakes: Stakes, now: datetime
) -> HeldDecision:
    return HeldDecision(
        case=case,
        assessment=case.assessment,
        decided_by=user,
        outcome=choice.outcome,
        stage=content.stage or "",
        reasons=[reason.to_json() for reason in content.reasons.reasons],
        offer=content.offer.to_json() if content.offer else None,
        conditions=list(choice.conditions),
        mitigating_factor=choice.mitigating_factor,
        note=choice.sentence.strip(),
        override=stakes.override or "",
        override_reason=choice.override_reason if stakes.override else "",
        held_because=content.reasons.held_because,
        decided_at=now,
        held_until=held_until(decided_at=now, hold_seconds=case.lender.hold_seconds),
    )


def _ask_second(
    case: ReviewCase, held: HeldDecision, exception: PolicyException | None, *, actor: Actor, now: datetime
) -> HeldDecision:
    """A first answer. The lease lasts as long as it can be taken back, so the queue of second approvers moves only after that."""
    held.state = HeldState.WAITING
    held.save()
    _use(exception, held, now=now)
    case.awaited_answer, case.lease_until = SECOND, held.held_until
    case.save(update_fields=["awaited_answer", "confirming_role", "lease_until"])
    _record(case, held, "case.decided", exception=exception, actor=actor, now=now)
    return held


def _hold(
    case: ReviewCase, held: HeldDecision, exception: PolicyException | None, *, actor: Actor, now: datetime
) -> HeldDecision:
    held.state = HeldState.HELD
    held.save()
    _use(exception, held, now=now)
    begin_hold(case, held, now=now)
    _record(case, held, "case.decided", exception=exception, actor=actor, now=now)
    return held


def _use(exception: PolicyException | None, held: HeldDecision, *, now: datetime) -> None:
    if exception is not None:
        ExceptionUse.objects.create(exception=exception, held=held, used_at=now)


def begin_hold(case: ReviewCase, held: HeldDecision, *, now: datetime) -> None:
    """The case is decided, and the work item that lets it go waits for the end of the hold. In the caller's transaction."""
    case.state, case.lease_until, case.awaited_answer, case.confirming_role = CaseState.DECIDED, None, 1, ""
    case.save(update_fields=["state", "lease_until", "awaited_answer", "confirming_role"])
    put(
        kind=WorkKind.RELEASE_DECISION, lender_id=case.lender_id, application_id=case.application_id, subject_id=held.pk,
        now=now, not_before=held.held_until,
    )  # fmt: skip


def _record(
    case: ReviewCase, held: HeldDecision, action: str, *, exception: PolicyException | None, actor: Actor, now: datetime
) -> None:  # fmt: skip
    record_entry(
        actor=actor, action=action, object_type="case", object_id=str(case.number), object_label=str(case),
        lender_id=case.lender_id, application_id=case.application_id, before={"state": CaseState.OPEN},
        after={"state": case.state, **_summary(held), **({"exception": str(exception)} if exception else {})}, reason=held.note, now=now,
    )  # fmt: skip


def _summary(held: HeldDecision) -> dict[str, Any]:
    return {
        "outcome": held.outcome,
        "stage": held.stage,
        "reasons": [reason["code"] for reason in held.reasons],
        "offer": held.offer,
        "conditions": list(held.conditions),
        "mitigating_factor": held.mitigating_factor,
        "override": held.override,
        "override_reason": held.override_reason,
        "second_look": list(held.second_look),
        "held_until": held.held_until.isoformat(),
    }
