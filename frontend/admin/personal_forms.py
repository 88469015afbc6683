"""Forms of the screen on which personal data is given out, held and erased."""

from __future__ import annotations

from typing import Any

from django import forms

from frontend.admin.forms import INPUT, ReasonForm
from review_queue.subject_access.erasure import ErasureReason


class FindForm(forms.Form):
    reference = forms.CharField(
        label="Reference", max_length=12, widget=forms.TextInput({**INPUT, "autocomplete": "off"}),
        help_text="As on the letter, for example A-7Q4M-2K.", error_messages={"required": "Enter a reference"},
    )  # fmt: skip

    def clean_reference(self) -> str:
        return str(self.cleaned_data["reference"]).strip().upper()


class HoldForm(ReasonForm):
    """Says which of the two is wanted, so that a second press of the button cannot undo the first."""

    PLACE, LIFT = "place", "lift"
    wanted = forms.ChoiceField(
        choices=[(PLACE, PLACE), (LIFT, LIFT)], widget=forms.HiddenInput,
        error_messages={"required": "Press the button on this page", "invalid_choice": "Press the button on this page"},
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields[
            "reason"
        ].help_text = "Goes into the audit trail for good: name the matter, not the person."


class ErasureForm(forms.Form):
    """Nothing brings the data back, so the reference is typed once more."""

    because = forms.ChoiceField(
        label="Why", choices=[(reason.name, reason.value) for reason in ErasureReason],
        widget=forms.Select(INPUT), error_messages={"required": "Say why", "invalid_choice": "Choose one"},
    )  # fmt: skip
    typed = forms.CharField(
        label="Type the reference to confirm", max_length=12, widget=forms.TextInput({**INPUT, "autocomplete": "off"}),
        error_messages={"required": "Type the reference of the application"},
    )  # fmt: skip

    def __init__(self, *args: Any, reference: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.reference = reference

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed.strip().upper() != self.reference:
            raise forms.ValidationError("This is not the reference of the application above")
        return typed
