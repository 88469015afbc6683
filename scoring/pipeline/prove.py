"""Proof: every reason that may be told is tested through the model that scored and the policy that decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from explanations.attribution.repair import as_matrix, repair_effects
from explanations.proof import ProofResults, ProofSubject, ScoreAccount, not_made
from explanations.proof import prove as prove_reasons
from explanations.reasons import Reason, ReferenceSummary
from scoring.pipeline.explain import SPEAKS_FOR
from scoring.pipeline.types import Bench, Decided, Explained
from scoring.serving.champion import Champion
from underwriting.enums import Outcome
from underwriting.models import ReferenceSample
from underwriting.policy.evaluate import evaluate
from underwriting.policy.types import FindingKind, FindingResult, PairScore

logger = structlog.get_logger(__name__)


def prove(explained: Sequence[Explained], *, bench: Bench | None) -> list[Explained]:
    """Test the reasons of everything that is not approved; a reason that fails, or cannot be tested, holds the notice.

    Applications of one reference sample are tested together: their repaired rows go to the model in one call.
    """
    if bench is None:
        return []
    groups: dict[int, list[int]] = defaultdict(list)
    for index, one in enumerate(explained):
        if _has_reasons(one):
            groups[_sample_id(one)].append(index)
    proven = list(explained)
    for positions in groups.values():
        found = _prove([explained[index] for index in positions], bench)
        for index, results in zip(positions, found, strict=True):
            proven[index] = _with_proof(explained[index], results)
    return proven


def _has_reasons(one: Explained) -> bool:
    """Reasons of a referral are tested too: a person who declines in the grey band tells them beside their own."""
    if one.decided.result.outcome is Outcome.APPROVE:
        return False
    return bool(one.explanation.reasons or one.explanation.held_because)


def _sample_id(one: Explained) -> int:
    policy = one.decided.policy
    return policy.reference.pk if policy is not None and policy.reference is not None else 0


def _with_proof(one: Explained, results: ProofResults) -> Explained:
    explanation = replace(one.explanation, held_because=results.held_because)
    return replace(one, explanation=explanation, proof=results)


def _prove(batch: Sequence[Explained], bench: Bench) -> list[ProofResults]:
    """What breaks the proof of one must not leave the others unproven: then each is tested by itself."""
    try:
        return _prove_all(batch, bench)
    except Exception as error:
        logger.exception("proof_failed")
        if len(batch) == 1:
            return [not_made(error)]
    return [_prove([one], bench)[0] for one in batch]


def _prove_all(batch: Sequence[Explained], bench: Bench) -> list[ProofResults]:
    subjects = [_subject(one) for one in batch]
    policy, champion = batch[0].decided.policy, bench.champion
    sample = None if policy is None else policy.reference
    if champion is None or sample is None:
        if any(one.account is not None for one in subjects):
            raise RuntimeError("a score without a champion or without people to compare with")
        return prove_reasons(
            subjects, specs=(), medians={}, codes=bench.catalogue, repair=lambda _: (), judge=_no_judge
        )
    scorer = _Scorer(batch, champion=champion, sample=sample)
    return prove_reasons(
        subjects,
        specs=champion.manifest.features,
        medians=ReferenceSummary.of(sample.columns, sample.rows).medians,
        codes=bench.catalogue,
        repair=scorer.repair,
        judge=scorer.judge,
    )


def _subject(one: Explained) -> ProofSubject:
    decided, explanation = one.decided, one.explanation
    stage = decided.result.stage
    kind = SPEAKS_FOR.get(stage) if stage is not None else None
    application = one.request.application
    return ProofSubject(
        key=str(application.public_id),
        reasons=tuple(Reason.from_json(reason) for reason in explanation.reasons),
        facts=decided.scored.assembled.facts,
        currency=application.currency,
        held_because=explanation.held_because,
        account=_account(one),
        failed_rules=tuple(
            f for f in decided.result.findings if f.kind is kind and f.result is FindingResult.FAIL
        )
        if decided.result.outcome in (Outcome.DECLINE, Outcome.COUNTEROFFER)
        else (),
    )


def _account(one: Explained) -> ScoreAccount | None:
    found = one.explanation.contributions
    if found is None or not one.decided.scored.scores:
        return None
    score = one.decided.scored.scores[0]
    features: Sequence[Mapping[str, float]] = found["features"]
    return ScoreAccount(
        margin=score.margin,
        points=score.points,
        base_log_odds=found["base_log_odds"],
        base_points=found["base_points"],
        log_odds={str(feature["name"]): feature["log_odds"] for feature in features},
        in_points={str(feature["name"]): feature["points"] for feature in features},
    )


class _Scorer:
    """The model in service and the policy in force, asked about applicants with some of their values replaced."""

    def __init__(self, batch: Sequence[Explained], *, champion: Champion, sample: ReferenceSample) -> None:
        self._batch = batch
        self._champion = champion
        self._reference = as_matrix(sample.rows)
        self._rows = champion.matrix([one.decided.scored.assembled.facts for one in batch])

    def repair(self, asked: Sequence[tuple[int, tuple[int, ...]]]) -> list[float]:
        """Mean log-odds over the reference people, each of whom lends the applicant the inputs at these positions."""
        return repair_effects(
            booster=self._champion.booster,
            reference=self._reference,
            cases=[(self._rows[index], 0.0, columns) for index, columns in asked],
        )

    def judge(self, index: int, margin: float) -> tuple[float, bool]:
        """Points at these log-odds, and whether the policy's approve cut-off is reached with them.

        The rules keep seeing the facts on file: they are no part of the score, and have said their own no elsewhere.
        """
        decided = self._batch[index].decided
        score = _score_at(margin, decided, self._champion)
        if decided.policy is None or decided.case is None:
            raise RuntimeError("a score's reasons without a policy")
        case = replace(decided.case, scores=(score,), facts_at=decided.case.facts_at[:1])
        findings = evaluate(decided.policy.compiled, case).findings
        return score.points, any(
            f.kind is FindingKind.CUT_OFF and f.outcome is Outcome.APPROVE for f in findings
        )


def _score_at(margin: float, decided: Decided, champion: Champion) -> PairScore:
    manifest = champion.manifest
    return PairScore(
        terms=decided.scored.scores[0].terms,
        margin=margin,
        points=manifest.points(margin),
        score=manifest.score(margin),
        probability_of_default=manifest.probability(margin),
    )


def _no_judge(index: int, margin: float) -> tuple[float, bool]:
    raise RuntimeError(f"subject {index} has no score to be judged ({margin})")
