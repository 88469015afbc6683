"""Assess again: a technical case gets another assessment, and the same person still decides."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from frontend.operations.case import show_case
from frontend.operations.context import see_other
from frontend.operations.params import address, read_query
from frontend.session.gate import screen
from frontend.session.staff import OFFICERS, StaffRequest, actor_of
from review_queue.access import access_case
from review_queue.actions.assess_again import NothingToRepeat
from review_queue.actions.assess_again import assess_again as put_to_work
from review_queue.transitions import CaseNotOpen, ClaimTaken, NotClaimed
from underwriting.decisions.transitions import ApplicationWithdrawn


@screen(write=OFFICERS)
def assess_again(request: StaffRequest, number: int) -> HttpResponse:
    """Ask for another assessment and return to the case, which says that it is under way."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    try:
        put_to_work(
            case_id=found.pk,
            user=request.staff.user,
            roles=request.roles,
            actor=actor_of(request),
            now=now,
        )
    except NothingToRepeat as refused:
        conflict = str(refused)
    except ApplicationWithdrawn:
        conflict = "The applicant withdrew this application. Nothing was asked for."
    except (ClaimTaken, CaseNotOpen, NotClaimed):
        conflict = "You do not hold this case. Claim it to have it assessed again."
    else:
        query = read_query(request, request.POST, now=now)
        return see_other(request, f"{reverse('case', args=[str(found)])}?{address(query)}")
    found.refresh_from_db()
    return show_case(request, found, now=now, status=409, conflict=conflict)
