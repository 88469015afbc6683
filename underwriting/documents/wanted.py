"""What an applicant can be asked for, in words for the desk and, in each language, for the applicant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from underwriting.enums import DocumentKind, Language

LIST = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of the list. `document` is the kind of paper, None where words answer it; `fact` is what the paper shows, if one."""

    code: str
    officer: str
    document: DocumentKind | None
    fact: str
    words: Mapping[str, str]

    def in_language(self, language: str) -> str:
        """What the applicant reads; English where theirs is not known."""
        return self.words.get(language, self.words[Language.ENGLISH])


@cache
def wanted() -> Mapping[str, Wanted]:
    """What can be asked for, by code, in the order of the list."""
    return {
        code: Wanted(
            code=code,
            officer=row["officer"],
            document=DocumentKind(row["document"]) if row["document"] else None,
            fact=row["fact"],
            words={language.value: row[language.value] for language in Language},
        )
        for code, row in yaml.safe_load(LIST.read_text(encoding="utf-8")).items()
    }


def papers() -> Mapping[str, Wanted]:
    """What is answered by a paper: only that can be a condition of an offer."""
    return {code: one for code, one in wanted().items() if one.document is not None}


def paper_for(kind: DocumentKind) -> str:
    """The code of the paper of this kind; empty where none is, or several are."""
    codes = [code for code, one in papers().items() if one.document is kind]
    return codes[0] if len(codes) == 1 else ""
