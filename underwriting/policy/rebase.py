"""A draft put on top of a version that came into force after the draft was begun. Pure.

Three documents: `base`, which the draft began from; `mine`, the draft; `live`, which is in force now. They are compared piece
by piece: a rule by its id, a price tier by its name, every other setting by itself. What only one side changed is taken from
that side. What both changed differently is a clash, which a person settles; until every clash is settled there is no result.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from underwriting.policy.parts import with_format

MINE, LIVE = "mine", "live"
LISTS = {"rules": "id", "price_grid": "name"}
ORDER_NAMES = {"rules": "order of the rules", "price_grid": "order of the price tiers"}

Key = tuple[str, ...]
SETTING_NAMES: dict[Key, str] = {
    ("cut_offs", "approve"): "approve at", ("cut_offs", "refer"): "decline below", ("affordability",): "affordability", ("line",): "line",
    ("counteroffer",): "counteroffer", ("segments",): "segments", ("fallback",): "fallback", ("authority_minor",): "authority",
    ("delegation",): "delegation", ("sla",): "service level", ("steps",): "largest steps",
    ("steps", "rate_bps_max"): "largest step of the rate", ("steps", "limit_minor_max"): "largest step of the limit",
}  # fmt: skip
PARTS = ("cut_offs", *LISTS)  # what a reader looks for first


NOTHING = object()  # a piece that is not there; none of a document's values equals it


@dataclass(frozen=True, slots=True)
class Clash:
    """A piece that both sides changed, each in its own way. A value that is None was taken away, or is nothing."""

    path: Key
    base: Any
    mine: Any
    live: Any

    @property
    def key(self) -> str:
        """Names the clash in a form: `rules/T-04`, `cut_offs/approve`."""
        return "/".join(self.path)

    @property
    def name(self) -> str:
        """What a person calls it: the rule's id, the tier's name, or the setting."""
        if self.path[0] in LISTS:
            if len(self.path) == 1:
                return ORDER_NAMES[self.path[0]]
            return self.path[1] if self.path[0] == "rules" else f"tier {self.path[1]}"
        return SETTING_NAMES.get(self.path) or SETTING_NAMES.get(self.path[:1]) or self.path[0]


def rebase(
    base: Mapping[str, Any], mine: Mapping[str, Any], live: Mapping[str, Any], choices: Mapping[str, str]
) -> dict[str, Any] | tuple[Clash, ...]:
    """The merged document; or every clash without a choice (`choices`: `mine` or `live` by the clash's key)."""
    clashes: list[Clash] = []
    sections = _sections(base, mine, live)
    pieces = [_pieces(document, sections) for document in (base, mine, live)]
    merged: dict[Key, Any] = {}
    for path in dict.fromkeys([*pieces[2], *pieces[1], *pieces[0]]):
        settled = _settle(path, [piece.get(path, NOTHING) for piece in pieces], choices, clashes)
        if settled is not NOTHING:
            merged[path] = settled
    orders = {
        name: _order(name, [_names(document, name) for document in (base, mine, live)], choices, clashes)
        for name in LISTS
    }
    clashes.sort(key=lambda clash: PARTS.index(clash.path[0]) if clash.path[0] in PARTS else len(PARTS))
    return tuple(clashes) if clashes else _document(merged, orders, sections, live=live, mine=mine)


def _settle(path: Key, values: Sequence[Any], choices: Mapping[str, str], clashes: list[Clash]) -> Any:
    base, mine, live = values
    if live in (mine, base):
        return mine
    if mine == base:
        return live
    clash = Clash(path, *(None if value is NOTHING else value for value in values))
    choice = choices.get(clash.key)
    if choice == MINE:
        return mine
    if choice == LIVE:
        return live
    clashes.append(clash)
    return NOTHING


def _sections(*documents: Mapping[str, Any]) -> set[str]:
    """Parts that fall into their settings: those that are there, as an object, on every side. Others are one piece."""
    shared = set(documents[0]).intersection(*documents[1:])
    return {name for name in shared if all(isinstance(d[name], Mapping) for d in documents)}


def _pieces(document: Mapping[str, Any], sections: set[str]) -> dict[Key, Any]:
    """Path -> value of every piece."""
    pieces: dict[Key, Any] = {}
    for name, part in document.items():
        if name in LISTS and isinstance(part, list):
            pieces |= {(name, str(member.get(LISTS[name]))): member for member in part}
        elif name in sections:
            pieces |= {(name, str(setting)): value for setting, value in part.items()}
        else:
            pieces[(name,)] = part
    return pieces


def _names(document: Mapping[str, Any], name: str) -> list[str]:
    return [str(member.get(LISTS[name])) for member in document.get(name, [])]


def _order(
    name: str, orders: Sequence[list[str]], choices: Mapping[str, str], clashes: list[Clash]
) -> list[str]:
    """Names in the order of the side that moved some; members of the other side come in after the one they stand behind there."""
    base, mine, live = orders
    everywhere = set(base) & set(mine) & set(live)
    old, ours, theirs = ([n for n in order if n in everywhere] for order in orders)
    first, second = (mine, live) if theirs in (old, ours) else (live, mine)
    if ours not in (old, theirs) and theirs != old:
        clash = Clash((name,), old, ours, theirs)
        choice = choices.get(clash.key)
        if choice not in (MINE, LIVE):
            clashes.append(clash)
        first, second = (mine, live) if choice == MINE else (live, mine)
    return _woven(first, second)


def _woven(first: Sequence[str], second: Sequence[str]) -> list[str]:
    result = list(first)
    for index, name in enumerate(second):
        if name not in result:
            before = next((n for n in reversed(second[:index]) if n in result), None)
            result.insert(0 if before is None else result.index(before) + 1, name)
    return result


def _document(
    merged: Mapping[Key, Any],
    orders: Mapping[str, list[str]],
    sections: set[str],
    *,
    live: Mapping[str, Any],
    mine: Mapping[str, Any],
) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name in dict.fromkeys([*live, *mine]):
        if name in LISTS:
            document[name] = [merged[name, member] for member in orders[name] if (name, member) in merged]
        elif name in sections:
            document[name] = {path[1]: value for path, value in merged.items() if path[0] == name}
        elif (name,) in merged:
            document[name] = merged[(name,)]
    return copy.deepcopy(with_format(document))
