"""Tell me when it is free: asked for once, said on the open page and on the home page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.operations.case import show_case
from frontend.operations.small_panel import back_to_case
from frontend.session.gate import screen
from frontend.session.staff import OFFICERS, StaffRequest
from review_queue.access import access_case
from review_queue.actions.claim import claim_of
from review_queue.actions.watch import watch_case
from review_queue.transitions import CaseNotOpen
from underwriting.enums import CaseState


@screen(write=OFFICERS)
def watch(request: StaffRequest, number: int) -> HttpResponse:
    """Remember the wish, and show the case again."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    try:
        watch_case(case_id=found.pk, user=request.staff.user, now=now)
    except CaseNotOpen:
        found.refresh_from_db()
        return show_case(request, found, now=now, status=409, conflict="This case was decided meanwhile.")
    return back_to_case(request, found, now=now)


@screen(read=OFFICERS)
def freed(request: StaffRequest, number: int) -> HttpResponse:
    """204 while somebody holds the case; then the sentence that takes the place of the wish."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    if found.state == CaseState.OPEN and claim_of(found).is_live(now):
        return HttpResponse(status=204)
    return render(request, "operations/freed.html", {"case": found, "is_open": found.state == CaseState.OPEN})
