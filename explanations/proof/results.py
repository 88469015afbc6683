"""What a proof found, as it is stored with the assessment and published as rates. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class ProofTest(StrEnum):
    """A test that holds the notice where it fails. All-reasons repair is none of them: it is measured, as a rate."""

    WORDING = "wording"  # a principal reason has no sentence that may be used
    ADDITIVE = "additive"
    DIRECTION = "direction"
    NULL = "null"
    TRUTH = "truth"
    REPAIR = "repair"
    OMITTED = "omitted"
    NOT_MADE = "not_made"  # the proof itself failed


@dataclass(frozen=True, slots=True)
class FailedTest:
    """`sentence` is for the person who checks the notice; `rank` is the stated reason that failed, None where it was no single one."""

    test: ProofTest
    sentence: str
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class ReasonProof:
    """One stated reason. `share` in log-odds; None where a rule spoke.

    `sentence` is "catalogue" (the code's sentence), "missing" (one about an absence) or "neutral" (the factor name).
    `repair` is the change of the log-odds with the group's values replaced by those of the reference people.
    """

    rank: int
    code: str
    group: str
    share: float | None
    sentence: str
    repair: float | None


@dataclass(frozen=True, slots=True)
class Repaired:
    """The applicant with several groups replaced at once: mean points over the reference people, and what the policy says of them."""

    groups: tuple[str, ...]
    points: float
    reaches: bool


@dataclass(frozen=True, slots=True)
class ProofResults:
    """`gap_...`: what contributions miss the score by; None where no score was explained. `all_repair` replaces every stated group,
    `random_repair` as many groups drawn by lot. `last_stated` and `first_unstated` are shares of the groups on either side of the
    line between told and not told; `ties` are groups that a fixed order had to tell apart. `repairs` holds each group that belongs
    in the statement, in its order, with the effect of its repair: those count too that were never stated because of it.
    """

    gap_log_odds: float | None
    gap_points: float | None
    reasons: tuple[ReasonProof, ...]
    all_repair: Repaired | None
    random_repair: Repaired | None
    last_stated: float | None
    first_unstated: float | None
    ties: tuple[tuple[str, ...], ...]
    failed: tuple[FailedTest, ...]
    repairs: tuple[tuple[str, float], ...] = ()

    @property
    def passed(self) -> bool:
        return not self.failed

    @property
    def margin(self) -> float | None:
        """By how much the last stated group outweighs the first unstated one; near 0 the last reason is a toss-up."""
        if self.last_stated is None or self.first_unstated is None:
            return None
        return self.last_stated - self.first_unstated

    @property
    def held_because(self) -> str:
        """Why the notice is held, in sentences; empty where it is not."""
        return " ".join(dict.fromkeys(failure.sentence for failure in self.failed))

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"margin": self.margin}


def not_made(error: Exception) -> ProofResults:
    """What is recorded where the proof itself broke: nothing was shown, so nothing is told."""
    sentence = f"The reasons could not be checked ({type(error).__name__}), so nobody is told them yet."
    return nothing_measured([FailedTest(ProofTest.NOT_MADE, sentence)])


def nothing_measured(failed: Sequence[FailedTest], reasons: Sequence[ReasonProof] = ()) -> ProofResults:
    """Results without a score behind them: rules spoke, or the proof broke."""
    return ProofResults(
        gap_log_odds=None,
        gap_points=None,
        reasons=tuple(reasons),
        all_repair=None,
        random_repair=None,
        last_stated=None,
        first_unstated=None,
        ties=(),
        failed=tuple(failed),
    )
