"""What was decided under a version: whose decisions a rollback leaves standing, to be looked at one by one."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from frontend.risk.pages import READERS
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest
from underwriting.models import Decision
from underwriting.policy.selectors import access_version

PER_PAGE = 50


@screen(read=READERS)
def decided(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """The decisions that rest on an assessment by this version, newest first, 50 a page."""
    version = access_version(request.lender, slug, number)
    rows = Decision.objects.filter(lender=request.lender, assessment__policy_version=version)
    before = request.GET.get("before", "")
    older = rows.filter(pk__lt=int(before[:18])) if before.isdecimal() else rows
    listed = list(older.select_related("application", "assessment").order_by("-pk")[: PER_PAGE + 1])
    context = {
        "version": version,
        "policy": version.policy,
        "count": rows.count(),
        "decisions": listed[:PER_PAGE],
        "next": listed[PER_PAGE - 1].pk if len(listed) > PER_PAGE else None,
        "zone": request.lender.time_zone,
    }
    return render(request, "risk/decided.html", context)
