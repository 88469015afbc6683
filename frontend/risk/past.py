"""The past that policies are measured with: what became of loans, and past applications, each from a file."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from frontend.risk.pages import MANAGERS, READERS
from frontend.risk.words import plural
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest, actor_of
from scoring.history.failed import NothingFailed, progress_of, run_again
from scoring.history.put import HistoryRefused, TakenBefore, imports_of, put_history
from underwriting.enums import Role
from underwriting.intake.payload import NotOffered
from underwriting.models import Lender, LoanEvent, Product
from underwriting.moment import database_now
from underwriting.outcomes.file import (
    FileUnreadable,
    columns_in_words,
    read_outcome_file,
    sentence_of,
)
from underwriting.outcomes.record import OutcomesRefused, record_outcomes

ADMINS = frozenset({Role.ADMIN})
MEGABYTES_MAX = 8
FAULTS_SHOWN = 100
UNPROCESSABLE, CONFLICT = 422, 409


class FileForm(forms.Form):
    file = forms.FileField(
        label="File", widget=forms.FileInput({"class": "input"}),
        error_messages={"required": "Choose a file", "empty": "The file is empty"},
    )  # fmt: skip

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MEGABYTES_MAX * 1_000_000:
            raise forms.ValidationError(
                f"The file is larger than {MEGABYTES_MAX} MB. Send it in parts, or have it imported on the server"
            )
        return file


class ProductField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A product by its name."""

    def label_from_instance(self, obj: Product) -> str:
        return obj.name


class HistoryForm(FileForm):
    product = ProductField(
        Product.objects.none(), label="Product", empty_label=None, to_field_name="code", widget=forms.Select({"class": "input"}),
        error_messages={"required": "Choose a product", "invalid_choice": "Choose a product of the list"},
    )  # fmt: skip
    field_order = ("product", "file")

    def __init__(self, *args: object, lender: Lender) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        chosen = self.fields["product"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = Product.objects.filter(lender=lender).select_related("lender").order_by("name")


@screen(read=READERS | ADMINS, write=MANAGERS | ADMINS)
def outcomes(request: StaffRequest) -> HttpResponse:
    """What became of loans; a POST takes a file of events, all of it or nothing."""
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    faults: Sequence[str] = ()
    if form.is_bound and form.is_valid():
        try:
            told, unread = read_outcome_file(form.cleaned_data["file"].read())
            taken = record_outcomes(
                lender=request.lender, told=told, unread=unread, client=None, actor=actor_of(request), now=database_now()
            )  # fmt: skip
        except FileUnreadable as refusal:
            form.add_error("file", str(refusal))
        except OutcomesRefused as refused:
            faults = [sentence_of(error) for error in refused.errors]
        else:
            messages.success(
                request,
                f"{taken.new:,} events of {taken.applications:,} loans recorded; {taken.known:,} were known.",
            )
            return HttpResponseRedirect(reverse("policy-outcomes"), status=303)
    context = _context(request, form, faults) | {
        "columns": columns_in_words(),
        "event_count": LoanEvent.objects.filter(lender=request.lender).count(),
        "loan_count": LoanEvent.objects.filter(lender=request.lender)
        .values("application")
        .distinct()
        .count(),
    }
    return render(
        request, "risk/outcomes.html", context, status=UNPROCESSABLE if form.errors or faults else 200
    )


@screen(read=READERS | ADMINS, write=MANAGERS | ADMINS)
def history(request: StaffRequest) -> HttpResponse:
    """Past applications and how far their import is; a POST takes a file, all of it or nothing."""
    form = HistoryForm(*_sent(request), lender=request.lender)
    faults: Sequence[str] = ()
    status = 200
    if form.is_bound and form.is_valid():
        file: UploadedFile[bytes] = form.cleaned_data["file"]
        try:
            started = put_history(
                product=form.cleaned_data["product"], name=str(file.name), content=file.read(), actor=actor_of(request), now=database_now()
            )  # fmt: skip
        except (FileUnreadable, NotOffered) as refusal:
            form.add_error("file", str(refusal))
        except TakenBefore:
            form.add_error("file", "This very file was imported for this product before")
            status = CONFLICT
        except HistoryRefused as refused:
            faults = [f"Line {fault.line} {fault.pointer}: {fault.message}" for fault in refused.faults]
        else:
            messages.success(request, f"{started.row_count:,} applications stored. They are assessed now.")
            return HttpResponseRedirect(reverse("policy-history"), status=303)
    imports = progress_of(imports_of(request.lender))
    context = _context(request, form, faults) | {
        "imports": imports,
        "is_busy": any(one.is_at_work for one in imports),
    }
    if request.headers.get("HX-Request") and request.method == "GET":
        return render(request, "risk/_history_imports.html", context)
    if status == 200 and (form.errors or faults):
        status = UNPROCESSABLE
    return render(request, "risk/history.html", context, status=status)


@screen(write=MANAGERS | ADMINS)
def history_again(request: StaffRequest, import_id: int) -> HttpResponse:
    """The parts of an import that failed every time are put to work again."""
    try:
        count = run_again(
            lender=request.lender, import_id=import_id, actor=actor_of(request), now=database_now()
        )
    except NothingFailed:
        messages.error(request, "No part of this import failed. It is at work, or done.")
    else:
        messages.success(request, f"{plural(count, 'application', 'applications')} of it are assessed again.")
    return HttpResponseRedirect(reverse("policy-history"), status=303)


def _sent(request: StaffRequest) -> tuple[object, ...]:
    return (request.POST, request.FILES) if request.method == "POST" else ()


def _context(request: StaffRequest, form: forms.Form, faults: Sequence[str]) -> dict[str, object]:
    return {
        "form": form,
        "faults": faults[:FAULTS_SHOWN],
        "fault_count": len(faults),
        "may_write": bool(request.roles & (MANAGERS | ADMINS)),
        "megabytes": MEGABYTES_MAX,
        "zone": request.lender.time_zone,
    }
