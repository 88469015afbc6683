"""People to try a policy on: of the model's own reference pool, with what a policy may ask beside, and the same people a step safer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scoring.registry.manifest import Manifest
from underwriting.facts.catalogue import Unit, catalogue
from underwriting.policy.schema import PolicyDocument, ShownBy
from underwriting.policy.soundness.persons import DERIVED

Row = Sequence[float | int | None]
SPREAD = 50  # people spread over the whole pool
NEAR_EDGE = 3  # and the nearest above and below each cut-off and tier
PART_OF_RATIO = {
    "debt_to_income_ratio": "monthly_obligations",
    "debt_to_income_without_mortgage_ratio": "monthly_obligations_without_mortgage",
}
# Moving what somebody asks for is no step of theirs towards safety.
NOT_MOVED = DERIVED | {"requested_amount", "requested_term_months", "bureau_score", "possible_duplicate_flag"}


def chosen_people(
    document: PolicyDocument, manifest: Manifest, rows: Sequence[Row], points: Sequence[float]
) -> list[ShownBy]:
    """Pool people spread over all scores, and those nearest to where the policy changes its answer. Scored by the model."""
    order = sorted(range(len(rows)), key=lambda place: (points[place], place))
    chosen = dict.fromkeys(order[:: max(1, len(order) // SPREAD)])
    edges = {document.cut_offs.approve, document.cut_offs.refer, *(t.score_from for t in document.price_grid)}
    for edge in sorted(edges):
        nearest = sorted(order, key=lambda place: abs(points[place] - edge))
        chosen |= dict.fromkeys(nearest[: 2 * NEAR_EDGE])
    return [person_of(manifest, rows[place]) for place in chosen]


def person_of(manifest: Manifest, row: Row) -> ShownBy:
    """A pool row as facts: choices out of their columns, amounts in minor units, ratios left to the live arithmetic."""
    facts: dict[str, int | float | str] = {}
    ratios: dict[str, float] = {}
    for spec, value in zip(manifest.features, row, strict=True):
        if spec.category is not None:
            if value:
                facts[spec.fact] = spec.category
        elif value is None:
            facts[spec.fact] = "UNKNOWN"
        elif spec.fact in DERIVED:
            ratios[spec.fact] = value
        else:
            unit = catalogue()[spec.fact].unit
            facts[spec.fact] = (
                round(value * 100)
                if unit is Unit.MONEY
                else value
                if unit in (Unit.RATIO, Unit.DAYS)
                else int(value)
            )
    income = facts.get("annual_income")
    for ratio, part in PART_OF_RATIO.items():
        if ratio in ratios and part not in facts and isinstance(income, int):
            facts[part] = int(ratios[ratio] * income / 12)
    for name in DERIVED & facts.keys():
        del facts[name]  # not on file in the pool; what it rests on says so
    return ShownBy(facts)


def movable_facts(document_facts: frozenset[str], manifest: Manifest) -> list[str]:
    """Facts with a safer side that model, rules or limits look at, directly or through a ratio."""
    looked_at = document_facts | {spec.fact for spec in manifest.features}
    names = {name for name in looked_at if name not in NOT_MOVED} | {"annual_income"}
    if looked_at & {"debt_to_income_ratio", "debt_service_ratio"}:
        names.add("monthly_obligations")
    if "debt_to_income_without_mortgage_ratio" in looked_at:
        names.add("monthly_obligations_without_mortgage")
    return sorted(name for name in names if catalogue()[name].risk_sign != 0)


def safer(person: Mapping[str, int | float | str], fact: str) -> Iterator[dict[str, int | float | str]]:
    """The same person with a safer value of one fact: a small step, a large one, and as safe as can be."""
    definition = catalogue()[fact]
    value = person.get(fact)
    if not isinstance(value, (int, float)):
        return
    low, high = definition.low or 0.0, definition.high if definition.high is not None else 1e12
    is_whole = definition.unit not in (Unit.RATIO, Unit.DAYS)
    if definition.risk_sign > 0:
        tried: list[float] = [value - 1 if is_whole else value * 0.9, value * 0.5, low]
    else:
        tried = [value * 1.05 + 1, value * 1.5 + 6]
    seen = {value}
    for number in tried:
        bounded = min(max(number, low), high)
        kept = int(bounded) if is_whole else bounded
        if kept not in seen and (kept - value) * definition.risk_sign < 0:
            seen.add(kept)
            yield {**person, fact: kept}
    if definition.can_be_never:
        yield {**person, fact: "NEVER"}


def riskier(person: Mapping[str, int | float | str], fact: str) -> dict[str, int | float | str] | None:
    """The same person a step riskier in one fact: for those who cannot be safer. None where there is no such value."""
    definition = catalogue()[fact]
    value = person.get(fact)
    if value == "NEVER":
        return {**person, fact: 6}
    if not isinstance(value, (int, float)):
        return None
    is_whole = definition.unit not in (Unit.RATIO, Unit.DAYS)
    step = (1 if is_whole else 0.1) if definition.risk_sign > 0 else -value / 2
    moved = value + step
    low, high = definition.low or 0.0, definition.high if definition.high is not None else 1e12
    bounded = min(max(int(moved) if is_whole else moved, low), high)
    return None if bounded == value else {**person, fact: int(bounded) if is_whole else bounded}
