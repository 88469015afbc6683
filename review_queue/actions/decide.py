"""A person decides: the decision is held, can be taken back, and is let go by the worker when the hold ends."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from explanations.merge import merge_for_person
from explanations.officer_reasons import reasons_from_officer
from explanations.reasons import PrincipalReasons
from review_queue.access import lock_case
from review_queue.actions.assess_again import is_being_assessed
from review_queue.actions.claim import claim_of
from review_queue.blind import answer_of
from review_queue.evidence import (
    case_file,
    needs_making_up_for,
    reason_codes_of,
    score_reasons_of,
    stage_of_decline,
)
from review_queue.models import HeldDecision, ReviewCase
from review_queue.permissions import require_authority
from review_queue.terms import approval_terms, other_terms
from review_queue.transitions import CaseNotOpen, held_until, require_another_person, require_holder
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.decisions.offers import OfferStands, require_kept, standing_offer
from underwriting.decisions.transitions import DECIDABLE, ApplicationWithdrawn
from underwriting.enums import (
    ApplicationStatus,
    CaseKind,
    CaseState,
    DecisionStage,
    HeldState,
    Outcome,
    Role,
    WorkKind,
)
from underwriting.models import Assessment, User
from underwriting.policy.types import Offer
from underwriting.work.put import put

NOTE_CHARACTERS_MAX = 2_000
MITIGATING_FACTORS = {
    "verified_income": "Income verified by documents",
    "long_relationship": "Long and clean record with us",
    "explained_event": "A single event with a documented cause",
    "compensating_savings": "Savings or assets that cover the loan",
    "bureau_error": "The credit report is wrong on this point",
    "small_exposure": "Small amount for this income",
    "other": "Another factor, given in the sentence",
}


class DecisionIncomplete(ValueError):
    """Something that the decision needs is missing or wrong. `field` is the form's name of it, the message says what to do."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the person chose. `reasons` are codes in order (DECLINE, COUNTEROFFER); the others speak about APPROVE.

    `price_tier` is needed only where no score chooses it; `mitigating_factor` and `sentence` where the policy spoke against it.
    """

    outcome: Outcome
    assessment_id: int
    reasons: Sequence[str] = ()
    price_tier: str = ""
    mitigating_factor: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class _Content:
    stage: DecisionStage | None = None
    offer: Offer | None = None
    reasons: PrincipalReasons = field(default_factory=lambda: PrincipalReasons(()))


@transaction.atomic
def decide_case(
    *, case_id: int, user: User, roles: Collection[Role], choice: Choice, actor: Actor, now: datetime
) -> HeldDecision:
    """Hold a decision for the lender's hold time and put the work item that lets it go.

    A lease that ran out does not matter while nobody else took the case. The reasons of a decline are each tested against
    the facts of the assessment the person was looking at.

    Raises:
        CaseNotOpen, ClaimTaken, NotClaimed, NotForThisPerson: the case is not this person's to decide (any more).
        ApplicationWithdrawn: the applicant withdrew while the case was open.
        MayNotDecide, AuthorityExceeded: the role or the amount.
        explanations.officer_reasons.ReasonNotTrue: a reason does not hold of this case, or their number is wrong.
        DecisionIncomplete: a part is missing, the assessment is not the case's own any more, a newer one is under way, or an
            offer that stands would be taken away.
    """
    case = lock_case(case_id=case_id)
    require_holder(state=CaseState(case.state), claim=claim_of(case), user_id=user.pk)
    require_another_person(not_for_id=case.not_for_id, user_id=user.pk)
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
    content = _CONTENT[choice.outcome](case, choice, now)
    version = case.assessment.policy_version
    require_authority(
        document=version.document if version else {},
        roles=roles,
        amounts_minor=[
            case.application.requested_amount_minor,
            content.offer.amount_minor if content.offer else None,
        ],
    )
    return _hold(case, user=user, choice=choice, content=content, actor=actor, now=now)


def _require_own_answer(case: ReviewCase, *, user: User, choice: Choice) -> None:
    """An appeal is answered before the earlier answer is seen, and another outcome than one's own is accounted for."""
    if case.kind == CaseKind.NOTICE_REVIEW:
        raise DecisionIncomplete("outcome", "A notice is sent or decided again; this case decides nothing.")
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


def _approval(case: ReviewCase, choice: Choice, now: datetime) -> _Content:
    del now
    terms = approval_terms(case)
    if not terms.offers:
        raise DecisionIncomplete("price_tier", terms.cannot_because)
    if len(terms.offers) > 1 and choice.price_tier not in terms.offers:
        raise DecisionIncomplete("price_tier", "Choose the price tier: there is no score to choose it by.")
    offer = terms.offers[choice.price_tier] if len(terms.offers) > 1 else next(iter(terms.offers.values()))
    if needs_making_up_for(case.assessment):
        if choice.mitigating_factor not in MITIGATING_FACTORS:
            raise DecisionIncomplete(
                "mitigating_factor", "Choose what makes up for what the policy has against it."
            )
        if not choice.sentence.strip():
            raise DecisionIncomplete("sentence", "Say in one sentence what makes up for it.")
    return _Content(offer=offer)


def _counteroffer(case: ReviewCase, choice: Choice, now: datetime) -> _Content:
    """The other terms that can be offered, with the person's reasons why not those asked for."""
    terms = other_terms(case, now=now)
    if terms is None:
        raise DecisionIncomplete("outcome", "The assessment found no other terms to offer.")
    _require_offer_kept(case, choice, terms.offer, now=now)
    stage, merged = decline_reasons(case, choice.reasons)
    return _Content(stage=stage, offer=terms.offer, reasons=merged)


def _decline(case: ReviewCase, choice: Choice, now: datetime) -> _Content:
    _require_offer_kept(case, choice, None, now=now)
    stage, merged = decline_reasons(case, choice.reasons)
    return _Content(stage=stage, reasons=merged)


def _require_offer_kept(case: ReviewCase, choice: Choice, offer: Offer | None, *, now: datetime) -> None:
    standing = standing_offer(case.application, now=now)
    if standing is None:
        return
    terms = offer.to_json() if offer else None
    try:
        require_kept(standing, case.application, outcome=choice.outcome, offer=terms)
    except OfferStands as stands:
        raise DecisionIncomplete("outcome", str(stands)) from stands


def _no_outcome(case: ReviewCase, choice: Choice, now: datetime) -> _Content:
    del case, choice, now
    raise DecisionIncomplete("outcome", "Choose to approve or to decline.")


_CONTENT = {
    Outcome.APPROVE: _approval,
    Outcome.COUNTEROFFER: _counteroffer,
    Outcome.DECLINE: _decline,
    Outcome.REFER: _no_outcome,
}


def decline_reasons(case: ReviewCase, codes: Sequence[str]) -> tuple[DecisionStage, PrincipalReasons]:
    """What a decline for these reasons would tell, and the part of the process that says no.

    Raises explanations.officer_reasons.ReasonNotTrue where a reason does not hold of the case.
    """
    stage = stage_of_decline(case.assessment)
    catalogue = reason_codes_of(case.assessment)
    person = reasons_from_officer(codes, stage=stage, case=case_file(case), codes=catalogue)
    score = score_reasons_of(case.assessment)
    return stage, merge_for_person(stage=stage, person=person, score=score, max_reasons=catalogue.max_reasons)


def _hold(
    case: ReviewCase, *, user: User, choice: Choice, content: _Content, actor: Actor, now: datetime
) -> HeldDecision:
    until = held_until(decided_at=now, hold_seconds=case.lender.hold_seconds)
    held = HeldDecision.objects.create(
        case=case,
        assessment=case.assessment,
        decided_by=user,
        outcome=choice.outcome,
        stage=content.stage or "",
        reasons=[reason.to_json() for reason in content.reasons.reasons],
        offer=content.offer.to_json() if content.offer else None,
        mitigating_factor=choice.mitigating_factor,
        note=choice.sentence.strip(),
        held_because=content.reasons.held_because,
        state=HeldState.HELD,
        decided_at=now,
        held_until=until,
    )
    case.state, case.lease_until = CaseState.DECIDED, None
    case.save(update_fields=["state", "lease_until"])
    put(
        kind=WorkKind.RELEASE_DECISION, lender_id=case.lender_id, application_id=case.application_id, subject_id=held.pk,
        now=now, not_before=until,
    )  # fmt: skip
    record_entry(
        actor=actor, action="case.decided", object_type="case", object_id=str(case.number), object_label=str(case),
        lender_id=case.lender_id, application_id=case.application_id, before={"state": CaseState.OPEN},
        after={"state": case.state, **_summary(held)}, reason=held.note, now=now,
    )  # fmt: skip
    return held


def _summary(held: HeldDecision) -> dict[str, Any]:
    return {
        "outcome": held.outcome,
        "stage": held.stage,
        "reasons": [reason["code"] for reason in held.reasons],
        "offer": held.offer,
        "mitigating_factor": held.mitigating_factor,
        "held_until": held.held_until.isoformat(),
    }
