"""Counts for screens that stop at a bound: nobody needs to know whether 212,304 or 212,311 cases are open, and to know it costs
a walk over all of them on each page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery

from underwriting.models import Lender

COUNT_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are, exactly up to 1,000; `1,000+` where there are more."""

    value: int

    @property
    def is_exact(self) -> bool:
        return self.value <= COUNT_MAX

    def __bool__(self) -> bool:
        return self.value > 0

    def __str__(self) -> str:
        return f"{self.value:,}" if self.is_exact else f"{COUNT_MAX:,}+"


class _CountUpTo(Subquery):
    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def counts_and_firsts(
    counted: Mapping[str, QuerySet[Any]], firsts: Mapping[str, QuerySet[Any]] | None = None, *, lender_id: int
) -> tuple[dict[str, Count], dict[str, Any]]:
    """Count several queries, each up to the bound, and read the first value of others; one statement for all of it."""
    annotations: dict[str, Subquery] = {
        f"count_{index}": _CountUpTo(rows.order_by().values("pk")[: COUNT_MAX + 1])
        for index, rows in enumerate(counted.values())
    }
    annotations |= {
        f"first_{index}": Subquery(rows[:1]) for index, rows in enumerate((firsts or {}).values())
    }
    row = Lender.objects.filter(pk=lender_id).annotate(**annotations).values(*annotations).get()
    return (
        {name: Count(row[f"count_{index}"]) for index, name in enumerate(counted)},
        {name: row[f"first_{index}"] for index, name in enumerate(firsts or {})},
    )
