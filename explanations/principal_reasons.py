"""From contributions to principal reasons: each ranked group in a sentence that is true of the value on file. Pure.

The rules are those of Regulation B, comments 9(b)(2)-1 to -5: each reason is an accurate description of a factor that was
scored. One that cannot be worded truthfully holds the notice; it is never passed over for the next one. That the risk falls
with usual values, and whatever else wants the model asked once more, is the proof's to test (explanations.proof).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from explanations.missing import code_when_missing
from explanations.ranking import RankedGroup, rank_groups
from explanations.reason_codes.codes import (
    ENGLISH,
    Actionable,
    Adverse,
    Catalogue,
    ReasonCode,
    UsedBy,
)
from explanations.reason_codes.wording import fill
from explanations.reasons import (
    CannotBeWorded,
    PrincipalReasons,
    Reason,
    ReferenceSummary,
    source_in_words,
    told_in,
)
from underwriting.enums import DecisionStage
from underwriting.facts.catalogue import catalogue
from underwriting.facts.features import FeatureSpec, feature_value
from underwriting.facts.values import Facts, FactScalar, FactValue


def principal_reasons(
    *,
    shares: Mapping[str, float],
    specs: Sequence[FeatureSpec],
    facts: Facts,
    reference: ReferenceSummary,
    codes: Catalogue,
    points_share: Callable[[float], float],
    currency: str,
    language: str = "en",
    sums: Mapping[str, float] | None = None,
) -> PrincipalReasons:
    """The principal reasons of a score; with `held_because` where one of them cannot be worded truthfully.

    Raises UnknownLanguage where the catalogue has no words in `language`.
    """
    english, *told = [
        _principal_reasons(
            shares=shares,
            specs=specs,
            facts=facts,
            reference=reference,
            codes=codes.in_language(each),
            points_share=points_share,
            currency=currency,
            sums=sums,
        )
        for each in dict.fromkeys((ENGLISH, language))
    ]
    return told_in(language, english=english, words=told[0]) if told else english


def _principal_reasons(
    *,
    shares: Mapping[str, float],
    specs: Sequence[FeatureSpec],
    facts: Facts,
    reference: ReferenceSummary,
    codes: Catalogue,
    points_share: Callable[[float], float],
    currency: str,
    sums: Mapping[str, float] | None,
) -> PrincipalReasons:
    reasons: list[Reason] = []
    held: list[str] = []
    for rank, group in enumerate(rank_groups(shares=shares, specs=specs, codes=codes, sums=sums), start=1):
        try:
            reason = _reason(
                group,
                rank=rank,
                shares=shares,
                facts=facts,
                reference=reference,
                codes=codes,
                points_share=points_share,
                currency=currency,
            )
        except CannotBeWorded as refusal:
            held.append(str(refusal))
        else:
            reasons.append(reason)
    return PrincipalReasons(tuple(reasons), " ".join(held))


@dataclass(frozen=True, slots=True)
class _Wording:
    code: ReasonCode
    text: str
    detail: str = ""
    is_neutral: bool = False


def _reason(
    group: RankedGroup,
    *,
    rank: int,
    shares: Mapping[str, float],
    facts: Facts,
    reference: ReferenceSummary,
    codes: Catalogue,
    points_share: Callable[[float], float],
    currency: str,
) -> Reason:
    driver = max(group.features, key=lambda spec: (shares[spec.name], spec.name))
    typical = reference.medians[driver.name]
    wording = _worded(driver, facts=facts, typical=typical, codes=codes, currency=currency)
    return reason_from(
        wording.code,
        group=group.name,
        rank=rank,
        text=wording.text,
        detail=wording.detail,
        is_neutral=wording.is_neutral,
        fact_name=driver.fact,
        facts=facts,
        typical=typical,
        share_log_odds=group.share,
        share_points=points_share(group.share),
        stage=DecisionStage.SCORE,
        language=codes.language,
    )


def reason_from(
    code: ReasonCode,
    *,
    group: str,
    rank: int,
    text: str,
    detail: str,
    is_neutral: bool,
    fact_name: str,
    facts: Facts,
    typical: float | None,
    share_log_odds: float | None,
    share_points: float | None,
    stage: DecisionStage,
    language: str = ENGLISH,
) -> Reason:
    """A worded reason with the fact it speaks about. A neutral one promises nothing: no help line, no Form C-1 box."""
    fact = facts.get(fact_name)
    source = fact.source if fact else catalogue()[fact_name].source
    return Reason(
        code=code.code,
        group=group,
        rank=rank,
        text=text,
        detail=detail,
        factor=code.factor,
        is_neutral=is_neutral,
        fact=fact_name,
        value=fact.value if fact else None,
        typical=typical,
        source=source_in_words(source, fact.origin if fact else "", language),
        source_kind=source.value,
        known_at=fact.known_at.isoformat() if fact else None,
        party=fact.party_id if fact else None,
        share_log_odds=share_log_odds,
        share_points=share_points,
        do="" if is_neutral else code.help_line,
        actionable=Actionable.NO.value if is_neutral else code.actionable.value,
        form_c1="specific" if is_neutral else code.form_c1,
        notice=code.notice,
        stage=stage,
    )


def _worded(
    driver: FeatureSpec, *, facts: Facts, typical: float | None, codes: Catalogue, currency: str
) -> _Wording:
    """The sentence for the input that moved the group most. Raises CannotBeWorded where none would be true."""
    fact = facts.get(driver.fact)
    candidates = codes.for_fact(driver.fact, UsedBy.MODEL)
    if not candidates:
        raise CannotBeWorded(f"No reason code speaks about {driver.fact}.")
    if fact is None or fact.value is None:
        code = code_when_missing(candidates[0], fact_name=driver.fact, facts=facts, codes=codes)
        return _Wording(code, code.text.replace("{factor}", candidates[0].factor.lower()))
    code, holds = _code_for_value(driver, fact, candidates, feature_value(driver, facts), typical)
    if not holds:
        return _Wording(code, code.factor, is_neutral=True)
    figure = own_figure(code, fact_name=driver.fact, facts=facts, currency=currency, language=codes.language)
    return _Wording(code, code.text, figure)


def own_figure(
    code: ReasonCode, *, fact_name: str, facts: Facts, currency: str, language: str = ENGLISH
) -> str:
    """The code's sentence with the applicant's own figure; empty where the code has none or the figure is not on file."""
    fact = facts.get(fact_name)
    if not code.text_value or fact is None or fact.value is None:
        return ""
    return fill(
        code.text_value,
        code=code,
        definition=catalogue()[fact_name],
        value=fact.value,
        currency=currency,
        language=language,
    )


def _code_for_value(
    driver: FeatureSpec,
    fact: FactValue,
    candidates: Sequence[ReasonCode],
    value: float,
    typical: float | None,
) -> tuple[ReasonCode, bool]:
    """The code whose sentence is true of this value, and True; or one whose factor name is, and False."""
    if driver.category is not None:
        for code in candidates:
            if fact.value in code.adverse_values and value == 1:
                return code, code.adverse is not Adverse.NEUTRAL
        return candidates[0], False
    for code in candidates:
        if is_adverse(code, value, typical):
            return code, True
    return candidates[0], False


def is_adverse(code: ReasonCode, value: float, typical: float | None) -> bool:
    """The direction test: whether a number lies on the side of the reference median on which the code's sentence is true."""
    match code.adverse:
        case Adverse.PRESENT:
            return value > 0
        case Adverse.ABSENT:
            return value == 0
        case Adverse.EITHER:
            return True
        case Adverse.HIGH:
            return typical is not None and value > typical
        case Adverse.LOW:
            return typical is not None and value < typical
        case _:
            return False


def can_be_true(code: ReasonCode, value: FactScalar) -> bool:
    """Whether the sentence can be true of a value at all, whatever is usual: a category it names, something that is there."""
    match code.adverse:
        case Adverse.CATEGORY:
            return value in code.adverse_values
        case Adverse.PRESENT | Adverse.HIGH:
            return not isinstance(value, str) and value > 0
        case Adverse.ABSENT:
            return value == 0
        case _:
            return True
