"""Reason codes as data: what each may say, about which fact, on which side. Pure: no Django, no clock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from explanations.reason_codes.figures import UnknownLanguage


class Adverse(StrEnum):
    """Side on which a code's sentence is true."""

    HIGH = "high"
    LOW = "low"
    PRESENT = "present"  # above 0
    ABSENT = "absent"  # 0
    CATEGORY = "category"  # the applicant's category is one of `adverse_values`
    EITHER = "either"  # the sentence claims no side
    NEUTRAL = "neutral"  # the factor name is all that is ever printed
    MISSING = "missing"  # used through `when_missing` only


class Actionable(StrEnum):
    """What the applicant can do about it; the order breaks ties, most actionable first."""

    YES = "yes"
    PARTLY = "partly"
    WAIT = "wait"
    NO = "no"

    @property
    def rank(self) -> int:
        return list(Actionable).index(self)


class UsedBy(StrEnum):
    MODEL = "model"
    POLICY = "policy"
    OFFICER = "officer"
    MISSING = "missing"


ENGLISH = "en"
BLOCK_AND_REVIEW = "block_and_review"
CREDIT_REPORT = "fcra_615a"  # the notice of a code about a consumer report


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """One entry of the catalogue; the YAML file's head explains each field."""

    code: str
    group: str
    facts: tuple[str, ...]
    adverse: Adverse
    text: str
    rule_text: str
    text_value: str
    factor: str
    officer: str
    used_by: frozenset[UsedBy]
    actionable: Actionable
    do: str
    form_c1: str
    notice: str
    adverse_values: Mapping[str, str]  # category -> how the applicant is told about it
    when_missing: tuple[str, ...]
    enabled: bool
    income_alone: str

    @property
    def speaks_of_debts(self) -> bool:
        """Whether its sentence names existing debts, so that it is untrue of a cap that looked at income alone."""
        return bool(self.income_alone) or self.group == "debt_burden"

    @property
    def help_line(self) -> str:
        """What may help; empty where only time, or nothing, changes the reason."""
        return self.do if self.actionable in (Actionable.YES, Actionable.PARTLY) else ""

    def is_for(self, use: UsedBy) -> bool:
        """Whether the code is on and may be used so."""
        return self.enabled and use in self.used_by

    def in_words(self, words: Mapping[str, Any]) -> ReasonCode:
        """The same code with the applicant wording of another language; officers go on reading English."""
        return replace(
            self,
            text=words["text"],
            rule_text=words.get("rule_text", words["text"]),
            text_value=words.get("text_value", ""),
            factor=words["factor"],
            do=words.get("do", ""),
            adverse_values=dict(words.get("adverse_values", {})),
        )

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> ReasonCode:
        """Raises KeyError and ValueError on a row that lacks a field or names an unknown word."""
        return cls(
            code=row["code"],
            group=row["group"],
            facts=tuple(row["facts"]),
            adverse=Adverse(row["adverse"]),
            text=row["text"],
            rule_text=row.get("rule_text", row["text"]),
            text_value=row.get("text_value", ""),
            factor=row["factor"],
            officer=row["officer"],
            used_by=frozenset(UsedBy(use) for use in row["used_by"]),
            actionable=Actionable(row["actionable"]),
            do=row.get("do", ""),
            form_c1=row["form_c1"],
            notice=row["notice"],
            adverse_values=dict(row.get("adverse_values", {})),
            when_missing=tuple(row["when_missing"]),
            enabled=row.get("enabled", True),
            income_alone=row.get("income_alone", ""),
        )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A version of the reason codes with the rules of assembly. `document` is what `sha256` was taken of.

    `language` is the one its sentences are in; the document holds all of them, so that what somebody was told in one of them
    can be computed again. `cap` maps the names of the affordability cap's sentences to their templates.
    """

    version: str
    sha256: str
    codes: Mapping[str, ReasonCode]
    max_reasons: int
    floor_log_odds: float
    rounding_log_odds: float
    document: Mapping[str, Any]
    cap: Mapping[str, str]
    language: str = ENGLISH
    _told: dict[str, Catalogue] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Catalogue:
        """Read a document. Raises ValueError where a code occurs twice, KeyError where a field is missing."""
        codes: dict[str, ReasonCode] = {}
        for row in document["codes"]:
            code = ReasonCode.from_row(row)
            if code.code in codes:
                raise ValueError(f"{code.code} occurs twice")
            codes[code.code] = code
        assembly = document["assembly"]
        return cls(
            version=document["catalogue"]["version"],
            sha256=canonical_sha256(document),
            codes=codes,
            max_reasons=assembly["max_reasons"],
            floor_log_odds=assembly["min_contribution_log_odds"],
            rounding_log_odds=assembly["rounding_log_odds"],
            document=document,
            cap=document["cap"],
        )

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that the document has words in, English first."""
        return (ENGLISH, *sorted(self.document["languages"]))

    def in_language(self, language: str) -> Catalogue:
        """The same codes with the applicant wording of `language`. Raises UnknownLanguage where the document has none.

        A code that is switched off keeps its English, because nobody is ever told it.
        """
        if language == self.language:
            return self
        if self.language != ENGLISH:
            return self._told[ENGLISH].in_language(language)
        if language not in self._told:
            told = self._in_words_of(language)
            told._told[ENGLISH] = self
            self._told[language] = told
        return self._told[language]

    def _in_words_of(self, language: str) -> Catalogue:
        words = self.document["languages"].get(language)
        if words is None:
            raise UnknownLanguage(f"catalogue {self.version} has no words in '{language}'")
        missing = [c.code for c in self.codes.values() if c.enabled and c.code not in words["codes"]]
        if missing:
            raise UnknownLanguage(
                f"catalogue {self.version} lacks words in '{language}' for {', '.join(missing)}"
            )
        return replace(
            self,
            codes={
                name: code.in_words(words["codes"][name]) if code.enabled else code
                for name, code in self.codes.items()
            },
            cap=words["cap"],
            language=language,
        )

    def for_fact(self, fact: str, use: UsedBy) -> list[ReasonCode]:
        """Enabled codes that may speak about a fact in this use, in alphabetical order."""
        return sorted(
            (c for c in self.codes.values() if fact in c.facts and c.is_for(use)), key=lambda c: c.code
        )

    def group_of(self, fact: str) -> str | None:
        """The reason group of a model input's fact; None where no enabled code speaks about it."""
        found = self.for_fact(fact, UsedBy.MODEL)
        return found[0].group if found else None


def canonical_sha256(document: Any) -> str:
    """SHA-256 of the JSON text with sorted keys and no spaces: the same content always has the same hash."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
