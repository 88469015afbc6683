"""Saving one section of a draft: the answer is that section alone, and without scripts the editor."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from frontend.risk.editor import editor_page
from frontend.risk.effect_panel import scores
from frontend.risk.pages import MANAGERS
from frontend.risk.refusals import answering_refusals
from frontend.risk.saying import announced, told
from frontend.risk.section_forms import (
    SECTIONS,
    Section,
    SectionView,
    read_into,
    readable_parts,
    section_form,
    section_view,
)
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from underwriting.enums import ProductKind
from underwriting.models import PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.drafting import save_part
from underwriting.policy.leases import SectionHeld, leases_of
from underwriting.policy.parts import part_of, part_sha256
from underwriting.policy.selectors import access_draft
from underwriting.policy.version_rows import DraftChanged


@screen(write=MANAGERS)
@answering_refusals
def save_section(request: StaffRequest, slug: str, number: int, section: str) -> HttpResponse:
    """Save one section and answer with it alone; without scripts, with the editor.

    What cannot be read or makes no sense stays as typed, with a message beside it (422); so does what another window was
    faster with, and what somebody else works on (409).
    """
    draft = access_draft(request.lender, slug, number)
    shown = SECTIONS.get(section)
    if shown is None or ProductKind(draft.policy.product.kind) not in shown.kinds:
        raise Http404
    form = section_form(shown, readable_parts(draft.document), request.POST)
    document = read_into(shown, form, draft.document, request.lender.pk)
    if document is None:
        return _again(request, draft, shown, form, status=422)
    try:
        draft = save_part(
            version=draft,
            part=section,
            content=part_of(document, section),
            expected_sha256=request.POST.get("sha256", ""),
            actor=actor_of(request),
            now=database_now(),
        )
    except (DraftChanged, SectionHeld) as refused:
        draft = access_draft(request.lender, slug, number)
        return _again(request, draft, shown, form, status=409, held=isinstance(refused, SectionHeld))
    return _saved(request, draft, shown)


def _again(
    request: StaffRequest,
    draft: PolicyVersion,
    section: Section,
    form: Any,
    *,
    status: int,
    held: bool = False,
) -> HttpResponse:
    """The form as it was typed, with what stands against saving it."""
    view = section_view(request, draft, section, form, leases_of(draft, database_now()))
    if view.is_changed and not held:
        status = 409
    if not request.headers.get("HX-Request"):
        return editor_page(request, draft, view, status=status)
    context = {"draft": draft, "policy": draft.policy, "view": view, "is_fragment": True}
    return render(request, "risk/_section.html", {**context, "zone": request.lender.time_zone}, status=status)


def _saved(request: StaffRequest, draft: PolicyVersion, section: Section) -> HttpResponse:
    text = f"{section.noun[0].upper()}{section.noun[1:]} saved."
    if not request.headers.get("HX-Request"):
        return told(request, text, HttpResponseRedirect(f"{_editor(draft)}#{section.key}"))
    form = section_form(section, readable_parts(draft.document))
    view = SectionView(section=section, form=form, sha256=part_sha256(draft.document, section.key))
    return announced(render(request, "risk/_section.html", _context(request, draft, view)), text)


def _context(request: StaffRequest, draft: PolicyVersion, view: SectionView) -> dict[str, Any]:
    context = {"draft": draft, "policy": draft.policy, "view": view, "is_fragment": True}
    drawn = scores(draft) if view.section.key == "cut-offs" else {}
    return {**context, **drawn, "zone": request.lender.time_zone}


def _editor(draft: PolicyVersion) -> str:
    return reverse("policy-draft", args=[draft.policy.slug, draft.number])
