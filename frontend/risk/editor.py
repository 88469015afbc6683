"""The editor of a draft as a page: its sections, its rules as rows, the effect so far and the checks."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from frontend.risk.check_words import state_in_words
from frontend.risk.draft_history import edit_lines
from frontend.risk.effect_panel import panel
from frontend.risk.pages import MANAGERS
from frontend.risk.refusals import answering_refusals
from frontend.risk.rule_rows import rule_rows
from frontend.risk.section_forms import SectionView, section_views
from frontend.risk.words import changes_between, checks_of, complaints_about
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest
from underwriting.models import PolicyVersion, User
from underwriting.moment import database_now
from underwriting.policy.editors import editors_of
from underwriting.policy.leases import leases_of
from underwriting.policy.schema import Complaint
from underwriting.policy.selectors import access_draft, active_policy_version
from underwriting.policy.whole_check import CheckState, with_whole_check


@screen(read=MANAGERS)
@answering_refusals
def editor(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    return editor_page(request, access_draft(request.lender, slug, number))


def editor_page(
    request: StaffRequest, draft: PolicyVersion, given: SectionView | None = None, *, status: int = 200
) -> HttpResponse:
    """The whole editor; `given` is a section whose form came back."""
    now = database_now()
    complaints = complaints_about(draft.document)
    rows = rule_rows(draft.document, complaints, leases_of(draft, now))
    context = {
        "draft": draft,
        "policy": draft.policy,
        "sections": section_views(request, draft, given),
        "given": given,
        "knock_outs": [row for row in rows if row.is_knock_out],
        "reviews": [row for row in rows if not row.is_knock_out],
        "writers": User.objects.filter(pk__in=editors_of(draft)).order_by("name"),
        "zone": request.lender.time_zone,
        **checks_context(draft, complaints),
        **panel(request, draft),
    }
    return render(request, "risk/editor.html", context, status=status)


@screen(read=MANAGERS, write=MANAGERS)
@answering_refusals
def effect(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """The effect so far with what is typed and not saved yet, as a fragment; nothing is written."""
    draft = access_draft(request.lender, slug, number)
    posted = request.POST if request.method == "POST" else None
    context = {"draft": draft, "policy": draft.policy, "is_fragment": True, **panel(request, draft, posted)}
    return render(request, "risk/_effect.html", context)


@screen(read=MANAGERS)
@answering_refusals
def checked(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """What differs from the version in force and what is still wrong, as a fragment."""
    draft = access_draft(request.lender, slug, number)
    context = {
        "draft": draft,
        "policy": draft.policy,
        "zone": request.lender.time_zone,
        **checks_context(draft, complaints_about(draft.document)),
    }
    return render(request, "risk/_checks.html", context)


def checks_context(draft: PolicyVersion, complaints: list[Complaint]) -> dict[str, Any]:
    """What changed against the version in force, and what is still wrong."""
    live = active_policy_version(draft.policy.product_id, database_now())
    whole = with_whole_check(draft, complaints)
    found = checks_of(draft.document, whole.complaints, whole.said)
    return {
        "check_state": state_in_words(whole),
        "is_checking": whole.state is CheckState.BEING_CHECKED,
        "live": live,
        "changes": changes_between(live.document, draft.document) if live else [],
        "checks": found,
        "is_blocked": any(check.blocks for check in found),
        "edits": edit_lines(draft),
    }
