"""What must hold of the words of a code, in every language: specific, checkable, about the applicant alone. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from explanations.reason_codes.codes import ENGLISH, Adverse, ReasonCode, UsedBy

FIELDS = ("text", "rule_text", "text_value", "factor", "do")
LANGUAGE_NAMES = {"en": "English", "es": "Spanish", "hi": "Hindi"}
MAX_WORDS = 30
MAX_CHARACTERS = 300
PLACEHOLDER = re.compile(r"\{(\w+)(:[^{}]*)?\}")
VALUE_PLACEHOLDERS = {"value", "value_pct", "rest_pct", "label"}
CAP_PLACEHOLDERS = {"payment": {"payment", "largest"}, "limit": {"limit"}}


def _words(*patterns: str) -> re.Pattern[str]:
    """Whole words: Devanagari vowel signs are no word characters to the library, so its own word boundary splits words."""
    inside = r"[\w\u0900-\u097F]"
    return re.compile(rf"(?<!{inside})(?:{'|'.join(patterns)})(?!{inside})", re.IGNORECASE)


# "Internal standards or policies" or "a qualifying score" are not specific reasons (12 CFR 1002.9(b)(2)).
VAGUE = {
    "en": _words(
        "scores?", "scoring", "scorecard", "polic(?:y|ies)", "criteri(?:a|on)", "guidelines?", "standards?",
        "algorithms?", "models?", "systems?", "computer",
    ),
    "es": _words(
        "puntaje", "puntuación", "puntuaciones", "calificación crediticia", "políticas?", "criterios?", "pautas?",
        "lineamientos?", "directri(?:z|ces)", "estándar(?:es)?", "normas?", "algoritmos?", "modelos?", "sistemas?", "computadora",
    ),
    "hi": _words(
        "स्कोर", "स्कोरिंग", "नीति", "नीतियाँ", "नीतियों", "पॉलिसी", "मापदंड", "मापदंडों", "मानदंड", "मानदंडों", "मानक", "मानकों",
        "दिशानिर्देश", "दिशानिर्देशों", "दिशा-निर्देश", "दिशा-निर्देशों", "गाइडलाइन", "एल्गोरिद्म", "एल्गोरिदम", "मॉडल", "सिस्टम", "प्रणाली", "कंप्यूटर",
    ),
}  # fmt: skip
COMPARES = {
    "en": _words("usual", "typical", "other people", "people who", "those who"),
    "es": _words("habitual", "típic[oa]", "otras personas", "quienes"),
    "hi": _words("आम", "वालों", "दूसरे लोग", "दूसरे लोगों"),
}
YOUR = {
    "en": _words("your", "you"),
    "es": _words("sus?", "usted", "suy[oa]s?"),
    "hi": _words("आप", "आपका", "आपकी", "आपके", "आपको", "आपने", "अपना", "अपनी", "अपने"),
}


@dataclass(frozen=True, slots=True)
class WordComplaint:
    """Something wrong with one field of a code, or of the cap's sentences."""

    field: str
    message: str


def wording_complaints(code: ReasonCode, language: str) -> Iterator[WordComplaint]:
    """Complaints about one code's words in one language; `code` carries them."""
    for field in FIELDS:
        sentence = getattr(code, field)
        if sentence and not (field == "rule_text" and sentence == code.text):
            for message in _sentence_complaints(code, field, sentence, language):
                yield WordComplaint(field, message)
    for category, label in code.adverse_values.items():
        for message in _vague_or_long(label, language):
            yield WordComplaint(label_field(category), message)
    if code.used_by & {UsedBy.POLICY, UsedBy.OFFICER} and COMPARES[language].search(code.rule_text):
        message = f"compares with other people where a rule or a person speaks: {code.rule_text}"
        yield WordComplaint("rule_text" if code.rule_text != code.text else "text", message)
    if YOUR[language].search(code.factor):
        yield WordComplaint(
            "factor",
            f"the factor is printed for other applicants too and may not say 'your': {code.factor}",
        )
    if code.help_line == "" and code.actionable.rank < 2:
        yield WordComplaint("do", "says that something can be done, but not what")


def translation_complaints(code: ReasonCode, english: ReasonCode) -> Iterator[WordComplaint]:
    """What the English code has and the other language lacks, and figures that stand in one of them alone."""
    for field in FIELDS:
        told, plain = getattr(code, field), getattr(english, field)
        if plain and not told:
            yield WordComplaint(field, f"has no {field}, which English has")
        elif _placeholders(told) != _placeholders(plain):
            yield WordComplaint(field, f"{field} has not the placeholders of the English: {told}")
    for category in english.adverse_values:
        if not code.adverse_values.get(category):
            yield WordComplaint(label_field(category), f"has no label for {category}")


def label_field(category: str) -> str:
    """The name of a category's label among the fields of a code."""
    return f"adverse_values.{category}"


def cap_complaints(name: str, sentence: str, language: str) -> Iterator[str]:
    """Complaints about a sentence of the affordability cap."""
    yield from _vague_or_long(sentence, language)
    known = CAP_PLACEHOLDERS[name.partition("_")[0]]
    if set(PLACEHOLDER.findall(sentence)) != {(placeholder, "") for placeholder in known}:
        yield f"cap sentence {name} needs exactly {', '.join(sorted(known))}: {sentence}"


def _sentence_complaints(code: ReasonCode, field: str, sentence: str, language: str) -> Iterator[str]:
    yield from _vague_or_long(sentence, language)
    if field == "text_value":
        allowed = VALUE_PLACEHOLDERS
    else:
        allowed = {"factor"} if code.adverse is Adverse.MISSING else set()
    for name, forms in PLACEHOLDER.findall(sentence):
        if name not in allowed:
            yield f"placeholder {{{name}}} may not stand in: {sentence}"
        if forms and (name != "value" or len([form for form in forms[1:].split(",") if form.strip()]) != 2):
            yield f"a count has two forms, as in {{value:one,many}}: {sentence}"
    if "{" in PLACEHOLDER.sub("", sentence) or "}" in PLACEHOLDER.sub("", sentence):
        yield f"has a brace that belongs to no placeholder: {sentence}"


def _vague_or_long(sentence: str, language: str) -> Iterator[str]:
    found = VAGUE[language].search(sentence)
    if found:
        yield f"'{found.group()}' is not a specific reason: {sentence}"
    if language == ENGLISH and len(sentence.split()) > MAX_WORDS:
        yield f"more than {MAX_WORDS} words: {sentence}"
    if len(sentence) > MAX_CHARACTERS:
        yield f"more than {MAX_CHARACTERS} characters: {sentence[:60]}…"


def _placeholders(sentence: str) -> Counter[tuple[str, bool]]:
    return Counter((name, bool(forms)) for name, forms in PLACEHOLDER.findall(sentence))
