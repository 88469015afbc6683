"""What must hold of a catalogue, and of a model's inputs against it, before anybody is told a reason. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from explanations.reason_codes.codes import (
    BLOCK_AND_REVIEW,
    CREDIT_REPORT,
    ENGLISH,
    Adverse,
    Catalogue,
    ReasonCode,
    UsedBy,
)
from explanations.reason_codes.figures import UnknownLanguage
from explanations.reason_codes.grade import learn, reading_of, words_of
from explanations.reason_codes.lint import (
    LANGUAGE_NAMES,
    cap_complaints,
    translation_complaints,
    wording_complaints,
)
from explanations.reason_codes.samples import Sample, cap_samples, samples
from underwriting.facts.catalogue import FactDefinition, Unit, catalogue
from underwriting.facts.features import FeatureSpec

# Categories that may not count against anybody (12 CFR 1002.6(b)(2), (b)(5)): income from a pension or public assistance.
PROTECTED_CATEGORIES = {"employment_type": {"retired", "benefit"}}
FORM_C1 = frozenset(
    {
        "Credit application incomplete",
        "Insufficient number of credit references provided",
        "Unacceptable type of credit references provided",
        "Unable to verify credit references",
        "Temporary or irregular employment",
        "Unable to verify employment",
        "Length of employment",
        "Income insufficient for amount of credit requested",
        "Excessive obligations in relation to income",
        "Unable to verify income",
        "Length of residence",
        "Temporary residence",
        "Unable to verify residence",
        "No credit file",
        "Limited credit experience",
        "Poor credit performance with us",
        "Delinquent past or present credit obligations with others",
        "Collection action or judgment",
        "Garnishment or attachment",
        "Foreclosure or repossession",
        "Bankruptcy",
        "Number of recent inquiries on credit bureau report",
        "Value or type of collateral not sufficient",
        "specific",
    }
)


def check_catalogue(codes: Catalogue) -> list[str]:
    """Complaints about a catalogue, each naming its code and language; empty when it may be used.

    All but the reading grade, which needs a dictionary: `grade_complaints` belongs to it wherever words are changed.
    """
    complaints = [
        f"{code.code}: {complaint}"
        for code in codes.codes.values()
        for complaint in _code_complaints(code, codes)
    ]
    for language in codes.languages:
        complaints += language_complaints(codes, language)
    if codes.max_reasons > 4:
        complaints.append("more than four reasons are not likely to help the applicant (comment 9(b)(2)-1)")
    for fact in catalogue():
        groups = {code.group for code in codes.for_fact(fact, UsedBy.MODEL)}
        if len(groups) > 1:
            complaints.append(f"{fact} is in more than one group: {', '.join(sorted(groups))}")
    return complaints


def language_complaints(codes: Catalogue, language: str) -> list[str]:
    """Complaints about the words in one language: vague, incomplete, or with figures in the wrong place."""
    try:
        told = codes.in_language(language)
    except UnknownLanguage as unknown:
        return [str(unknown)]
    english = codes.in_language(ENGLISH)
    where = "" if language == ENGLISH else f" in {LANGUAGE_NAMES[language]}"
    complaints = [
        f"{code.code}{where}: {complaint.message}"
        for code in told.codes.values()
        if code.enabled
        for complaint in (
            *wording_complaints(code, language),
            *(() if language == ENGLISH else translation_complaints(code, english.codes[code.code])),
        )
    ]
    if set(told.cap) != set(english.cap):
        complaints.append(f"cap{where}: has not the sentences {', '.join(sorted(english.cap))}")
    return complaints + [
        f"cap{where}: {complaint}"
        for name, sentence in told.cap.items()
        for complaint in cap_complaints(name, sentence, language)
    ]


def grade_complaints(codes: Catalogue) -> list[str]:
    """Sentences too hard to read, each with its code and language. The catalogue has to have passed `check_catalogue`."""
    found: list[tuple[str, str, Sample]] = []
    for language in codes.languages:
        told = codes.in_language(language)
        found += [("cap", language, sample) for sample in cap_samples(told)]
        found += [
            (code.code, language, sample)
            for code in told.codes.values()
            if code.enabled
            for sample in samples(code, told)
        ]
    learn(words_of(sample.sentence for _, language, sample in found if language == ENGLISH))
    complaints = []
    for code, language, sample in found:
        reading = reading_of(sample.sentence, language)
        if reading.is_too_hard:
            where = "" if language == ENGLISH else f" in {LANGUAGE_NAMES[language]}"
            complaints.append(
                f"{code}{where}: {sample.field} is too hard to read ({reading.in_words}, {reading.limit_in_words}): {sample.template}"
            )
    return complaints


def check_model_inputs(specs: Sequence[FeatureSpec], codes: Catalogue) -> list[str]:
    """Complaints about a model's inputs: every adverse value an input can take needs an enabled code.

    An empty list means that the model may be trained and served. Each complaint names the input.
    """
    return [complaint for spec in specs for complaint in _input_complaints(spec, codes)]


def _input_complaints(spec: FeatureSpec, codes: Catalogue) -> Iterator[str]:
    definition = catalogue().get(spec.fact)
    if definition is None:
        yield f"{spec.name}: {spec.fact} is not in the facts catalogue"
        return
    found = codes.for_fact(spec.fact, UsedBy.MODEL)
    if not found:
        yield f"{spec.name}: no enabled reason code speaks about {spec.fact}"
        return
    if spec.category is not None:
        yield from _category_complaints(spec, found)
        return
    sides = {side for code in found for side in _sides(code)}
    needed = {"high", "low"} if spec.monotone == 0 else {"high"} if spec.monotone > 0 else {"low"}
    for side in sorted(needed - sides):
        yield f"{spec.name}: no enabled reason code covers a {side} value of {spec.fact}"


def _category_complaints(spec: FeatureSpec, found: Sequence[ReasonCode]) -> Iterator[str]:
    if spec.category in PROTECTED_CATEGORIES.get(spec.fact, set()):
        yield f"{spec.name}: {spec.category} may not count against anybody and is never a model input"
    elif not any(spec.category in code.adverse_values for code in found):
        yield f"{spec.name}: no enabled reason code covers {spec.category}"


def _sides(code: ReasonCode) -> set[str]:
    match code.adverse:
        case Adverse.HIGH | Adverse.PRESENT:
            return {"high"}
        case Adverse.LOW | Adverse.ABSENT:
            return {"low"}
        case Adverse.EITHER | Adverse.NEUTRAL:
            return {"high", "low"}
        case _:
            return set()


def _code_complaints(code: ReasonCode, codes: Catalogue) -> Iterator[str]:
    definitions = [catalogue().get(fact) for fact in code.facts]
    for fact, definition in zip(code.facts, definitions, strict=True):
        if definition is None:
            yield f"{fact} is not in the facts catalogue"
    if code.form_c1 not in FORM_C1:
        yield f"'{code.form_c1}' is not a line of Form C-1"
    if code.notice not in (CREDIT_REPORT, "none"):
        yield f"'{code.notice}' is not a notice block"
    yield from _other_code_complaints(code, codes)
    for definition in definitions:
        if definition is not None:
            yield from _fact_complaints(code, definition)


def _other_code_complaints(code: ReasonCode, codes: Catalogue) -> Iterator[str]:
    if not code.when_missing:
        yield "does not say what holds when the fact is not on file"
    for name in code.when_missing:
        if name == BLOCK_AND_REVIEW:
            continue
        other = codes.codes.get(name)
        if other is None or not other.enabled:
            yield f"when_missing names {name}, which cannot be used"
    if code.income_alone:
        other = codes.codes.get(code.income_alone)
        if other is None or not other.is_for(UsedBy.POLICY):
            yield f"income_alone names {code.income_alone}, which cannot be used"


def _fact_complaints(code: ReasonCode, definition: FactDefinition) -> Iterator[str]:
    is_category = definition.unit is Unit.CATEGORY
    if is_category != bool(code.adverse_values):
        yield f"{definition.name}: a code of a category names the values it speaks about, no other does"
    for value in code.adverse_values:
        if value not in definition.values:
            yield f"{definition.name} has no value {value}"
        if value in PROTECTED_CATEGORIES.get(definition.name, set()):
            yield f"{value} may not count against anybody"
    contradicts = (definition.risk_sign > 0 and code.adverse in (Adverse.LOW, Adverse.ABSENT)) or (
        definition.risk_sign < 0 and code.adverse in (Adverse.HIGH, Adverse.PRESENT)
    )
    if contradicts:
        yield f"is adverse on the side where {definition.name} lowers the risk"
