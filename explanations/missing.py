"""What may be said of a fact that is not on file: a sentence about an absence has to be true of it, too. Pure."""

from __future__ import annotations

from explanations.reason_codes.codes import BLOCK_AND_REVIEW, CREDIT_REPORT, Adverse, Catalogue, ReasonCode
from explanations.reasons import CannotBeWorded
from underwriting.facts.values import Absence, Facts

_INCOME = ("annual_income",)
WORKED_OUT_FROM = {
    "monthly_income": _INCOME,
    "loan_to_income_ratio": _INCOME,
    "instalment_to_income_ratio": _INCOME,
    "debt_to_income_ratio": (*_INCOME, "monthly_obligations"),
    "debt_service_ratio": (*_INCOME, "monthly_obligations"),
    "debt_to_income_without_mortgage_ratio": (*_INCOME, "monthly_obligations_without_mortgage"),
}


def code_when_missing(code: ReasonCode, *, fact_name: str, facts: Facts, codes: Catalogue) -> ReasonCode:
    """The first code of `when_missing` whose claim about the absence is true. Raises CannotBeWorded where there is none."""
    fact = facts.get(fact_name)
    if fact is not None and fact.absence is Absence.NEVER:
        raise CannotBeWorded(f"{code.factor}: it has never happened, so it cannot be a reason.")
    for name in code.when_missing:
        if name == BLOCK_AND_REVIEW:
            break
        if _is_true(codes.codes[name], fact_name, facts):
            return codes.codes[name]
    raise CannotBeWorded(f"{code.factor}: not on file, and its absence may not count against the applicant.")


def _is_true(code: ReasonCode, fact_name: str, facts: Facts) -> bool:
    if code.adverse is not Adverse.MISSING:
        return _no_file_found(code, facts)
    if code.notice == CREDIT_REPORT:
        return _report_received(facts)
    return is_absent(fact_name, facts)


def is_absent(fact_name: str, facts: Facts) -> bool:
    """Whether the applicant left the fact out, or one of those it is worked out from.

    A ratio can be missing although everything was given: then nobody may be told that something was not.
    """
    return any(
        (fact := facts.get(name)) is not None and fact.absence in (Absence.UNKNOWN, Absence.NOT_ASKED)
        for name in WORKED_OUT_FROM.get(fact_name, (fact_name,))
    )


def _report_received(facts: Facts) -> bool:
    """Whether a report can lack a figure: a bureau that never answered leaves even the question of a file open."""
    hit = facts.get("bureau_hit_flag")
    return hit is None or hit.absence is not Absence.UNKNOWN


def _no_file_found(code: ReasonCode, facts: Facts) -> bool:
    """Whether a code that claims an absence (no credit file) is true of these facts."""
    return code.adverse is Adverse.ABSENT and any(
        (found := facts.get(name)) is not None and found.value == 0 for name in code.facts
    )
