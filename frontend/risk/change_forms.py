"""Forms of a change request: why, when and how it comes into force, what is said about a line of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from frontend.risk.forms import NUMBER, WIDE
from underwriting.enums import ReviewVerdict, RolloutMode
from underwriting.policy.checked import warning_key
from underwriting.policy.rollouts import MAX_DAYS, MAX_SHARE_PERCENT
from underwriting.policy.schema import Complaint

USUAL_DAYS, USUAL_SHARE = 7, 10


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why", help_text="At least ten characters. It stays in the audit trail.", min_length=10, max_length=2000,
        widget=forms.Textarea({**WIDE, "rows": 3}), error_messages={"required": "Say why."},
    )  # fmt: skip


class RollbackForm(ReasonForm):
    is_incident = forms.BooleanField(
        label="This is an incident: submit it at once, with one approval and no backtest. A second person looks at it within 24 hours.",
        required=False,
    )


class SubmitForm(ReasonForm):
    """Why, where it was agreed on, and what is to be said to each warning."""

    ticket = forms.CharField(
        label="Ticket", help_text="Where it was agreed on, or “none”.", max_length=80, widget=forms.TextInput(WIDE),
        error_messages={"required": "Link the ticket, or write “none”."},
    )  # fmt: skip
    is_emergency = forms.BooleanField(
        label="Emergency: one approval, no backtest, in force at once. A second person looks at it within 24 hours.",
        required=False,
    )

    def __init__(self, *args: Any, warnings: Sequence[Complaint], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.warning_names = {f"warning_{warning_key(w)}": warning_key(w) for w in warnings}
        for name, warning in zip(self.warning_names, warnings, strict=True):
            self.fields[name] = forms.CharField(
                label=f"Warning: {warning.message}", help_text="Why it may stand.", max_length=400, widget=forms.TextInput(WIDE),
                error_messages={"required": f"Say why this warning may stand: {warning.message}"},
            )  # fmt: skip

    def warning_fields(self) -> list[Any]:
        return [self[name] for name in self.warning_names]

    def comments(self) -> dict[str, str]:
        """What was said, by the key of the warning."""
        return {key: self.cleaned_data[name] for name, key in self.warning_names.items()}


class ActivationForm(forms.Form):
    """Now, at a moment (in the lender's time zone), in shadow or on a share; consequences are ticked where there are any."""

    when = forms.ChoiceField(
        label="How", widget=forms.RadioSelect, initial="now",
        choices=[
            ("now", "Now"), ("at", "At a time"), (RolloutMode.SHADOW.value, "In shadow first: assessed beside, decides nothing"),
            (RolloutMode.SHARE.value, "For a share of the applicants first"),
        ],
    )  # fmt: skip
    at = forms.DateTimeField(
        label="Moment", required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput({"class": "input", "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    share_percent = forms.IntegerField(
        label="Share of applicants, percent", required=False, min_value=1, max_value=MAX_SHARE_PERCENT, initial=USUAL_SHARE,
        widget=forms.NumberInput(NUMBER),
    )  # fmt: skip
    days = forms.IntegerField(
        label="Days of the trial", required=False, min_value=1, max_value=MAX_DAYS, initial=USUAL_DAYS,
        widget=forms.NumberInput(NUMBER),
    )  # fmt: skip

    def __init__(self, *args: Any, consequences: list[str], zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.consequence_names = {f"consequence_{index}": text for index, text in enumerate(consequences)}
        for name, sentence in self.consequence_names.items():
            self.fields[name] = forms.BooleanField(label=sentence, required=False)

    def consequence_fields(self) -> list[Any]:
        return [self[name] for name in self.consequence_names]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        when = data.get("when")
        if when == "at" and not data.get("at") and "at" not in self.errors:
            self.add_error("at", "Choose the moment.")
        if when in ("now", "at"):
            for name, sentence in self.consequence_names.items():
                if not data.get(name):
                    self.add_error(name, f"Tick that you know: {sentence}")
        if self.mode is not None and not data.get("days") and "days" not in self.errors:
            self.add_error("days", "Say for how many days.")
        if (
            self.mode is RolloutMode.SHARE
            and not data.get("share_percent")
            and "share_percent" not in self.errors
        ):
            self.add_error("share_percent", "Say how many percent of the applicants.")
        return data

    @property
    def mode(self) -> RolloutMode | None:
        """How the version is tried; None where it comes into force."""
        when = self.cleaned_data.get("when")
        return RolloutMode(when) if when in tuple(RolloutMode) else None

    def moment(self) -> datetime | None:
        """The chosen moment, or None for now."""
        if self.cleaned_data["when"] != "at":
            return None
        naive: datetime = self.cleaned_data["at"].replace(tzinfo=None)
        return naive.replace(tzinfo=ZoneInfo(self.zone))


class CommentForm(forms.Form):
    anchor = forms.CharField(max_length=120, widget=forms.HiddenInput)
    tab = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)
    text = forms.CharField(
        label="Comment", max_length=2000, widget=forms.Textarea({**WIDE, "rows": 2}), error_messages={"required": "Write the comment first."},
    )  # fmt: skip


class ReviewForm(ReasonForm):
    verdict = forms.ChoiceField(
        label="Was it right?", widget=forms.RadioSelect, error_messages={"required": "Choose one of the two."},
        choices=[(ReviewVerdict.UPHELD.value, "It stays"), (ReviewVerdict.TAKE_BACK.value, "It is to be taken back")],
    )  # fmt: skip
