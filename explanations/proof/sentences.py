"""Is a printed sentence true of the frozen facts? Direction, absence and wording, tested again after everything was composed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from explanations.principal_reasons import can_be_true, is_adverse, own_figure
from explanations.proof.results import FailedTest, ProofTest
from explanations.reason_codes.codes import Adverse, Catalogue, ReasonCode
from explanations.reasons import Reason
from underwriting.enums import DecisionStage
from underwriting.facts.features import FeatureSpec, feature_value
from underwriting.facts.values import Absence, Facts

NEUTRAL, MISSING, CATALOGUE = "neutral", "missing", "catalogue"


def kind_of_sentence(reason: Reason, codes: Catalogue) -> str:
    """How the reason is printed: as the catalogue's sentence, as a sentence about an absence, or as the factor's neutral name."""
    if reason.is_neutral:
        return NEUTRAL
    code = codes.codes.get(reason.code)
    return MISSING if code is not None and code.adverse is Adverse.MISSING else CATALOGUE


def untruths(
    reason: Reason,
    *,
    drivers: Sequence[FeatureSpec],
    medians: Mapping[str, float | None],
    facts: Facts,
    codes: Catalogue,
    currency: str,
) -> Iterator[FailedTest]:
    """Each way in which the sentence is not true of the applicant.

    `drivers` are the model's inputs made of the fact the sentence speaks about; none where a rule spoke.
    """
    code = codes.codes.get(reason.code)
    if code is None:
        yield FailedTest(ProofTest.TRUTH, f"There is no reason code {reason.code}.")
        return
    fact = facts.get(reason.fact)
    value = None if fact is None else fact.value
    if reason.value != value:
        yield FailedTest(ProofTest.TRUTH, f"{code.factor}: the value stated is not the one on file.")
    if value is None:
        yield from _absence(reason, code, facts)
    elif code.adverse is Adverse.MISSING:
        yield FailedTest(ProofTest.NULL, f"{code.factor}: said not to be on file, and it is.")
    elif not reason.is_neutral and not _is_on_the_bad_side(reason, code, drivers, medians, facts):
        yield FailedTest(
            ProofTest.DIRECTION,
            f"{code.factor}: the value on file is not on the side that the sentence says.",
        )
    for told in (reason,) if reason.english is None else (reason, reason.for_officer):
        words = codes.in_language(told.language)
        if told.text not in _sentences(told, words):
            yield FailedTest(ProofTest.TRUTH, f"{code.factor}: the sentence is not the one in the catalogue.")
        if not _figure_is_own(told, words, facts, currency):
            yield FailedTest(ProofTest.TRUTH, f"{code.factor}: the figure printed is not the one on file.")


def _absence(reason: Reason, code: ReasonCode, facts: Facts) -> Iterator[FailedTest]:
    fact = facts.get(reason.fact)
    if fact is not None and fact.absence is Absence.NEVER:
        yield FailedTest(ProofTest.NULL, f"{code.factor}: it has never happened, so it cannot be a reason.")
    elif code.adverse is Adverse.ABSENT:
        if not any((found := facts.get(name)) is not None and found.value == 0 for name in code.facts):
            yield FailedTest(
                ProofTest.NULL, f"{code.factor}: it is on file, and the sentence says it is not."
            )
    elif code.adverse is not Adverse.MISSING:
        yield FailedTest(
            ProofTest.NULL, f"{code.factor}: nothing is on file, yet the sentence speaks of a value."
        )


def _is_on_the_bad_side(
    reason: Reason,
    code: ReasonCode,
    drivers: Sequence[FeatureSpec],
    medians: Mapping[str, float | None],
    facts: Facts,
) -> bool:
    fact = facts[reason.fact]
    if code.adverse is Adverse.CATEGORY or not drivers:
        return fact.value is not None and can_be_true(code, fact.value)
    return any(is_adverse(code, feature_value(spec, facts), medians.get(spec.name)) for spec in drivers)


def _sentences(reason: Reason, words: Catalogue) -> set[str]:
    """What may be printed under this code, in the language of these words."""
    code = words.codes[reason.code]
    if reason.is_neutral:
        return {code.factor}
    factors = {other.factor.lower() for other in words.codes.values() if reason.fact in other.facts}
    templates = {code.text, code.rule_text}
    return templates | {text.replace("{factor}", factor) for text in templates for factor in factors}


def _figure_is_own(reason: Reason, words: Catalogue, facts: Facts, currency: str) -> bool:
    """A cap prints what it compared, the payment at the price offered, and that is no fact."""
    if not reason.detail or reason.stage is DecisionStage.CAP:
        return True
    own = own_figure(
        words.codes[reason.code],
        fact_name=reason.fact,
        facts=facts,
        currency=currency,
        language=words.language,
    )
    return reason.detail == own
