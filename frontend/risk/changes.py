"""What is done with a change request: submit, approve, turn down, take back, try, put in force or schedule, roll back, review."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from explanations.reason_codes.catalogue import current_catalogue, policy_codes
from frontend.risk.change_forms import ReasonForm, ReviewForm, RollbackForm, SubmitForm
from frontend.risk.change_page import Typed, activation_form, page
from frontend.risk.pages import ACTIVATORS, APPROVERS, MANAGERS
from frontend.risk.refusals import answering_refusals, recording_strangers
from frontend.risk.words import changes_between, complaints_about
from frontend.session.gate import screen
from frontend.session.staff import AUDITORS, RISK, StaffRequest, actor_of
from underwriting.enums import PolicyState, ReviewVerdict
from underwriting.models import PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.emergencies import review_emergency
from underwriting.policy.lifecycle import (
    activate_version,
    approve_version,
    request_check,
    request_reference,
    roll_back,
    submit_version,
    take_back_version,
    turn_down_version,
    unschedule_version,
)
from underwriting.policy.rollouts import start_rollout, stop_rollout
from underwriting.policy.selectors import access_version, version_in_force
from underwriting.policy.version_rows import LifecycleRefused
from underwriting.policy.whole_check import with_whole_check


@recording_strangers("submit", write=MANAGERS)
@screen(write=MANAGERS)
@answering_refusals
def submit(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    said = with_whole_check(version, complaints_about(version.document)).complaints
    warnings = [c for c in said if not c.blocks]
    form = SubmitForm(request.POST, warnings=warnings)
    if not form.is_valid():
        return page(request, version, Typed(submission=form))
    submit_version(
        version=version,
        reason=form.cleaned_data["reason"],
        ticket=form.cleaned_data["ticket"],
        is_emergency=form.cleaned_data["is_emergency"],
        warning_comments=form.comments(),
        seen_sha256=request.POST.get("sha256", ""),
        reason_codes=policy_codes(current_catalogue(request.lender.pk)),
        actor=actor_of(request),
        now=database_now(),
    )
    return _back(request, version, f"v{version.number} submitted. Its reference sample is being drawn.")


@screen(write=MANAGERS)
@answering_refusals
def check_again(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    request_check(version=version, actor=actor_of(request), now=database_now())
    return _back(request, version, f"v{version.number} is being checked again.")


@recording_strangers("approve", write=APPROVERS)
@screen(write=APPROVERS)
@answering_refusals
def approve(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    approved = approve_version(
        version=version,
        actor=actor_of(request),
        now=database_now(),
        seen_sha256=request.POST.get("sha256", ""),
        seen_backtest=request.POST.get("backtest", ""),
    )
    if approved.state == PolicyState.ACTIVE:
        return _back(request, version, f"v{version.number} is in force. A second person looks at it next.")
    if approved.state == PolicyState.APPROVED:
        return _back(request, version, f"v{version.number} approved. It is not in force yet.")
    return _back(request, version, "Your approval is kept. It needs one more.")


@recording_strangers("turn down", write=APPROVERS)
@screen(write=APPROVERS)
@answering_refusals
def turn_down(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return page(request, version, Typed(reason=form))
    turn_down_version(
        version=version, reason=form.cleaned_data["reason"], actor=actor_of(request), now=database_now()
    )
    return _back(request, version, f"v{version.number} turned down.")


@recording_strangers("take back", write=MANAGERS)
@screen(write=MANAGERS)
@answering_refusals
def take_back(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    take_back_version(version=version, actor=actor_of(request), now=database_now())
    return _back(request, version, f"v{version.number} is a draft again. Approvals given so far are void.")


@recording_strangers("activate", write=ACTIVATORS)
@screen(write=ACTIVATORS)
@answering_refusals
def activate(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """Now, at a moment, in shadow or for a share; by the database's clock."""
    version = access_version(request.lender, slug, number)
    now = database_now()
    form = activation_form(request, version, version_in_force(version.policy, now), request.POST)
    if not form.is_valid():
        return page(request, version, Typed(activation=form))
    who: dict[str, Any] = {"version": version, "actor": actor_of(request), "now": now}
    if form.mode is not None:
        days, share = form.cleaned_data["days"], form.cleaned_data["share_percent"]
        start_rollout(mode=form.mode, days=days, share_percent=share if form.mode == "SHARE" else None, **who)
        return _back(request, version, f"v{version.number} is being tried.")
    activate_version(active_from=form.moment(), **who)
    is_now = form.moment() is None
    return _back(request, version, f"v{version.number} is {'in force' if is_now else 'scheduled'}.")


@recording_strangers("unschedule", write=ACTIVATORS)
@screen(write=ACTIVATORS)
@answering_refusals
def unschedule(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    unschedule_version(version=version, actor=actor_of(request), now=database_now())
    return _back(request, version, f"v{version.number} is no longer scheduled.")


@recording_strangers("stop trying", write=ACTIVATORS)
@screen(write=ACTIVATORS)
@answering_refusals
def stop_trial(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    stop_rollout(version=version, actor=actor_of(request), now=database_now())
    return _back(request, version, f"v{version.number} is no longer tried.")


@screen(write=RISK)
@answering_refusals
def draw_again(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    request_reference(version=version, actor=actor_of(request), now=database_now())
    return _back(
        request, version, "The reference sample is being drawn again. The version needs approval after that."
    )


@recording_strangers("review", write=APPROVERS | AUDITORS)
@screen(write=APPROVERS | AUDITORS)
@answering_refusals
def review(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return page(request, version, Typed(review=form))
    review_emergency(
        version=version,
        verdict=ReviewVerdict(form.cleaned_data["verdict"]),
        note=form.cleaned_data["reason"],
        actor=actor_of(request),
        now=database_now(),
    )
    return _back(request, version, f"Your look at v{version.number} is kept.")


@recording_strangers("roll back", write=MANAGERS)
@screen(read=MANAGERS, write=MANAGERS)
@answering_refusals
def rollback(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """A panel with the consequence, then a ready change with the old document; in an incident submitted at once."""
    version = access_version(request.lender, slug, number)
    live = version_in_force(version.policy, database_now())
    usual = {"reason": f"Back to v{version.number}."}
    form = RollbackForm(request.POST if request.method == "POST" else None, initial=usual)
    if request.method == "POST" and form.is_valid():
        new = roll_back(
            version=version,
            reason=form.cleaned_data["reason"],
            is_incident=form.cleaned_data["is_incident"],
            reason_codes=policy_codes(current_catalogue(request.lender.pk)),
            actor=actor_of(request),
            now=database_now(),
        )
        then = "It waits for one approval." if new.is_emergency else "It needs a backtest."
        return _back(request, new, f"v{new.number} with the document of v{version.number} is ready. {then}")
    if live is None:
        raise LifecycleRefused("No version is in force, so there is nothing to roll back from.")
    context = {
        "version": version, "policy": version.policy, "live": live, "reason_form": form, "has_error": bool(form.errors),
        "changes": changes_between(live.document, version.document), "zone": request.lender.time_zone,
    }  # fmt: skip
    return render(request, "risk/rollback.html", context, status=422 if form.errors else 200)


def _back(request: StaffRequest, version: PolicyVersion, text: str) -> HttpResponse:
    messages.success(request, text)
    return HttpResponseRedirect(reverse("policy-change", args=[version.policy.slug, version.number]))
