"""Price, limit and payment of an offer. Pure; money in whole minor units, compared by multiplication, never by division."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from underwriting.facts.arithmetic import instalment_minor
from underwriting.facts.values import Absence, Facts
from underwriting.policy.conditions import plain_value
from underwriting.policy.schema import Affordability, PolicyDocument, PriceTier
from underwriting.policy.types import Offer, Terms


class MissingFact(ValueError):
    """A limit or a cap needs a fact that is not on file; `name` is the fact."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


class Bound(StrEnum):
    """What bounds a payment or a limit: the smallest of all bounds, of equal ones the first named here."""

    TIER = "tier"  # the price tier's own limit
    INCOME = "income"  # a share or a multiple of income
    DEBTS = "debts"  # what existing debt payments leave of a share of income


@dataclass(frozen=True, slots=True)
class Room:
    """The most a bound leaves room for, in minor units, and which bound that is."""

    most_minor: Decimal
    bound: Bound


@dataclass(frozen=True, slots=True)
class LineFit:
    """A line's limit in one tier, what bounds it, and whether it falls under the minimum."""

    limit_minor: int
    bound: Bound
    is_under_minimum: bool


def tier_for(document: PolicyDocument, score: int) -> PriceTier | None:
    """The tier a score falls in; None below the lowest."""
    return next((tier for tier in document.price_grid if score >= tier.score_from), None)


def monthly_income_minor(facts: Facts) -> int:
    """Monthly income. Raises MissingFact, also for an income that "never happened", and UnreadableFact."""
    fact = facts.get("monthly_income")
    if fact is None or fact.value is None:
        raise MissingFact("monthly_income")
    return int(plain_value("monthly_income", fact))


def monthly_obligations_minor(facts: Facts) -> int | None:
    """Monthly debt payments; None where nobody asked, so that no cap can be held. Raises MissingFact when asked and not given."""
    fact = facts.get("monthly_obligations")
    if fact is None or fact.absence is Absence.NOT_ASKED:
        return None
    if fact.absence is Absence.UNKNOWN:
        raise MissingFact("monthly_obligations")
    return 0 if fact.value is None else int(plain_value("monthly_obligations", fact))


def loan_offer(tier: PriceTier, terms: Terms) -> Offer | None:
    """The offer at these terms and this tier's price; None when an instalment loan lacks an amount or a term."""
    if terms.amount_minor is None or terms.term_months is None:
        return None
    instalment = instalment_minor(terms.amount_minor, tier.annual_rate_bps, terms.term_months)
    return Offer(terms.amount_minor, terms.term_months, tier.annual_rate_bps, instalment, tier.name)


def fit_line(document: PolicyDocument, tier: PriceTier, facts: Facts) -> LineFit:
    """The limit: the tier's, lowered to what the caps allow, rounded down to whole steps. Raises MissingFact.

    It is lowered rather than refused because a better score raises the tier's limit: refusing would let a better applicant fare worse.
    """
    line, limit = document.line, tier.limit
    if line is None or limit is None:
        raise ValueError("a line's tier sets a limit")
    bounds: list[Room] = []
    if limit.amount_minor is not None:
        bounds.append(Room(Decimal(limit.amount_minor), Bound.TIER))
    if limit.monthly_income_multiple is not None and limit.maximum_minor is not None:
        bounds.append(Room(Decimal(limit.maximum_minor), Bound.TIER))
        multiple = Decimal(str(limit.monthly_income_multiple)) * monthly_income_minor(facts)
        bounds.append(Room(multiple, Bound.INCOME))
    if document.affordability is not None and line.assumed_payment_ratio is not None:
        payment = affordable_payment(document.affordability, facts)
        if payment is not None:
            most = max(Decimal(0), payment.most_minor) / Decimal(str(line.assumed_payment_ratio))
            bounds.append(Room(most, payment.bound))
    smallest = min(bounds, key=_size)
    fitted = int(smallest.most_minor) // line.step_minor * line.step_minor
    return LineFit(fitted, smallest.bound, is_under_minimum=fitted < line.minimum_minor or fitted == 0)


def affordable_payment(caps: Affordability, facts: Facts) -> Room | None:
    """The largest monthly payment the caps allow; below 0 when existing debts are over the cap already. Raises MissingFact.

    The cap on all debt payments applies where those payments are on file; without any, it bounds by income alone. None where
    no cap applies.
    """
    income = monthly_income_minor(facts)
    bounds = []
    if caps.instalment_to_income_max is not None:
        bounds.append(Room(Decimal(str(caps.instalment_to_income_max)) * income, Bound.INCOME))
    obligations = monthly_obligations_minor(facts) if caps.debt_service_max is not None else None
    if caps.debt_service_max is not None and obligations is not None:
        most = Decimal(str(caps.debt_service_max)) * income - obligations
        bounds.append(Room(most, Bound.DEBTS if obligations > 0 else Bound.INCOME))
    return min(bounds, key=_size, default=None)


def _size(room: Room) -> tuple[Decimal, int]:
    return room.most_minor, list(Bound).index(room.bound)
