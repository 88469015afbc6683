"""What must hold of a catalogue, and of a model's inputs against it, before anybody is told a reason. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from explanations.reason_codes.codes import (
    BLOCK_AND_REVIEW,
    CREDIT_REPORT,
    Adverse,
    Catalogue,
    ReasonCode,
    UsedBy,
)
from underwriting.facts.catalogue import FactDefinition, Unit, catalogue
from underwriting.facts.features import FeatureSpec

# "Internal standards or policies" or "a qualifying score" are not specific reasons (12 CFR 1002.9(b)(2)).
VAGUE = re.compile(
    r"\b(score|scoring|scorecard|polic(y|ies)|criteria|guidelines?|standards?|algorithm|model|system)\b",
    re.IGNORECASE,
)
COMPARES = re.compile(r"\b(usual|typical|other people|people who)\b", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
VALUE_PLACEHOLDERS = {"value", "value_pct", "rest_pct", "label"}
# Categories that may not count against anybody (12 CFR 1002.6(b)(2), (b)(5)): income from a pension or public assistance.
PROTECTED_CATEGORIES = {"employment_type": {"retired", "benefit"}}
MAX_WORDS = 30
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
    """Complaints about a catalogue, each naming its code; empty when it may be used."""
    complaints = [
        f"{code.code}: {complaint}"
        for code in codes.codes.values()
        for complaint in _code_complaints(code, codes)
    ]
    if codes.max_reasons > 4:
        complaints.append("more than four reasons are not likely to help the applicant (comment 9(b)(2)-1)")
    for fact in catalogue():
        groups = {code.group for code in codes.for_fact(fact, UsedBy.MODEL)}
        if len(groups) > 1:
            complaints.append(f"{fact} is in more than one group: {', '.join(sorted(groups))}")
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
    yield from _wording_complaints(code)
    yield from _other_code_complaints(code, codes)
    for definition in definitions:
        if definition is not None:
            yield from _fact_complaints(code, definition)


def _wording_complaints(code: ReasonCode) -> Iterator[str]:
    if not code.enabled:
        return
    for sentence in (code.text, code.rule_text, code.text_value, code.factor, code.do):
        found = VAGUE.search(sentence)
        if found:
            yield f"'{found.group()}' is not a specific reason: {sentence}"
        if len(sentence.split()) > MAX_WORDS:
            yield f"more than {MAX_WORDS} words: {sentence}"
        for name in PLACEHOLDER.findall(sentence):
            allowed = (
                VALUE_PLACEHOLDERS
                if sentence == code.text_value
                else {"factor"}
                if code.adverse is Adverse.MISSING
                else set()
            )
            if name not in allowed:
                yield f"placeholder {{{name}}} may not stand in: {sentence}"
    if code.used_by & {UsedBy.POLICY, UsedBy.OFFICER} and COMPARES.search(code.rule_text):
        yield f"compares with other people where a rule or a person speaks: {code.rule_text}"
    if "your" in code.factor.lower().split():
        yield f"the factor is printed for other applicants too and may not say 'your': {code.factor}"
    if code.help_line == "" and code.actionable.rank < 2:
        yield "says that something can be done, but not what"


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
