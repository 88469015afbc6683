"""Arithmetic of derived facts, also at other terms than the requested. Pure: whole minor units in, plain ratios out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Protocol

from underwriting.facts.catalogue import catalogue
from underwriting.facts.ranges import legal_value
from underwriting.facts.values import Absence, Facts, FactScalar, FactSource, FactValue

# Own context: the caller's precision never changes an instalment.
_EXACT = Context(prec=34, rounding=ROUND_HALF_UP)


@lru_cache(maxsize=4_096)  # the pairs of an offer grid are worked out for every application
def instalment_minor(amount_minor: int, annual_rate_bps: int, term_months: int) -> int:
    """Level monthly instalment P*r/(1-(1+r)^-n) in minor units, half a unit rounded up; r is a twelfth of the yearly rate.

    Raises ValueError for a term below one month or a negative amount or rate.
    """
    if term_months < 1 or amount_minor < 0 or annual_rate_bps < 0:
        raise ValueError("an instalment needs a term of at least one month, and no negative amount or rate")
    if annual_rate_bps == 0:
        exact = _EXACT.divide(Decimal(amount_minor), Decimal(term_months))
    else:
        monthly = _EXACT.divide(Decimal(annual_rate_bps), Decimal(120_000))
        growth = _EXACT.power(_EXACT.add(Decimal(1), monthly), Decimal(-term_months))
        exact = _EXACT.divide(
            _EXACT.multiply(Decimal(amount_minor), monthly), _EXACT.subtract(Decimal(1), growth)
        )
    return int(exact.to_integral_value(rounding=ROUND_HALF_UP))


def monthly_from_annual_minor(annual_minor: int) -> int:
    """A twelfth of a yearly amount, half a unit rounded up."""
    return (annual_minor * 2 + 12) // 24


def ratio(numerator: int, denominator: int) -> float | None:
    """A plain ratio, or None where the denominator is not positive (such a ratio is unknown, not infinite)."""
    return numerator / denominator if denominator > 0 else None


class HasReferenceRate(Protocol):
    """A product, as far as arithmetic is concerned."""

    @property
    def reference_rate_bps(self) -> int: ...


class HasTerms(Protocol):
    """Requested or offered terms; an amount of None is a line, whose limit is assigned later."""

    @property
    def amount_minor(self) -> int | None: ...

    @property
    def term_months(self) -> int | None: ...


DERIVED_ORIGIN = "Calculated from the application"


def at_terms(facts: Facts, *, terms: HasTerms, product: HasReferenceRate) -> dict[str, FactValue]:
    """Return the facts as they would be at other terms: amount, term, and the three ratios that rest on them.

    A part that the terms leave out (a line has no term) keeps the absence NOT_ASKED, and so does what rests on it.
    """
    changed = dict(facts)
    for name, value in (
        ("requested_amount", terms.amount_minor),
        ("requested_term_months", terms.term_months),
    ):
        old = facts[name]
        absence = Absence.NOT_ASKED if value is None else None
        changed[name] = FactValue(value, absence, old.source, old.known_at, old.party_id, old.origin)
    return changed | ratios_with_the_loan(changed, reference_rate_bps=product.reference_rate_bps)


def ratios_with_the_loan(facts: Facts, *, reference_rate_bps: int) -> dict[str, FactValue]:
    """Loan-to-income, instalment-to-income (at the product's reference rate) and debt service, the loan included."""
    income, amount, term = facts["annual_income"], facts["requested_amount"], facts["requested_term_months"]
    debts = facts["monthly_obligations"]
    instalment = 0
    if isinstance(amount.value, int) and isinstance(term.value, int):
        instalment = instalment_minor(amount.value, reference_rate_bps, term.value)
    return {
        "loan_to_income_ratio": share_of_income("loan_to_income_ratio", amount, income, lambda loan: loan),
        "instalment_to_income_ratio": share_of_income(
            "instalment_to_income_ratio", amount, income, lambda _: 12 * instalment, also=(term,)
        ),
        "debt_service_ratio": share_of_income(
            "debt_service_ratio",
            debts,
            income,
            lambda monthly: 12 * (monthly + instalment),
            also=(amount, term),
        ),
    }


def ratios_before_the_loan(facts: Facts) -> dict[str, FactValue]:
    """Monthly income, and existing debt payments compared with income; neither depends on what is asked for."""
    income = facts["annual_income"]
    twelfth = monthly_from_annual_minor(income.value) if isinstance(income.value, int) else None
    names = {
        "debt_to_income_ratio": "monthly_obligations",
        "debt_to_income_without_mortgage_ratio": "monthly_obligations_without_mortgage",
    }
    return {
        "monthly_income": _derived(twelfth, income.absence, (income,)),
        **{
            name: share_of_income(name, facts[source], income, lambda monthly: 12 * monthly)
            for name, source in names.items()
        },
    }


def share_of_income(
    name: str,
    part: FactValue,
    income: FactValue,
    yearly: Callable[[int], int],
    *,
    also: Sequence[FactValue] = (),
) -> FactValue:
    """A yearly amount made from `part`, divided by yearly income; absent only where one of them is.

    No income, or a ratio beyond the fact's range, is not a fact we do not know but the worst one there is: the high end of
    the range, so that rules and model see it. Nothing of no income is nothing.
    """
    inputs = (part, income, *also)
    absences = {fact.absence for fact in inputs if fact.absence is not None}
    if absences:
        missing = Absence.UNKNOWN if Absence.UNKNOWN in absences else Absence.NOT_ASKED
        return _derived(None, missing, inputs)
    assert isinstance(part.value, int)
    assert isinstance(income.value, int)
    amount, worst = yearly(part.value), catalogue()[name].high
    share = ratio(amount, income.value) if amount else 0.0
    if worst is not None:
        share = worst if share is None else min(share, worst)
    value = None if share is None else legal_value(name, share)
    return _derived(value, Absence.UNKNOWN if value is None else None, inputs)


def _derived(value: FactScalar | None, absence: Absence | None, inputs: Sequence[FactValue]) -> FactValue:
    known_at = max(fact.known_at for fact in inputs)
    return FactValue(value, absence, FactSource.DERIVED, known_at, None, DERIVED_ORIGIN)
