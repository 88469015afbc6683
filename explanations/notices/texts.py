"""Standing sentences of a notice in the applicant's language; what the law wants in its own words is quoted, with its source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from explanations.reason_codes.figures import day_in_words, money
from underwriting.enums import Language, ProductKind
from underwriting.facts.catalogue import catalogue

PLACE = Path(__file__).with_name("wording")
FIELDS = re.compile(r"\{(\w+)\}")
NOUNS = {ProductKind.INSTALMENT: "loan", ProductKind.LINE: "line", ProductKind.PRESCREEN: "line"}

ECOA_SOURCE = "12 CFR 1002.9(b)(1)"
# The regulation asks for wording substantially like its own, so it is quoted, in English in every letter.
ECOA_TEXT = (
    "The Federal Equal Credit Opportunity Act prohibits creditors from discriminating against credit applicants on the basis "
    "of race, color, religion, national origin, sex, marital status, age (provided the applicant has the capacity to enter "
    "into a binding contract); because all or part of the applicant's income derives from any public assistance program; or "
    "because the applicant has in good faith exercised any right under the Consumer Credit Protection Act. The Federal agency "
    "that administers compliance with this law concerning this creditor is {agency}."
)
FCRA_SOURCE = "15 USC 1681m(a)"
SCORE_NOTICE_SOURCE = "12 CFR 1022.74"
# Named by 12 CFR 1022.74(e)(1)(ii)(K) and (L) through Forms H-4 and H-5.
ANNUAL_REPORT_TELEPHONE = "1-877-322-8228"
ANNUAL_REPORT_WEB = "www.annualcreditreport.com"
ANNUAL_REPORT_MAIL = "Annual Credit Report Request Service, P.O. Box 105281, Atlanta, GA 30348-5281"
CONSUMER_BUREAU_WEB = "www.consumerfinance.gov/learnmore"


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language, by dotted name; dates and sums as that language writes them."""

    language: Language
    sentences: dict[str, str]

    def say(self, name: str, **fields: Any) -> str:
        """One sentence with its fields filled in. KeyError for a name or field that is not there."""
        return self.sentences[name].format(**fields)

    def day(self, day: date) -> str:
        return day_in_words(day, self.language.value)

    def money(self, minor: int, currency: str) -> str:
        return money(minor, currency, self.language.value)

    def months(self, count: int) -> str:
        return self.say("month" if count == 1 else "months", count=count)

    def nouns(self, kind: ProductKind) -> dict[str, str]:
        """What the product is called in a sentence: `this`, `one`, `other`."""
        return {form: self.sentences[f"nouns.{NOUNS[kind]}.{form}"] for form in ("this", "one", "other")}

    def item(self, pointer: str) -> str:
        """A field that is still required, as a JSON pointer of the application, in words an applicant knows."""
        name = pointer.rsplit("/", 1)[-1]
        definition = catalogue().get(name)
        plain = definition.label if definition else name.replace("_", " ").capitalize()
        item = self.sentences.get(f"fields.{name}", plain)
        return self.say("needed.other_applicant", item=item) if "co_applicants" in pointer else item


@cache
def words(language: str) -> Words:
    """The sentences of a language. KeyError with what is amiss where a translation has other names or fields than English."""
    sentences = _read(language)
    if language != Language.ENGLISH:
        original = _read(Language.ENGLISH)
        wrong = {
            name
            for name in original.keys() | sentences.keys()
            if name not in original
            or name not in sentences
            or set(FIELDS.findall(original[name])) != set(FIELDS.findall(sentences[name]))
        }
        if wrong:
            raise KeyError(f"{language}: {', '.join(sorted(wrong))}")
    return Words(Language(language), sentences)


def _read(language: str) -> dict[str, str]:
    document = yaml.safe_load((PLACE / f"{language}.yaml").read_text(encoding="utf-8"))
    return dict(_flat(document, ""))


def _flat(document: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in document.items():
        found += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return found
