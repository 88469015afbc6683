"""S26: what the lender says about itself, and its calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import available_timezones

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.admin.area import ADMINS, LOOKERS, history, may_change, put_value, saved, sections, sent
from frontend.admin.bureau_fields import ranks_text
from frontend.admin.lender_forms import WEEKDAYS, HolidayForm, LenderForm
from frontend.operations.authority_words import unconfirmed_in_words
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from review_queue.second_approvers import unconfirmed
from underwriting.models import Holiday, Lender
from underwriting.people.access import access_holiday
from underwriting.people.lender_settings import (
    SETTINGS,
    HolidayThere,
    SettingsChangedMeanwhile,
    add_holiday,
    change_lender_settings,
    remove_holiday,
    setting,
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting as it is stored now and as it was typed."""

    label: str
    stored: str
    typed: str


@screen(read=LOOKERS, write=ADMINS)
def settings(request: StaffRequest) -> HttpResponse:
    """Settings; a POST saves. When somebody else saved meanwhile: 409, the form keeps its text and the differences are listed."""
    form = LenderForm(sent(request), lender=Lender.objects.get(pk=request.lender.pk))
    differences: list[Difference] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            values = {name: form.cleaned_data[name] for name in SETTINGS}
            try:
                changed = change_lender_settings(
                    lender=request.lender, values=values, seen_version=form.cleaned_data["seen_version"],
                    actor=actor_of(request), now=timezone.now(),
                )  # fmt: skip
            except SettingsChangedMeanwhile as meanwhile:
                status = 409
                differences = _differences(form, meanwhile.current, values)
                put_value(form, "seen_version", str(meanwhile.current.settings_version))
                form.add_error(
                    None,
                    "Somebody saved other settings while you were typing. Your text is still here: compare, then save again.",
                )
            else:
                return saved(request, _saved_sentence(form, list(changed)), "admin-lender")
    context = {
        "sections": sections("admin-lender"),
        "form": form,
        "differences": differences,
        "unconfirmed": unconfirmed_in_words(unconfirmed(lender_id=request.lender.pk, now=timezone.now())),
        "may_change": may_change(request),
        "time_zones": sorted(available_timezones()),
        "history": history(request.lender, object_types=("lender",)),
        "zone": request.lender.time_zone,
    }
    return render(request, "admin/lender.html", context, status=status)


@screen(read=LOOKERS, write=ADMINS)
def holidays(request: StaffRequest) -> HttpResponse:
    """The calendar's holidays; a POST adds one."""
    form = HolidayForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            holiday = add_holiday(
                lender=request.lender, actor=actor_of(request), now=timezone.now(), **form.cleaned_data
            )
        except HolidayThere:
            form.add_error("on", "This day is in the calendar already")
        else:
            return saved(request, f"{holiday.name} added.", "admin-holidays")
    context = {
        "sections": sections("admin-holidays"),
        "holidays": Holiday.objects.filter(lender=request.lender).order_by("on"),
        "form": form,
        "may_change": may_change(request),
        "history": history(request.lender, object_types=("lender",)),
        "zone": request.lender.time_zone,
    }
    return render(request, "admin/holidays.html", context, status=422 if form.errors else 200)


@screen(write=ADMINS)
def remove(request: StaffRequest, holiday_id: int) -> HttpResponse:
    """Take a holiday out of the calendar; adding it again brings it back."""
    holiday = access_holiday(request.lender, holiday_id)
    name = holiday.name
    remove_holiday(holiday=holiday, actor=actor_of(request), now=timezone.now())
    return saved(request, f"{name} removed.", "admin-holidays")


def _differences(form: LenderForm, stored: Lender, typed: dict[str, Any]) -> list[Difference]:
    return [
        Difference(
            label=str(form.fields[name].label),
            stored=_text(name, setting(stored, name)),
            typed=_text(name, value),
        )
        for name, value in typed.items()
        if setting(stored, name) != value
    ]


def _text(name: str, value: Any) -> str:
    if name == "bureau_score_ranks":
        return ranks_text(value) or "empty"
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(dict(WEEKDAYS)[number] for number in value)
    return str(value) or "empty"


def _saved_sentence(form: LenderForm, changed: list[str]) -> str:
    labels = ", ".join(str(form.fields[name].label) for name in changed)
    return f"Saved: {labels}." if changed else "Nothing was changed."
