"""Scores: the champion's answer for the requested terms and the offer grid of every application, in one call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import structlog

from scoring.pipeline.types import Assembled, Bench, Scored
from scoring.serving.champion import Champion, ChampionLate, ChampionRefused
from underwriting.policy.types import FaultKind, PairScore, TechnicalFault

logger = structlog.get_logger(__name__)

DEADLINE_MS = 500
NO_CHAMPION = TechnicalFault(FaultKind.MODEL_REFUSED, "There is no scoring model in charge of this lender.")


def score(
    assembled: Sequence[Assembled], *, bench: Bench | None, deadline_ms: int = DEADLINE_MS
) -> list[Scored]:
    """Score the batch. A refused model or an unusable input is a fault; a late model leaves the word to the fallback rule.

    All rows go to the model at once. Should one of them be unusable, or the answer late, each application is asked for by
    itself under a deadline of its own: what befell a batch is not everybody's. A model that stays slow is soon left alone
    (scoring.serving.bulkhead), so that this costs a few deadlines and not one for each application.
    """
    if bench is None:
        return []
    faults = [_fault(one, bench) for one in assembled]
    asked = [one for one, fault in zip(assembled, faults, strict=True) if fault is None]
    answers = iter(_answers(asked, bench.champion, deadline_ms)) if bench.champion is not None else iter(())
    return [
        next(answers)
        if fault is None
        else Scored(assembled=one, scores=(), model_late=False, faults=(*one.faults, fault))
        for one, fault in zip(assembled, faults, strict=True)
    ]


def _fault(one: Assembled, bench: Bench) -> TechnicalFault | None:
    """Why this application must not be scored at all, or None."""
    if bench.champion is None:
        return bench.champion_fault or NO_CHAMPION
    policy = bench.policy_of(one.request)
    return None if policy is None else policy.model_fault


def _answers(asked: Sequence[Assembled], champion: Champion, deadline_ms: int) -> list[Scored]:
    try:
        return list(_score_all(asked, champion, deadline_ms))
    except ChampionLate:
        return _one_by_one(asked, champion, deadline_ms) or [_late(asked[0], deadline_ms)]
    except ChampionRefused as refusal:
        fault = TechnicalFault(FaultKind.MODEL_REFUSED, f"The scoring model was refused: {refusal}")
        return [
            Scored(assembled=one, scores=(), model_late=False, faults=(*one.faults, fault)) for one in asked
        ]
    except (TypeError, ValueError) as error:
        return _one_by_one(asked, champion, deadline_ms) or [_unusable(asked[0], error)]


def _one_by_one(asked: Sequence[Assembled], champion: Champion, deadline_ms: int) -> list[Scored]:
    """The answer to each application by itself; empty when there is but one, which has been asked for already."""
    return [_answers([one], champion, deadline_ms)[0] for one in asked] if len(asked) > 1 else []


def _unusable(one: Assembled, error: Exception) -> Scored:
    logger.warning("input_unusable", application=one.request.application.reference, reason=str(error))
    fault = TechnicalFault(FaultKind.FACT_OUT_OF_RANGE, f"The model cannot read a fact: {error}")
    return Scored(assembled=one, scores=(), model_late=False, faults=(*one.faults, fault))


def _score_all(asked: Sequence[Assembled], champion: Champion, deadline_ms: int) -> Iterator[Scored]:
    rows = [facts for one in asked for facts in one.facts_at]
    answers = iter(champion.score(rows, deadline_ms=deadline_ms) if rows else ())
    for one in asked:
        scores = []
        for terms in one.terms:
            margin, points, whole, probability = next(answers)
            scores.append(
                PairScore(
                    terms=terms, margin=margin, points=points, score=whole, probability_of_default=probability
                )
            )
        yield Scored(assembled=one, scores=tuple(scores), model_late=False, faults=one.faults)


def _late(one: Assembled, deadline_ms: int) -> Scored:
    """The fallback rule speaks now; the fault stays with the assessment, so that it is counted and scored again later."""
    fault = TechnicalFault(
        FaultKind.MODEL_TIMEOUT, f"The scoring model did not answer within {deadline_ms} ms."
    )
    return Scored(assembled=one, scores=(), model_late=True, faults=(*one.faults, fault))
