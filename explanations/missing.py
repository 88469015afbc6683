"""What may be said of a fact that is not on file: a sentence about an absence has to be true of it, too. Pure."""

from __future__ import annotations

from explanations.reason_codes.codes import BLOCK_AND_REVIEW, CREDIT_REPORT, Adverse, Catalogue, ReasonCode
from explanations.reasons import CannotBeWorded
from underwriting.facts.values import Absence, Facts


def code_when_missing(code: ReasonCode, *, fact_name: str, facts: Facts, codes: Catalogue) -> ReasonCode:
    """The first code of `when_missing` whose claim about the absence is true. Raises CannotBeWorded where there is none."""
    fact = facts.get(fact_name)
    if fact is not None and fact.absence is Absence.NEVER:
        raise CannotBeWorded(f"{code.factor}: it has never happened, so it cannot be a reason.")
    for name in code.when_missing:
        if name == BLOCK_AND_REVIEW:
            break
        if _is_true(codes.codes[name], facts):
            return codes.codes[name]
    raise CannotBeWorded(f"{code.factor}: not on file, and its absence may not count against the applicant.")


def _is_true(code: ReasonCode, facts: Facts) -> bool:
    if code.adverse is Adverse.MISSING:
        return code.notice != CREDIT_REPORT or _report_received(facts)
    return _no_file_found(code, facts)


def _report_received(facts: Facts) -> bool:
    """Whether a report can lack a figure: a bureau that never answered leaves even the question of a file open."""
    hit = facts.get("bureau_hit_flag")
    return hit is None or hit.absence is not Absence.UNKNOWN


def _no_file_found(code: ReasonCode, facts: Facts) -> bool:
    """Whether a code that claims an absence (no credit file) is true of these facts."""
    return code.adverse is Adverse.ABSENT and any(
        (found := facts.get(name)) is not None and found.value == 0 for name in code.facts
    )
