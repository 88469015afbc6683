"""True or false: a printed reason held against the source row, the windows of the mapping file and the reference people."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.checker.claims import Claim, Phrasebook
from benchmarks.checker.source import Quantity, Source

SLACK = 1e-6  # of binary fractions; a printed digit is wider


@dataclass(frozen=True, slots=True)
class Verdict:
    """`kind`: catalogue (a sentence), neutral (the factor's name), or unread. `why` says what is not true."""

    is_true: bool
    kind: str
    why: str = ""


@dataclass(frozen=True)
class Reference:
    """The people an applicant is compared with: a table of model inputs, money in whole currency units."""

    columns: Sequence[str]
    rows: Sequence[Sequence[float | None]]

    def median(self, column: str) -> float | None:
        """Of those who have a value."""
        place = self.columns.index(column)
        known = [value for row in self.rows if (value := row[place]) is not None and not math.isnan(value)]
        return statistics.median(known) if known else None


@dataclass(frozen=True)
class Checker:
    phrasebook: Phrasebook
    reference: Reference

    def check(self, text: str, detail: str, source: Source) -> Verdict:
        """Every sentence of one reason: the catalogue's, and the one with the applicant's own figure."""
        if (absent := self.phrasebook.missing(text)) is not None:
            return self._check_absence(absent, source)
        claims = list(self.phrasebook.sentences(text))
        if claims:
            verdict = self._best(claims, text, source, kind="catalogue")
        elif text in self.phrasebook.factors:
            verdict = self._check_factor(self.phrasebook.factors[text], source)
        else:
            return Verdict(False, "unread", f"no template reads {text!r}")
        if not detail or not verdict.is_true:
            return verdict
        figures = list(self.phrasebook.figures(detail))
        if not figures:
            return Verdict(False, verdict.kind, f"no template reads {detail!r}")
        spoken_of = {fact for claim in claims for fact in claim.facts}
        same = [claim for claim in figures if spoken_of & set(claim.facts)]
        if not same:
            return Verdict(False, verdict.kind, f"{detail!r} speaks of something else than {text!r}")
        return self._best(same, text, source, kind=verdict.kind)

    def _best(self, claims: Sequence[Claim], text: str, source: Source, *, kind: str) -> Verdict:
        """One sentence may stand under several codes: it is true if one of the readings is."""
        complaints = []
        for claim in claims:
            for fact in claim.facts:
                found = source.quantity(fact)
                if found is None:
                    continue
                why = self._untrue(claim, fact, found, text)
                if not why:
                    return Verdict(True, kind)
                complaints.append(why)
        return Verdict(False, kind, "; ".join(complaints) or "the source has no such column")

    def _untrue(self, claim: Claim, fact: str, found: Quantity, text: str) -> str:
        if not _same_window(claim.window, found.window):
            return f"{fact}: says {claim.window!r}, the source counts {found.window!r}"
        if claim.side == "absent":
            return "" if found.value == 0 else f"{fact}: said to be absent, is {found.value}"
        if found.value is None:
            return f"{fact}: nothing in the source ({found.absence})"
        if isinstance(found.value, str):
            return self._wrong_category(claim, fact, found.value, text)
        if claim.figure is not None and not _prints(claim, found.value):
            return f"{fact}: prints {claim.figure}, the source has {found.value}"
        return (
            ""
            if self._is_on_side(claim.side, fact, found.value)
            else f"{fact}: {found.value} is not {claim.side}"
        )

    def _wrong_category(self, claim: Claim, fact: str, value: str, text: str) -> str:
        if isinstance(claim.figure, str) and value not in self.phrasebook.category(fact, claim.figure):
            return f"{fact}: prints {claim.figure!r}, the source has {value!r}"
        if value not in self.phrasebook.accused(text, fact):
            return f"{fact}: the sentence is not about {value!r}"
        return ""

    def _is_on_side(self, side: str, fact: str, value: float) -> bool:
        if side == "present":
            return value > 0
        if side in ("either", "neutral"):
            return True
        typical = self.reference.median(fact) if fact in self.reference.columns else None
        if typical is None:
            return False
        return value > typical if side == "high" else value < typical

    def _check_absence(self, facts: Sequence[str], source: Source) -> Verdict:
        """A sentence that something is missing is true where the source has nothing; `NEVER` is something."""
        found = [quantity for fact in facts if (quantity := source.quantity(fact)) is not None]
        if any(quantity.value is None and quantity.absence in ("UNKNOWN", "NOT_ASKED") for quantity in found):
            return Verdict(True, "catalogue")
        return Verdict(False, "catalogue", f"{', '.join(facts)}: said to be missing, and the source has it")

    def _check_factor(self, facts: Sequence[str], source: Source) -> Verdict:
        """The neutral name claims nothing but that the factor was weighed: the model has to read it, and the source to know it."""
        weighed = any(
            source.quantity(fact) is not None
            and any(name == fact or name.startswith(f"{fact}_is_") for name in self.reference.columns)
            for fact in facts
        )
        return Verdict(weighed, "neutral", "" if weighed else "the factor was not weighed")


def _same_window(said: str, counted: str) -> bool:
    """A count over a window has to name it; a quantity without one (at application, ever) may go without."""
    bare = counted.removesuffix(", not worse").removeprefix("ever, ")
    return said == bare or (not said and not counted[:1].isdigit())


def _prints(claim: Claim, value: float) -> bool:
    """Whether the printed figure is this value, rounded to the digits printed. An unbounded share prints the end of its range."""
    if isinstance(claim.figure, str) or claim.figure is None:
        return False
    if math.isinf(value):
        return claim.figure >= 1
    return abs(claim.figure - value) <= claim.digits + SLACK + 1e-9 * abs(value)


def source_of(row: Mapping[str, str], mapping: Mapping[str, object]) -> Source:
    """A row as the file has it, spaces taken off."""
    return Source({name: value.strip() for name, value in row.items()}, mapping)
