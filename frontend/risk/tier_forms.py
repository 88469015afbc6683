"""The price tiers of a policy draft as rows: one form a tier, and the grid they make together."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from frontend.risk.forms import (
    SHORT,
    PartForm,
    amount_field,
    drop_errors_if_removed,
    from_minor,
    percent_field,
    to_minor,
    whole_field,
)
from underwriting.policy.schema import PolicyDocument


class TierForm(PartForm):
    """One price tier. A line's tier sets a limit: an amount, or a multiple of monthly income with a maximum."""

    name = forms.CharField(
        label="Tier",
        max_length=20,
        widget=forms.TextInput({"class": "input input--short"}),
        error_messages={"required": "Name the tier."},
    )
    score_from = whole_field("From score")
    rate = percent_field("Yearly rate, %", high=1000)
    limit = amount_field("Limit", required=False)
    multiple = forms.DecimalField(
        label="Times monthly income",
        required=False,
        min_value=0,
        max_digits=6,
        decimal_places=2,
        widget=forms.TextInput(SHORT),
    )
    maximum = amount_field("At most", required=False)
    remove = forms.BooleanField(label="Remove", required=False)

    def __init__(self, *args: Any, is_line: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_line = is_line
        if not is_line:
            for name in ("limit", "multiple", "maximum"):
                del self.fields[name]

    def full_clean(self) -> None:
        super().full_clean()
        drop_errors_if_removed(self)

    def add_complaint(self, place: str, message: str) -> None:
        part = place.rsplit("/", 1)[-1]
        name = {"annual_rate_bps": "rate", "score_from": "score_from", "name": "name", "limit": "limit"}.get(
            part
        )
        self.add_error(name if name in self.fields else None, message)

    def tier(self) -> dict[str, Any]:
        data = self.cleaned_data
        limit = None
        if self.is_line:
            maximum, amount = data["maximum"], data["limit"]
            limit = {
                "amount_minor": None if amount is None else to_minor(amount),
                "monthly_income_multiple": None if data["multiple"] is None else float(data["multiple"]),
                "maximum_minor": None if maximum is None else to_minor(maximum),
            }
        return {
            "name": data["name"], "score_from": data["score_from"], "annual_rate_bps": int(data["rate"] * 100), "limit": limit,
        }  # fmt: skip


class BaseTiers(forms.BaseFormSet[TierForm]):
    @classmethod
    def values_of(cls, document: PolicyDocument) -> list[dict[str, Any]]:
        rows = []
        for tier in document.price_grid:
            limit = tier.limit
            rows.append({
                "name": tier.name,
                "score_from": tier.score_from,
                "rate": Decimal(tier.annual_rate_bps) / 100,
                "limit": from_minor(limit.amount_minor) if limit else None,
                "multiple": limit.monthly_income_multiple if limit else None,
                "maximum": from_minor(limit.maximum_minor) if limit else None,
            })  # fmt: skip
        return rows

    def add_complaint(self, place: str, message: str) -> None:
        index = place.removeprefix("/price_grid/").split("/")[0]
        kept = [form for form in self.forms if _is_kept(form)]
        if index.isdigit() and int(index) < len(kept):
            kept[int(index)].add_complaint(place, message)

    def write(self, document: dict[str, Any]) -> None:
        document["price_grid"] = [form.tier() for form in self.forms if _is_kept(form)]


def _is_kept(form: TierForm) -> bool:
    """Rows that were filled in and not struck out."""
    return bool(form.cleaned_data.get("name")) and not form.cleaned_data.get("remove")


TiersForm = forms.formset_factory(TierForm, formset=BaseTiers, extra=1, max_num=30, absolute_max=31)
