"""What an applicant can be asked for, and the message they read, in the language of their application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from explanations.reason_codes.figures import day_in_words
from underwriting.enums import DocumentKind, Language

LIST = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True)
class Request:
    """One line of the list. `document` is the kind of paper it asks for, None where words answer it."""

    code: str
    officer: str
    document: DocumentKind | None
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Letter:
    """The mail that tells of a message."""

    subject: str
    text: str


@cache
def requests() -> Mapping[str, Request]:
    """What can be asked for, by code, in the order of the list."""
    return {
        code: Request(
            code=code,
            officer=row["officer"],
            document=DocumentKind(row["document"]) if row["document"] else None,
            words={language.value: row[language.value] for language in Language},
        )
        for code, row in _document()["items"].items()
    }


def item_for(kind: DocumentKind) -> str:
    """The line of the list that asks for this kind of paper; empty where none does, or several do."""
    codes = [code for code, one in requests().items() if one.document is kind]
    return codes[0] if len(codes) == 1 else ""


def message_to(*, items: Sequence[str], question: str, until: date, language: str) -> str:
    """The message as the applicant reads it; a question stands as it was typed. Raises KeyError for an unknown code."""
    known = _known(language)
    frame = _frame(known)
    parts = []
    if items:
        lines = [f"• {requests()[code].words[known]}" for code in items]
        parts.append("\n".join([frame["lead"], *lines]))
    if question:
        parts.append(f"{frame['question'] if items else frame['only_question']}\n{question}")
    parts += [frame["until"].format(day=day_in_words(until, known)), frame["how"]]
    return "\n\n".join(parts)


def letter_about(
    message: str, *, reference: str, lender: str, link: str, until: date, language: str
) -> Letter:
    """The mail: where the message is, or, where no page of theirs lasts, the message itself."""
    known = _known(language)
    frame = _frame(known)
    text = frame["mail_text"] if link else frame["mail_text_without_page"]
    return Letter(
        subject=frame["mail_subject"].format(reference=reference),
        text=text.format(
            reference=reference, lender=lender, link=link, message=message, day=day_in_words(until, known)
        ),
    )


def _known(language: str) -> str:
    return language if language in set(Language) else Language.ENGLISH.value


def _frame(language: str) -> Mapping[str, str]:
    frame: Mapping[str, str] = _document()["frame"][language]
    return frame


@cache
def _document() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    return loaded
