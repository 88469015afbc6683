"""Which reasons a person's decline gives: those of the parts of the process that said no, four in all (comment 9(b)(2)-7). Pure."""

from __future__ import annotations

from explanations.reasons import PrincipalReasons, Reason
from underwriting.enums import DecisionStage


def merge_for_person(
    *, stage: DecisionStage, person: PrincipalReasons, score: PrincipalReasons, max_reasons: int
) -> PrincipalReasons:
    """Reasons of a decline that a person made.

    A case that had passed the score gives the person's reasons alone. In the grey band both parts said no: the person's
    first, then the score's that speak about something else, four in all.
    """
    if stage is DecisionStage.JUDGEMENT:
        return _merged(person, PrincipalReasons(()), limit=max_reasons)
    if stage is DecisionStage.GREY_BAND:
        return _merged(person, _held_where_one_is_missing(score), limit=max_reasons)
    raise ValueError(f"at {stage.value} no person decides")


def _held_where_one_is_missing(score: PrincipalReasons) -> PrincipalReasons:
    """A rank without a reason is a principal reason that could not be worded; stored reasons tell of it by the gap."""
    if score.held_because or [reason.rank for reason in score.reasons] == list(
        range(1, len(score.reasons) + 1)
    ):
        return score
    return PrincipalReasons(score.reasons, "A principal reason of the score could not be worded.")


def _merged(first: PrincipalReasons, second: PrincipalReasons, *, limit: int) -> PrincipalReasons:
    reasons: list[Reason] = []
    taken: set[str] = set()
    for reason in (*first.reasons, *second.reasons):
        if reason.group in taken and reason not in first.reasons:
            continue
        taken.add(reason.group)
        reasons.append(reason)
    held = first.held_because
    if len(reasons) < limit:
        held = " ".join(part for part in (first.held_because, second.held_because) if part)
    return PrincipalReasons(
        tuple(reason.at_rank(rank) for rank, reason in enumerate(reasons[:limit], start=1)), held
    )
