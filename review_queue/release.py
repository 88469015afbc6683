"""Letting a held decision go: it becomes a decision through the same door as an automatic one."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from explanations.notices.compose import compose_notice
from review_queue.access import lock_case
from review_queue.actions.assess_again import is_being_assessed
from review_queue.actions.decide import THIRD
from review_queue.appeals import answer_appeals
from review_queue.authority import MayNotConfirm, require_confirmer, second_look_needs
from review_queue.conditions import await_papers
from review_queue.desk import review_notice
from review_queue.exceptions import ExceptionRefused, require_still_running
from review_queue.impartial import has_decided_related
from review_queue.models import HeldDecision, ReviewCase, SecondAnswer
from review_queue.pairs import OtherTermsDesk, TermsRefused
from review_queue.permissions import AuthorityExceeded, MayNotDecide
from review_queue.stakes import stakes_of_held
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.decisions.offers import OfferStands, standing_offer
from underwriting.decisions.record import record_decision
from underwriting.decisions.transitions import ApplicationWithdrawn, StatusRefused
from underwriting.enums import ActorKind, CaseState, DecisionStage, HeldState, Outcome, Role
from underwriting.models import Assessment, Membership, Party, User
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import finish, hold_for_write, quarantine


class ReleaseRefused(Exception):
    """The held decision cannot become one; the message says why, in words for the person who made it."""


@transaction.atomic
def release_decision(item: ClaimedItem, *, now: datetime) -> bool:
    """Turn the held decision of a claimed RELEASE_DECISION item into a decision, its notice and a closed case.

    Checks again, under the application's lock, that the application is not withdrawn and that the person still has the
    role and the authority. What was taken back is left alone; what is refused goes back to the queue with the reason.
    Returns False when the lease was lost: then nothing was written.
    """
    if item.id not in hold_for_write([item]):
        return False
    case_id = HeldDecision.objects.values_list("case_id", flat=True).get(pk=item.subject_id or 0)
    case = lock_case(case_id=case_id)
    held = (
        HeldDecision.objects.select_for_update(of=("self",))
        .select_related("decided_by")
        .get(pk=item.subject_id or 0)
    )
    if held.state == HeldState.HELD:
        case.assessment = Assessment.objects.select_related("policy_version").get(pk=held.assessment_id)
        try:
            with transaction.atomic():
                _decide(case, held, now=now)
        except ApplicationWithdrawn:
            _refuse(
                case,
                held,
                because="The applicant withdrew the application before the hold ended.",
                reopen=False,
                now=now,
            )
        except StatusRefused as refused:
            _refuse(
                case,
                held,
                because=f"The application cannot be decided any more: {refused}.",
                reopen=False,
                now=now,
            )
        except (ReleaseRefused, OfferStands) as refused:
            _refuse(case, held, because=str(refused), reopen=True, now=now)
    finish(items=[item])
    return True


@transaction.atomic
def give_up_release(item: ClaimedItem, *, now: datetime) -> None:
    """After the last failed attempt: the case goes back to the queue with the decision refused, for a person to see."""
    if not quarantine(item=item, error="the decision could not be recorded", now=now):
        return
    held = HeldDecision.objects.select_related("decided_by").get(pk=item.subject_id or 0)
    case = lock_case(case_id=held.case_id)
    held.refresh_from_db(fields=["state"])
    if held.state == HeldState.HELD:
        because = "The decision could not be recorded after three attempts. It was not sent; decide again."
        _refuse(case, held, because=because, reopen=True, now=now)


def _decide(case: ReviewCase, held: HeldDecision, *, now: datetime) -> None:
    _require_standing(case, held, now=now)
    outcome = Outcome(held.outcome)
    decision = record_decision(
        application=case.application,
        assessment=case.assessment,
        outcome=outcome,
        stage=DecisionStage(held.stage) if held.stage else None,
        offer=held.offer,
        reasons=held.reasons,
        decided_by=held.decided_by,
        note=held.note,
        conditions=held.conditions,
        override={"side": held.override, "reason": held.override_reason} if held.override else None,
        actor=_decider(held.decided_by),
        now=now,
    )
    application = decision.application
    notice = compose_notice(
        decision=decision,
        assessment=case.assessment,
        application=application,
        parties=list(Party.objects.filter(application=application).order_by("ordinal")),
        lender=application.lender,
        product=application.product,
        reasons=held.reasons,
        held_because=held.held_because,
        now=now,
    )
    answer_appeals(decision=decision, actor=_decider(held.decided_by), now=now)
    review_notice(
        application=application,
        assessment=case.assessment,
        notice=notice,
        actor=_decider(held.decided_by),
        now=now,
    )
    held.state, held.finished_at, held.decision = HeldState.RELEASED, now, decision
    held.save(update_fields=["state", "finished_at", "decision"])
    case.state, case.closed_at = CaseState.CLOSED, now
    case.save(update_fields=["state", "closed_at"])
    _record(case, "case.closed", before=CaseState.DECIDED, held=held, reason="", now=now)
    await_papers(decision, actor=_decider(held.decided_by), now=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('decided', %s)", [str(application.public_id)])


def _require_standing(case: ReviewCase, held: HeldDecision, *, now: datetime) -> None:
    """The person must still be allowed to make this decision at the moment it takes effect."""
    version = case.assessment.policy_version
    if case.not_for_id == held.decided_by_id:
        raise ReleaseRefused(f"{held.decided_by.name} made the decision that this case looks at again.")
    if is_being_assessed(application_id=case.application_id):
        raise ReleaseRefused("The application is being assessed again. Decide when that is done.")
    _require_terms(case, held, now=now)
    try:
        require_still_running(held, now=now)
    except ExceptionRefused as refused:
        raise ReleaseRefused(f"{refused} Decide again without it.") from refused
    document = version.document if version else {}
    stakes = stakes_of_held(case, held)
    try:
        needs = second_look_needs(document, _roles(case, held.decided_by), stakes)
    except MayNotDecide as refused:
        raise ReleaseRefused(f"{held.decided_by.name} no longer has a role that decides cases.") from refused
    except AuthorityExceeded as refused:
        raise ReleaseRefused(f"The amount is above what {held.decided_by.name} may decide now.") from refused
    if not needs and not held.second_look:
        return
    confirmer = _confirmer(held)
    if confirmer is None:
        raise ReleaseRefused(
            f"It is above what {held.decided_by.name} may decide alone, and nobody confirmed it."
        )
    if confirmer.pk != held.decided_by_id and has_decided_related(case, user_id=confirmer.pk):
        raise ReleaseRefused(f"{confirmer.name} decided another case of the same applicant meanwhile.")
    try:
        require_confirmer(document, _roles(case, confirmer), stakes)
    except (MayNotDecide, MayNotConfirm) as refused:
        raise ReleaseRefused(f"{confirmer.name} may not be its second approver any more.") from refused


def _confirmer(held: HeldDecision) -> User | None:
    """Whose answer makes it stand: the other person who agreed, or the third person whose own decision it is."""
    if held.settles_id is not None:
        third = SecondAnswer.objects.filter(held_id=held.settles_id, place=THIRD, user_id=held.decided_by_id)
        return held.decided_by if third.filter(outcome=held.outcome).exists() else None
    agreed = held.second_answers.exclude(user_id=held.decided_by_id).filter(outcome=held.outcome)
    answer = agreed.select_related("user").order_by("-place").first()
    return answer.user if answer else None


def _roles(case: ReviewCase, user: User) -> list[Role]:
    """The roles a person holds at the lender now; none where they were suspended."""
    found = Membership.objects.filter(user=user, lender_id=case.lender_id, user__is_active=True)
    return [Role(role) for role in found.values_list("role", flat=True)]


def _require_terms(case: ReviewCase, held: HeldDecision, *, now: datetime) -> None:
    """Other terms are those that the assessment found, those the policy prices so, or those of an offer that can still be taken."""
    if held.outcome != Outcome.COUNTEROFFER or held.offer == case.assessment.offer or _is_priced(case, held):
        return
    standing = standing_offer(case.application, now=now)
    if standing is None or held.offer != standing.decision.offer:
        raise ReleaseRefused("The offer that was to be upheld is over. Decide again.")


def _is_priced(case: ReviewCase, held: HeldDecision) -> bool:
    """Whether a person's own choice of terms is worked out to the same offer now."""
    offer = held.offer or {}
    try:
        worked_out = OtherTermsDesk(case).work_out(offer["amount_minor"], offer["term_months"])
    except TermsRefused:
        return False
    return worked_out.offer.to_json() == offer


def _refuse(case: ReviewCase, held: HeldDecision, *, because: str, reopen: bool, now: datetime) -> None:
    held.state, held.finished_at, held.refusal = HeldState.REFUSED, now, because
    held.save(update_fields=["state", "finished_at", "refusal"])
    case.state = CaseState.OPEN if reopen else CaseState.CLOSED
    case.closed_at = None if reopen else now
    case.holder, case.lease_until = None, None
    case.awaited_answer, case.confirming_role = 1, ""
    case.save(
        update_fields=["state", "closed_at", "holder", "lease_until", "awaited_answer", "confirming_role"]
    )
    _record(case, "case.release_refused", before=CaseState.DECIDED, held=held, reason=because, now=now)


def _decider(user: User) -> Actor:
    return Actor(kind=ActorKind.USER, user_id=user.pk, name=user.name)


def _record(
    case: ReviewCase, action: str, *, before: CaseState, held: HeldDecision, reason: str, now: datetime
) -> None:
    record_entry(
        actor=_decider(held.decided_by), action=action, object_type="case", object_id=str(case.number), object_label=str(case),
        lender_id=case.lender_id, application_id=case.application_id, before={"state": before},
        after={"state": case.state, "outcome": held.outcome}, reason=reason, now=now,
    )  # fmt: skip
