"""Explanations: why it is not an approval at the requested terms. Rules speak for rules, the model's shares for the score."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import structlog

from explanations.attribution import NotAdditive, TablesRefused
from explanations.attribution.stored import tables_for
from explanations.reason_codes.codes import Catalogue
from explanations.rule_reasons import rule_reasons
from explanations.score_reasons import ScoreExplanation, score_reasons
from scoring.pipeline.change import what_would_change
from scoring.pipeline.decide import decide_again
from scoring.pipeline.types import NOT_EXPLAINED, Bench, Decided, Explained, Explanation
from scoring.serving.champion import Champion
from underwriting.enums import DecisionStage, Outcome
from underwriting.models import ReferenceSample
from underwriting.policy.types import FaultKind, FindingKind, FindingResult, TechnicalFault

logger = structlog.get_logger(__name__)

POINTS_TOLERANCE = 1e-4  # far below one point; the attribution itself is checked more closely, in log-odds
SPEAKS_FOR = {DecisionStage.KNOCKOUT: FindingKind.KNOCKOUT, DecisionStage.CAP: FindingKind.AFFORDABILITY}


def explain(decided: Sequence[Decided], *, bench: Bench | None) -> list[Explained]:
    """Explain everything that has a score, approvals too, and every decline and counteroffer by the rules that failed.

    An explanation that fails or does not add up is a technical fault: the application is decided again with it, and refers
    unless a rule has knocked it out.
    """
    if bench is None:
        return []
    explanations = _by_score(decided, bench)
    explained = []
    for index, one in enumerate(decided):
        answer = explanations.get(index, NOT_EXPLAINED)
        if isinstance(answer, TechnicalFault):
            explained.append(not_explained(decide_again(one, answer), bench=bench))
            continue
        explained.append(
            Explained(
                decided=one,
                explanation=_with_rules(one, answer, bench),
                what_would_change=()
                if one.policy is None or one.case is None
                else what_would_change(one.policy.compiled, one.case, one.result),
            )
        )
    return explained


def not_explained(decided: Decided, *, bench: Bench) -> Explained:
    """Without an explanation of its score: with a person, unless a rule has knocked it out, whose reasons need no score."""
    return Explained(
        decided=decided, explanation=_with_rules(decided, NOT_EXPLAINED, bench), what_would_change=()
    )


def _speaks(decided: Decided) -> bool:
    """Whether the score's shares become reasons: not of an approval, and not where a knock-out rule speaks."""
    return (
        decided.result.outcome is not Outcome.APPROVE and decided.result.stage is not DecisionStage.KNOCKOUT
    )


def _with_rules(decided: Decided, explanation: Explanation, bench: Bench) -> Explanation:
    """Where a rule or the affordability cap said no, the reasons are its codes; the shares stay for the officer."""
    stage = decided.result.stage
    if stage not in SPEAKS_FOR or decided.result.outcome not in (Outcome.DECLINE, Outcome.COUNTEROFFER):
        return explanation
    spoke = [
        f for f in decided.result.findings if f.kind is SPEAKS_FOR[stage] and f.result is FindingResult.FAIL
    ]
    said = rule_reasons(
        findings=spoke,
        facts=decided.scored.assembled.facts,
        codes=bench.catalogue,
        currency=decided.scored.assembled.request.application.currency,
        language=decided.scored.assembled.request.application.language,
    )
    return replace(
        explanation,
        reasons=tuple(reason.to_json() for reason in said.reasons),
        held_because=said.held_because,
    )


def _by_score(decided: Sequence[Decided], bench: Bench) -> dict[int, Explanation | TechnicalFault]:
    """Attributions by position in the batch, all applications of one reference sample at once."""
    groups: dict[int, list[int]] = defaultdict(list)
    samples: dict[int, ReferenceSample] = {}
    for index, one in enumerate(decided):
        reference = one.policy.reference if one.policy is not None else None
        if one.scored.scores and reference is not None:
            groups[reference.pk].append(index)
            samples[reference.pk] = reference
    answers: dict[int, Explanation | TechnicalFault] = {}
    for key, positions in groups.items():
        answers.update(
            zip(positions, _attribute([decided[i] for i in positions], samples[key], bench), strict=True)
        )
    return answers


def _attribute(
    decided: Sequence[Decided], reference: ReferenceSample, bench: Bench
) -> list[Explanation | TechnicalFault]:
    champion = bench.champion
    if champion is None:
        raise RuntimeError("a score without a champion")
    try:
        found = explain_scores(decided, reference=reference, champion=champion, catalogue=bench.catalogue)
        return [checked(one, explanation) for one, explanation in zip(decided, found, strict=True)]
    except NotAdditive as error:
        fault = TechnicalFault(
            FaultKind.EXPLANATION_NOT_ADDITIVE, f"The explanation does not add up to the score: {error}"
        )
    except TablesRefused as refusal:
        logger.warning("attribution_tables_refused", sample=reference.pk, reason=str(refusal))
        fault = TechnicalFault(FaultKind.EXPLANATION_FAILED, f"The explanation was refused: {refusal}")
    except Exception as error:
        logger.exception("explanation_failed")
        fault = TechnicalFault(
            FaultKind.EXPLANATION_FAILED, f"The explanation failed ({type(error).__name__})."
        )
    if len(decided) > 1:
        return [_attribute([one], reference, bench)[0] for one in decided]
    return [fault]


def explain_scores(
    decided: Sequence[Decided], *, reference: ReferenceSample, champion: Champion, catalogue: Catalogue
) -> list[ScoreExplanation]:
    """Shares of the score at the requested terms, and the principal reasons they make. Raises TablesRefused and NotAdditive."""
    facts = [one.scored.assembled.facts for one in decided]
    return score_reasons(
        tables=tables_for(reference, booster=champion.booster),
        specs=champion.manifest.features,
        reference_sample=reference,
        rows=champion.matrix(facts),
        margins=[one.scored.scores[0].margin for one in decided],
        facts=facts,
        catalogue=catalogue,
        points=champion.manifest.points,
        points_share=champion.manifest.points_share,
        languages=[one.scored.assembled.request.application.language for one in decided],
        is_told=[_speaks(one) for one in decided],
    )


def checked(decided: Decided, found: ScoreExplanation) -> Explanation:
    """The explanation as stored. Raises NotAdditive where base and shares are not the score in points."""
    points = decided.scored.scores[0].points
    total = found.base_points + sum(share.points for share in found.contributions)
    if abs(total - points) > POINTS_TOLERANCE:
        raise NotAdditive(f"{total:.6f} points instead of {points:.6f}")
    return Explanation(
        contributions=found.to_json(),
        reasons=tuple(reason.to_json() for reason in found.reasons),
        held_because=found.held_because,
        tables_sha256=found.tables_sha256,
    )
