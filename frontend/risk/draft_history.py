"""The history of a draft beside its editor: each edit in words, and a button that takes it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from frontend.risk.effect_panel import scores
from frontend.risk.pages import MANAGERS
from frontend.risk.refusals import answering_refusals, status_of
from frontend.risk.rule_rows import rule_rows
from frontend.risk.saying import announced, told
from frontend.risk.section_forms import SECTIONS, section_views
from frontend.risk.words import complaints_about
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from underwriting.models import PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.draft_history import DraftEdit, edits_of, undo_edit
from underwriting.policy.leases import leases_of
from underwriting.policy.parts import part_sha256
from underwriting.policy.selectors import access_draft
from underwriting.policy.version_rows import LifecycleRefused

UNDONE = "That edit is undone."
WHAT = {"rule": "rule {}", "removed": "rule {} removed", "moved": "rule {} moved", "undone": "an edit undone"}


@dataclass(frozen=True, slots=True)
class EditLine:
    """An edit with what it was about."""

    edit: DraftEdit
    words: str


def edit_lines(draft: PolicyVersion) -> list[EditLine]:
    return [EditLine(edit, _in_words(edit.what)) for edit in edits_of(draft)]


def _in_words(what: Mapping[str, Any]) -> str:
    if "part" in what:
        part = SECTIONS.get(what["part"])
        return part.noun if part else str(what["part"]).replace("-", " ")
    said = [words.format(what[name]) for name, words in WHAT.items() if name in what]
    return said[0] if said else "the whole document"


@screen(write=MANAGERS)
@answering_refusals
def undo(request: StaffRequest, slug: str, number: int, revision_id: int) -> HttpResponse:
    """Take one edit back. The answer is what it changed, each in its place; without scripts, the editor."""
    draft = access_draft(request.lender, slug, number)
    before, is_fragment = draft.document, bool(request.headers.get("HX-Request"))
    try:
        saved = undo_edit(version=draft, revision_id=revision_id, actor=actor_of(request), now=database_now())
    except LifecycleRefused as refused:
        if not is_fragment:
            raise
        return render(request, "risk/_refused.html", {"sentence": str(refused)}, status=status_of(refused))
    if not is_fragment:
        return told(request, UNDONE, HttpResponseRedirect(reverse("policy-draft", args=[slug, number])))
    return announced(render(request, "risk/_undone.html", _changed(request, saved, before)), UNDONE)


def _changed(request: StaffRequest, draft: PolicyVersion, before: Mapping[str, Any]) -> dict[str, Any]:
    """Sections that differ; rows of rules that differ, or all the rules where other ones are there or in another order."""
    after, now = draft.document, database_now()
    rows = rule_rows(after, complaints_about(after), leases_of(draft, now))
    was = {rule["id"]: rule for rule in before["rules"]}
    is_same_order = list(was) == [rule["id"] for rule in after["rules"]]
    changed = {rule["id"] for rule in after["rules"] if was.get(rule["id"]) != rule}
    return {
        **scores(draft),
        "draft": draft,
        "policy": draft.policy,
        "zone": request.lender.time_zone,
        "is_beside": True,
        "sections": [
            view
            for view in section_views(request, draft, None)
            if part_sha256(before, view.section.key) != part_sha256(after, view.section.key)
        ],
        "all_rules": not is_same_order,
        "knock_outs": [row for row in rows if row.is_knock_out],
        "reviews": [row for row in rows if not row.is_knock_out],
        "changed_rows": [row for row in rows if is_same_order and row.rule.id in changed],
    }
