"""Standing sentences of the applicants' pages, one file a language.

Files of data and not gettext catalogues: the sentences stand together, so that one test can read them all for keys, places in
braces, length and reading grade, as the letters' and the reason codes' are read; nothing is compiled, and nothing falls back to
English unseen, because a sentence that is missing is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from underwriting.enums import Language
from underwriting.facts.catalogue import catalogue

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Texts:
    """The sentences of one language by dotted key."""

    language: Language
    sentences: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """A sentence with its places filled. Raises KeyError for one that is not there, or a place without a value."""
        return self.sentences[key].format(**values)

    def find(self, key: str) -> str | None:
        return self.sentences.get(key)

    def fact(self, name: str) -> str:
        """What a fact is called."""
        return self.sentences.get(f"facts.{name}") or catalogue()[name].label

    def word(self, name: str) -> str:
        """A value of a category."""
        return self.sentences.get(f"words.{name}") or name.replace("_", " ").capitalize()


@cache
def texts_in(language: str) -> Texts:
    """The sentences of a language; English for one that there is none of."""
    known = Language(language) if language in set(Language) else Language.ENGLISH
    document = yaml.safe_load((HERE / f"{known.value}.yaml").read_text(encoding="utf-8"))
    return Texts(language=known, sentences=dict(_flat(document)))


def _flat(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield from ((f"{prefix}{name}.{place}", str(item)) for place, item in enumerate(value))
        else:
            yield f"{prefix}{name}", str(value)
