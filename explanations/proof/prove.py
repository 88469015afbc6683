"""The tests of a batch's reasons, through the functions that scored and decided it. Pure but for those.

Additivity, direction, absence, wording, single-reason repair and the check that nothing stronger is left out hold the notice
where they fail. Repair of all reasons is a property of the method and not of one letter (a decline far below the cut-off
needs more than four groups to pass): it is measured on every decision, beside as many groups drawn by lot, and published as
a rate.

**Repair values.** A group is repaired by giving the applicant, one after the other, the values of that group that each
reference person has, and taking the mean of the log-odds: the same people and the same mean by which the contributions
were worked out. Medians were rejected: a median of each input by itself is nobody's file, and reached the cut-off more often
than any mix of real people does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from explanations.proof.groups import GroupShares, group_shares, omissions, tied
from explanations.proof.results import (
    FailedTest,
    ProofResults,
    ProofTest,
    ReasonProof,
    Repaired,
    nothing_measured,
)
from explanations.proof.rules import rule_omissions
from explanations.proof.sentences import kind_of_sentence, untruths
from explanations.reason_codes.codes import Catalogue
from explanations.reasons import Reason
from underwriting.facts.features import FeatureSpec
from underwriting.facts.values import Facts
from underwriting.policy.types import Finding

TOLERANCE_LOG_ODDS = 1e-6
TOLERANCE_POINTS = 1e-4  # the same gap, in points: 40 points to double the odds are 58 points a log-odds

# (subject, positions of the inputs that are replaced) -> mean log-odds over the reference people
Repair = Callable[[Sequence[tuple[int, tuple[int, ...]]]], Sequence[float]]
# (subject, log-odds) -> points, and whether the policy's approve cut-off is reached with them
Judge = Callable[[int, float], tuple[float, bool]]


@dataclass(frozen=True, slots=True)
class ScoreAccount:
    """A score and what it is said to be made of: contributions by model input, in log-odds and in points."""

    margin: float
    points: float
    base_log_odds: float
    base_points: float
    log_odds: Mapping[str, float]
    in_points: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ProofSubject:
    """The reasons of one assessment as they would be told.

    `key` names the subject, so that the same groups are drawn by lot whenever it is proved again. `failed_rules` are the
    findings that said no at the stage of the reasons. `held_because` is what kept a principal reason from being worded.
    """

    key: str
    reasons: Sequence[Reason]
    facts: Facts
    currency: str
    held_because: str = ""
    account: ScoreAccount | None = None
    failed_rules: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is asked of the scorer for one subject: `sets` of groups to replace, each once."""

    groups: GroupShares
    stated: tuple[str, ...]
    by_lot: tuple[str, ...]

    @property
    def sets(self) -> tuple[tuple[str, ...], ...]:
        singles = [(name,) for name in (*self.groups.order, *self.stated)]
        together = [self.stated, self.by_lot] if self.stated else []
        return tuple(dict.fromkeys([*singles, *together]))

    def columns(self, names: Sequence[str]) -> tuple[int, ...]:
        return tuple(sorted(position for name in names for position in self.groups.columns[name]))


def prove(
    subjects: Sequence[ProofSubject],
    *,
    specs: Sequence[FeatureSpec],
    medians: Mapping[str, float | None],
    codes: Catalogue,
    repair: Repair,
    judge: Judge,
) -> list[ProofResults]:
    """Test the reasons of each subject. `repair` is asked once for the whole batch: each stated group, all of them, as many by lot.

    `specs` and `medians` are the model's inputs and their medians over the reference people; empty where no score was explained.
    """
    plans = [_plan(one, specs, codes) for one in subjects]
    asked = [
        (index, plan.columns(names))
        for index, plan in enumerate(plans)
        if plan is not None
        for names in plan.sets
    ]
    answers = iter(repair(asked) if asked else ())
    results = []
    for index, (one, plan) in enumerate(zip(subjects, plans, strict=True)):
        failed = [*_not_worded(one), *_gaps(one)]
        failed += [
            replace(failure, rank=reason.rank)
            for reason in one.reasons
            for failure in untruths(
                reason,
                drivers=[spec for spec in specs if spec.fact == reason.fact] if plan is not None else [],
                medians=medians,
                facts=one.facts,
                codes=codes,
                currency=one.currency,
            )
        ]
        if plan is None:
            results.append(_of_rules(one, failed, codes))
            continue
        margins = {names: next(answers) for names in plan.sets}
        results.append(
            _of_score(
                one,
                plan,
                specs=specs,
                margins=margins,
                failed=failed,
                codes=codes,
                judge=partial(judge, index),
            )
        )
    return results


def _plan(subject: ProofSubject, specs: Sequence[FeatureSpec], codes: Catalogue) -> _Plan | None:
    """None where rules spoke, or nothing was scored."""
    if subject.account is None or subject.failed_rules:
        return None
    groups = group_shares(subject.account.log_odds, specs, codes)
    stated = tuple(reason.group for reason in subject.reasons if reason.group in groups.columns)
    lot = Random(f"groups by lot|{subject.key}").sample(sorted(groups.columns), len(stated))
    return _Plan(groups=groups, stated=stated, by_lot=tuple(sorted(lot)))


def _not_worded(subject: ProofSubject) -> Iterator[FailedTest]:
    if subject.held_because:
        yield FailedTest(ProofTest.WORDING, subject.held_because)


def _gaps(subject: ProofSubject) -> Iterator[FailedTest]:
    """Contributions that do not sum to the score, or stated shares that are not those of their groups."""
    gap, points_gap = _gap(subject)
    if gap is None or points_gap is None:
        return
    if not (gap <= TOLERANCE_LOG_ODDS and points_gap <= TOLERANCE_POINTS):
        yield FailedTest(
            ProofTest.ADDITIVE,
            f"The contributions miss the score by {points_gap:.3g} points ({gap:.3g} log-odds).",
        )


def _gap(subject: ProofSubject) -> tuple[float | None, float | None]:
    account = subject.account
    if account is None:
        return None, None
    return (
        abs(account.base_log_odds + math.fsum(account.log_odds.values()) - account.margin),
        abs(account.base_points + math.fsum(account.in_points.values()) - account.points),
    )


def _of_score(
    subject: ProofSubject,
    plan: _Plan,
    *,
    specs: Sequence[FeatureSpec],
    margins: Mapping[tuple[str, ...], float],
    failed: Sequence[FailedTest],
    codes: Catalogue,
    judge: Callable[[float], tuple[float, bool]],
) -> ProofResults:
    account = subject.account
    if account is None:
        raise ValueError("a score's reasons come with its contributions")
    found = [*failed, *_wrong_shares(subject, plan), *_wrong_drivers(subject, plan, specs)]
    effects = {name: margins[(name,)] - account.margin for name in plan.stated}
    found += [
        FailedTest(
            ProofTest.REPAIR,
            f"With usual values for '{name}' the risk would not fall, so it may not be named as a reason.",
            next(reason.rank for reason in subject.reasons if reason.group == name),
        )
        for name, effect in effects.items()
        if not effect < 0
    ]
    stated = tuple(reason.group for reason in subject.reasons)
    if not subject.held_because:  # with a reason missing for want of words, what is left out is said already
        found += omissions(stated, plan.groups, codes)
    unstated = [share for name, share in plan.groups.shares.items() if name not in stated]
    gap, points_gap = _gap(subject)

    def repaired(names: tuple[str, ...]) -> Repaired | None:
        if not names:
            return None
        points, reaches = judge(margins[names])
        return Repaired(groups=names, points=points, reaches=reaches)

    return ProofResults(
        gap_log_odds=gap,
        gap_points=points_gap,
        reasons=tuple(_proof_of(reason, codes, effects.get(reason.group)) for reason in subject.reasons),
        all_repair=repaired(plan.stated),
        random_repair=repaired(plan.by_lot),
        last_stated=min((plan.groups.shares[name] for name in plan.stated), default=None),
        first_unstated=max(unstated, default=None),
        ties=tied(stated, plan.groups, codes),
        repairs=tuple((name, margins[(name,)] - account.margin) for name in plan.groups.order),
        failed=tuple(found),
    )


def _wrong_shares(subject: ProofSubject, plan: _Plan) -> Iterator[FailedTest]:
    for reason in subject.reasons:
        share = plan.groups.shares.get(reason.group)
        stated = reason.share_log_odds
        if share is not None and (stated is None or abs(stated - share) > TOLERANCE_LOG_ODDS):
            yield FailedTest(
                ProofTest.ADDITIVE,
                f"The weight stated for '{reason.group}' is not the sum of its contributions.",
                reason.rank,
            )


def _wrong_drivers(subject: ProofSubject, plan: _Plan, specs: Sequence[FeatureSpec]) -> Iterator[FailedTest]:
    """Inside a group the input that moved the score most picks the sentence (B.3)."""
    shares = subject.account.log_odds if subject.account is not None else {}
    for reason in subject.reasons:
        members = [specs[position] for position in plan.groups.columns.get(reason.group, ())]
        driver = max(members, key=lambda spec: (shares[spec.name], spec.name), default=None)
        if driver is not None and driver.fact != reason.fact:
            yield FailedTest(
                ProofTest.TRUTH,
                f"'{reason.group}' is told by {reason.fact}, though {driver.fact} moved the score more.",
                reason.rank,
            )


def _of_rules(subject: ProofSubject, failed: Sequence[FailedTest], codes: Catalogue) -> ProofResults:
    found = list(failed)
    found += rule_omissions(
        [reason.code for reason in subject.reasons],
        subject.failed_rules,
        codes,
        is_held=bool(subject.held_because),
    )
    gap, points_gap = _gap(subject)
    measured = nothing_measured(found, [_proof_of(reason, codes, None) for reason in subject.reasons])
    return replace(measured, gap_log_odds=gap, gap_points=points_gap)


def _proof_of(reason: Reason, codes: Catalogue, repair: float | None) -> ReasonProof:
    return ReasonProof(
        rank=reason.rank,
        code=reason.code,
        group=reason.group,
        share=reason.share_log_odds,
        sentence=kind_of_sentence(reason, codes),
        repair=repair,
    )
