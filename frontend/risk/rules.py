"""One rule of a draft: its form in the row (a fragment) or on its own page, add, save, remove, move."""

from __future__ import annotations

import copy
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from explanations.reason_codes.catalogue import current_catalogue, policy_codes
from frontend.risk.drafts import access_draft, changed_meanwhile, effect_context, readable, store
from frontend.risk.pages import MANAGERS
from frontend.risk.refusals import answering_refusals
from frontend.risk.rule_form import MAX_CONDITIONS, ConditionsForm, RuleForm, rows_of, values_of
from frontend.risk.words import complaints_about, in_words
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest
from underwriting.models import PolicyVersion
from underwriting.people.access import NotYours
from underwriting.policy.schema import RuleKind
from underwriting.policy.version_rows import DraftChanged

NEW_ROW = {"joined": "and", "if_absent": "refers", "if_never": "passes"}


@screen(read=MANAGERS, write=MANAGERS)
@answering_refusals
def rule(request: StaffRequest, slug: str, number: int, rule_id: str) -> HttpResponse:
    """The form of one rule, or of a new one (`new`); saving swaps the row, or goes back to the editor without scripts."""
    draft = access_draft(request, slug, number)
    index = None if rule_id == "new" else _index(draft, rule_id)
    if request.method in ("GET", "HEAD"):
        return _form_page(request, draft, rule_id, *_filled(draft, index, request.GET.get("kind", "")))
    form, rows = (
        RuleForm(request.POST, prefix=f"{rule_id}-rule"),
        ConditionsForm(request.POST, prefix=f"{rule_id}-when"),
    )
    if "add_row" in request.POST:
        return _form_page(request, draft, rule_id, *_with_another_row(request.POST, rule_id))
    if not _is_sound(form, rows):
        return _form_page(request, draft, rule_id, form, rows, status=422)
    document = copy.deepcopy(draft.document)
    written = form.rule(_conditions(rows))
    at = len(document["rules"]) if index is None else index
    document["rules"][at : at + 1] = [written]
    if _add_complaints(form, rows, document, at):
        return _form_page(request, draft, rule_id, form, rows, status=422)
    try:
        store(request, draft, document)
    except DraftChanged:
        return _form_page(request, access_draft(request, slug, number), rule_id, form, rows)
    return _done(request, slug, number, f"Rule {written['id']} saved.", f"#rule-{written['id']}")


@screen(write=MANAGERS)
@answering_refusals
def remove_rule(request: StaffRequest, slug: str, number: int, rule_id: str) -> HttpResponse:
    draft = access_draft(request, slug, number)
    document = copy.deepcopy(draft.document)
    del document["rules"][_index(draft, rule_id)]
    store(request, draft, document)
    return _done(request, slug, number, f"Rule {rule_id} removed.", "#rules")


@screen(write=MANAGERS)
@answering_refusals
def move_rule(request: StaffRequest, slug: str, number: int, rule_id: str) -> HttpResponse:
    """One place up or down among the rules of its kind."""
    draft = access_draft(request, slug, number)
    document = copy.deepcopy(draft.document)
    rules, at = document["rules"], _index(draft, rule_id)
    same = [i for i, r in enumerate(rules) if r["kind"] == rules[at]["kind"]]
    step = -1 if request.POST.get("to") == "up" else 1
    place = same.index(at) + step
    if 0 <= place < len(same):
        rules[at], rules[same[place]] = rules[same[place]], rules[at]
        store(request, draft, document)
    return _done(request, slug, number, f"Rule {rule_id} moved.", f"#rule-{rule_id}")


def _index(draft: PolicyVersion, rule_id: str) -> int:
    for index, written in enumerate(draft.document["rules"]):
        if written["id"] == rule_id:
            return index
    raise NotYours


def _filled(draft: PolicyVersion, index: int | None, kind: str) -> tuple[RuleForm, Any]:
    """Forms filled from the document; conditions None where the tree is too deep for rows."""
    if index is None:
        chosen = RuleKind.KNOCKOUT if kind == "KNOCKOUT" else RuleKind.REVIEW
        letter = "K" if chosen is RuleKind.KNOCKOUT else "R"
        values = {
            "id": _free_id(draft, letter),
            "kind": chosen.value,
            "priority": 100,
            "owner": "Credit risk",
            "source": "RISK_APPETITE",
        }
        return RuleForm(initial=values, prefix="new-rule"), ConditionsForm(
            initial=[NEW_ROW], prefix="new-when"
        )
    written = readable(draft).rules[index]
    rows = rows_of(written)
    conditions = None if rows is None else ConditionsForm(initial=rows, prefix=f"{written.id}-when")
    return RuleForm(initial=values_of(written), prefix=f"{written.id}-rule"), conditions


def _free_id(draft: PolicyVersion, letter: str) -> str:
    used = {written["id"] for written in draft.document["rules"]}
    return next(f"{letter}-{n:02d}" for n in range(1, 1000) if f"{letter}-{n:02d}" not in used)


def _with_another_row(posted: Any, rule_id: str) -> tuple[RuleForm, Any]:
    """What was typed, with an empty row more; nothing is saved."""
    data = posted.copy()
    total = data.get(f"{rule_id}-when-TOTAL_FORMS", "0")
    count = int(total) if total.isdecimal() and len(total) < 4 else 0
    typed = {key: data.get(f"{rule_id}-rule-{key}", "") for key in RuleForm.base_fields}
    rows = [
        {key: data.get(f"{rule_id}-when-{i}-{key}", "") for key in (*NEW_ROW, "fact", "operator", "value")}
        for i in range(min(count, MAX_CONDITIONS))
    ]
    if len(rows) < MAX_CONDITIONS:
        rows.append(dict(NEW_ROW))
    return RuleForm(initial=typed, prefix=f"{rule_id}-rule"), ConditionsForm(
        initial=rows, prefix=f"{rule_id}-when"
    )


def _is_sound(form: RuleForm, rows: Any) -> bool:
    sound = form.is_valid()
    return bool(rows.is_valid() and sound and _kept(rows))


def _kept(rows: Any) -> list[Any]:
    return [row for row in rows.forms if row.cleaned_data.get("fact") and not row.cleaned_data.get("remove")]


def _conditions(rows: Any) -> list[dict[str, Any]]:
    return [{**row.condition(), "joined": row.cleaned_data.get("joined") or "and"} for row in _kept(rows)]


def _add_complaints(form: RuleForm, rows: Any, document: dict[str, Any], index: int) -> bool:
    """Show what the checks say about this rule beside its fields; True when something blocks."""
    place = f"/rules/{index}"
    blocked = False
    for complaint in complaints_about(document):
        if complaint.blocks and (complaint.place == place or complaint.place.startswith(f"{place}/")):
            blocked = True
            row = _row_of(
                rows, document["rules"][index]["when"], complaint.place.removeprefix(f"{place}/when")
            )
            field = complaint.place.rsplit("/", 1)[-1]
            if row is not None and complaint.place.startswith(f"{place}/when"):
                row.add_error(field if field in row.fields else None, complaint.message)
            else:
                form.add_complaint(complaint.place, complaint.message)
    return blocked


def _row_of(rows: Any, tree: Any, pointer: str) -> Any:
    """The row a pointer into a tree speaks of; None for the tree as a whole."""
    wanted: Any = tree
    for part in pointer.strip("/").split("/"):
        if isinstance(wanted, dict) and "fact" in wanted:
            break
        wanted = (
            wanted[int(part)]
            if isinstance(wanted, list) and part.isdigit()
            else wanted.get(part)
            if isinstance(wanted, dict)
            else None
        )
    leaves = list(_leaves(tree))
    at = next((i for i, leaf in enumerate(leaves) if leaf is wanted), None)
    return None if at is None else _kept(rows)[at]


def _leaves(tree: Any) -> Any:
    if "fact" in tree:
        yield tree
        return
    for member in tree.get("all") or tree.get("any"):
        yield from _leaves(member)


def _form_page(
    request: StaffRequest, draft: PolicyVersion, rule_id: str, form: RuleForm, rows: Any, *, status: int = 200
) -> HttpResponse:
    """The form as it is; status 409 and a sentence where the draft was saved meanwhile, whatever else is to say."""
    index = None if rule_id == "new" else _index(draft, rule_id)
    changed = changed_meanwhile(request, draft)
    words = in_words(draft.document)
    shown = {row.rule.id: row.words for row in (*words.knock_outs, *words.reviews)}
    context = {
        "draft": draft,
        "policy": draft.policy,
        "rule_id": rule_id,
        "is_new": index is None,
        "form": form,
        "rows": rows,
        "sentence": shown.get(rule_id, ""),
        "codes": [
            c for _, c in sorted(policy_codes(current_catalogue(request.lender.pk)).items()) if c.enabled
        ],
        "has_error": status == 422 or bool(changed),
        "changed": changed,
    }
    template = "risk/_rule_form.html" if request.headers.get("HX-Request") else "risk/rule.html"
    response = render(request, template, context, status=409 if changed else status)
    # The form saves into the list of rules; while it is still open it stays in its row.
    response["HX-Retarget"], response["HX-Reswap"] = f"#rule-{rule_id}", "innerHTML"
    return response


def _done(request: StaffRequest, slug: str, number: int, text: str, anchor: str) -> HttpResponse:
    """Without scripts: back to the editor. With htmx: the rules and the effect swap, and the change is announced."""
    if not request.headers.get("HX-Request"):
        messages.success(request, text)
        return HttpResponseRedirect(reverse("policy-draft", args=[slug, number]) + anchor)
    draft = access_draft(request, slug, number)
    context = {
        "draft": draft,
        "policy": draft.policy,
        "words": in_words(draft.document, complaints_about(draft.document)),
        "text": text,
        "is_fragment": True,
        **effect_context(draft),
    }
    return render(request, "risk/_rules_saved.html", context)
