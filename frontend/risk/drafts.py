"""The editor of a draft: cut-offs, rules as sentences, prices and other limits; every form works without scripts."""

from __future__ import annotations

import copy
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from frontend.risk.effect import effect_sentence
from frontend.risk.forms import CutOffsForm, LimitsForm, PartForm
from frontend.risk.pages import MANAGERS
from frontend.risk.refusals import answering_refusals
from frontend.risk.tier_forms import BaseTiers, TiersForm
from frontend.risk.words import changes_between, checks, complaints_about, in_words
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from underwriting.enums import PolicyState, ProductKind
from underwriting.models import PolicyVersion
from underwriting.policy.lifecycle import create_draft, save_draft
from underwriting.policy.schema import PolicyDocument, parse_document
from underwriting.policy.selectors import access_policy, access_version, version_in_force
from underwriting.policy.version_rows import DraftChanged, NotAllowed, WrongState

RULE_ID_CHARACTERS_MAX = 40
PAUSE = (
    "To pause rule {rule_id}, remove it here and submit the change; a colleague approves it. "
    "Going back to this version later lets the rule work again."
)
SECTIONS = {"cut-offs": "Thresholds", "prices": "Price tiers", "limits": "Other limits"}
CHANGED_MEANWHILE = (
    "The draft was saved from another window in between; what you typed is kept here, "
    "and saving it again puts it over what that window saved."
)
PREFIXES = {
    "cut-offs": ("/cut_offs",),
    "prices": ("/price_grid",),
    "limits": (
        "/affordability",
        "/counteroffer",
        "/fallback",
        "/sla",
        "/authority_minor",
        "/delegation",
    ),
}


@screen(write=MANAGERS)
@answering_refusals
def new_draft(request: StaffRequest, slug: str) -> HttpResponse:
    """Start a draft from the version in force; with `rule`, to pause that rule: in the person's open draft, where there is one."""
    policy = access_policy(request.lender, slug)
    rule_id = request.POST.get("rule", "").replace("\x00", "")[:RULE_ID_CHARACTERS_MAX]
    own = PolicyVersion.objects.filter(policy=policy, state=PolicyState.DRAFT, author=request.staff.user)
    draft = own.order_by("-number").first() if rule_id else None
    draft = draft or create_draft(policy=policy, actor=actor_of(request), now=timezone.now())
    place = reverse("policy-draft", args=[slug, draft.number])
    if not any(rule["id"] == rule_id for rule in draft.document["rules"]):
        return HttpResponseRedirect(place)
    messages.info(request, PAUSE.format(rule_id=rule_id))
    return HttpResponseRedirect(f"{place}#rule-{rule_id}")


@screen(read=MANAGERS)
@answering_refusals
def editor(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    draft = access_draft(request, slug, number)
    return render(request, "risk/editor.html", editor_context(request, draft, {}))


@screen(write=MANAGERS)
@answering_refusals
def save_section(request: StaffRequest, slug: str, number: int, section: str) -> HttpResponse:
    """Save one section. What cannot be read or makes no sense stays as typed, with a message beside it (422).

    So does what another window was faster than (409); the form that comes back is of the draft as it is now.
    """
    draft = access_draft(request, slug, number)
    if section not in SECTIONS:
        raise Http404
    form = section_form(section, readable(draft), request.POST)
    if form.is_valid():
        document = copy.deepcopy(draft.document)
        form.write(document)
        _add_complaints(form, document, PREFIXES[section])
        if not has_errors(form):
            try:
                return _saved(request, draft, document, f"{SECTIONS[section]} saved.", f"#{section}")
            except DraftChanged:
                draft = access_draft(request, slug, number)
    context = editor_context(request, draft, {section: form})
    return render(request, "risk/editor.html", context, status=409 if context["changed"] else 422)


def has_errors(form: PartForm | BaseTiers) -> bool:
    """Whether any field, row or the form itself complains."""
    if isinstance(form, BaseTiers):
        return any(row.errors for row in form.forms) or bool(form.non_form_errors())
    return bool(form.errors)


def _add_complaints(form: Any, document: dict[str, Any], prefixes: tuple[str, ...]) -> None:
    for complaint in complaints_about(document):
        if complaint.blocks and complaint.place.startswith(prefixes):
            form.add_complaint(complaint.place, complaint.message)


def _saved(
    request: StaffRequest, draft: PolicyVersion, document: dict[str, Any], text: str, anchor: str
) -> HttpResponse:
    store(request, draft, document)
    messages.success(request, text)
    return HttpResponseRedirect(reverse("policy-draft", args=[draft.policy.slug, draft.number]) + anchor)


def store(request: StaffRequest, draft: PolicyVersion, document: dict[str, Any]) -> PolicyVersion:
    """Save the draft over the version this window was looking at. Raises DraftChanged and the lifecycle's other refusals."""
    return save_draft(
        version=draft,
        document=document,
        expected_sha256=request.POST.get("sha256", ""),
        actor=actor_of(request),
        now=timezone.now(),
    )


def changed_meanwhile(request: StaffRequest, draft: PolicyVersion) -> str:
    """A sentence where the draft is no longer the one that the window which sent this form was looking at."""
    if request.method != "POST" or request.POST.get("sha256", "") == draft.document_sha256:
        return ""
    return CHANGED_MEANWHILE


def access_draft(request: StaffRequest, slug: str, number: int) -> PolicyVersion:
    """The person's own draft. Not there: 404; somebody else's or no draft any more: refused with a sentence."""
    version = access_version(request.lender, slug, number)
    if version.state != PolicyState.DRAFT:
        raise WrongState("This version was submitted and is frozen. Start a new draft to change it.")
    if version.author_id != request.user.pk:
        raise NotAllowed("Only its author changes a draft. Start your own draft from the policy's page.")
    return version


def readable(draft: PolicyVersion) -> PolicyDocument:
    """The draft's document; the editor never saves one that cannot be read. Raises PolicyRefused."""
    return parse_document(draft.document)


def section_form(section: str, document: PolicyDocument, data: Any = None) -> Any:
    """The form of a section, filled from the document or from what was posted."""
    is_line = document.product_kind is not ProductKind.INSTALMENT
    if section == "cut-offs":
        return CutOffsForm(data, initial=CutOffsForm.values_of(document), prefix="cut")
    if section == "prices":
        return TiersForm(
            data, initial=BaseTiers.values_of(document), prefix="tier", form_kwargs={"is_line": is_line}
        )
    return LimitsForm(
        data, initial=LimitsForm.values_of(document), prefix="limit", kind=document.product_kind
    )


def editor_context(request: StaffRequest, draft: PolicyVersion, bound: dict[str, Any]) -> dict[str, Any]:
    """Everything the editor shows; `bound` holds a section's form that came back with errors."""
    document = readable(draft)
    forms = {section: bound.get(section) or section_form(section, document) for section in SECTIONS}
    return {
        "draft": draft,
        "policy": draft.policy,
        "cut_offs": forms["cut-offs"],
        "tiers": forms["prices"],
        "limits": forms["limits"],
        "words": in_words(draft.document, complaints_about(draft.document)),
        "has_error": bool(bound),
        "changed": changed_meanwhile(request, draft),
        "error_forms": [
            row for form in bound.values() for row in (form.forms if isinstance(form, BaseTiers) else [form])
        ],
        "zone": request.lender.time_zone,
        **effect_context(draft),
    }


def effect_context(draft: PolicyVersion) -> dict[str, Any]:
    """The right-hand side: what changed against the version in force, what it would have done, what is still wrong."""
    live = version_in_force(draft.policy, timezone.now())
    found = checks(draft.document)
    return {
        "live": live,
        "changes": changes_between(live.document, draft.document) if live else [],
        "effect": effect_sentence(live, draft, timezone.now()),
        "checks": found,
        "is_blocked": any(check.blocks for check in found),
    }
