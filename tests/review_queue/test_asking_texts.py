"""What applicants are asked in: the same list and frame in every language, short and plain."""

from __future__ import annotations

import re
from datetime import date

import pytest

from explanations.reason_codes.grade import flesch_kincaid
from review_queue.actions.ask import ITEMS_MAX, QUESTION_CHARACTERS_MAX
from review_queue.asking import _document, letter_about, message_to
from review_queue.messages import TEXT_CHARACTERS_MAX
from underwriting.documents.wanted import wanted
from underwriting.enums import Language

DAY = date(2026, 11, 10)
WORDS_IN_A_SENTENCE_MAX, GRADE_MAX = 20, 7


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def texts(language: Language) -> dict[str, str]:
    return dict(_document()["frame"][language]) | {
        code: one.words[language] for code, one in wanted().items()
    }


@pytest.mark.parametrize("language", list(Language))
def test_each_language_has_the_same_sentences_with_the_same_places(language: Language) -> None:
    english, other = texts(Language.ENGLISH), texts(language)
    assert {key: places(text) for key, text in other.items()} == {
        key: places(text) for key, text in english.items()
    }
    assert all(text.strip() for text in other.values())


@pytest.mark.parametrize("language", list(Language))
def test_no_sentence_is_longer_than_twenty_words(language: Language) -> None:
    too_long = [
        sentence
        for text in texts(language).values()
        for sentence in re.split(r"(?<=[.?!।:])\s", text)
        if len(sentence.split()) > WORDS_IN_A_SENTENCE_MAX
    ]
    assert too_long == []


def test_english_reads_at_grade_seven_or_below() -> None:
    hard = {
        key: grade
        for key, text in texts(Language.ENGLISH).items()
        if len(text.split()) >= 6
        and (grade := flesch_kincaid(re.sub(r"\{\w+\}", "Monday", text))) > GRADE_MAX
    }
    assert hard == {}


@pytest.mark.parametrize("language", list(Language))
def test_the_longest_message_fits_into_one(language: Language) -> None:
    longest = sorted(wanted().values(), key=lambda one: -len(one.words[language]))[:ITEMS_MAX]
    text = message_to(
        items=[one.code for one in longest],
        question="x" * QUESTION_CHARACTERS_MAX,
        until=DAY,
        language=language,
    )
    assert len(text) <= TEXT_CHARACTERS_MAX


def test_a_letter_without_a_page_says_it_all() -> None:
    known = {"reference": "A-1", "lender": "Harbour", "until": DAY, "language": "en"}
    with_page = letter_about("THE MESSAGE", link="https://uw.example/a/x/messages/", **known)  # type: ignore[arg-type]
    without = letter_about("THE MESSAGE", link="", **known)  # type: ignore[arg-type]
    assert "https://uw.example/a/x/messages/" in with_page.text
    assert "THE MESSAGE" not in with_page.text, "an e-mail tells nobody else what was asked"
    assert "THE MESSAGE" in without.text


def test_an_unknown_language_is_english() -> None:
    assert message_to(items=[], question="Why?", until=DAY, language="xx").startswith("We cannot decide yet.")
