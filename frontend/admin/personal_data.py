"""Personal data of one application: who keeps it until when, giving it out, holding it, erasing it. Found by reference alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from frontend.admin.area import ADMINS, LOOKERS, history, may_change, sections
from frontend.admin.personal_forms import ErasureForm, FindForm, HoldForm
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from review_queue.subject_access.erasure import (
    ErasureReason,
    HoldRefused,
    NotErased,
    erase_application,
    lift_hold,
    place_hold,
    why_kept,
)
from review_queue.subject_access.export import access_export
from review_queue.subject_access.retention import falling_due, kept_until
from underwriting.models import Application, Party
from underwriting.people.access import access_lender_application

SOON = timedelta(days=30)
SHOWN_MAX = 50
UNPROCESSABLE, CONFLICT = 422, 409


@dataclass(frozen=True, slots=True)
class DueSoon:
    application: Application
    kept_until: date
    is_past: bool


@dataclass(frozen=True, slots=True)
class Found:
    """An application as this screen shows it: nobody's name."""

    application: Application
    kept_until: date
    why_kept: str
    parties: Sequence[Party]


@screen(read=LOOKERS)
def personal_data(request: StaffRequest) -> HttpResponse:
    """What falls due soon and, where a reference is asked for, the application with that very reference."""
    form = FindForm(request.GET if "reference" in request.GET else None)
    application = None
    if form.is_bound and form.is_valid():
        application = Application.objects.filter(
            lender=request.lender, reference=form.cleaned_data["reference"]
        ).first()
        if application is None:
            form.add_error("reference", "There is no application with this reference")
    return _page(request, form, application, status=UNPROCESSABLE if form.errors else 200)


@screen(write=ADMINS)
def hold(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Place a legal hold, or lift it."""
    application = access_lender_application(request.lender, application_id)
    form = HoldForm(request.POST)
    status = UNPROCESSABLE
    if form.is_valid():
        is_placing = form.cleaned_data["wanted"] == HoldForm.PLACE
        act = place_hold if is_placing else lift_hold
        try:
            act(
                application=application,
                actor=actor_of(request),
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except HoldRefused as refused:
            form.add_error(None, str(refused))
            status = CONFLICT
        else:
            what = "is held: nothing of it is erased." if is_placing else "is held no longer."
            return _back(request, application, f"{application.reference} {what}")
    return _page(request, FindForm(), application, hold_form=form, status=status)


@screen(write=ADMINS)
def erasure(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Forget the people on an application for good."""
    application = access_lender_application(request.lender, application_id)
    form = ErasureForm(request.POST, reference=application.reference)
    status = UNPROCESSABLE
    if form.is_valid():
        try:
            erase_application(
                application=application,
                actor=actor_of(request),
                reason=ErasureReason[form.cleaned_data["because"]],
                now=timezone.now(),
            )
        except NotErased as refused:
            form.add_error(None, f"Nothing was erased. {refused}")
            status = CONFLICT
        else:
            return _back(request, application, f"The people on {application.reference} are erased.")
    return _page(request, FindForm(), application, erasure_form=form, status=status)


@screen(write=ADMINS)
def export(request: StaffRequest, application_id: UUID) -> HttpResponse:
    """Everything about one person on it, as JSON to save and hand over. That it was given out is in the trail."""
    application = access_lender_application(request.lender, application_id)
    wanted = request.POST.get("person", "")
    party = next((one for one in _parties(application) if str(one.ordinal) == wanted), None)
    if party is None or application.erased_at is not None:
        messages.error(request, "There is nobody to export: choose a person on this page.")
        return _page(request, FindForm(), application, status=UNPROCESSABLE)
    data = access_export(application=application, party=party, actor=actor_of(request), now=timezone.now())
    response = HttpResponse(
        json.dumps(data, indent=2, ensure_ascii=False), content_type="application/json; charset=utf-8"
    )
    name = f"{application.reference}-{party.ordinal}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _page(
    request: StaffRequest,
    find_form: FindForm,
    application: Application | None,
    *,
    hold_form: HoldForm | None = None,
    erasure_form: ErasureForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    found = _found(application, now=now) if application is not None else None
    soon = _due_soon(request, now=now)
    context = {
        "sections": sections("admin-personal-data"),
        "find_form": find_form,
        "found": found,
        "hold_form": hold_form or HoldForm(),
        "erasure_form": erasure_form
        or (ErasureForm(reference=application.reference) if application is not None else None),
        "form": hold_form or erasure_form or find_form,
        "soon": soon[:SHOWN_MAX],
        "has_more": len(soon) > SHOWN_MAX,
        "months": request.lender.retention_months,
        "may_change": may_change(request),
        "history": history(
            request.lender, object_types=("application",), object_id=str(application.public_id)
        )
        if application is not None
        else [],
        "zone": request.lender.time_zone,
    }
    return render(request, "admin/personal_data.html", context, status=status)


def _found(application: Application, *, now: datetime) -> Found:
    application = access_lender_application(application.lender, application.public_id)  # as it stands now
    refusal = why_kept(application, now=now)
    return Found(
        application=application,
        kept_until=kept_until(application),
        why_kept=str(refusal) if refusal else "",
        parties=_parties(application),
    )


def _parties(application: Application) -> list[Party]:
    return list(Party.objects.filter(application=application).order_by("ordinal"))


def _due_soon(request: StaffRequest, *, now: datetime) -> list[DueSoon]:
    today = now.astimezone(ZoneInfo(request.lender.time_zone)).date()
    found = [
        DueSoon(application, until, is_past=until < today)
        for application, until in islice(falling_due(request.lender, by=today + SOON), SHOWN_MAX + 1)
    ]
    return sorted(found, key=lambda row: (row.kept_until, row.application.pk))


def _back(request: StaffRequest, application: Application, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    query = urlencode({"reference": application.reference})
    return HttpResponseRedirect(f"{reverse('admin-personal-data')}?{query}", status=303)
