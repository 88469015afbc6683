"""The words of the reasons: easy enough to read, specific, complete and with the same figures in every language."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from explanations.reason_codes.checks import check_catalogue, grade_complaints
from explanations.reason_codes.codes import Catalogue
from explanations.reason_codes.figures import UnknownLanguage
from explanations.reason_codes.grade import Reading, flesch_kincaid, reading_of, syllables
from explanations.reason_codes.samples import samples
from explanations.reason_codes.shipped import shipped_document
from underwriting.enums import Language

SHIPPED = Catalogue.from_document(shipped_document())


def altered(change: Callable[[dict[str, Any]], None]) -> Catalogue:
    document = deepcopy(dict(SHIPPED.document))
    change(document)
    return Catalogue.from_document(document)


def worded(language: str, code: str, **words: str) -> Catalogue:
    """The shipped catalogue with other words for one code in a language other than English."""
    return altered(lambda document: document["languages"][language]["codes"][code].update(words))


def test_every_language_that_an_application_may_name_has_words() -> None:
    assert set(SHIPPED.languages) == {language.value for language in Language}


def test_nothing_shipped_is_vague_incomplete_or_too_hard_to_read() -> None:
    assert check_catalogue(SHIPPED) == []
    assert grade_complaints(SHIPPED) == []


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        # 9 words, 10 syllables: 0.39 * 9 + 11.8 * 10 / 9 - 15.59
        ("You have more cards near their limit than most.", 1.03),
        # 13 words, 18 syllables: 0.39 * 13 + 11.8 * 18 / 13 - 15.59
        ("Your credit report shows a bankruptcy that you filed some three years ago.", 5.82),
        # two sentences of 4 words, 10 syllables in all: 0.39 * 4 + 11.8 * 10 / 8 - 15.59
        ("Pay down your cards. It often helps people.", 0.72),
        # a figure is one word of one syllable: 0.39 * 5 + 11.8 * 7 / 5 - 15.59
        ("Your yearly income is $31,000.", 2.88),
        ("", 0.0),
    ],
)
def test_the_grade_is_that_of_flesch_and_kincaid(text: str, grade: float) -> None:
    assert flesch_kincaid(text) == pytest.approx(grade, abs=0.005)


@pytest.mark.parametrize(
    ("word", "count"),
    [("cards", 1), ("payment", 2), ("bankruptcy", 3), ("utilisation", 5), ("enquiry", 3), ("instalment", 3)],
)
def test_syllables_come_from_the_dictionary_or_from_the_vowels(word: str, count: int) -> None:
    assert syllables(word) == count


@pytest.mark.parametrize(
    ("reading", "is_too_hard", "is_hard"),
    [
        (Reading(7.0, 10), False, True),
        (Reading(7.01, 10), True, True),
        (Reading(5.0, 25), False, False),
        (Reading(5.01, 10), False, True),
        (Reading(4.0, 26), False, True),
        (Reading(None, 20), False, True),
        (Reading(None, 21), True, True),
        (Reading(None, 17), False, False),
    ],
)
def test_seven_is_the_highest_grade_and_twenty_words_the_longest_sentence(
    reading: Reading, is_too_hard: bool, is_hard: bool
) -> None:
    assert (reading.is_too_hard, reading.is_hard) == (is_too_hard, is_hard)


def test_the_longest_sentence_counts_and_a_danda_ends_one() -> None:
    assert reading_of("Uno dos tres. Uno dos.", "es") == Reading(None, 3)
    assert reading_of("एक दो तीन चार। एक दो।", "hi") == Reading(None, 4)
    assert reading_of("Es el 31.4% de todo.", "es") == Reading(None, 5)


def test_a_sentence_that_is_too_hard_is_named_with_its_place() -> None:
    long_spanish = "Usted " + "muy " * 20 + "tarde."
    complicated = "Delinquency characteristics demonstrate considerable repayment irregularities."
    codes = worded("es", "PR02", text=long_spanish)
    english = altered(lambda document: document["codes"][0].update(text=complicated))

    assert grade_complaints(codes) == [
        f"PR02 in Spanish: text is too hard to read (22 words, at most 20 words a sentence): {long_spanish}"
    ]
    [found] = grade_complaints(english)
    assert found.startswith("PH01: text is too hard to read (grade ")
    assert found.endswith(f"at most grade 7): {complicated}")


@pytest.mark.parametrize(
    ("language", "sentence", "word"),
    [
        ("es", "Su puntaje fue muy bajo.", "puntaje"),
        ("es", "No cumple nuestras políticas de crédito.", "políticas"),
        ("es", "No cumple los criterios.", "criterios"),
        ("es", "No cumple nuestras normas internas.", "normas"),
        ("es", "El sistema dijo que no.", "sistema"),
        ("hi", "आपका स्कोर बहुत कम है।", "स्कोर"),
        ("hi", "आप हमारी नीति पर खरे नहीं उतरे।", "नीति"),
        ("hi", "आप हमारे मापदंड पूरे नहीं करते।", "मापदंड"),
        ("hi", "हमारे सिस्टम ने मना किया।", "सिस्टम"),
        ("hi", "दिशानिर्देशों के हिसाब से नहीं।", "दिशानिर्देशों"),
    ],
)
def test_a_vague_sentence_is_refused_in_every_language(language: str, sentence: str, word: str) -> None:
    name = {"es": "Spanish", "hi": "Hindi"}[language]

    assert check_catalogue(worded(language, "UT01", text=sentence)) == [
        f"UT01 in {name}: '{word}' is not a specific reason: {sentence}"
    ]


@pytest.mark.parametrize("sentence", ["Su modo de pagar contó en su contra.", "आपका नीतिश नाम का खाता बंद है।"])
def test_a_word_that_only_begins_like_a_vague_one_is_not(sentence: str) -> None:
    language = "es" if sentence.startswith("Su") else "hi"

    assert check_catalogue(worded(language, "UT01", text=sentence)) == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (
            {"text_value": "Usa mucho."},
            "UT01 in Spanish: text_value has not the placeholders of the English: Usa mucho.",
        ),
        ({"text_value": ""}, "UT01 in Spanish: has no text_value, which English has"),
        ({"do": ""}, "UT01 in Spanish: says that something can be done, but not what"),
        (
            {"factor": "Parte de sus límites en uso"},
            "UT01 in Spanish: the factor is printed for other applicants too and may not say 'your': Parte de sus límites en uso",
        ),
        (
            {"rule_text": "Usa más de lo habitual."},
            "UT01 in Spanish: compares with other people where a rule or a person speaks: Usa más de lo habitual.",
        ),
        (
            {"text_value": "Usa el {value_pct} de {value:límite}."},
            "UT01 in Spanish: a count has two forms, as in {value:one,many}: Usa el {value_pct} de {value:límite}.",
        ),
        (
            {"text_value": "Usa el {value_pct} de su límite}."},
            "UT01 in Spanish: has a brace that belongs to no placeholder: Usa el {value_pct} de su límite}.",
        ),
    ],
)
def test_words_that_break_a_rule_are_refused(words: dict[str, str], complaint: str) -> None:
    assert complaint in check_catalogue(worded("es", "UT01", **words))


def test_a_code_without_words_in_a_language_is_named() -> None:
    codes = altered(lambda document: document["languages"]["hi"]["codes"].pop("PR02"))

    assert check_catalogue(codes) == [f"catalogue {codes.version} lacks words in 'hi' for PR02"]
    with pytest.raises(UnknownLanguage, match="PR02"):
        codes.in_language("hi")


def test_a_label_without_words_in_a_language_is_named() -> None:
    codes = altered(
        lambda document: document["languages"]["es"]["codes"]["PU01"]["adverse_values"].pop("wedding")
    )

    assert check_catalogue(codes) == ["PU01 in Spanish: has no label for wedding"]


@pytest.mark.parametrize("sentence", ["El límite es {limits}.", "El límite es otro."])
def test_a_cap_sentence_names_its_sums(sentence: str) -> None:
    codes = altered(lambda document: document["languages"]["es"]["cap"].update(limit_by_income=sentence))

    assert check_catalogue(codes) == [
        f"cap in Spanish: cap sentence limit_by_income needs exactly limit: {sentence}"
    ]


def test_a_language_changes_words_and_nothing_else() -> None:
    spanish = SHIPPED.in_language("es")
    code, told = SHIPPED.codes["PH01"], spanish.codes["PH01"]

    assert told.text == "Tuvo pagos con 30 días o más de atraso en los últimos 12 meses."
    assert (told.officer, told.form_c1, told.facts) == (code.officer, code.form_c1, code.facts)
    assert (spanish.language, spanish.sha256, spanish.document) == ("es", SHIPPED.sha256, SHIPPED.document)
    assert spanish.in_language("en") is SHIPPED
    assert SHIPPED.in_language("es") is spanish


def test_the_words_of_every_language_are_part_of_the_hash() -> None:
    assert worded("hi", "PR02", text="आपकी रिपोर्ट में दिवालियापन है।").sha256 != SHIPPED.sha256


def test_a_language_without_words_is_refused() -> None:
    with pytest.raises(UnknownLanguage, match="no words in 'fr'"):
        SHIPPED.in_language("fr")


@pytest.mark.parametrize(
    ("language", "code", "sentences"),
    [
        (
            "en",
            "EN01",
            [
                "You asked for credit more often in the last 90 days than is usual for those who just pass our checks.",
                "You applied for credit too many times in the last 90 days.",
                "You applied for credit 3 times in the last 90 days.",
                "Hold off on new credit requests for at least three months.",
            ],
        ),
        (
            "es",
            "UT01",
            [
                "Usa más de sus límites de tarjetas y líneas de lo habitual entre quienes apenas pasan nuestra revisión.",
                "Usa una parte demasiado grande de los límites de sus tarjetas y líneas de crédito.",
                "Usa el 62% de los límites de sus tarjetas y líneas de crédito.",
                "Baje el saldo de sus tarjetas. Ayuda usar una parte menor de cada límite.",
            ],
        ),
        (
            "hi",
            "EM02",
            [
                "मौजूदा नौकरी में आपका समय हमारी जाँच बस पास करने वालों के आम स्तर से कम है।",
                "मौजूदा नौकरी में आपको अभी काफ़ी समय नहीं हुआ है।",
                "मौजूदा नौकरी या कारोबार में आपका समय: 7 महीने।",
            ],
        ),
    ],
)
def test_sentences_are_shown_with_sample_figures(language: str, code: str, sentences: list[str]) -> None:
    told = SHIPPED.in_language(language)

    assert [sample.sentence for sample in samples(told.codes[code], told)] == sentences
