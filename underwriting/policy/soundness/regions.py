"""Rules as regions: the people with these values, as boxes over facts. Exact in whole steps of a fact's unit. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from underwriting.facts.catalogue import Unit, catalogue
from underwriting.policy.conditions import RATIO_PLACES, leaves
from underwriting.policy.schema import AllOf, AnyOf, Condition, IfAbsent, Rule

MOST_BOXES = 128  # of one rule; beyond that it is not compared with others
MOST_SPLITS = 2_000
FAR = 10**24

Span = tuple[int, int]  # whole steps, both ends included
Side = Span | frozenset[str]
Box = Mapping[str, Side]
Legal = Mapping[str, Side]


class TooManyBoxes(Exception):
    """A rule, or a comparison of rules, has more parts than are looked at."""


@dataclass(frozen=True, slots=True)
class Region:
    """A rule's people among those with every value on file, and what it says where one is not."""

    rule: Rule
    index: int
    boxes: tuple[Box, ...]
    facts: frozenset[str]
    absences: Mapping[str, frozenset[tuple[IfAbsent, IfAbsent]]]

    @property
    def asks_nothing_of_the_absent(self) -> bool:
        """Whether an absent value never makes the rule speak."""
        return all(
            if_absent is IfAbsent.PASSES
            and (if_never is IfAbsent.PASSES or not catalogue()[fact].can_be_never)
            for fact, said in self.absences.items()
            for if_absent, if_never in said
        )


def legal_sides(purposes: Sequence[str] = ()) -> dict[str, Side]:
    """The legal values of every fact; `purposes`: those the product is offered for, empty: all."""
    sides: dict[str, Side] = {}
    for name, definition in catalogue().items():
        if definition.unit is Unit.CATEGORY:
            sides[name] = frozenset(definition.values)
        else:
            low, high = definition.low, definition.high
            sides[name] = (
                -FAR if low is None else steps(name, low, up=True),
                FAR if high is None else steps(name, high, up=False),
            )
    if purposes:
        sides["purpose"] = frozenset(purposes)
    return sides


def region_of(rule: Rule, index: int, legal: Legal) -> Region:
    """Raises TooManyBoxes, KeyError for a fact that the catalogue does not have."""
    absences: dict[str, set[tuple[IfAbsent, IfAbsent]]] = {}
    for condition in leaves(rule.when):
        absences.setdefault(condition.fact, set()).add((condition.if_absent, condition.if_never))
    boxes = tuple(_simplest(_boxes(rule.when, legal)))
    frozen = {fact: frozenset(said) for fact, said in absences.items()}
    return Region(rule, index, boxes, frozenset(absences), frozen)


def boxes_of(rule: Rule, index: int, legal: Legal) -> tuple[Box, ...]:
    """A rule's people where somebody of them can be shown: none of a rule about nobody or about an unknown fact, nor of one with
    too many parts."""
    if any(condition.fact not in legal for condition in leaves(rule.when)):
        return ()
    try:
        return region_of(rule, index, legal).boxes
    except TooManyBoxes:
        return ()


def per_unit(fact: str) -> int:
    """Steps in one unit of the fact: ratios are compared at nine decimals, everything else in whole numbers."""
    return 10**RATIO_PLACES if catalogue()[fact].unit in (Unit.RATIO, Unit.DAYS) else 1


def steps(fact: str, value: float, *, up: bool) -> int:
    """A value in whole steps, rounded up or down where it lies between two."""
    exact = Decimal(str(value)) * per_unit(fact)
    return int(exact.to_integral_value(rounding=ROUND_CEILING if up else ROUND_FLOOR))


def value_at(fact: str, step: int) -> int | float:
    """The value of a step."""
    unit = per_unit(fact)
    return step if unit == 1 else step // unit if step % unit == 0 else step / unit


def _boxes(node: AllOf | AnyOf | Condition, legal: Legal) -> list[Box]:
    if isinstance(node, Condition):
        return [{node.fact: side} for side in _sides(node, legal[node.fact])]
    if isinstance(node, AnyOf):
        return _bounded([box for member in node.any for box in _boxes(member, legal)])
    made: list[Box] = [{}]
    for member in node.all:
        parts = _boxes(member, legal)
        made = _bounded([joint for one in made for part in parts if (joint := meet(one, part)) is not None])
    return made


def _bounded(boxes: list[Box]) -> list[Box]:
    if len(boxes) > MOST_BOXES:
        raise TooManyBoxes
    return boxes


def _sides(condition: Condition, legal: Side) -> Iterator[Side]:
    """The legal values that meet a condition: none, one part, or two for `!=` of a number."""
    fact, operator, value = condition.fact, condition.operator, condition.value
    if isinstance(legal, frozenset):
        named = frozenset(value if isinstance(value, tuple) else (str(value),))
        side = legal & named if operator in ("==", "in") else legal - named
        if side:
            yield side
        return
    if isinstance(value, (str, tuple)):
        return
    low, high = steps(fact, value, up=True), steps(fact, value, up=False)
    spans: dict[str, tuple[Span, ...]] = {
        "<": ((-FAR, low - 1),), "<=": ((-FAR, high),), ">": ((high + 1, FAR),), ">=": ((low, FAR),),
        "==": ((low, high),), "!=": ((-FAR, low - 1), (high + 1, FAR)),
    }  # fmt: skip
    for span in spans.get(operator, ()):
        cut = meet_sides(span, legal)
        if cut is not None:
            yield cut


def meet_sides(one: Side, other: Side) -> Side | None:
    """The values that both allow; None where there is none."""
    if isinstance(one, frozenset) or isinstance(other, frozenset):
        both = frozenset(one) & frozenset(other)
        return both or None  # type: ignore[return-value]
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low <= high else None


def meet(one: Box, other: Box) -> dict[str, Side] | None:
    """The people in both boxes; None where there is none."""
    joint = dict(one)
    for fact, side in other.items():
        common = side if fact not in joint else meet_sides(joint[fact], side)
        if common is None:
            return None
        joint[fact] = common
    return joint


def outside(side: Side, other: Side) -> Iterator[Side]:
    """The parts of `side` that lie outside `other`."""
    if isinstance(side, frozenset) and isinstance(other, frozenset):
        if side - other:
            yield side - other
        return
    if isinstance(side, tuple) and isinstance(other, tuple):
        if side[0] < other[0]:
            yield (side[0], min(side[1], other[0] - 1))
        if side[1] > other[1]:
            yield (max(side[0], other[1] + 1), side[1])


def uncovered(boxes: Iterable[Box], covers: Sequence[Box], legal: Legal) -> Box | None:
    """Somebody of `boxes` whom none of `covers` holds, as a box of such people; None where all are held. Raises TooManyBoxes."""
    left = MOST_SPLITS
    waiting = [(dict(box), 0) for box in boxes]
    while waiting:
        box, at = waiting.pop()
        while at < len(covers) and meet(box, covers[at]) is None:
            at += 1
        if at == len(covers):
            return box
        left -= 1
        if left == 0:
            raise TooManyBoxes
        inner = box
        for fact, side in covers[at].items():
            mine = inner.get(fact, legal[fact])
            waiting.extend(({**inner, fact: part}, at + 1) for part in outside(mine, side))
            inner = {**inner, fact: meet_sides(mine, side) or mine}
    return None


def is_within(one: Region, other: Region, legal: Legal) -> bool:
    """Whether everybody of one rule is in the other; False too where that takes too long to say."""
    if len(other.boxes) == 1:  # nearly always: no need to cut anything up
        return all(_is_inside(box, other.boxes[0], legal) for box in one.boxes)
    try:
        return uncovered(one.boxes, other.boxes, legal) is None
    except TooManyBoxes:
        return False


def _is_inside(box: Box, cover: Box, legal: Legal) -> bool:
    for fact, side in cover.items():
        mine = box.get(fact, legal[fact])
        if isinstance(mine, frozenset) or isinstance(side, frozenset):
            if not frozenset(mine) <= frozenset(side):
                return False
        elif mine[0] < side[0] or mine[1] > side[1]:
            return False
    return True


def _simplest(boxes: Sequence[Box]) -> Iterator[Box]:
    seen = []
    for box in boxes:
        if box not in seen:
            seen.append(box)
            yield box
