"""The decision panels: what they offer, what was typed, and what the applicant would read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from explanations.officer_reasons import SelectableReason, selectable_reasons
from explanations.reason_codes.codes import ENGLISH
from explanations.reason_codes.grade import reading_of
from frontend.operations.words import offer_in_words
from frontend.templatetags.ui import money
from review_queue.actions.content import MITIGATING_FACTORS, Choice, decline_reasons
from review_queue.actions.drafts import draft_of
from review_queue.evidence import case_file, needs_making_up_for, reason_codes_of, score_reasons_of
from review_queue.exceptions import exceptions_for
from review_queue.models import ReviewCase
from review_queue.pairs import OtherTermsDesk, TermsRefused
from review_queue.stakes import rules_set_aside, stakes_of
from review_queue.terms import approval_terms, other_terms
from underwriting.decisions.offers import OfferStands, standing_offer
from underwriting.documents.wanted import papers
from underwriting.enums import Outcome
from underwriting.policy.solve import SolvedTerm
from underwriting.policy.types import Offer, Terms

AMOUNT = re.compile(r"[0-9]{1,11}(\.[0-9]{1,2})?")
POLICY_SAYS = {
    Outcome.APPROVE: "passes the policy",
    Outcome.REFER: "is left to a person by the policy",
    Outcome.DECLINE: "is declined by the policy",
}
OUTCOMES = {
    "approve": Outcome.APPROVE,
    "counteroffer": Outcome.COUNTEROFFER,
    "decline": Outcome.DECLINE,
}

# Letters, because the reasons below have the numbers; of the first terms, where a product has many.
TAKE_KEYS = dict(enumerate("lmhi"))


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in a panel's form: from the request, else from the draft, else empty."""

    reasons: Sequence[str] = ()
    mitigating_factor: str = ""
    sentence: str = ""
    price_tier: str = ""
    assessment: str = ""
    override_reason: str = ""
    offer_amount: str = ""
    offer_term: str = ""
    conditions: Sequence[str] = ()
    policy_exception: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, Sequence[str]]) -> Typed:
        def first(name: str) -> str:
            return next(iter(fields.get(name) or []), "").replace("\x00", "")

        return cls(
            reasons=tuple(code.replace("\x00", "") for code in fields.get("reasons", ())),
            mitigating_factor=first("mitigating_factor"),
            sentence=first("sentence"),
            price_tier=first("price_tier"),
            assessment=first("assessment"),
            override_reason=first("override_reason"),
            offer_amount=first("offer_amount"),
            offer_term=first("offer_term"),
            conditions=tuple(code.replace("\x00", "") for code in fields.get("conditions", ())),
            policy_exception=first("policy_exception"),
        )

    @classmethod
    def sent(cls, form: QueryDict) -> Typed:
        return cls.of(dict(form.lists()))

    @classmethod
    def drafted(cls, case: ReviewCase, outcome: str, *, user_id: int) -> Typed:
        return cls.of(draft_of(case, user_id=user_id, form=outcome))

    def choice(self, outcome: str) -> Choice:
        """What the domain is asked to do with it."""
        return Choice(
            outcome=OUTCOMES[outcome],
            assessment_id=int(self.assessment)
            if self.assessment.isdecimal() and len(self.assessment) < 19
            else 0,
            reasons=self.reasons,
            price_tier=self.price_tier,
            mitigating_factor=self.mitigating_factor,
            sentence=self.sentence,
            override_reason=self.override_reason,
            amount_minor=self.amount_minor if outcome == "counteroffer" else None,
            term_months=self.term_months if outcome == "counteroffer" else None,
            conditions=self.conditions,
            policy_exception=self.exception_number,
        )

    @property
    def exception_number(self) -> int | None:
        """The exception that was named; None where none was, 0 (which there is not) where it is no number."""
        if not self.policy_exception:
            return None
        is_number = self.policy_exception.isdecimal() and len(self.policy_exception) < 10
        return int(self.policy_exception) if is_number else 0

    @property
    def amount_minor(self) -> int | None:
        """The typed amount; None where nothing was typed, 0 (which nobody can offer) where it is no amount."""
        plain = self.offer_amount.replace(",", "").replace(" ", "").strip().lstrip("$€£₹")
        if not plain:
            return None
        return int(Decimal(plain) * 100) if AMOUNT.fullmatch(plain) else 0

    @property
    def term_months(self) -> int | None:
        return int(self.offer_term) if self.offer_term.isdecimal() and len(self.offer_term) < 4 else None


@dataclass(frozen=True, slots=True)
class Preview:
    """What the applicant will read, in order, with how hard and how long it is; `not_yet` says why there is nothing to show."""

    lines: Sequence[str] = field(default_factory=tuple)
    not_yet: str = ""
    reading: str = ""
    is_too_hard: bool = False


def approve_panel(case: ReviewCase, typed: Typed, *, now: datetime) -> dict[str, Any]:
    """The offer (or the tiers to choose from), and whether a mitigating factor is needed."""
    terms = approval_terms(case)
    currency = case.application.currency
    offer = _chosen_offer(terms.offers, typed)
    amount_minor = (offer.amount_minor if offer else 0) or 0
    rules = rules_set_aside(case, Outcome.APPROVE)
    return {
        "outcome": "approve",
        "stakes": stakes_of(case, outcome=Outcome.APPROVE, offer=offer),
        "exceptions": exceptions_for(case, rules=rules, amount_minor=amount_minor, now=now),
        "offers": [(name, offer_in_words(offer.to_json(), currency)) for name, offer in terms.offers.items()],
        "cannot_because": terms.cannot_because,
        "referring": needs_making_up_for(case.assessment),
        "factors": MITIGATING_FACTORS.items(),
        "papers": papers().values(),
        "typed": typed,
    }


def decline_panel(case: ReviewCase, typed: Typed, *, now: datetime) -> dict[str, Any]:
    """The reasons to choose from; none is sent while the applicant has an offer that they can still take."""
    standing = standing_offer(case.application, now=now)
    return _reasons_panel(case, typed) | {
        "outcome": "decline",
        "stakes": stakes_of(case, outcome=Outcome.DECLINE, offer=None),
        "cannot_because": str(OfferStands(standing.valid_until))
        if standing and not standing.is_conditional
        else "",
    }


def _chosen_offer(offers: Mapping[str, Offer], typed: Typed) -> Offer | None:
    if len(offers) == 1:
        return next(iter(offers.values()))
    return offers.get(typed.price_tier)


def counteroffer_panel(case: ReviewCase, typed: Typed, *, now: datetime) -> dict[str, Any]:
    """Other terms: those typed, else as found, worked out; the largest that pass for each term; and reasons as for a decline."""
    known = other_terms(case, now=now)
    if known is not None and not typed.offer_amount and not typed.offer_term:
        typed = replace(
            typed,
            offer_amount=amount_text(known.offer.amount_minor),
            offer_term=str(known.offer.term_months or ""),
        )
    worked = worked_out_terms(case, typed, now=now)
    desk = OtherTermsDesk(case)
    return _reasons_panel(case, typed) | {
        "outcome": "counteroffer",
        "stakes": worked["stakes"],
        "worked": worked,
        "papers": papers().values(),
        "may_change": desk.is_open,
        "terms_months": desk.terms_months,
        "solved": [
            _solved_line(line, desk.asked, case.application.currency) | {"key": TAKE_KEYS.get(place, "")}
            for place, line in enumerate(desk.solve())
        ],
        "offer": offer_in_words(known.offer.to_json(), case.application.currency) if known else "",
        "upheld_until": known.until if known else None,
        "cannot_because": ""
        if known or desk.is_open
        else "There is no score to price other terms by, and the assessment found none.",
    }


def _solved_line(line: SolvedTerm, asked: Terms, currency: str) -> dict[str, Any]:
    """One term of the solver: what passes, and what taking it fills in."""
    offer = line.passes
    if offer is None:
        return {"term": line.term_months, "words": "nothing passes", "take": ""}
    is_asked = Terms(offer.amount_minor, offer.term_months) == asked
    words = f"{money(offer.amount_minor, currency)}, {money(offer.instalment_minor, currency)} a month"
    return {
        "term": line.term_months,
        "words": f"{words}, as asked for" if is_asked else words,
        "take": "" if is_asked else f"{amount_text(offer.amount_minor)}x{line.term_months}",
    }


def worked_out_terms(case: ReviewCase, typed: Typed, *, now: datetime) -> dict[str, Any]:
    """The typed terms worked out: price, payment, affordability and what the policy says there; or what to change."""
    known = other_terms(case, now=now)
    currency = case.application.currency
    amount, term = typed.amount_minor, typed.term_months
    if amount is None and term is None and known is None:
        return {"not_yet": "Enter an amount and a term, or take one from the list.", "stakes": None}
    if known is not None and (amount, term) in (
        (None, None),
        (known.offer.amount_minor, known.offer.term_months),
    ):
        stakes = stakes_of(case, outcome=Outcome.COUNTEROFFER, offer=known.offer)
        words = offer_in_words(known.offer.to_json(), currency)
        return {"offer": words, "stakes": stakes, "until": known.until, "is_found": True}
    try:
        found = OtherTermsDesk(case).work_out(amount, term)
    except TermsRefused as refused:
        return {"not_yet": str(refused), "stakes": None}
    return {
        "offer": offer_in_words(found.offer.to_json(), currency),
        "stakes": stakes_of(case, outcome=Outcome.COUNTEROFFER, offer=found.offer, worked_out=found),
        "payment_share": found.payment_to_income,
        "debt_share": found.debt_service,
        "score": found.score,
        "policy": POLICY_SAYS[found.outcome],
        "against": found.against,
        "exception": found.exception,
    }


def amount_text(minor: int) -> str:
    """As a person types it: `8000`, or `8000.50`."""
    units, cents = divmod(minor, 100)
    return f"{units}.{cents:02d}" if cents else str(units)


def _reasons_panel(case: ReviewCase, typed: Typed) -> dict[str, Any]:
    """The reasons that hold of this case, those that do not (folded, with why), and the suggestion of the score."""
    found = selectable_reasons(case_file(case), reason_codes_of(case.assessment))
    spoken = {reason.code: reason.rank for reason in score_reasons_of(case.assessment).reasons}
    holding = sorted(
        (r for r in found if r.test.holds), key=lambda r: (spoken.get(r.code, 99), r.group, r.code)
    )
    return {
        "holding": holding,
        "cannot_decline": not holding,
        "not_holding": [reason for reason in found if not reason.test.holds],
        "suggested": " ".join(_suggested(holding, spoken)),
        "typed": typed,
        "preview": preview(case, typed.reasons),
    }


PANELS = {"approve": approve_panel, "counteroffer": counteroffer_panel, "decline": decline_panel}


def _suggested(holding: Sequence[SelectableReason], spoken: Mapping[str, int]) -> list[str]:
    return [reason.code for reason in holding if reason.code in spoken][:4]


def preview(case: ReviewCase, codes: Sequence[str]) -> Preview:
    """The sentences the page and the letter would print, in English, of the person's reasons and, in the review band, the score's."""
    if not codes:
        return Preview(not_yet="Choose a reason to see the text.")
    try:
        _, merged = decline_reasons(case, codes)
    except ValueError as refused:
        return Preview(not_yet=str(refused))
    read = [reason.for_officer for reason in merged.reasons]
    lines = [" ".join(part for part in (r.text, r.detail) if part) for r in read]
    text = " ".join(line if line.endswith((".", "!", "?")) else f"{line}." for line in lines)
    reading = reading_of(text, ENGLISH)
    count = len(text.split())
    words = f"Reading grade {max(0.0, reading.grade or 0.0):.1f}, {count} words"
    return Preview(lines=lines, reading=words, is_too_hard=reading.is_too_hard)
