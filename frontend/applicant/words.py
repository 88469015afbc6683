"""Values of facts and sizes of files as an applicant reads them, in the language of the page."""

from __future__ import annotations

from explanations.reason_codes import figures
from frontend.applicant.texts import Texts
from underwriting.enums import Language
from underwriting.facts.catalogue import FactDefinition
from underwriting.facts.values import FactScalar

KILOBYTE = 1024


def value_in_words(value: FactScalar, definition: FactDefinition, currency: str, texts: Texts) -> str:
    """A fact's value with its unit, money in minor units; a category by its label on these pages."""
    if isinstance(value, str):
        return texts.word(value)
    shown = figures.value_in_words(value, definition, currency, texts.language)
    return shown[:1].upper() + shown[1:]


def file_size(byte_count: int, language: Language) -> str:
    if byte_count < KILOBYTE * KILOBYTE:
        return f"{figures.number(max(1, round(byte_count / KILOBYTE)), language)} KB"
    return f"{figures.number(byte_count / KILOBYTE / KILOBYTE, language)} MB"
