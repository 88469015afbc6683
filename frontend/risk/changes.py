"""A change request: what it changes, submit, approve, turn down, put in force or schedule, draw the sample again, roll back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from explanations.reason_codes.catalogue import current_catalogue, policy_codes
from frontend.risk.effect import effect_sentence
from frontend.risk.forms import WIDE
from frontend.risk.pages import ACTIVATORS, APPROVERS, MANAGERS, READERS
from frontend.risk.refusals import answering_refusals
from frontend.risk.words import changes_between, checks, history, in_words, plural
from frontend.session.gate import screen
from frontend.session.staff import RISK, StaffRequest, actor_of
from review_queue.models import ReviewCase
from underwriting.enums import CaseState, PolicyState, Role
from underwriting.models import PolicyVersion
from underwriting.policy.lifecycle import (
    activate_version,
    approve_version,
    request_reference,
    roll_back,
    submit_version,
    turn_down_version,
)
from underwriting.policy.open_offers import OffersAtStake, offers_at_stake
from underwriting.policy.schema import PolicyRefused
from underwriting.policy.selectors import access_version, state_at, version_in_force
from underwriting.policy.version_rows import LifecycleRefused, ReferenceMissing, require_reference


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why this change", help_text="At least ten characters. It stays in the audit trail.", min_length=10, max_length=2000,
        widget=forms.Textarea({**WIDE, "rows": 3}), error_messages={"required": "Say why."},
    )  # fmt: skip


class SubmitForm(ReasonForm):
    """Why, and where it was agreed on."""

    ticket = forms.CharField(
        label="Ticket", help_text="Where it was agreed on, or “none”.", max_length=80, widget=forms.TextInput(WIDE),
        error_messages={"required": "Link the ticket, or write “none”."},
    )  # fmt: skip


class ActivationForm(forms.Form):
    """Consequences to tick, and when. `at` is read in the lender's time zone."""

    when = forms.ChoiceField(
        label="When", choices=[("now", "Now"), ("at", "At a time")], widget=forms.RadioSelect, initial="now"
    )
    at = forms.DateTimeField(
        label="Moment", required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput({"class": "input", "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip

    def __init__(self, *args: Any, consequences: list[str], zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.consequence_names = []
        for index, sentence in enumerate(consequences):
            name = f"consequence_{index}"
            self.fields[name] = forms.BooleanField(
                label=sentence, error_messages={"required": f"Tick that you know: {sentence}"}
            )
            self.consequence_names.append(name)

    def consequence_fields(self) -> list[Any]:
        return [self[name] for name in self.consequence_names]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("when") == "at" and not data.get("at") and "at" not in self.errors:
            self.add_error("at", "Choose the moment.")
        return data

    def moment(self) -> datetime | None:
        """The chosen moment, or None for now."""
        if self.cleaned_data["when"] == "now":
            return None
        naive: datetime = self.cleaned_data["at"].replace(tzinfo=None)
        return naive.replace(tzinfo=ZoneInfo(self.zone))


@screen(read=READERS)
def change_page(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    return _page(request, version)


def _page(
    request: StaffRequest,
    version: PolicyVersion,
    *,
    reason: ReasonForm | None = None,
    submission: SubmitForm | None = None,
    activation: ActivationForm | None = None,
) -> HttpResponse:
    now = timezone.now()
    live = version_in_force(version.policy, now)
    base = version.based_on or live
    state = state_at(version, in_force=live)
    found = checks(version.document) if state is PolicyState.DRAFT else []
    context = {
        "version": version,
        "policy": version.policy,
        "state": state,
        "live": live,
        "base": base,
        "words": in_words(version.document),
        "changes": changes_between(base.document, version.document) if base and base.pk != version.pk else [],
        "live_moved_on": bool(
            live and base and live.pk != base.pk and state in (PolicyState.DRAFT, PolicyState.SUBMITTED)
        ),
        "effect": effect_sentence(live, version, now) if live and live.pk != version.pk else "",
        "at_stake": _at_stake(version, state),
        "checks": found,
        "is_blocked": any(check.blocks for check in found),
        "reference": _reference(version) if state in (PolicyState.SUBMITTED, PolicyState.APPROVED) else None,
        "reason_form": reason or ReasonForm(),
        "submit_form": submission or SubmitForm(),
        "activation": activation or _activation_form(request, version, live),
        "is_author": version.author_id == request.user.pk,
        "may_edit": Role.RISK_MANAGER in request.roles,
        "may_approve": bool(request.roles & APPROVERS),
        "may_activate": bool(request.roles & ACTIVATORS),
        "is_scheduled": state is PolicyState.APPROVED and version.active_from is not None,
        "history": history(version.policy, [version]),
        "zone": request.lender.time_zone,
    }
    has_errors = any(form is not None and form.errors for form in (reason, submission, activation))
    return render(
        request, "risk/change.html", {**context, "has_error": has_errors}, status=422 if has_errors else 200
    )


def _at_stake(version: PolicyVersion, state: PolicyState) -> OffersAtStake | None:
    """Open offers against a version that may still come into force; nothing where its document cannot be read."""
    if state not in (PolicyState.DRAFT, PolicyState.SUBMITTED, PolicyState.APPROVED):
        return None
    try:
        return offers_at_stake(version)
    except PolicyRefused:
        return None


def _reference(version: PolicyVersion) -> dict[str, Any]:
    """Whether the reference sample is there and fits, in words."""
    try:
        sample = require_reference(version)
    except ReferenceMissing as missing:
        return {
            "is_ready": False,
            "sentence": str(missing),
            "is_drawing": version.reference_sample_id is None,
        }
    size = plural(len(sample.rows), "person", "people")
    return {
        "is_ready": True,
        "sentence": f"{size} at or just above {sample.approve_cut_off}, model {sample.model_version}.",
    }


def _activation_form(
    request: StaffRequest, version: PolicyVersion, live: PolicyVersion | None, data: Any = None
) -> ActivationForm:
    return ActivationForm(data, consequences=consequences(version, live), zone=request.lender.time_zone)


def consequences(version: PolicyVersion, live: PolicyVersion | None) -> list[str]:
    """What putting this version in force does, as sentences to tick."""
    open_cases = ReviewCase.objects.filter(
        application__product_id=version.policy.product_id, state__in=(CaseState.OPEN, CaseState.DECIDED)
    ).count()
    sentences = [f"From that moment new applications are assessed with v{version.number}."]
    if live is not None:
        changed = len(changes_between(live.document, version.document))
        sentences.append(
            f"v{live.number} ends then. Between the two there {'is' if changed == 1 else 'are'} {plural(changed, 'change', 'changes')}."
        )
        sentences.append(_open_cases_in_words(open_cases, version.number))
    sentences.append("Going back means a new version that somebody approves again.")
    return sentences


def _open_cases_in_words(count: int, number: int) -> str:
    if count == 0:
        return "There are no open cases."
    keep = (
        "1 open case keeps the version it was"
        if count == 1
        else f"{count:,} open cases keep the version they were"
    )
    return f"{keep} assessed with; a new assessment uses v{number}."


@screen(write=MANAGERS)
@answering_refusals
def submit(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    form = SubmitForm(request.POST)
    if not form.is_valid():
        return _page(request, version, submission=form)
    submit_version(
        version=version,
        reason=form.cleaned_data["reason"],
        ticket=form.cleaned_data["ticket"],
        reason_codes=policy_codes(current_catalogue(request.lender.pk)),
        actor=actor_of(request),
        now=timezone.now(),
    )
    return _back(request, version, f"v{version.number} submitted. Its reference sample is being drawn.")


@screen(write=APPROVERS)
@answering_refusals
def approve(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    approve_version(
        version=version,
        actor=actor_of(request),
        now=timezone.now(),
        seen_sha256=request.POST.get("sha256", ""),
    )
    return _back(request, version, f"v{version.number} approved. It is not in force yet.")


@screen(write=APPROVERS)
@answering_refusals
def turn_down(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, version, reason=form)
    turn_down_version(
        version=version, reason=form.cleaned_data["reason"], actor=actor_of(request), now=timezone.now()
    )
    return _back(request, version, f"v{version.number} turned down.")


@screen(write=ACTIVATORS)
@answering_refusals
def activate(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    now = timezone.now()
    form = _activation_form(request, version, version_in_force(version.policy, now), request.POST)
    if not form.is_valid():
        return _page(request, version, activation=form)
    activate_version(version=version, actor=actor_of(request), now=now, active_from=form.moment())
    return _back(
        request, version, f"v{version.number} is {'in force' if form.moment() is None else 'scheduled'}."
    )


@screen(write=RISK)
@answering_refusals
def draw_again(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    request_reference(version=version, actor=actor_of(request), now=timezone.now())
    return _back(
        request, version, "The reference sample is being drawn again. The version needs approval after that."
    )


@screen(read=MANAGERS, write=MANAGERS)
@answering_refusals
def rollback(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """A panel with the consequence, then a new version with the old document, submitted for approval."""
    version = access_version(request.lender, slug, number)
    live = version_in_force(version.policy, timezone.now())
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        new = roll_back(
            version=version,
            reason=form.cleaned_data["reason"],
            reason_codes=policy_codes(current_catalogue(request.lender.pk)),
            actor=actor_of(request),
            now=timezone.now(),
        )
        return _back(
            request,
            new,
            f"v{new.number} with the document of v{version.number} is ready. It needs a backtest.",
        )
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
