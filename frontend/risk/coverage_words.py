"""How much of a backtest's period its numbers speak for: what of it had every field, and what could not be weighed at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frontend.risk.words import plural
from frontend.templatetags.ui import share
from underwriting.facts.catalogue import catalogue


def looked_at(s: Mapping[str, Any]) -> int:
    """Applications of the period that were looked at: those that could not be weighed had not every field either."""
    return int(s["applications"] + s["refused_rows"])


def covered_share(s: Mapping[str, Any]) -> float:
    """Of all that were looked at those that had every field the draft needs."""
    return s["covered"] / looked_at(s) if looked_at(s) else 0.0


def field_name(name: str) -> str:
    return "Score" if name == "score" else catalogue()[name].label if name in catalogue() else name


def not_covered(s: Mapping[str, Any], covered: float) -> str:
    """What stands in place of the headline where too few were covered."""
    missing = f" Missing most often: {field_name(s['lacking'][0][0])}." if s["lacking"] else ""
    unweighed = f" {s['refused_rows']:,} of them could not be weighed." if s["refused_rows"] else ""
    return (
        f"Only {share(covered)} of {plural(looked_at(s), 'application', 'applications')} had every field this draft needs, "
        f"so these numbers do not say what the draft would do.{unweighed}{missing}"
    )


def coverage(s: Mapping[str, Any]) -> tuple[str, ...]:
    """How many had every field, what was left out, and what could not be weighed."""
    how = "A field counts as there when it has a value, when it never happened, or when its source was asked and keeps nothing on the person."
    said = [f"{s['covered']:,} of {looked_at(s):,} applications had every field the draft needs. {how}"]
    if s["left_out"]:
        said.append(
            f"The newest {s['rows_max']:,} were weighed; {plural(s['left_out'], 'older one', 'older ones')} of the period left out."
        )
    if s["refused_rows"]:
        said.append(
            f"{s['refused_rows']:,} of these {looked_at(s):,} could not be weighed: they are not covered."
        )
    return tuple(said)
