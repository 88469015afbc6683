"""S26: the lender's own wording on its way: what it changes, submit, approve, send back, discard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from explanations.reason_codes.catalogue import current_catalogue, shipped_catalogue
from explanations.reason_codes.lint import LANGUAGE_NAMES
from explanations.reason_codes.own_words import differences
from explanations.reason_codes.proposals import (
    WordingRefused,
    WordsRefused,
    approve_proposal,
    changes_in_force,
    discard_proposal,
    open_proposal,
    send_back_proposal,
    submit_proposal,
    wrote_in,
)
from frontend.admin.area import ADMINS, history, may_change, saved, sections
from frontend.admin.forms import INPUT
from frontend.admin.reasons import READERS
from frontend.admin.wording_forms import field_label
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from underwriting.enums import Role
from underwriting.models import User, WordingProposal

APPROVERS = frozenset({Role.RISK_APPROVER})


class SendBackForm(forms.Form):
    comment = forms.CharField(
        label="What should be changed", max_length=400, widget=forms.TextInput(INPUT),
        help_text="Goes to the writer and into the audit trail.", error_messages={"required": "Say what should be changed"},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One field that the proposal says otherwise."""

    code: str
    language: str
    language_name: str
    field: str
    before: str
    after: str


@screen(read=READERS)
def wording(request: StaffRequest) -> HttpResponse:
    """The open proposal, or that there is none."""
    return _page(request, open_proposal(request.lender))


@screen(write=ADMINS)
def submit(request: StaffRequest) -> HttpResponse:
    """Hand it to a second person."""
    proposal = _open(request)
    now = timezone.now()
    try:
        submit_proposal(proposal=proposal, person=request.staff.user, actor=actor_of(request), now=now)
    except (WordingRefused, WordsRefused) as refused:
        return _refused(request, refused)
    return saved(
        request, "Wording submitted. A risk approver who wrote none of it looks at it.", "admin-wording"
    )


@screen(write=ADMINS)
def discard(request: StaffRequest) -> HttpResponse:
    """Put the draft away."""
    proposal = _open(request)
    now = timezone.now()
    try:
        discard_proposal(proposal=proposal, person=request.staff.user, actor=actor_of(request), now=now)
    except WordingRefused as refused:
        return _refused(request, refused)
    return saved(request, "Draft discarded. What is in force stays.", "admin-reasons")


@screen(write=APPROVERS)
def approve(request: StaffRequest) -> HttpResponse:
    """Put it in force."""
    proposal = _open(request)
    now = timezone.now()
    try:
        row = approve_proposal(proposal=proposal, person=request.staff.user, actor=actor_of(request), now=now)
    except (WordingRefused, WordsRefused) as refused:
        return _refused(request, refused)
    return saved(request, f"Wording {row.version} is in force, from the next assessment on.", "admin-reasons")


@screen(write=APPROVERS)
def send_back(request: StaffRequest) -> HttpResponse:
    """Make it a draft again, with a word on why."""
    proposal = _open(request)
    form = SendBackForm(request.POST)
    if not form.is_valid():
        return _page(request, proposal, form=form, status=422)
    comment = form.cleaned_data["comment"]
    try:
        send_back_proposal(proposal=proposal, comment=comment, actor=actor_of(request), now=timezone.now())
    except WordingRefused as refused:
        return _refused(request, refused)
    return saved(request, "Sent back to its writers.", "admin-wording")


def _open(request: StaffRequest) -> WordingProposal:
    proposal = open_proposal(request.lender)
    if proposal is None:
        raise Http404
    return proposal


def _refused(request: StaffRequest, refused: WordingRefused | WordsRefused) -> HttpResponse:
    refusals = (
        [c.message for c in refused.complaints] if isinstance(refused, WordsRefused) else [str(refused)]
    )
    status = 422 if isinstance(refused, WordsRefused) else 409
    return _page(request, open_proposal(request.lender), refusals=refusals, status=status)


def _page(
    request: StaffRequest,
    proposal: WordingProposal | None,
    *,
    form: SendBackForm | None = None,
    refusals: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "sections": sections("admin-reasons"),
        "proposal": proposal,
        "version": current_catalogue(request.lender.pk).version,
        "changes": _changes(request, proposal),
        "writers": _names(proposal.author_ids) if proposal else "",
        "wrote_in": proposal is not None and wrote_in(proposal, request.staff.user),
        "may_change": may_change(request),
        "may_approve": bool(request.staff.roles & APPROVERS),
        "form": form or SendBackForm(),
        "refusals": refusals or [],
        "history": history(request.lender, object_types=("wording",)),
        "zone": request.lender.time_zone,
    }
    return render(request, "admin/wording.html", context, status=status)


def _changes(request: StaffRequest, proposal: WordingProposal | None) -> list[ChangeRow]:
    if proposal is None:
        return []
    found = differences(shipped_catalogue(), proposal.changes, changes_in_force(request.lender))
    return [
        ChangeRow(
            change.code,
            change.language,
            LANGUAGE_NAMES[change.language],
            field_label(change.field),
            change.before,
            change.after,
        )
        for change in found
    ]


def _names(user_ids: list[int]) -> str:
    return ", ".join(User.objects.filter(pk__in=user_ids).order_by("name").values_list("name", flat=True))
