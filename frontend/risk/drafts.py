"""Starting a draft."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from frontend.risk.pages import MANAGERS
from frontend.risk.refusals import answering_refusals
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from underwriting.enums import PolicyState
from underwriting.models import PolicyVersion
from underwriting.policy.lifecycle import create_draft
from underwriting.policy.selectors import access_policy

RULE_ID_CHARACTERS_MAX = 40
PAUSE = (
    "To pause rule {rule_id}, remove it here and submit the change; a colleague approves it. "
    "Going back to this version later lets the rule work again."
)


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
