"""Why a policy differs from its baseline: every difference with its reason; and taking in what the baseline changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from frontend.risk.drafts import access_draft
from frontend.risk.pages import MANAGERS, READERS
from frontend.risk.refusals import answering_refusals, status_of
from frontend.risk.words import marked, plural
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from underwriting.enums import Role
from underwriting.models import Policy, PolicyBaseline, PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.baseline import (
    baseline_of,
    choices_for,
    deviations,
    name_baseline,
    say_why,
    take_over,
    what_to_take,
)
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.selectors import access_policy, access_version, version_in_force
from underwriting.policy.version_rows import DraftChanged, LifecycleRefused


@screen(read=READERS)
@answering_refusals
def deviations_page(request: StaffRequest, slug: str) -> HttpResponse:
    """The version in force, or the one asked for (`version`), beside the policy's baseline."""
    policy = access_policy(request.lender, slug)
    return _page(request, policy, _version(request, policy, request.GET.get("version", "")))


@screen(write=MANAGERS)
@answering_refusals
def choose(request: StaffRequest, slug: str) -> HttpResponse:
    """Name the baseline."""
    policy = access_policy(request.lender, slug)
    name = request.POST.get("baseline", "").replace("\x00", "")[:120]
    name_baseline(policy=policy, name=name, actor=actor_of(request), now=database_now())
    messages.success(request, "The baseline is set.")
    return HttpResponseRedirect(reverse("policy-baseline", args=[slug]))


@screen(write=MANAGERS)
@answering_refusals
def explain(request: StaffRequest, slug: str) -> HttpResponse:
    """Record why one thing differs. What was typed stays beside it where it was refused."""
    policy = access_policy(request.lender, slug)
    version = _version(request, policy, request.POST.get("version", ""))
    if version is None:
        raise Http404
    anchor, text = request.POST.get("anchor", ""), request.POST.get("text", "").replace("\x00", "")[:4000]
    quote = request.POST.get("quote", "").replace("\r\n", "\n")
    try:
        say_why(
            version=version,
            anchor=anchor,
            quote=quote,
            text=text,
            actor=actor_of(request),
            now=database_now(),
        )
    except DraftChanged as refused:
        return _page(
            request, policy, version, typed={"anchor": anchor, "text": text, "why": str(refused)}, status=409
        )
    except LifecycleRefused as refused:
        typed = {"anchor": anchor, "text": text, "why": str(refused)}
        return _page(request, policy, version, typed=typed, status=status_of(refused))
    messages.success(request, "The reason is recorded.")
    return HttpResponseRedirect(f"{reverse('policy-baseline', args=[slug])}?version={version.number}")


@screen(read=MANAGERS, write=MANAGERS)
@answering_refusals
def take(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """What the baseline changed since this draft's line took it in; the button puts it into the draft."""
    draft = access_draft(request, slug, number)
    changed = ""
    if request.method == "POST":
        try:
            take_over(
                version=draft,
                expected_sha256=request.POST.get("sha256", ""),
                merged_sha256=request.POST.get("content_sha256", ""),
                actor=actor_of(request),
                now=database_now(),
            )
        except DraftChanged as refused:
            changed = str(refused)
        else:
            messages.success(request, "What the baseline changed is in this draft.")
            return HttpResponseRedirect(reverse("policy-draft", args=[slug, number]))
    draft = access_draft(request, slug, number)
    found = what_to_take(draft, database_now())
    context = {
        "draft": draft,
        "policy": draft.policy,
        "found": found,
        "changed": changed,
        "changes": [marked(change) for change in found.changes] if found else [],
        "content_sha256": canonical_sha256(found.merged) if found else "",
    }
    return render(request, "risk/baseline_take.html", context, status=409 if changed else 200)


def _version(request: StaffRequest, policy: Policy, number: str) -> PolicyVersion | None:
    if not number:
        return version_in_force(policy, database_now())
    if not number.isdecimal() or len(number) > 9:
        raise Http404
    return access_version(request.lender, policy.slug, int(number))


def _page(
    request: StaffRequest,
    policy: Policy,
    version: PolicyVersion | None,
    *,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    now = database_now()
    baseline = baseline_of(policy, now)
    found = deviations(policy, baseline, version.document) if baseline and version else []
    may_edit = Role.RISK_MANAGER in request.roles
    own = PolicyVersion.objects.filter(policy=policy, state="DRAFT", author=request.staff.user)
    context: dict[str, Any] = {
        "policy": policy,
        "version": version,
        "baseline": baseline,
        "is_named": PolicyBaseline.objects.filter(policy=policy).exists(),
        "deviations": [(each, [marked(change) for change in each.changes]) for each in found],
        "count": plural(len(found), "difference", "differences"),
        "unexplained": sum(each.reason is None or each.is_old for each in found),
        "choices": choices_for(policy, now) if may_edit else [],
        "may_edit": may_edit,
        "draft": own.order_by("-number").first() if may_edit else None,
        "typed": typed or {},
        "has_error": bool(typed),
        "zone": request.lender.time_zone,
    }
    return render(request, "risk/baseline.html", context, status=status)
