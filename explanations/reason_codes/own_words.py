"""A lender's own words over the shipped ones: what they are, the catalogue they make, and what is wrong with them. Pure.

`Changes` map language -> reason code -> field -> text. A category's label is the field `adverse_values.<category>`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from explanations.reason_codes.codes import ENGLISH, Catalogue
from explanations.reason_codes.grade import reading_of
from explanations.reason_codes.lint import (
    WordComplaint,
    label_field,
    translation_complaints,
    wording_complaints,
)
from explanations.reason_codes.samples import samples

Changes = Mapping[str, Mapping[str, Mapping[str, str]]]
WORDS = ("text", "rule_text", "text_value", "factor", "do")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a code that has words: its name, the shipped words, and the lender's where they differ."""

    name: str
    shipped: str
    own: str


def shipped_words(shipped: Catalogue, code: str, language: str) -> dict[str, str]:
    """The shipped words of a code by field, those fields alone that it has. Raises KeyError for an unknown code or language."""
    document = shipped.document
    rows = {row["code"]: row for row in document["codes"]}
    row = rows[code] if language == ENGLISH else document["languages"][language]["codes"][code]
    names = (*WORDS, "officer") if language == ENGLISH else WORDS
    words = {name: row[name] for name in names if row.get(name)}
    return words | {label_field(category): text for category, text in row.get("adverse_values", {}).items()}


def fields_of(shipped: Catalogue, code: str, language: str, changes: Changes) -> list[Field]:
    """Every field with words, in the order in which they are read."""
    own = changes.get(language, {}).get(code, {})
    return [
        Field(name, words, own.get(name, words))
        for name, words in shipped_words(shipped, code, language).items()
    ]


def catalogue_with(shipped: Catalogue, changes: Changes, *, lender_code: str, number: int) -> Catalogue:
    """The shipped catalogue with a lender's words in place, as version `number` of that lender."""
    document = deepcopy(dict(shipped.document))
    document["catalogue"] |= {"version": f"{shipped.version}+{number}", "lender": lender_code}
    english = {row["code"]: row for row in document["codes"]}
    for language, codes in changes.items():
        rows = english if language == ENGLISH else document["languages"][language]["codes"]
        for code, words in codes.items():
            for name, text in words.items():
                field, _, category = name.partition(".")
                if category:
                    rows[code][field][category] = text
                else:
                    rows[code][field] = text
    return Catalogue.from_document(document)


def word_complaints(catalogue: Catalogue, code: str, language: str) -> list[WordComplaint]:
    """What is wrong with one code's words in one language, its reading grades among it."""
    told = catalogue.in_language(language)
    found = list(wording_complaints(told.codes[code], language))
    if language != ENGLISH:
        found += translation_complaints(told.codes[code], catalogue.codes[code])
    if found:
        return found
    return [
        WordComplaint(sample.field, f"is too hard to read: {reading.in_words}, {reading.limit_in_words}")
        for sample in samples(told.codes[code], told)
        if (reading := reading_of(sample.sentence, language)).is_too_hard
    ]


@dataclass(frozen=True, slots=True)
class WordChange:
    """One field that a proposal says otherwise than what is in force."""

    code: str
    language: str
    field: str
    before: str
    after: str


def differences(shipped: Catalogue, proposed: Changes, in_force: Changes) -> Iterator[WordChange]:
    """What a proposal changes against the wording in force, language by language, in the order of codes."""
    touched = {
        (language, code)
        for changes in (proposed, in_force)
        for language, codes in changes.items()
        for code in codes
    }
    for language, code in sorted(touched):
        before = {field.name: field.own for field in fields_of(shipped, code, language, in_force)}
        for field in fields_of(shipped, code, language, proposed):
            if field.own != before[field.name]:
                yield WordChange(code, language, field.name, before[field.name], field.own)


def with_words(changes: Changes, language: str, code: str, own: Mapping[str, str]) -> dict[str, Any]:
    """Changes with one code's words replaced; a code without own words is left out."""
    copied: dict[str, Any] = {name: dict(codes) for name, codes in changes.items()}
    of_language = copied.setdefault(language, {})
    of_language.pop(code, None)
    if own:
        of_language[code] = dict(own)
    return {name: codes for name, codes in copied.items() if codes}
