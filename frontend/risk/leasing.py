"""Who works on a section of a draft: taken when somebody begins to type, renewed while the page is in sight."""

from __future__ import annotations

import re

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from frontend.risk.pages import MANAGERS
from frontend.risk.refusals import answering_refusals
from frontend.risk.section_forms import SECTIONS
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from underwriting.moment import database_now
from underwriting.policy.leases import Held, SectionHeld, leases_of, take_lease
from underwriting.policy.selectors import access_draft

RULE_SECTION = re.compile(r"rule-[A-Z]{1,3}-[0-9]{2,4}")


@screen(read=MANAGERS, write=MANAGERS)
@answering_refusals
def section_lease(request: StaffRequest, slug: str, number: int, section: str) -> HttpResponse:
    """Take or renew the lease (POST), or see whose it is; the answer says so in place. Without scripts a save needs no lease."""
    if section not in SECTIONS and not RULE_SECTION.fullmatch(section):
        raise Http404
    draft = access_draft(request.lender, slug, number)
    held: Held | None
    if request.method == "POST":
        try:
            held = take_lease(version=draft, section=section, actor=actor_of(request), now=database_now())
        except SectionHeld as refused:
            held = refused.held
    else:
        held = leases_of(draft, database_now()).get(section)
    if not request.headers.get("HX-Request"):
        place = reverse("policy-draft", args=[slug, number])
        return HttpResponseRedirect(f"{place}#{section}")
    context = {
        "draft": draft,
        "policy": draft.policy,
        "section": section,
        "held": held,
        "is_mine": held is not None and held.holder_id == request.user.pk,
        "zone": request.lender.time_zone,
    }
    return render(request, "risk/_lease.html", context)
