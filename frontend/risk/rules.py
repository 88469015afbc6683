"""One rule of a draft: its form in the row (a fragment) or on its own page; add, save, remove, move. Only that row swaps."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from explanations.reason_codes.catalogue import current_catalogue, policy_codes
from frontend.risk.pages import MANAGERS
from frontend.risk.refusals import answering_refusals
from frontend.risk.rule_form import ConditionsForm, RuleForm
from frontend.risk.rule_reading import (
    conditions_of,
    filled,
    is_sound,
    show_complaints,
    with_another_row,
)
from frontend.risk.rule_rows import RuleRow, rule_row
from frontend.risk.saying import announced, told
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from underwriting.models import PolicyVersion
from underwriting.moment import database_now
from underwriting.people.access import NotYours
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.drafting import move_rule as move
from underwriting.policy.drafting import remove_rule as remove
from underwriting.policy.drafting import rule_section, save_rule
from underwriting.policy.leases import Held, SectionHeld, give_back, leases_of
from underwriting.policy.parts import one_rule, rule_at, rule_complaints
from underwriting.policy.schema import PolicyRefused
from underwriting.policy.selectors import access_draft
from underwriting.policy.version_rows import DraftChanged
from underwriting.policy.words import rule_in_words

POSITION_DIGITS_MAX = 4


@screen(read=MANAGERS, write=MANAGERS)
@answering_refusals
def rule(request: StaffRequest, slug: str, number: int, rule_id: str) -> HttpResponse:
    """The form of one rule, or of a new one (`new`); saving swaps the row, or goes back to the editor without scripts."""
    draft = access_draft(request.lender, slug, number)
    if request.method in ("GET", "HEAD"):
        at = None if rule_id == "new" else place_of(draft, rule_id)
        return _form_page(request, draft, rule_id, *filled(draft, at, request.GET.get("kind", "")))
    if "add_row" in request.POST:
        return _form_page(request, draft, rule_id, *with_another_row(request.POST, rule_id))
    form = RuleForm(request.POST, prefix=f"{rule_id}-rule")
    rows = ConditionsForm(request.POST, prefix=f"{rule_id}-when")
    if not is_sound(form, rows):
        return _form_page(request, draft, rule_id, form, rows, status=422)
    written = form.rule(conditions_of(rows))
    try:
        saved = save_rule(
            version=draft,
            rule_id=None if rule_id == "new" else rule_id,
            rule=written,
            reason_codes=policy_codes(current_catalogue(request.lender.pk)),
            expected_sha256=request.POST.get("sha256", ""),
            actor=actor_of(request),
            now=database_now(),
        )
    except PolicyRefused as refused:
        show_complaints(form, rows, written, refused.complaints)
        return _form_page(request, draft, rule_id, form, rows, status=422)
    except (DraftChanged, SectionHeld):
        draft = access_draft(request.lender, slug, number)
        return _form_page(request, draft, rule_id, form, rows, status=409)
    return _saved(request, saved, rule_id, written["id"])


@screen(write=MANAGERS)
@answering_refusals
def close_rule(request: StaffRequest, slug: str, number: int, rule_id: str) -> HttpResponse:
    """Close the form of a rule without saving: the row as it is, free for others."""
    draft = access_draft(request.lender, slug, number)
    give_back(version=draft, section=rule_section(rule_id), user_id=request.staff.user.pk)
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(_editor(draft, f"#rule-{rule_id}"))
    return _row_alone(request, draft, rule_id)


@screen(write=MANAGERS)
@answering_refusals
def remove_rule(request: StaffRequest, slug: str, number: int, rule_id: str) -> HttpResponse:
    draft = access_draft(request.lender, slug, number)
    saved = remove(
        version=draft,
        rule_id=rule_id,
        expected_sha256=request.POST.get("sha256", ""),
        actor=actor_of(request),
        now=database_now(),
    )
    text = f"Rule {rule_id} removed."
    if not request.headers.get("HX-Request"):
        return told(request, text, HttpResponseRedirect(_editor(saved, "#rules")))
    return announced(render(request, "risk/_rule_removed.html"), text)


@screen(write=MANAGERS)
@answering_refusals
def move_rule(request: StaffRequest, slug: str, number: int, rule_id: str) -> HttpResponse:
    """One place up or down among the rules of its kind, or to a position typed."""
    draft = access_draft(request.lender, slug, number)
    at = place_of(draft, rule_id)
    here = rule_row(draft.document, at, (), {}).position
    typed = request.POST.get("position", "")
    to = {"up": here - 1, "down": here + 1}.get(request.POST.get("to", ""))
    if to is None:
        to = int(typed) if typed.isdecimal() and len(typed) <= POSITION_DIGITS_MAX else here
    saved = move(version=draft, rule_id=rule_id, position=to, actor=actor_of(request), now=database_now())
    if not request.headers.get("HX-Request"):
        return told(
            request, f"Rule {rule_id} moved.", HttpResponseRedirect(_editor(saved, f"#rule-{rule_id}"))
        )
    row = _row(saved, rule_id, leases_of(saved, database_now()))
    context = _row_context(request, saved, row) | {"next_id": _next_id(saved, rule_id), "is_open": True}
    answer = render(request, "risk/_rule_placed.html", context)
    return announced(answer, f"Rule {rule_id} stands at position {row.position} now.")


def place_of(draft: PolicyVersion, rule_id: str) -> int:
    """The place of a rule in the draft. Raises NotYours."""
    at = rule_at(draft.document, rule_id)
    if at is None:
        raise NotYours
    return at


def _form_page(
    request: StaffRequest, draft: PolicyVersion, rule_id: str, form: RuleForm, rows: Any, *, status: int = 200
) -> HttpResponse:
    """The form as it is; status 409 where the rule was saved meanwhile or somebody else works on it, whatever else is to say."""
    at = None if rule_id == "new" else place_of(draft, rule_id)
    stored = None if at is None else draft.document["rules"][at]
    sha256 = "" if stored is None else canonical_sha256(stored)
    changed = request.method == "POST" and stored is not None and request.POST.get("sha256", "") != sha256
    held = leases_of(draft, database_now()).get(rule_section(rule_id))
    status = 409 if changed else status
    context = {
        "draft": draft,
        "policy": draft.policy,
        "rule_id": rule_id,
        "is_new": at is None,
        "form": form,
        "rows": rows,
        "sha256": sha256,
        "sentence": "" if stored is None else rule_in_words(one_rule(stored), draft.document["currency"]),
        "codes": [
            c for _, c in sorted(policy_codes(current_catalogue(request.lender.pk)).items()) if c.enabled
        ],
        "changed": changed,
        "has_error": status != 200,
        "held": held,
        "is_mine": held is not None and held.holder_id == request.user.pk,
        "section": rule_section(rule_id),
        "zone": request.lender.time_zone,
    }
    template = "risk/_rule_form.html" if request.headers.get("HX-Request") else "risk/rule.html"
    response = render(request, template, context, status=status)
    # The form saves in the place of its row; while it is still open it stays inside it.
    response["HX-Retarget"], response["HX-Reswap"] = f"#rule-{rule_id}", "innerHTML"
    return response


def _saved(request: StaffRequest, saved: PolicyVersion, old_id: str, rule_id: str) -> HttpResponse:
    """Without scripts: back to the editor. With htmx: the row in its place, or at the end of its list where it is new there."""
    text = f"Rule {rule_id} saved."
    if not request.headers.get("HX-Request"):
        return told(request, text, HttpResponseRedirect(_editor(saved, f"#rule-{rule_id}")))
    row = _row(saved, rule_id, leases_of(saved, database_now()))
    stays = request.POST.get("was", "") == row.rule.kind.value
    template = "risk/_rule_row.html" if stays and old_id != "new" else "risk/_rule_placed.html"
    context = _row_context(request, saved, row) | {"next_id": _next_id(saved, rule_id)}
    return announced(render(request, template, context), text)


def _row_alone(request: StaffRequest, draft: PolicyVersion, rule_id: str) -> HttpResponse:
    row = _row(draft, rule_id, leases_of(draft, database_now()))
    return render(request, "risk/_rule_row.html", _row_context(request, draft, row))


def _row(draft: PolicyVersion, rule_id: str, leases: dict[str, Held]) -> RuleRow:
    at = place_of(draft, rule_id)
    codes = policy_codes(current_catalogue(draft.policy.lender_id))
    found = rule_complaints(draft.document, draft.document["rules"][at], at=at, reason_codes=codes)
    return rule_row(draft.document, at, found, leases)


def _row_context(request: StaffRequest, draft: PolicyVersion, row: RuleRow) -> dict[str, Any]:
    return {
        "draft": draft,
        "policy": draft.policy,
        "row": row,
        "is_fragment": True,
        "zone": request.lender.time_zone,
    }


def _next_id(draft: PolicyVersion, rule_id: str) -> str:
    """The rule of the same kind after this one; empty where it is the last."""
    rules = draft.document["rules"]
    at = place_of(draft, rule_id)
    after = (rule["id"] for rule in rules[at + 1 :] if rule["kind"] == rules[at]["kind"])
    return str(next(after, ""))


def _editor(draft: PolicyVersion, anchor: str) -> str:
    return reverse("policy-draft", args=[draft.policy.slug, draft.number]) + anchor
