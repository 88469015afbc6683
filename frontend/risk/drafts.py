"""Starting a draft, and saving a whole one at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from frontend.risk.pages import MANAGERS
from frontend.risk.refusals import answering_refusals
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from underwriting.enums import PolicyState
from underwriting.models import PolicyVersion
from underwriting.moment import database_now
from underwriting.policy import selectors
from underwriting.policy.lifecycle import create_draft, save_draft
from underwriting.policy.schema import PolicyDocument, parse_document
from underwriting.policy.selectors import access_policy

RULE_ID_CHARACTERS_MAX = 40
PAUSE = (
    "To pause rule {rule_id}, remove it here and submit the change; a colleague approves it. "
    "Going back to this version later lets the rule work again."
)
CHANGED_MEANWHILE = (
    "The draft was saved from another window in between; what you typed is kept here, "
    "and saving it again puts it over what that window saved."
)


@screen(write=MANAGERS)
@answering_refusals
def new_draft(request: StaffRequest, slug: str) -> HttpResponse:
    """Start a draft from the version in force; with `rule`, to pause that rule: in the person's open draft, where there is one."""
    policy = access_policy(request.lender, slug)
    rule_id = request.POST.get("rule", "").replace("\x00", "")[:RULE_ID_CHARACTERS_MAX]
    own = PolicyVersion.objects.filter(policy=policy, state=PolicyState.DRAFT, author=request.staff.user)
    draft = own.order_by("-number").first() if rule_id else None
    draft = draft or create_draft(policy=policy, actor=actor_of(request), now=database_now())
    place = reverse("policy-draft", args=[slug, draft.number])
    if not any(rule["id"] == rule_id for rule in draft.document["rules"]):
        return HttpResponseRedirect(place)
    messages.info(request, PAUSE.format(rule_id=rule_id))
    return HttpResponseRedirect(f"{place}#rule-{rule_id}")


def access_draft(request: StaffRequest, slug: str, number: int) -> PolicyVersion:
    """A draft of the person's lender. Not there: 404; no draft any more: refused with a sentence."""
    return selectors.access_draft(request.lender, slug, number)


def readable(draft: PolicyVersion) -> PolicyDocument:
    """The draft's document; the editor never saves one that cannot be read. Raises PolicyRefused."""
    return parse_document(draft.document)


def store(request: StaffRequest, draft: PolicyVersion, document: dict[str, Any]) -> PolicyVersion:
    """Save the draft over the version this window was looking at. Raises DraftChanged and the lifecycle's other refusals."""
    return save_draft(
        version=draft,
        document=document,
        expected_sha256=request.POST.get("sha256", ""),
        actor=actor_of(request),
        now=database_now(),
    )


def changed_meanwhile(request: StaffRequest, draft: PolicyVersion) -> str:
    """A sentence where the draft is no longer the one that the window which sent this form was looking at."""
    if request.method != "POST" or request.POST.get("sha256", "") == draft.document_sha256:
        return ""
    return CHANGED_MEANWHILE
