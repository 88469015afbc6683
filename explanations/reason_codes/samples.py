"""A code's sentences with sample figures: what a reader sees in the library, and what is graded. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from explanations.reason_codes.codes import Adverse, Catalogue, ReasonCode
from explanations.reason_codes.figures import money
from explanations.reason_codes.wording import fill, fill_named
from underwriting.facts.catalogue import Unit, catalogue
from underwriting.facts.values import FactScalar

_SAMPLES: dict[Unit, FactScalar] = {
    Unit.MONEY: 480_000,
    Unit.RATIO: 0.62,
    Unit.MONTHS: 7,
    Unit.DAYS: 12,
    Unit.COUNT: 3,
    Unit.FLAG: 1,
    Unit.SEVERITY: 3,
}
_SAMPLE_FACTOR = "CH01"  # whose factor stands for the missing one in "your report has no figure for this"
_SAMPLE_SUMS = {"payment": 32_000, "largest": 25_000, "limit": 40_000}
SENTENCES = ("text", "rule_text", "text_value", "do")


@dataclass(frozen=True, slots=True)
class Sample:
    """One sentence of a code as somebody might read it. `field` is the catalogue's name of it."""

    field: str
    template: str
    sentence: str


def samples(code: ReasonCode, codes: Catalogue, currency: str = "USD") -> list[Sample]:
    """The sentences of a code in the catalogue's language; a name that is no sentence, as of a neutral code, is left out."""
    return [
        Sample(field, template, sentence(template, code, codes, currency))
        for field in SENTENCES
        if (template := getattr(code, field))
        and not (field == "rule_text" and template == code.text)
        and not (code.adverse is Adverse.NEUTRAL and field != "do")
    ]


def sentence(template: str, code: ReasonCode, codes: Catalogue, currency: str) -> str:
    """A template with sample figures. Raises KeyError and TypeError where its placeholders do not fit the code's fact."""
    if not code.facts:
        return template.replace("{factor}", codes.codes[_SAMPLE_FACTOR].factor.lower())
    definition = catalogue()[code.facts[0]]
    value = next(iter(code.adverse_values), None) or _SAMPLES[definition.unit]
    return fill(
        template,
        code=code,
        definition=definition,
        value=value,
        currency=currency,
        language=codes.language,
    )


def cap_samples(codes: Catalogue, currency: str = "USD") -> list[Sample]:
    """The sentences of the affordability cap. Raises KeyError where one names a sum that the cap does not know."""
    sums = {name: money(minor, currency, codes.language) for name, minor in _SAMPLE_SUMS.items()}
    return [Sample(name, template, fill_named(template, sums)) for name, template in codes.cap.items()]
