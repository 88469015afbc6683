"""The history of a draft beside its editor: each edit in words, and a button that takes it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from frontend.risk.effect_panel import scores
from frontend.risk.pages import MANAGERS
from frontend.risk.refusals import answering_refusals, status_of
from frontend.risk.rule_rows import RuleRow, rule_rows
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
from underwriting.policy.schema import RuleKind
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
    """Sections and rows that differ. Every other row stays as it is on the page: its form may be open, with something typed."""
    after, now = draft.document, database_now()
    rows = rule_rows(after, complaints_about(after), leases_of(draft, now))
    was, gone, placed = {rule["id"]: rule for rule in before["rules"]}, set[str](), set[str]()
    old, new = ([(rule["id"], rule["kind"]) for rule in document["rules"]] for document in (before, after))
    for tag, begin, end, new_begin, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            gone |= {rule_id for rule_id, _ in old[begin:end]}
            placed |= {rule_id for rule_id, _ in new[new_begin:new_end]}
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
        "gone": sorted(gone),
        "placed": _with_their_next(rows, placed),
        "changed_rows": [
            row
            for row, rule in zip(rows, after["rules"], strict=True)
            if rule["id"] not in placed and rule != was[rule["id"]]
        ],
    }


def _with_their_next(rows: Sequence[RuleRow], placed: Set[str]) -> list[tuple[RuleRow, str]]:
    """Rows with the rule of their kind that each stands before, the last row first: what it stands before is there by then."""
    found, next_ids = [], dict[RuleKind, str]()
    for row in reversed(rows):
        if row.rule.id in placed:
            found.append((row, next_ids.get(row.rule.kind, "")))
        next_ids[row.rule.kind] = row.rule.id
    return found
