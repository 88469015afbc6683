"""What a printed sentence claims: read back from its words, by the catalogue's templates. Nothing is believed but the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

PLACEHOLDER = re.compile(r"\{(\w+)(?::([^{},]*),([^{},]*))?\}")
NUMBERS = {"two": 2, "three": 3, "six": 6, "seven": 7, "twelve": 12}
WINDOW = re.compile(r"\b(?:last|in) (\w+) (days|months|years)", re.IGNORECASE)
SEVERITIES = (
    "never late", "30 days late", "60 days late", "90 days late", "120 days late or more", "a serious negative mark",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """One reading of a sentence. `figure` is what is printed: a number (money in currency units, a share as a ratio), a
    severity, or a category's words; None where the sentence prints none. `digits`: half of the last printed digit.
    """

    facts: tuple[str, ...]
    side: str
    figure: float | str | None
    digits: float
    window: str


@dataclass(frozen=True)
class Phrasebook:
    """The catalogue's document as data: every sentence that may be printed, turned round into patterns."""

    document: Mapping[str, Any]

    @cached_property
    def _rows(self) -> Sequence[Mapping[str, Any]]:
        rows: Sequence[Mapping[str, Any]] = self.document["codes"]
        return rows

    @cached_property
    def _texts(self) -> dict[str, list[Mapping[str, Any]]]:
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in self._rows:
            if row["adverse"] == "neutral":
                continue  # its text is the factor's name, which is no sentence
            for name in ("text", "rule_text"):
                if row.get(name) and "{" not in row[name]:
                    found.setdefault(row[name], []).append(row)
        return found

    @cached_property
    def _figures(self) -> list[tuple[re.Pattern[str], Mapping[str, Any]]]:
        return [(_pattern(row["text_value"]), row) for row in self._rows if row.get("text_value")]

    @cached_property
    def factors(self) -> dict[str, tuple[str, ...]]:
        """Neutral factor name, as printed and in lower case -> facts it may stand for."""
        found: dict[str, tuple[str, ...]] = {}
        for row in self._rows:
            for name in (row["factor"], row["factor"].lower()):
                found[name] = (*found.get(name, ()), *row["facts"])
        return found

    def sentences(self, text: str) -> Iterator[Claim]:
        """Readings of the sentence without a figure; none where the catalogue has no such sentence."""
        for row in self._texts.get(text, []):
            yield Claim(tuple(row["facts"]), row["adverse"], None, 0, windows(text))

    def missing(self, text: str) -> tuple[str, ...] | None:
        """Facts of which the sentence says that nothing is on file; None where it says nothing of the kind."""
        for row in self._rows:
            if row["adverse"] != "missing":
                continue
            if "{factor}" not in row["text"]:
                if row["text"] == text:
                    return tuple(row["facts"])
                continue
            before, _, after = row["text"].partition("{factor}")
            if text.startswith(before) and text.endswith(after):
                return self.factors.get(text[len(before) : len(text) - len(after)])
        return None

    def figures(self, detail: str) -> Iterator[Claim]:
        """Readings of the sentence with the applicant's own figure."""
        for pattern, row in self._figures:
            match = pattern.fullmatch(detail)
            if match is None:
                continue
            figure, digits = _figure(match.groupdict())
            yield Claim(tuple(row["facts"]), row["adverse"], figure, digits, windows(detail))

    def category(self, fact: str, words: str) -> set[str]:
        """Categories that these words may stand for."""
        return {
            value
            for row in self._rows
            if fact in row["facts"]
            for value, said in row.get("adverse_values", {}).items()
            if said == words
        }

    def accused(self, text: str, fact: str) -> set[str]:
        """Categories of which this sentence says that they counted against the applicant."""
        return {
            value
            for row in self._texts.get(text, [])
            if fact in row["facts"]
            for value in row.get("adverse_values", {})
        }


def windows(text: str) -> str:
    """Window and what is left out, in one canonical form: "6 months, last 7 days left out". Empty where none is named."""
    parts = []
    match = WINDOW.search(text.replace("last seven days", "week"))
    if match and (number := _number(match.group(1))) is not None:
        parts.append(f"{number} {match.group(2).lower()}")
    if "seven days are left out" in text or "seven days left out" in text:
        parts.append("last 7 days left out")
    if re.search(r"car and home loans (are )?left out", text, re.IGNORECASE):
        parts.append("auto and mortgage left out")
    return ", ".join(parts)


def _number(word: str) -> int | None:
    return int(word) if word.isdigit() else NUMBERS.get(word.lower())


def _pattern(template: str) -> re.Pattern[str]:
    parts, end = [], 0
    for match in PLACEHOLDER.finditer(template):
        parts.append(re.escape(template[end : match.start()]))
        parts.append(_group(match))
        end = match.end()
    return re.compile("".join((*parts, re.escape(template[end:]))))


def _group(match: re.Match[str]) -> str:
    name, one, many = match.groups()
    number = r"-?[\d,]+(?:\.\d+)?"
    if name in ("value_pct", "rest_pct"):
        return f"(?P<{name}>{number})%"
    if name == "label":
        return "(?P<label>.+)"
    if one is not None:
        return f"(?P<counted>{number}) (?:{re.escape(one)}|{re.escape(many)})"
    return rf"(?:\$(?P<money>{number})|(?P<severity>{'|'.join(SEVERITIES)})|(?P<plain>{number})(?: months?| days?)?)"


def _figure(groups: Mapping[str, str | None]) -> tuple[float | str | None, float]:
    for name, text in groups.items():
        if text is None:
            continue
        if name == "label":
            return text, 0
        if name == "severity":
            return float(SEVERITIES.index(text)), 0
        printed = text.replace(",", "")
        step = 0.5 * 10.0 ** -len(printed.partition(".")[2])
        if name in ("value_pct", "rest_pct"):
            share = float(printed) / 100
            return (1 - share if name == "rest_pct" else share), step / 100
        return float(printed), step
    return None, 0
