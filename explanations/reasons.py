"""What a principal reason is, and what an applicant is compared with. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from underwriting.enums import DecisionStage, Language
from underwriting.facts.values import FactScalar, FactSource

BUREAU_ORIGIN = "Credit report, "
NOT_RECEIVED = "not received"


@dataclass(frozen=True, slots=True)
class Reason:
    """One principal reason with everything needed to print it and to follow it back to its cause.

    `text` is the sentence as printed (the neutral factor name where `is_neutral`), `detail` the one with the applicant's
    own figure, empty where that would not be true. `share_log_odds` and `share_points` are those of the whole group; None
    where no score spoke. `value` is in the fact's catalogue unit; `typical` in the unit of the model input (money in
    whole currency units). `source` is in words, `source_kind` a FactSource, `known_at` RFC 3339. `party` is the public id of the party whose value it is.

    `language` is the one that text, detail, factor, do and source are in. Where it is not English, `english` holds the same
    five as an officer reads them (`for_officer`).
    """

    code: str
    group: str
    rank: int
    text: str
    detail: str
    factor: str
    is_neutral: bool
    fact: str
    value: FactScalar | None
    typical: float | None
    source: str
    source_kind: str
    known_at: str | None
    party: str | None
    share_log_odds: float | None
    share_points: float | None
    do: str
    actionable: str
    form_c1: str
    notice: str
    stage: DecisionStage
    language: str = Language.ENGLISH.value
    english: Mapping[str, str] | None = None

    @property
    def for_officer(self) -> Reason:
        """The reason as officers and auditors read it: in English, whatever the applicant was told it in."""
        if self.english is None:
            return self
        words: dict[str, Any] = dict(self.english)
        return replace(self, **words, language=Language.ENGLISH.value, english=None)

    def at_rank(self, rank: int) -> Reason:
        return replace(self, rank=rank)

    def to_json(self) -> dict[str, Any]:
        """An English reason is stored without its language: English is what a stored reason is in when it names none."""
        data = asdict(self) | {"stage": self.stage.value}
        if self.english is None:
            del data["language"], data["english"]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reason:
        """Raises TypeError where a field is missing or unknown."""
        return cls(**{**data, "stage": DecisionStage(data["stage"])})


_WORDS = ("text", "detail", "factor", "do", "source")

SOURCE_WORDS: Mapping[str, Mapping[FactSource, str]] = {
    Language.ENGLISH: {
        FactSource.APPLICATION: "Your application",
        FactSource.BUREAU: "Your credit report",
        FactSource.RECORD: "Our record of your earlier loans",
        FactSource.DOCUMENT: "Your documents",
        FactSource.DERIVED: "Worked out from your application",
    },
    Language.SPANISH: {
        FactSource.APPLICATION: "Su solicitud",
        FactSource.BUREAU: "Su informe de crédito",
        FactSource.RECORD: "Nuestro registro de sus préstamos anteriores",
        FactSource.DOCUMENT: "Sus documentos",
        FactSource.DERIVED: "Calculado a partir de su solicitud",
    },
    Language.HINDI: {
        FactSource.APPLICATION: "आपका आवेदन",
        FactSource.BUREAU: "आपकी क्रेडिट रिपोर्ट",
        FactSource.RECORD: "आपके पिछले लोन का हमारा रिकॉर्ड",
        FactSource.DOCUMENT: "आपके काग़ज़",
        FactSource.DERIVED: "आपके आवेदन से निकाला गया",
    },
}


def source_in_words(source: FactSource, origin: str, language: str) -> str:
    """Where a fact comes from, as its applicant reads it. Raises KeyError for a language without words.

    `origin` is the fact's own English note of it ("Credit report, Demo Bureau"); another language keeps the bureau's name
    out of it and says the rest in its own words.
    """
    words = SOURCE_WORDS[language][source]
    if language == Language.ENGLISH:
        return origin or words
    bureau = origin.removeprefix(BUREAU_ORIGIN)
    is_named = source is FactSource.BUREAU and bureau not in (origin, NOT_RECEIVED)
    return f"{words}, {bureau}" if is_named else words


@dataclass(frozen=True, slots=True)
class PrincipalReasons:
    """At most four, most important first. `held_because` says why they may not be disclosed; empty when they may.

    `disproved` are the ranks, of those given, that `held_because` speaks about: they may not be told beside another's either.
    """

    reasons: tuple[Reason, ...]
    held_because: str = ""
    disproved: frozenset[int] = frozenset()


def told_in(language: str, *, english: PrincipalReasons, words: PrincipalReasons) -> PrincipalReasons:
    """The same reasons in the applicant's words, each with its English beside it; why they are held is for officers.

    Both were made from the same facts with catalogues that differ in words alone; raises ValueError where they differ in length.
    """
    return PrincipalReasons(
        tuple(
            replace(told, language=language, english={name: getattr(plain, name) for name in _WORDS})
            for plain, told in zip(english.reasons, words.reasons, strict=True)
        ),
        english.held_because,
    )


class CannotBeWorded(Exception):
    """No true sentence for a principal reason; the message says why, for the person who checks the notice."""


@dataclass(frozen=True, slots=True)
class ReferenceSummary:
    """Median of each model input over the reference people; None where none of them has a value."""

    medians: Mapping[str, float | None]

    @classmethod
    def of(cls, columns: Sequence[str], rows: Sequence[Sequence[float | None]]) -> ReferenceSummary:
        """From the rows of a reference sample, in the order of `columns`; null and NaN are missing."""
        medians: dict[str, float | None] = {}
        for index, column in enumerate(columns):
            known = [value for row in rows if (value := row[index]) is not None and not math.isnan(value)]
            medians[column] = statistics.median(known) if known else None
        return cls(medians)
