"""The standing sentences of the applicants' pages: the same in every language, short, plain, and all of them used."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

import explanations
import frontend
from explanations.reason_codes.grade import flesch_kincaid
from frontend.applicant.texts import texts_in
from underwriting.enums import AppealKind, ApplicationStatus, DocumentKind, Language
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import FactSource

HERE = Path(frontend.__file__).parent
OTHERS = [language for language in Language if language is not Language.ENGLISH]
# The names of facts and of values stand in the facts catalogue in English.
NAMES = ("facts.", "words.")
WORDS_IN_A_SENTENCE_MAX = 20
GRADE_MAX = 7
NUKTA = "\u093c"


def sentences(language: Language) -> dict[str, str]:
    return dict(texts_in(language).sentences)


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_has_the_same_sentences_with_the_same_places(language: Language) -> None:
    english, other = sentences(Language.ENGLISH), sentences(language)

    assert {key for key in other if not key.startswith(NAMES)} == set(english)
    assert {key: places(other[key]) for key in english} == {
        key: places(text) for key, text in english.items()
    }


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_names_every_fact_and_every_value(language: Language) -> None:
    other = sentences(language)

    assert {key for key in other if key.startswith("facts.")} == {f"facts.{name}" for name in catalogue()}
    values = {f"words.{value}" for definition in catalogue().values() for value in definition.values}
    assert {key for key in other if key.startswith("words.")} == values


@pytest.mark.parametrize("language", list(Language))
def test_no_sentence_is_longer_than_twenty_words(language: Language) -> None:
    too_long = [
        sentence
        for key, text in sentences(language).items()
        if key != "fresh.text"
        for sentence in re.split(r"(?<=[.?!।:])\s", text)
        if len(sentence.split()) > WORDS_IN_A_SENTENCE_MAX
    ]

    assert too_long == []


def test_english_reads_at_grade_seven_or_below() -> None:
    """Reading age 12 at most for each text; a text of a few words has no grade to speak of."""
    hard = {
        key: grade
        for key, text in sentences(Language.ENGLISH).items()
        if len(text.split()) >= 6
        and (grade := flesch_kincaid(re.sub(r"\{\w+\}", "Monday", text))) > GRADE_MAX
    }

    assert hard == {}


def test_every_sentence_is_used_and_every_sentence_used_is_there() -> None:
    used = _used()
    known = set(sentences(Language.ENGLISH))

    assert {key for key in used if not _is_family(key)} - known == set()
    families = tuple(key for key in used if _is_family(key))
    assert {key for key in known if key not in used and not key.startswith(families)} == set()


def test_every_state_and_kind_has_its_words() -> None:
    known = set(sentences(Language.ENGLISH))

    assert {f"state.{status}.heading" for status in ApplicationStatus} <= known
    assert {f"documents.{kind}" for kind in DocumentKind} <= known
    assert {f"data.{source}" for source in FactSource} <= known
    assert len(AppealKind) == 2


def test_an_unknown_language_is_english() -> None:
    assert texts_in("xx") is not None
    assert texts_in("xx").language is Language.ENGLISH


def _is_family(key: str) -> bool:
    return key.endswith(".")


def _used() -> set[str]:
    """Keys in templates and code; one that is put together ends with a dot and stands for all that begin so."""
    found = set[str]()
    for path in [*HERE.glob("templates/applicant*/**/*.html"), *HERE.glob("templates/applicant_base.html")]:
        for key, more in re.findall(r'{% say "([\w.]+)"([^%]*)%}', path.read_text()):
            is_put_together = any("=" not in part for part in more.split())
            found.add(f"{key}." if is_put_together else key)
        found |= {"offer.over", "withdraw.over"} if "say what" in path.read_text() else set()
    for path in HERE.glob("applicant/*.py"):
        for key in re.findall(r"(?:say|find)\(\s*f?['\"]([\w.]+(?:\{)?)", path.read_text()):
            found.add(key.removesuffix("{") if key.endswith("{") else key)
    return found | {"documents.row", "documents.from_lender", "page.error"}


def test_pages_name_things_as_the_letters_do() -> None:
    """One word for one thing: a letter that says काग़ज़ and a page that says दस्तावेज़ leave a reader unsure."""
    hindi, spanish = sentences(Language.HINDI), sentences(Language.SPANISH)

    unlike = [word for word in ("ऋण", "गलत", "दस्तावेज़") if word in " ".join(hindi.values())]
    assert unlike == []
    assert spanish["facts.tax_lien_count"] == "Gravámenes por impuestos"
    assert spanish["facts.bankruptcy_count"] == "Bancarrotas"


def test_hindi_spells_a_word_alike_in_letters_reasons_and_pages() -> None:
    """ग़लत here and गलत there are one word to nobody who searches for it, and look like two hands to a reader."""
    written = {
        name: unicodedata.normalize("NFD", path.read_text(encoding="utf-8"))
        for name, path in {
            "pages": HERE / "applicant/texts/hi.yaml",
            "letters": Path(explanations.__file__).parent / "notices/wording/hi.yaml",
            "reasons": Path(explanations.__file__).parent / "reason_codes/languages/hi.yaml",
            "sources": Path(explanations.__file__).parent / "reasons.py",
        }.items()
    }
    words = {word for text in written.values() for word in re.findall(r"[\u0900-\u097f]+", text)}

    plain = Counter(word.replace(NUKTA, "") for word in words)
    assert {word for word in words if plain[word.replace(NUKTA, "")] > 1} == set()
    assert [name for name, text in written.items() if re.search("गलत|दस्तावेज", text)] == []
