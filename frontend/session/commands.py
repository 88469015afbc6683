"""The commands that have a key, in words, and a person's own keys for them.

Pages declare a command by its usual key (`data-key`); the script asks for the person's own key in its place. What commits
(Ctrl Enter), closes (Esc), and opens the list (?) or the palette (Ctrl K) is not a letter's business and stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

FIXED = frozenset({"Enter", "Escape", "Ctrl Enter", "?"})
_KEY = re.compile(r"\S( \S)?")


@dataclass(frozen=True, slots=True)
class Command:
    """`key` is the usual one: a character, or two that are pressed one after the other."""

    key: str
    words: str


COMMANDS = (
    Command("g h", "Go to the home page"),
    Command("g q", "Go to the review queue"),
    Command("g l", "Go to the letters"),
    Command("g t", "Go to the team board"),
    Command("g p", "Go to the policies"),
    Command("g m", "Go to monitoring"),
    Command("g a", "Go to the audit trail"),
    Command("/", "Search"),
    Command("j", "Next row, or next case"),
    Command("k", "Previous row, or previous case"),
    Command("o", "Open the marked row"),
    Command("x", "Select the marked row"),
    Command("u", "Up to the queue"),
    Command("z", "Undo the last decision"),
    Command("s", "Start; in a decline, tick what the score said"),
    Command("c", "Claim; on a case you hold, approve with changes"),
    Command("a", "Approve, or give your own answer"),
    Command("d", "Decline, or decide again"),
    Command("r", "Ask the applicant"),
    Command("e", "Escalate"),
    Command("p", "Skip the case"),
    Command("w", "Put the case off"),
    Command("f", "Correct a fact"),
    Command("n", "Write a note, or start a draft of a policy"),
    Command("b", "Backtest a change of policy"),
    Command("v", "Open a document, or the next one"),
    Command("[", "Previous page of a document"),
    Command("]", "Next page of a document"),
    Command("+", "Larger: a page of a document"),
    Command("-", "Smaller: a page of a document"),
    Command(".", "Turn a page of a document"),
    Command("y", "The document says the same as the marked fact"),
    Command("t", "Drawing or table"),
    *(
        Command(str(place), f"Go to section {place} of a case or of a change, or choose reason {place}")
        for place in range(1, 9)
    ),
    Command("9", "Choose reason 9"),
    Command("m", "A paper was seen, comment on the marked change, or take the terms of line 2 of the list"),
    *(
        Command(key, f"Take the terms of line {line} of the list")
        for line, key in ((1, "l"), (3, "h"), (4, "i"))
    ),
)


class KeyRefused(ValueError):
    """`command` is the one whose new key is refused; the message says why and what to do."""

    def __init__(self, command: Command, message: str) -> None:
        super().__init__(message)
        self.command = command


def own_keys(typed: Mapping[str, str]) -> dict[str, str]:
    """The keys that differ from the usual ones, by the usual one. Nothing typed means the usual key.

    Raises KeyRefused where a key is not one, is spoken for, or would never be heard behind another.
    """
    taken: dict[str, Command] = {}
    for command in COMMANDS:
        key = " ".join(typed.get(command.key, "").lower().split()) or command.key
        if _KEY.fullmatch(key) is None or key == "?":
            raise KeyRefused(
                command,
                f"“{key}” cannot be the key of “{command.words}”. "
                "Use one letter, digit or sign other than ?, or two with a space between.",
            )
        if key in taken:
            raise KeyRefused(
                command,
                f"“{key}” would be the key of both “{taken[key].words}” and “{command.words}”. Choose another for one of them.",
            )
        taken[key] = command
    for key, command in taken.items():
        first = key.partition(" ")[0]
        if first != key and first in taken:
            raise KeyRefused(
                taken[first],
                f"“{first}” begins the keys of “{command.words}”. Choose another for “{taken[first].words}”.",
            )
    return {command.key: key for key, command in taken.items() if key != command.key}
