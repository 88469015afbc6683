"""How often the stated reasons passed their proof: published by lender and month, small numbers as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from explanations.models import Proof
from explanations.proof import ProofTest
from underwriting.enums import Outcome
from underwriting.models import Lender

LEAST_FOR_A_SHARE = 30  # below it a percentage says more than is known
NEAR_TIE_LOG_ODDS = 0.02  # the last stated reason and the first unstated one are a toss-up
MONTHS = 12
FAILED_SHOWN = 20
TOLD = (Outcome.DECLINE, Outcome.COUNTEROFFER)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many. `level` is the share it should reach; None where none is set."""

    part: int
    whole: int
    level: float | None = None

    @property
    def share(self) -> float | None:
        """None where there are too few for a share."""
        return self.part / self.whole if self.whole >= LEAST_FOR_A_SHARE else None

    @property
    def words(self) -> str:
        """A percentage, never rounded up to 100; below 30 the numbers themselves."""
        if self.share is None:
            return f"{self.part} of {self.whole}" if self.whole else "none yet"
        shown = int(self.share * 1000) / 10
        return f"{shown:.1f}%" if shown % 1 else f"{int(shown)}%"

    @property
    def is_low(self) -> bool:
        """Below its level, and counted on enough to say so; one miss of what must always hold is enough."""
        if self.level is None or not self.whole:
            return False
        if self.level == 1:
            return self.part < self.whole
        return self.share is not None and self.share < self.level


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of a month: what was tested, in words, and how often it held."""

    name: str
    label: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class MonthOfProofs:
    """A month where the lender is. `gap_closed` is (stated - by lot) / (1 - by lot); None below 30 or without a gap."""

    month: date
    count: int
    held: int
    ties: int
    near_ties: int
    measures: tuple[Measure, ...]
    gap_closed: float | None

    @property
    def is_gap_low(self) -> bool:
        return self.gap_closed is not None and self.gap_closed < LEAST_GAP_CLOSED


LEAST_GAP_CLOSED = 0.85
# Name, words, level. The first are tests that hold a notice; the repair of all reasons is a rate and never holds one.
_MEASURES: tuple[tuple[str, str, float | None], ...] = (
    ("additive", "Contributions add up to the score", 1),
    ("direction", "Every value is on the side that its sentence says", 1),
    ("null", "No sentence speaks of a value that is not on file, or denies one that is", 1),
    ("truth", "Every sentence and figure is the catalogue's and the file's own", 1),
    ("omitted", "No stronger reason is left out", 1),
    ("single_repair", "One of the first three reasons repaired by itself: the risk falls", 0.97),
    ("all_repair", "All stated reasons repaired: the approve cut-off is reached", 0.9),
    ("lot_repair", "As many groups drawn by lot repaired, for comparison", None),
    ("sentence", "Reasons printed as a sentence, not as the factor's name", 0.85),
)


def fidelity(lender: Lender, *, now: datetime) -> list[MonthOfProofs]:
    """The last twelve months with declines or counteroffers, newest first. One query, whatever the number of proofs."""
    zone = ZoneInfo(lender.time_zone)
    today = now.astimezone(zone)
    first = datetime(today.year - 1, today.month, 1, tzinfo=zone)
    rows = (
        Proof.objects.filter(lender=lender, created_at__gte=first, outcome__in=TOLD)
        .annotate(month=TruncMonth("created_at", tzinfo=zone))
        .values("month")
        .annotate(**_counts())
        .order_by("-month")[:MONTHS]
    )
    return [_month(row) for row in rows]


def failed_proofs(lender: Lender) -> QuerySet[Proof]:
    """The newest proofs that hold a notice, with their application."""
    rows = Proof.objects.filter(lender=lender, passed=False).select_related("assessment__application")
    return rows.defer("assessment__facts").order_by("-id")[:FAILED_SHOWN]


def why_held(proof: Proof) -> Sequence[str]:
    """The sentences of the tests that failed, each once."""
    return tuple(dict.fromkeys(str(failure["sentence"]) for failure in proof.results["failed"]))


def _counts() -> dict[str, Any]:
    def where(**conditions: Any) -> Count:
        return Count("id", filter=Q(**conditions))

    return {
        "count": Count("id"),
        "held": where(passed=False),
        "ties": where(has_tie=True),
        "near_ties": where(margin__lt=NEAR_TIE_LOG_ODDS),
        "scored": where(is_additive__isnull=False),
        "additive": where(is_additive=True),
        **{f"not_{test.value}": where(failed__contains=[test.value]) for test in _LETTER_TESTS},
        "tried": Sum("tried_count"),
        "fell": Sum("fell_count"),
        "repaired": where(all_reaches__isnull=False),
        "all_reach": where(all_reaches=True),
        "lot_reach": where(lot_reaches=True),
        "reasons": Sum("reason_count"),
        "sentences": Sum("catalogue_count"),
    }


_LETTER_TESTS = (ProofTest.DIRECTION, ProofTest.NULL, ProofTest.TRUTH, ProofTest.OMITTED)


def _month(row: Mapping[str, Any]) -> MonthOfProofs:
    counts = {
        "additive": (row["additive"], row["scored"]),
        **{test.value: (row["count"] - row[f"not_{test.value}"], row["count"]) for test in _LETTER_TESTS},
        "single_repair": (row["fell"], row["tried"]),
        "all_repair": (row["all_reach"], row["repaired"]),
        "lot_repair": (row["lot_reach"], row["repaired"]),
        "sentence": (row["sentences"], row["reasons"]),
    }
    return MonthOfProofs(
        month=row["month"].date(),
        count=row["count"],
        held=row["held"],
        ties=row["ties"],
        near_ties=row["near_ties"],
        measures=tuple(Measure(name, label, Rate(*counts[name], level)) for name, label, level in _MEASURES),
        gap_closed=_gap_closed(row["all_reach"], row["lot_reach"], row["repaired"]),
    )


def _gap_closed(stated: int, by_lot: int, whole: int) -> float | None:
    if whole < LEAST_FOR_A_SHARE or by_lot == whole:
        return None
    return (stated - by_lot) / (whole - by_lot)
