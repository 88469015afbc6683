"""Rules held against each other: the same people twice, nobody ever, other answers for the same people, holes, order. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from underwriting.facts.catalogue import Unit, catalogue
from underwriting.policy.conditions import leaves
from underwriting.policy.schema import Complaint, Condition, Fault, PolicyDocument, RuleKind, ShownBy
from underwriting.policy.soundness.persons import person_in, top_score
from underwriting.policy.soundness.regions import (
    Box,
    Legal,
    Region,
    Span,
    TooManyBoxes,
    is_within,
    legal_sides,
    meet,
    region_of,
    uncovered,
    value_at,
)
from underwriting.policy.words import label, tree_in_words, value_in_words


@dataclass(frozen=True, slots=True)
class Band:
    """A rule about one range of one number."""

    region: Region
    fact: str
    span: Span
    has_both_ends: bool


def rule_complaints(document: PolicyDocument) -> Iterator[Complaint]:
    """Duplicates, rules never reached, overlaps with another answer, holes between bands, narrower rules behind wider ones."""
    legal = legal_sides(document.segments.purposes)
    regions = _regions(document, legal)
    settled: set[int] = set()
    for region in regions:
        if not region.boxes:
            settled.add(region.index)
            yield _never(region, document)
    known = [region for region in regions if region.boxes]
    for complaint, index in _same_people(known, document, legal):
        settled.add(index)
        yield complaint
    for region in known:
        if region.index in settled:
            continue
        others = [one for one in known if one.index not in settled]
        said = _swallowed(region, others, document, legal) or _behind(region, others, document, legal)
        if said is not None:
            settled.add(region.index)
            yield said
    yield from _bands([region for region in known if region.index not in settled], known, document, legal)


def _regions(document: PolicyDocument, legal: Legal) -> list[Region]:
    """Rules that can be compared: of known facts, and not of too many parts."""
    found = []
    for index, rule in enumerate(document.rules):
        if not all(_is_readable(condition) for condition in leaves(rule.when)):
            continue
        try:
            found.append(region_of(rule, index, legal))
        except TooManyBoxes:
            continue
    return found


def _is_readable(condition: Condition) -> bool:
    """A known fact compared with a value of its own kind."""
    definition = catalogue().get(condition.fact)
    if definition is None:
        return False
    return (definition.unit is Unit.CATEGORY) == isinstance(condition.value, (str, tuple))


def _never(region: Region, document: PolicyDocument) -> Complaint:
    """Nobody: outside the legal range, outside what is offered, or conditions that exclude each other."""
    anywhere = legal_sides()
    box: dict[str, tuple[int, int] | frozenset[str]] = {}
    for condition in leaves(region.rule.when):
        alone = region_of(
            region.rule.model_copy(update={"when": condition}), region.index, anywhere
        ).boxes or [{condition.fact: anywhere[condition.fact]}]
        nearest = alone[0][condition.fact]
        if condition.operator in (">", ">=") and not isinstance(nearest, frozenset):
            nearest = (nearest[1], nearest[1])
        box.setdefault(condition.fact, nearest)
    words = tree_in_words(region.rule.when, document.currency)
    return Complaint(
        f"/rules/{region.index}/when",
        f"Rule {region.rule.id} is never reached: nobody can be where {words}.",
        blocks=False,
        fault=Fault.DEAD,
        person=person_in(box, document),
        about=(region.rule.id,),
    )


def _same_people(
    regions: Sequence[Region], document: PolicyDocument, legal: Legal
) -> Iterator[tuple[Complaint, int]]:
    """Rules of exactly the same people, however they are written: twice the same, or with another answer."""
    by_facts: dict[frozenset[str], list[Region]] = {}
    for region in regions:
        asked = frozenset(fact for box in region.boxes for fact in box)
        earlier = by_facts.setdefault(asked, [])
        twin = next(
            (one for one in earlier if is_within(one, region, legal) and is_within(region, one, legal)), None
        )
        if twin is None:
            earlier.append(region)
            continue
        yield _twin(region, twin, document), region.index


def _twin(region: Region, twin: Region, document: PolicyDocument) -> Complaint:
    rule, other = region.rule, twin.rule
    place = f"/rules/{region.index}/when"
    person = person_in(region.boxes[0], document)
    differs = _difference(region, twin)
    if not differs:
        message = f"Rule {rule.id} asks the same as rule {other.id}."
        return Complaint(place, message, False, Fault.DUPLICATE, person, None, (rule.id, other.id))
    message = f"Rule {rule.id} is about the same people as rule {other.id}, but {differs}."
    blocks = rule.kind is not other.kind
    if rule.kind is other.kind and rule.reason_code == other.reason_code:
        person = _absent_one(region, twin, document)
    return Complaint(place, message, blocks, Fault.OVERLAP, person, None, (rule.id, other.id))


def _difference(region: Region, twin: Region) -> str:
    if region.rule.kind is not twin.rule.kind:
        return "one declines them and the other has a person look"
    if region.rule.reason_code != twin.rule.reason_code:
        return "tells them another reason"
    if region.absences != twin.absences:
        return "the two say different things where a value is not on file"
    return ""


def _absent_one(region: Region, twin: Region, document: PolicyDocument) -> ShownBy:
    """Somebody without the value about whose absence two rules differ."""
    facts = [fact for fact, said in region.absences.items() if twin.absences.get(fact) != said]
    if not facts:
        return person_in(region.boxes[0], document)
    ours, theirs = (
        next(iter(region.absences[facts[0]])),
        next(iter(twin.absences.get(facts[0], region.absences[facts[0]]))),
    )
    absence = "UNKNOWN" if ours[0] is not theirs[0] else "NEVER"
    person = person_in(region.boxes[0], document)
    return ShownBy({**person.facts, facts[0]: absence}, person.score)


def _swallowed(
    region: Region, regions: Sequence[Region], document: PolicyDocument, legal: Legal
) -> Complaint | None:
    """A rule whose people all get the same or a worse answer elsewhere already."""
    if not region.asks_nothing_of_the_absent:
        return None
    able = [other for other in regions if other is not region and _asks_no_more(other, region)]
    over = [other for other in able if _adds_nothing(region, other)]
    single = next((other for other in over if is_within(region, other, legal)), None)
    if single is not None:
        by = [single]
    else:
        by = [other for other in over if other.rule.kind is RuleKind.KNOCKOUT]
        try:
            if not by or uncovered(region.boxes, [box for one in by for box in one.boxes], legal) is not None:
                return None
        except TooManyBoxes:
            return None
        by = [one for one in by if _touches(one, region)]
    ids = [other.rule.id for other in by]
    what = "declines" if by[0].rule.kind is RuleKind.KNOCKOUT else "has a person look at"
    named = f"rule {ids[0]} {what}" if len(ids) == 1 else f"rules {', '.join(ids)} decline"
    return Complaint(
        f"/rules/{region.index}/when",
        f"Rule {region.rule.id} is never reached: {named} everybody it is about.",
        blocks=False,
        fault=Fault.DEAD,
        person=person_in(region.boxes[0], document),
        about=(region.rule.id, *ids),
    )


def _asks_no_more(other: Region, region: Region) -> bool:
    return all(fact in region.facts for box in other.boxes for fact in box)


def _adds_nothing(region: Region, other: Region) -> bool:
    """Whether the other rule, where it holds too, leaves nothing for this one to add."""
    if other.rule.kind is RuleKind.KNOCKOUT and region.rule.kind is RuleKind.REVIEW:
        return True
    return other.rule.kind is region.rule.kind and other.rule.reason_code == region.rule.reason_code


def _touches(one: Region, other: Region) -> bool:
    return any(meet(mine, theirs) is not None for mine in one.boxes for theirs in other.boxes)


def _behind(
    region: Region, regions: Sequence[Region], document: PolicyDocument, legal: Legal
) -> Complaint | None:
    """A narrower rule with a reason of its own that stands behind the wider one: its reason is never the first."""
    for other in regions:
        if (
            other is region
            or other.rule.kind is not region.rule.kind
            or not _asks_no_more(other, region)
            or (other.rule.priority, other.index) > (region.rule.priority, region.index)
            or not is_within(region, other, legal)
        ):
            continue
        return Complaint(
            f"/rules/{region.index}/priority",
            f"Rule {region.rule.id} is the narrower one and stands behind rule {other.rule.id}, so its reason never comes first.",
            blocks=False,
            fault=Fault.ORDER,
            person=person_in(region.boxes[0], document),
            about=(region.rule.id, other.rule.id),
        )
    return None


def _bands(
    regions: Sequence[Region], everybody: Sequence[Region], document: PolicyDocument, legal: Legal
) -> Iterator[Complaint]:
    by_fact: dict[str, list[Band]] = {}
    for region in regions:
        band = _band(region, legal)
        if band is not None:
            by_fact.setdefault(band.fact, []).append(band)
    for fact, bands in by_fact.items():
        if not any(band.has_both_ends for band in bands):
            continue
        yield from _holes(fact, bands, everybody, document, legal)
        yield from _half_overlaps(bands, document)


def _band(region: Region, legal: Legal) -> Band | None:
    if len(region.boxes) != 1 or len(region.boxes[0]) != 1:
        return None
    fact, side = next(iter(region.boxes[0].items()))
    whole = legal[fact]
    if isinstance(side, frozenset) or isinstance(whole, frozenset) or catalogue()[fact].unit is Unit.FLAG:
        return None
    return Band(region, fact, side, side[0] > whole[0] and side[1] < whole[1])


def _holes(
    fact: str, bands: Sequence[Band], everybody: Sequence[Region], document: PolicyDocument, legal: Legal
) -> Iterator[Complaint]:
    covers: list[Box] = [box for region in everybody for box in region.boxes if set(box) == {fact}]
    ordered = sorted(bands, key=lambda band: band.span)
    for lower, upper in pairwise(ordered):
        if lower.span[1] + 1 >= upper.span[0] or not (lower.has_both_ends or upper.has_both_ends):
            continue
        hole: Box = {fact: (lower.span[1] + 1, upper.span[0] - 1)}
        try:
            if uncovered([hole], covers, legal) is None:
                continue
        except TooManyBoxes:
            continue
        first, last = (value_at(fact, step) for step in (lower.span[1] + 1, upper.span[0] - 1))
        words = value_in_words(fact, first, document.currency)
        if last != first:
            words = f"{words} to {value_in_words(fact, last, document.currency)}"
        yield Complaint(
            f"/rules/{upper.region.index}/when",
            f"There is a gap between rules {lower.region.rule.id} and {upper.region.rule.id}: no rule is about "
            f"“{label(fact)}” from {words}." if last != first else
            f"There is a gap between rules {lower.region.rule.id} and {upper.region.rule.id}: no rule is about “{label(fact)}” of {words}.",
            blocks=False,
            fault=Fault.GAP,
            person=ShownBy({fact: first}, top_score(document)),
            about=(lower.region.rule.id, upper.region.rule.id),
        )  # fmt: skip


def _half_overlaps(bands: Sequence[Band], document: PolicyDocument) -> Iterator[Complaint]:
    """A band of one answer that reaches into another answer's: its own end says that it should not."""
    for band in bands:
        for other in bands:
            if (
                not band.has_both_ends
                or band.region.rule.kind is not RuleKind.REVIEW
                or other.region.rule.kind is not RuleKind.KNOCKOUT
            ):
                continue
            both = (max(band.span[0], other.span[0]), min(band.span[1], other.span[1]))
            if both[0] > both[1]:
                continue
            rule, knock_out = band.region.rule, other.region.rule
            yield Complaint(
                f"/rules/{band.region.index}/when",
                f"Rule {rule.id} has a person look at some whom rule {knock_out.id} declines.",
                blocks=False,
                fault=Fault.OVERLAP,
                person=person_in({band.fact: both}, document),
                about=(rule.id, knock_out.id),
            )
