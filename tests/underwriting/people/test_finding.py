"""What a search finds a person by: whole words, however they are written, at one lender, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.test import override_settings

from underwriting.people.finding import typed_words, word_indexes, words_of
from underwriting.people.identity import Identity
from underwriting.people.sealing import EncryptionNotConfigured

IDENTITY = Identity(
    given_name="Zoë Marie", family_name="O'Brien-Lund", birth_date=date(1988, 4, 17), national_id="900-00-1234",
    email="Zoe.Lund@Example.test", telephone="+1 (207) 555-0199", address_lines=("12 Elm Street",), postcode="04101",
)  # fmt: skip


def test_a_person_has_the_words_of_their_name_their_address_and_their_number() -> None:
    assert words_of(IDENTITY) == {"zoe", "marie", "obrien", "lund", "zoe.lund@example.test", "2075550199"}


def test_who_gave_neither_address_nor_number_has_a_name() -> None:
    assert words_of(replace(IDENTITY, email="", telephone="")) == {"zoe", "marie", "obrien", "lund"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Lund", {"lund"}),
        ("  ZOE   o’brien ", {"zoe", "obrien"}),
        ("Lund, Zoë", {"zoe", "lund"}),
        ("O'Brien-Lund", {"obrien", "lund"}),
        ("zoe.lund@EXAMPLE.test", {"zoe.lund@example.test"}),
        ("+1 207 555 0199", {"2075550199"}),
        ("(207) 555-0199", {"2075550199"}),
        ("Lund 207.555.0199", {"lund", "2075550199"}),
        ("Lund 12 3", {"lund", "12", "3"}),
        (" ,;- ", set()),
        ("", set()),
    ],
)
def test_what_is_typed_takes_the_same_form(typed: str, words: set[str]) -> None:
    assert typed_words(typed) == words


def test_a_script_that_writes_vowels_as_marks_keeps_its_words_whole() -> None:
    assert len(typed_words("मारिया शर्मा")) == 2
    assert typed_words("शर्मा") < typed_words("मारिया शर्मा")


def test_what_is_typed_is_what_was_kept() -> None:
    assert typed_words("zoe marie obrien lund ZOE.LUND@example.test 12075550199") == words_of(IDENTITY)


def test_the_beginning_of_a_word_is_another_word() -> None:
    assert typed_words("Lun") & words_of(IDENTITY) == set()
    assert set(word_indexes(["lun"], lender_id=7)) & set(word_indexes(["lund"], lender_id=7)) == set()


def test_an_index_is_of_one_lender_and_one_key() -> None:
    one = word_indexes(["lund", "zoe"], lender_id=7)
    with override_settings(FIELD_INDEX_KEY=b"another key of thirty-two bytes!"):
        other_key = word_indexes(["lund", "zoe"], lender_id=7)

    assert one == word_indexes(["zoe", "lund"], lender_id=7)
    assert len(set(one) | set(word_indexes(["lund", "zoe"], lender_id=8)) | set(other_key)) == 6


def test_without_an_index_key_nothing_is_kept_under_none() -> None:
    with override_settings(FIELD_INDEX_KEY=b""), pytest.raises(EncryptionNotConfigured):
        word_indexes(["lund"], lender_id=7)
