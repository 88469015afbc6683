"""Who is named in a text: `@` and a colleague's name. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

# an address of mail holds an @, too: there a character stands before it
_AT = re.compile(r"(?<![\w.@])@(?=\w)")
_WORD = re.compile(r"[\w'’-]+")


@dataclass(frozen=True, slots=True)
class Named:
    """`keys` of the people named, and the words after an `@` that name nobody."""

    keys: frozenset[int]
    unknown: tuple[str, ...]


def named_in(text: str, people: Collection[tuple[int, str]]) -> Named:
    """The people, as (key, name), that `text` names in full, or by a first name that only one of them has.

    Letters count alike in either case. Two people of one name are both meant: nobody is left out by accident.
    """
    called = _callings(people)
    keys: set[int] = set()
    unknown: list[str] = []
    for at in _AT.finditer(text):
        rest = text[at.end() :].casefold()
        # the longest name first: "Ana Ruiz" is not "Ana"
        meant = next((called[name] for name in called if _begins_with(rest, name)), None)
        if meant is not None:
            keys |= meant
        elif (word := _WORD.match(text, at.end())) is not None:
            unknown.append(word.group())
    return Named(frozenset(keys), tuple(unknown))


def _callings(people: Iterable[tuple[int, str]]) -> Mapping[str, set[int]]:
    """What each can be called by, the longest first."""
    whole: dict[str, set[int]] = {}
    first: dict[str, set[int]] = {}
    for key, name in people:
        whole.setdefault(name.casefold(), set()).add(key)
        first.setdefault(name.split(" ")[0].casefold(), set()).add(key)
    alone = {name: keys for name, keys in first.items() if len(keys) == 1}
    return dict(sorted((alone | whole).items(), key=lambda item: -len(item[0])))


def _begins_with(rest: str, name: str) -> bool:
    return rest.startswith(name) and not rest[len(name) : len(name) + 1].isalnum()
