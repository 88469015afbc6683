"""Words on a case: put on, taken off."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone

from frontend.operations.case import show_case
from frontend.operations.small_panel import back_to_case
from frontend.session.gate import screen
from frontend.session.staff import LEADS, OFFICERS, StaffRequest, actor_of
from review_queue.access import access_case
from review_queue.actions.tag import TagRefused, tag_case, untag_case


@screen(write=OFFICERS | LEADS)
def tags(request: StaffRequest, number: int) -> HttpResponse:
    """`add` is a word to put on; `remove` one to take off."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    added, removed = (request.POST.get(name, "").replace("\x00", "")[:80] for name in ("add", "remove"))
    change, name = (untag_case, removed) if removed else (tag_case, added)
    try:
        change(case_id=found.pk, roles=request.roles, name=name, actor=actor_of(request), now=now)
    except TagRefused as refused:
        return show_case(request, found, now=now, status=422, tag_error=str(refused), tag_typed=added)
    return back_to_case(request, found, now=now)
