"""Fields of a policy draft in a person's units, and the form of its cut-offs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from underwriting.policy.schema import PolicyDocument

STEPPED: dict[str, Any] = {"class": "input input--short", "inputmode": "numeric", "data-step-shift": 10}
NUMBER: dict[str, Any] = {"class": "input input--short", "inputmode": "numeric"}
WIDE: dict[str, Any] = {"class": "input"}
SHORT: dict[str, Any] = {"class": "input input--short", "inputmode": "decimal"}


def to_minor(units: Decimal) -> int:
    """An amount with at most two decimals as whole minor units."""
    return int(units * 100)


def from_minor(minor: int | None) -> Decimal | None:
    return None if minor is None else Decimal(minor) / 100


def to_ratio(percent: Decimal) -> float:
    """A percentage with at most two decimals as a plain ratio."""
    return float(percent / 100)


def from_ratio(ratio: float | None) -> Decimal | None:
    return None if ratio is None else (Decimal(str(ratio)) * 100).normalize() + 0


def whole_field(
    label: str,
    hint: str = "",
    *,
    low: int = -5000,
    high: int = 5000,
    required: bool = True,
    widget: dict[str, Any] = NUMBER,
) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=hint, min_value=low, max_value=high, required=required,
        widget=forms.NumberInput({**widget, "step": 1}), error_messages={"required": f"Enter {label.lower()}."},
    )  # fmt: skip


def amount_field(label: str, hint: str = "", *, required: bool = True) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=hint, min_value=0, max_digits=12, decimal_places=2, required=required,
        widget=forms.TextInput(SHORT), error_messages={"required": f"Enter {label.lower()}.", "invalid": "Enter an amount such as 500 or 500.50."},
    )  # fmt: skip


def percent_field(
    label: str, hint: str = "", *, required: bool = True, high: int = 100_000
) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=hint, min_value=0, max_value=high, max_digits=8, decimal_places=2, required=required,
        widget=forms.TextInput(SHORT), error_messages={"required": f"Enter {label.lower()}.", "invalid": "Enter a percentage such as 12.5."},
    )  # fmt: skip


class PartForm(forms.Form):
    """Part of a policy. `place_fields` maps places of complaints to the field beside which they are shown."""

    place_fields: dict[str, str] = {}

    def add_complaint(self, place: str, message: str) -> None:
        """Show a complaint about the document beside the field that caused it."""
        name = next((field for prefix, field in self.place_fields.items() if place.startswith(prefix)), None)
        self.add_error(name if name in self.fields else None, message)

    def write(self, document: dict[str, Any]) -> None:
        """Put what was typed into the document."""
        raise NotImplementedError


class CutOffsForm(PartForm):
    """Two scores. An arrow moves one by a point, with Shift by ten."""

    approve = whole_field(
        "Approve at",
        "Scores of at least this are approved when nothing else speaks against it.",
        widget=STEPPED,
    )
    refer = whole_field(
        "Decline below", "Scores from here up to the approval cut-off go to a person.", widget=STEPPED
    )
    place_fields = {"/cut_offs/approve": "approve", "/cut_offs/refer": "refer"}

    @classmethod
    def values_of(cls, document: PolicyDocument) -> dict[str, Any]:
        return {"approve": document.cut_offs.approve, "refer": document.cut_offs.refer}

    def write(self, document: dict[str, Any]) -> None:
        document["cut_offs"] = {"approve": self.cleaned_data["approve"], "refer": self.cleaned_data["refer"]}


def drop_errors_if_removed(form: forms.Form) -> None:
    """A row that is struck out need not be right."""
    if form.is_bound and getattr(form, "cleaned_data", {}).get("remove"):
        form.errors.clear()
