"""Claim, give back, heartbeat and drafts: the lease of a case over HTTP."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from frontend.operations.case import show_case
from frontend.operations.context import see_other
from frontend.operations.drafts import FORMS, keep_draft
from frontend.operations.params import address, read_query
from frontend.session.gate import not_allowed, screen
from frontend.session.staff import LEADS, OFFICERS, StaffRequest, actor_of
from frontend.templatetags.ui import in_words
from review_queue.access import access_case
from review_queue.actions.claim import claim_case, extend_lease, release_claim
from review_queue.actions.hand_over import lost_to
from review_queue.models import Handover
from review_queue.transitions import CaseNotOpen, ClaimTaken, NotClaimed, NotForThisPerson
from underwriting.enums import HandoverKind


@screen(write=OFFICERS)
def claim(request: StaffRequest, number: int) -> HttpResponse:
    """Claim and open the case. Who comes second sees the case, and who has it."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    try:
        claim_case(case_id=found.pk, user=request.staff.user, actor=actor_of(request), now=now)
    except ClaimTaken as taken:
        found.refresh_from_db()
        left = f" for another {in_words(taken.until - now)}" if taken.until else ""
        return show_case(
            request,
            found,
            now=now,
            status=409,
            conflict=f"{taken.holder} was first and holds this case{left}.",
        )
    except CaseNotOpen:
        found.refresh_from_db()
        return show_case(request, found, now=now, status=409, conflict="This case was decided meanwhile.")
    except NotForThisPerson as refused:
        return show_case(request, found, now=now, status=409, conflict=str(refused))
    query = read_query(request, request.POST, now=now)
    return see_other(request, f"{reverse('case', args=[str(found)])}?{address(query)}")


@screen(write=OFFICERS)
def release(request: StaffRequest, number: int) -> HttpResponse:
    """Give the case back and return to the queue."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    try:
        release_claim(case_id=found.pk, user=request.staff.user, actor=actor_of(request), now=now)
    except (ClaimTaken, CaseNotOpen, NotClaimed):
        found.refresh_from_db()
        return show_case(request, found, now=now, status=409, conflict="You do not hold this case any more.")
    return see_other(request, f"{reverse('queue')}?{address(read_query(request, request.POST, now=now))}")


@screen(write=OFFICERS)
def heartbeat(request: StaffRequest, number: int) -> HttpResponse:
    """The holder is at work: the lease is renewed. 409: it is not theirs any more; the body is the sentence to show."""
    found = access_case(number=number, lender_id=request.lender.pk)
    try:
        extend_lease(case_id=found.pk, user=request.staff.user, now=timezone.now())
    except ClaimTaken as taken:
        sentence = f"{taken.holder} holds this case now."
    except CaseNotOpen:
        return _claim_lost("This case was decided meanwhile. Your text is kept.")
    except NotClaimed:
        sentence = "Nobody holds this case now. Claim it again to decide."
    else:
        return HttpResponse(status=204)
    handover = lost_to(found, user=request.staff.user)
    return _claim_lost(f"{_handover_words(handover) if handover else sentence} Your text is kept.")


def _handover_words(handover: Handover) -> str:
    """Who took the case from whoever asks, and why."""
    by, to = handover.by, handover.to_user
    if by is None or to is None or handover.kind == HandoverKind.ESCALATED:
        return "You passed this case on."
    if by == to:
        return f"{by.name} took this case over: “{handover.reason}”"
    return f"{by.name} gave this case to {to.name}: “{handover.reason}”"


def _claim_lost(sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=409, content_type="text/plain; charset=utf-8")


@screen(write=OFFICERS | LEADS)
def draft(request: StaffRequest, number: int, outcome: str) -> HttpResponse:
    """Keep what is typed in a form of the case; it survives a lost lease, a closed tab and a sign-out."""
    if not request.roles & FORMS[outcome].writers:
        return not_allowed(request, FORMS[outcome].writers)
    found = access_case(number=number, lender_id=request.lender.pk)
    is_kept = keep_draft(request, found, form=outcome, now=timezone.now())
    return HttpResponse(status=204 if is_kept else 422)
