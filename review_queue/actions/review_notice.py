"""A notice that may not go out unseen: a person sends it, or has the application decided again. Not the one who decided."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from explanations.models import Notice
from explanations.notices.disclosing import MayNotBeTold, disclose, is_told, recompose
from explanations.notices.required import LACKS, SECOND_LOOK
from review_queue.access import lock_case
from review_queue.actions.claim import claim_of
from review_queue.desk import close_case, open_case
from review_queue.models import ReviewCase
from review_queue.permissions import DECIDERS, MayNotDecide
from review_queue.transitions import require_another_person, require_holder
from underwriting.audit.actor import Actor
from underwriting.decisions.offers import later_day, renew_offer, today
from underwriting.decisions.transitions import ApplicationWithdrawn, may_be_looked_at_again
from underwriting.enums import ApplicationStatus, CaseKind, CaseState, Role
from underwriting.models import Assessment, User

REASONS_FAILED = (
    "Its reasons did not pass their test, so it cannot be sent. Have the application decided again."
)
WHY_CHARACTERS_MAX = 1_000


class ReviewRefused(ValueError):
    """The notice cannot be sent, or not decided again; the message says why, in words for the person who reviews it."""


def may_be_sent(notice: Notice) -> bool:
    """Whether looking at it, or a setting, is all that holds the notice: then it can be sent. Not where its reasons failed."""
    because = notice.held_because
    for sentence in LACKS:
        because = because.replace(sentence, "")
    return not because.strip()


def offer_until(case: ReviewCase, *, now: datetime) -> date | None:
    """The later last day of the offer that waits with this case's notice, were it sent today; None where its day stays."""
    notice = (
        Notice.objects.select_related("decision__application__lender").filter(pk=case.notice_id or 0).first()
    )
    if notice is None or notice.decision is None:
        return None
    return later_day(notice.decision, now=now)


@transaction.atomic
def send_notice(*, case_id: int, user: User, roles: Collection[Role], actor: Actor, now: datetime) -> Notice:
    """Let the notice go: as it stands where a second look is what it waited for, else composed anew from today's settings.

    Raises:
        MayNotDecide: no role that decides cases.
        CaseNotOpen, ClaimTaken, NotClaimed, NotForThisPerson: the case is not this person's (any more).
        ApplicationWithdrawn: nothing is sent any more.
        ReviewRefused: its reasons failed, a setting is missing still, or it is not the notice that stands.
    """
    case, notice = _held_notice(case_id=case_id, user=user, roles=roles)
    if case.application.status == ApplicationStatus.WITHDRAWN:
        raise ApplicationWithdrawn("the application was withdrawn")
    if not is_told(notice):
        if not may_be_sent(notice):
            raise ReviewRefused(REASONS_FAILED)
        try:
            with transaction.atomic():
                notice = _told(notice, actor=actor, now=now)
        except MayNotBeTold as refused:
            raise ReviewRefused(str(refused)) from refused
    close_case(case, reason="The notice was sent.", actor=actor, now=now)
    return notice


def _told(notice: Notice, *, actor: Actor, now: datetime) -> Notice:
    """The notice that went out. Raises MayNotBeTold, which undoes a text that lacks something still.

    What is told on a later day than it was written is written anew: the time to look again, and that of an offer which waited
    with it, run from now.
    """
    lender = notice.application.lender
    is_late = today(lender, now=notice.created_at) != today(lender, now=now)
    if notice.decision is not None:
        renew_offer(notice.decision, actor=actor, now=now)
    if is_late or notice.held_because.strip() != SECOND_LOOK:
        notice = recompose(notice, actor=actor, now=now)
    if notice.held_because:
        disclose(notice, actor=actor, now=now)
    return notice


@transaction.atomic
def decide_again(
    *, case_id: int, user: User, roles: Collection[Role], why: str, actor: Actor, now: datetime
) -> ReviewCase:
    """Close the review and open a referral, so that a person decides with reasons of their own. Returns the referral.

    It is not for the person whose decision the notice tells. The decision stands, untold, until the new one replaces it.
    Raises like `send_notice`, ApplicationWithdrawn, and ReviewRefused without a sentence or where nothing can be decided.
    """
    case, notice = _held_notice(case_id=case_id, user=user, roles=roles)
    status = ApplicationStatus(case.application.status)
    if status is ApplicationStatus.WITHDRAWN:
        raise ApplicationWithdrawn("the application was withdrawn")
    if is_told(notice) or notice.decision is None or not may_be_looked_at_again(status):
        raise ReviewRefused(
            "The notice went out, or the application has ended: there is nothing to decide again."
        )
    said = why.strip()
    if not 1 <= len(said) <= WHY_CHARACTERS_MAX:
        raise ReviewRefused(
            f"Say why it has to be decided again, in at most {WHY_CHARACTERS_MAX:,} characters."
        )
    close_case(case, reason=said, actor=actor, now=now)
    return open_case(
        application=case.application,
        assessment=Assessment.objects.get(pk=case.assessment_id),
        why=[
            f"The notice of decision {notice.decision.number} could not be sent: {said}",
            notice.held_because,
        ],
        is_technical=False,
        actor=actor,
        now=now,
        not_for=notice.decision.decided_by,
    )


def _held_notice(*, case_id: int, user: User, roles: Collection[Role]) -> tuple[ReviewCase, Notice]:
    if not DECIDERS & frozenset(roles):
        raise MayNotDecide("none of these roles decides cases")
    case = lock_case(case_id=case_id)
    require_holder(state=CaseState(case.state), claim=claim_of(case), user_id=user.pk)
    require_another_person(not_for_id=case.not_for_id, user_id=user.pk)
    if case.kind != CaseKind.NOTICE_REVIEW or case.notice_id is None:
        raise ReviewRefused("This case holds no notice.")
    notice = Notice.objects.select_related("application__lender", "decision__decided_by").get(
        pk=case.notice_id
    )
    return case, notice
