"""Forms of the screen on which letters are posted."""

from __future__ import annotations

from django import forms

DAY_ERRORS = {"required": "Enter a day", "invalid": "Enter a day like 2026-12-01"}


class PostedForm(forms.Form):
    posted_on = forms.DateField(error_messages=DAY_ERRORS)


class ReasonsForm(forms.Form):
    reference = forms.CharField(
        label="Application", max_length=12, error_messages={"required": "Enter the reference on the letter"},
        widget=forms.TextInput({"class": "input input--short", "autocomplete": "off", "placeholder": "A-7Q4M-2K"}),
    )  # fmt: skip
    asked_on = forms.DateField(
        label="Asked on", error_messages=DAY_ERRORS, widget=forms.DateInput({"class": "select", "type": "date"}, format="%Y-%m-%d")
    )  # fmt: skip

    def clean_reference(self) -> str:
        reference: str = self.cleaned_data["reference"]
        return reference.strip().upper()
