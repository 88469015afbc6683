"""Form of one reason code's words in one language: a field for every sentence, name and label that it has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms

from explanations.reason_codes.lint import MAX_CHARACTERS
from explanations.reason_codes.own_words import Field

FIELD_WORDS = {
    "text": "Where the score speaks",
    "rule_text": "Where a rule or a person speaks",
    "text_value": "With the applicant's own figure",
    "factor": "Neutral name",
    "officer": "What officers read",
    "do": "What may help",
    "payment_by_debts": "Payment, bounded by income and debts",
    "payment_by_income": "Payment, bounded by income",
    "limit_by_debts": "Limit, bounded by income and debts",
    "limit_by_income": "Limit, bounded by income",
}
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


class WordsForm(forms.Form):
    """`words` gives the typed words by the catalogue's field names, which hold dots and so are no form field names."""

    seen_revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, fields: Sequence[Field], language: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._names = {field.name: field.name.replace(".", "-") for field in fields}
        for field in fields:
            self.fields[self._names[field.name]] = forms.CharField(
                label=field_label(field.name),
                max_length=MAX_CHARACTERS,
                initial=field.own,
                help_text=_help(field),
                widget=forms.Textarea({"class": "input", "rows": 2, "lang": language}),
                error_messages={"required": f"{field_label(field.name)}: this may not be empty"},
            )

    def key_of(self, name: str) -> str | None:
        """The form's field for a field of the catalogue; None for a complaint about none of them."""
        return self._names.get(name)

    def words(self) -> dict[str, str]:
        """As typed, on one line each; what is not valid is left as it was sent."""
        cleaned = getattr(self, "cleaned_data", {})
        return {
            name: " ".join(str(cleaned.get(key, self.data.get(key, ""))).split())
            for name, key in self._names.items()
        }


def field_label(name: str) -> str:
    field, _, category = name.partition(".")
    return f"Label of {category.replace('_', ' ')}" if category else FIELD_WORDS[field]


def _help(field: Field) -> str:
    figures = ", ".join(dict.fromkeys(_PLACEHOLDER.findall(field.shipped)))
    keep = f"Keep {figures}." if figures else ""
    shipped = f"Shipped: {field.shipped}" if field.own != field.shipped else ""
    return " ".join(part for part in (keep, shipped) if part)
