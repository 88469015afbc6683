"""Which reasons a person's decline gives: those of the parts of the process that said no, four in all (comment 9(b)(2)-7). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from explanations.reasons import PrincipalReasons, Reason
from underwriting.enums import DecisionStage


def merge_for_person(
    *, stage: DecisionStage, person: PrincipalReasons, score: PrincipalReasons, max_reasons: int
) -> PrincipalReasons:
    """Reasons of a decline that a person made.

    A case that had passed the score gives the person's reasons alone. In the grey band both parts said no: the person's
    first, then the score's that speak about something else, four in all. They are held where one of the score's that belongs
    among the four could not be worded, for the next one never steps up for it, and where one of those told failed its proof.
    """
    if stage is DecisionStage.JUDGEMENT:
        return _numbered(person.reasons[:max_reasons], held_because=person.held_because)
    if stage is DecisionStage.GREY_BAND:
        return _merged(person, score, limit=max_reasons)
    raise ValueError(f"at {stage.value} no person decides")


def _merged(person: PrincipalReasons, score: PrincipalReasons, *, limit: int) -> PrincipalReasons:
    merged = list(person.reasons[:limit])
    held = {person.held_because: None}
    by_rank = {reason.rank: reason for reason in score.reasons}
    for rank in range(1, limit + 1):
        if len(merged) == limit:
            break
        reason = by_rank.get(rank)
        if reason is None:
            held[score.held_because] = None  # about this rank; empty where the score had no more reasons
        elif reason.group not in {known.group for known in merged}:
            merged.append(reason)
            if rank in score.disproved:
                held[score.held_because] = None
    return _numbered(merged, held_because=" ".join(part for part in held if part))


def _numbered(reasons: Sequence[Reason], *, held_because: str) -> PrincipalReasons:
    return PrincipalReasons(
        tuple(reason.at_rank(rank) for rank, reason in enumerate(reasons, start=1)), held_because
    )
