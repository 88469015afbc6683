"""What people read in papers, in words: facts set right and facts found to be right, grouped by what they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from frontend.charts.contributions import ABSENCE_WORDS
from review_queue.models import ReviewCase
from underwriting.documents.selectors import Listed
from underwriting.facts.assemble import corrected_origin
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, FactSource, FactValue
from underwriting.models import Assessment, FactCorrection
from underwriting.policy.words import value_in_words

# What a discrepancy is about. Addresses and dates of birth are no facts of the catalogue, so none is listed here.
_ABOUT = {
    "annual_income": "Income",
    "monthly_obligations": "Debts",
    "monthly_obligations_without_mortgage": "Debts",
    "employment_type": "Work",
    "employment_tenure_months": "Work",
    "housing": "Housing",
}
_ABOUT_SOURCE = {FactSource.BUREAU: "Credit file", FactSource.RECORD: "Record with us"}


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that a paper and the file did not agree on, before and after, with its source; `document` is where it was read."""

    fact: str
    label: str
    before: str
    after: str
    source: str
    document: Listed | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Compared:
    """An assessment and the one before it. Outcomes are empty on a blind look."""

    number: int
    earlier: int
    score: int | None
    score_before: int | None
    outcome: str
    outcome_before: str


@dataclass(frozen=True, slots=True)
class FactState:
    """How sure a value is, as a glyph with its word, with where it came from."""

    glyph: str
    word: str
    origin: str
    known_at: datetime


def readings_of(case: ReviewCase) -> list[FactCorrection]:
    """What was set right or verified on this application, newest first. One statement."""
    rows = FactCorrection.objects.filter(application_id=case.application_id)
    return list(rows.select_related("corrected_by", "party").order_by("-pk"))


def differences_of(
    case: ReviewCase, readings: Sequence[FactCorrection], documents: Sequence[Listed]
) -> dict[str, list[Difference]]:
    """What was set right, by what it is about, newest first."""
    listed = {one.row.pk: one for one in documents}
    currency = case.application.currency
    found: dict[str, list[Difference]] = {}
    for row in readings:
        if not row.is_verification:
            found.setdefault(_about(row.fact), []).append(
                Difference(
                    fact=row.fact,
                    label=catalogue()[row.fact].label,
                    before=raw_in_words(row.fact, row.before, currency),
                    after=raw_in_words(row.fact, row.value, currency),
                    source=row.source,
                    document=listed.get(row.document_id or 0),
                    by=row.corrected_by.name,
                    at=row.corrected_at,
                )
            )
    return found


def _about(fact: str) -> str:
    return _ABOUT.get(fact) or _ABOUT_SOURCE.get(catalogue()[fact].source, "Other facts")


def raw_in_words(fact: str, raw: Any, currency: str) -> str:
    """A value as it is stored of one party, which may be an absence, with its unit."""
    if raw is None or isinstance(raw, Mapping):
        return ABSENCE_WORDS[Absence(raw["absence"]) if raw else Absence.UNKNOWN]
    return value_in_words(fact, raw, currency)


def fact_state(
    name: str, fact: FactValue, readings: Sequence[FactCorrection], *, assessed_at: datetime, party_count: int
) -> FactState:
    """How sure an assessment's value is, with what people read since.

    A value set right that no assessment has weighed yet does not agree with what is shown: a mismatch. A sum of several people's
    amounts is verified when each of them was read.
    """
    about = {
        row.party_id: row
        for row in reversed(readings)
        if row.fact == name and fact.party_id in (None, str(row.party.public_id))
    }
    if not about or fact.absence is Absence.NOT_ASKED:
        glyph, word = _plain_state(fact)
        return FactState(glyph, word, fact.origin, fact.known_at)
    newest = max(about.values(), key=lambda row: row.pk)
    waiting = next(
        (row for row in about.values() if row.corrected_at > assessed_at and not row.is_verification), None
    )
    is_whole = fact.party_id is not None or len(about) == party_count
    glyph, word = (
        ("≠", "mismatch") if waiting else ("✓", "verified") if is_whole else ("◐", "verified in part")
    )
    return FactState(glyph, word, read_by(waiting or newest), (waiting or newest).corrected_at)


def plain_state(source: FactSource) -> tuple[str, str]:
    """The glyph and the word of a value that no person has read in a paper."""
    if source in (FactSource.BUREAU, FactSource.RECORD, FactSource.DOCUMENT):
        return "✓", "verified"
    return ("=", "worked out") if source is FactSource.DERIVED else ("○", "stated only")


def _plain_state(fact: FactValue) -> tuple[str, str]:
    return ("\N{EN DASH}", "missing") if fact.absence is Absence.UNKNOWN else plain_state(fact.source)


def read_by(row: FactCorrection) -> str:
    """Where a fact was read and by whom: `Verified against: Payslip received 3 Nov 2026, page 1, by Ana Ruiz`."""
    return f"{corrected_origin(row)}, by {row.corrected_by.name}"


def compared_of(case: ReviewCase, *, is_blind: bool) -> Compared | None:
    """The case's assessment beside the one before it; None for the first."""
    now = case.assessment
    before = (
        Assessment.objects.filter(application_id=case.application_id, number__lt=now.number)
        .order_by("-number")
        .only("number", "score", "outcome")
        .first()
    )
    if before is None:
        return None
    return Compared(
        number=now.number,
        earlier=before.number,
        score=now.score,
        score_before=before.score,
        outcome="" if is_blind else now.outcome,
        outcome_before="" if is_blind else before.outcome,
    )
