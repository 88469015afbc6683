"""Claim, give back, heartbeat and drafts: the lease of a case over HTTP."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from frontend.operations.case import show_case
from frontend.operations.context import see_other
from frontend.operations.params import address, read_query
from frontend.operations.second_look import draft_key
from frontend.session.gate import screen
from frontend.session.staff import OFFICERS, StaffRequest, actor_of
from frontend.templatetags.ui import in_words
from review_queue.access import access_case
from review_queue.actions.claim import claim_case, extend_lease, release_claim, save_draft
from review_queue.transitions import CaseNotOpen, ClaimTaken, NotClaimed, NotForThisPerson

DRAFT_FIELDS = (
    "reasons", "mitigating_factor", "sentence", "price_tier", "override_reason", "offer_amount", "offer_term", "outcome",
)  # fmt: skip


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
    except ClaimTaken:
        return _claim_lost("Somebody else holds this case now. Your text is kept.")
    except CaseNotOpen:
        return _claim_lost("This case was decided meanwhile. Your text is kept.")
    except NotClaimed:
        return _claim_lost("Nobody holds this case now. Claim it again to decide. Your text is kept.")
    return HttpResponse(status=204)


def _claim_lost(sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=409, content_type="text/plain; charset=utf-8")


@screen(write=OFFICERS)
def draft(request: StaffRequest, number: int, outcome: str) -> HttpResponse:
    """Keep what is typed in a panel; it survives a lost lease, a closed tab and a sign-out."""
    found = access_case(number=number, lender_id=request.lender.pk)
    fields = {
        name: [value.replace("\x00", "") for value in request.POST.getlist(name)]
        for name in DRAFT_FIELDS
        if name in request.POST
    }
    if outcome == "second-look":
        outcome = draft_key(request.staff.user.pk)
    try:
        save_draft(
            case_id=found.pk, user=request.staff.user, outcome=outcome, fields=fields, now=timezone.now()
        )
    except (ClaimTaken, CaseNotOpen, NotClaimed, ValueError):
        return HttpResponse(status=409)
    return HttpResponse(status=204)
