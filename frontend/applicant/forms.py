"""The one form of the applicants' pages: something only they should know."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from underwriting.people.links import KnownFact

POSTCODE_CHARACTERS_MAX = 16  # as long as an application may bring it
NEITHER = "Enter your date of birth or your postcode."
NO_DATE = "Enter a date of birth that exists, for example 17 4 1988."


def _number(label: str, autocomplete: str, length: int) -> forms.CharField:
    attributes = {"inputmode": "numeric", "autocomplete": autocomplete, "size": length, "maxlength": length}
    return forms.CharField(
        label=label, required=False, max_length=length, widget=forms.TextInput(attrs=attributes)
    )


class KnownFactForm(forms.Form):
    """Date of birth in three fields, or postcode. The date counts where both are given."""

    day = _number("Day", "bday-day", 2)
    month = _number("Month", "bday-month", 2)
    year = _number("Year", "bday-year", 4)
    postcode = forms.CharField(
        label="Postcode",
        required=False,
        max_length=POSTCODE_CHARACTERS_MAX,
        widget=forms.TextInput(
            attrs={"autocomplete": "postal-code", "size": 12, "maxlength": POSTCODE_CHARACTERS_MAX}
        ),
    )

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError where neither is there or the date is none."""
        cleaned: dict[str, Any] = super().clean() or {}
        parts = [cleaned.get(name, "") for name in ("year", "month", "day")]
        if any(parts):
            try:
                cleaned["known"] = KnownFact(birth_date=date(*(int(part) for part in parts)), postcode="")
            except ValueError as error:
                raise forms.ValidationError(NO_DATE) from error
        elif cleaned.get("postcode"):
            cleaned["known"] = KnownFact(birth_date=None, postcode=cleaned["postcode"])
        else:
            raise forms.ValidationError(NEITHER)
        return cleaned

    @property
    def known(self) -> KnownFact:
        """What was typed, once the form is valid."""
        found: KnownFact = self.cleaned_data["known"]
        return found
