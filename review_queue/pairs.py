"""Other terms than those asked for: what a case's stored scores and its policy version say of an amount over a term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from review_queue.evidence import faults_of
from review_queue.models import ReviewCase
from underwriting.enums import Outcome, ProductKind
from underwriting.facts.arithmetic import at_terms
from underwriting.facts.values import facts_from_json
from underwriting.policy.compile import CompiledPolicy, compile_policy
from underwriting.policy.pricing import (
    MissingFact,
    loan_offer,
    monthly_income_minor,
    monthly_obligations_minor,
)
from underwriting.policy.schema import PriceTier
from underwriting.policy.solve import SolvedTerm, largest_for_each_term, outside_bounds, view_terms
from underwriting.policy.types import FindingResult, Offer, PairScore, PolicyCase, Terms
from underwriting.policy.words import money_in_words


class TermsRefused(ValueError):
    """These terms cannot be offered. `field` is the form's name of what to change, the message says to what."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedOut:
    """An amount over a term, worked out: price, payment, what it takes of income, and what the policy says of it.

    Ratios are of monthly income and None where income or debts are not on file. `against` are the sentences of what refers or
    declines there; `exception` says how the terms leave the bounds of a counteroffer, empty where they do not.
    """

    offer: Offer
    score: int
    outcome: Outcome
    against: tuple[str, ...]
    referring_rules: tuple[str, ...]
    payment_to_income: Decimal | None
    debt_service: Decimal | None
    exception: str


def may_change_terms(case: ReviewCase) -> bool:
    """Whether other terms can be worked out for it at all: a loan with scores and a policy version to price it."""
    is_loan = case.application.product.kind == ProductKind.INSTALMENT
    asked = case.application.requested_amount_minor
    assessment = case.assessment
    return is_loan and asked is not None and bool(assessment.scores) and assessment.policy_version is not None


class OtherTermsDesk:
    """A case's policy version, scores and facts, made ready once for all the terms that are tried on it."""

    def __init__(self, case: ReviewCase) -> None:
        self.asked = Terms(case.application.requested_amount_minor, case.application.requested_term_months)
        self._currency = case.application.currency
        self._product = case.application.product
        self._facts = facts_from_json(case.assessment.facts)
        scores = tuple(_score(data) for data in case.assessment.scores)
        version = case.assessment.policy_version
        self._policy = compile_policy(version.document) if version and may_change_terms(case) else None
        self._case = PolicyCase(
            facts=self._facts,
            requested=self.asked,
            scores=scores,
            facts_at=tuple(at_terms(self._facts, terms=s.terms, product=self._product) for s in scores),
            faults=faults_of(case.assessment),
            channel=case.application.channel,
        )

    @property
    def is_open(self) -> bool:
        """Whether there are other terms at all: a loan with scores and a policy version to price it."""
        return self._policy is not None

    @property
    def terms_months(self) -> list[int]:
        """The terms to choose from, shortest first."""
        if not self.is_open:
            return []
        return sorted({s.terms.term_months for s in self._case.scores if s.terms.term_months is not None})

    def solve(self) -> tuple[SolvedTerm, ...]:
        """The largest amount that passes, for each term; empty where there are no other terms."""
        return () if self._policy is None else largest_for_each_term(self._policy, self._case)

    def work_out(self, amount_minor: int | None, term_months: int | None) -> WorkedOut:
        """Price and policy at these terms. Raises TermsRefused with what to change."""
        if self._policy is None:
            raise TermsRefused("amount", "There is no score to price other terms by.")
        terms = self._checked(amount_minor, term_months)
        facts = at_terms(self._facts, terms=terms, product=self._product)
        view = view_terms(self._policy, self._case, terms, facts)
        if view is None or view.score is None:
            largest = max(
                s.terms.amount_minor or 0
                for s in self._case.scores
                if s.terms.term_months == terms.term_months
            )
            raise TermsRefused(
                "amount",
                f"Over {terms.term_months} months nothing above {self._money(largest)} was scored. Offer at most that.",
            )
        offer = view.offer or loan_offer(_dearest(self._policy), terms)
        if offer is None or offer.instalment_minor is None:
            raise TermsRefused("amount", "The price grid gives no offer at these terms.")
        payment_to_income, debt_service = self._shares(offer.instalment_minor)
        return WorkedOut(
            offer=offer,
            score=view.score.score,
            outcome=view.outcome,
            against=tuple(
                f.sentence for f in view.findings if f.result in (FindingResult.REFER, FindingResult.FAIL)
            ),
            referring_rules=tuple(f.rule_id for f in view.findings if f.result is FindingResult.REFER),
            payment_to_income=payment_to_income,
            debt_service=debt_service,
            exception=outside_bounds(self._policy.document.counteroffer, terms, asked=self.asked),
        )

    def _checked(self, amount_minor: int | None, term_months: int | None) -> Terms:
        most = self.asked.amount_minor or 0
        if term_months not in self.terms_months:
            raise TermsRefused("term", "Choose one of the terms that this product is offered over.")
        if amount_minor is None or amount_minor <= 0:
            raise TermsRefused("amount", "Enter the amount as a number above 0.")
        if amount_minor > most:
            raise TermsRefused("amount", f"Enter at most what was asked for: {self._money(most)}.")
        terms = Terms(amount_minor, term_months)
        if terms == self.asked:
            raise TermsRefused(
                "amount", "These are the terms that were asked for. Change one, or approve them as they are."
            )
        return terms

    def _money(self, minor: int) -> str:
        return money_in_words(minor, self._currency)

    def _shares(self, instalment_minor: int) -> tuple[Decimal | None, Decimal | None]:
        try:
            income = Decimal(monthly_income_minor(self._facts))
        except ValueError:
            return None, None
        if income <= 0:
            return None, None
        try:
            debts = monthly_obligations_minor(self._facts)
        except (MissingFact, ValueError):
            debts = None
        return instalment_minor / income, None if debts is None else (debts + instalment_minor) / income


def _dearest(policy: CompiledPolicy) -> PriceTier:
    """Below the grid there is no price; a person who offers there does so at the dearest one."""
    return min(policy.document.price_grid, key=lambda tier: tier.score_from)


def _score(data: Mapping[str, Any]) -> PairScore:
    return PairScore(
        terms=Terms(data["amount_minor"], data["term_months"]),
        margin=data["margin"],
        points=data["points"],
        score=data["score"],
        probability_of_default=data["probability_of_default"],
    )
