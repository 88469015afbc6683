"""Arithmetic of derived facts. Pure: whole minor units in, whole minor units or plain ratios out."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

# Own context: the caller's precision never changes an instalment.
_EXACT = Context(prec=34, rounding=ROUND_HALF_UP)


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
        exact = _EXACT.divide(_EXACT.multiply(Decimal(amount_minor), monthly), _EXACT.subtract(Decimal(1), growth))
    return int(exact.to_integral_value(rounding=ROUND_HALF_UP))


def monthly_from_annual_minor(annual_minor: int) -> int:
    """A twelfth of a yearly amount, half a unit rounded up."""
    return (annual_minor * 2 + 12) // 24


def ratio(numerator: int, denominator: int) -> float | None:
    """A plain ratio, or None where the denominator is not positive (such a ratio is unknown, not infinite)."""
    return numerator / denominator if denominator > 0 else None
