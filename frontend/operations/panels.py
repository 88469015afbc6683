"""The decision panels: what they offer, what was typed, and what the applicant would read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict

from explanations.officer_reasons import SelectableReason, selectable_reasons
from frontend.operations.words import offer_in_words
from review_queue.actions.decide import MITIGATING_FACTORS, Choice, decline_reasons
from review_queue.actions.drafts import draft_of
from review_queue.evidence import case_file, needs_making_up_for, reason_codes_of, score_reasons_of
from review_queue.models import ReviewCase
from review_queue.permissions import authority_minor
from review_queue.terms import approval_terms, other_terms
from underwriting.decisions.offers import OfferStands, standing_offer
from underwriting.enums import Outcome, Role

OUTCOMES = {
    "approve": Outcome.APPROVE,
    "counteroffer": Outcome.COUNTEROFFER,
    "decline": Outcome.DECLINE,
}


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in a panel's form: from the request, else from the draft, else empty."""

    reasons: Sequence[str] = ()
    mitigating_factor: str = ""
    sentence: str = ""
    price_tier: str = ""
    assessment: str = ""

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
        )


@dataclass(frozen=True, slots=True)
class Preview:
    """What the applicant will read, in order; `not_yet` says why there is nothing to show."""

    lines: Sequence[str] = field(default_factory=tuple)
    not_yet: str = ""


def approve_panel(case: ReviewCase, typed: Typed, *, now: datetime) -> dict[str, Any]:
    """The offer (or the tiers to choose from), and whether a mitigating factor is needed."""
    del now
    terms = approval_terms(case)
    currency = case.application.currency
    return {
        "outcome": "approve",
        "offers": [(name, offer_in_words(offer.to_json(), currency)) for name, offer in terms.offers.items()],
        "cannot_because": terms.cannot_because,
        "referring": needs_making_up_for(case.assessment),
        "factors": MITIGATING_FACTORS.items(),
        "typed": typed,
    }


def decline_panel(case: ReviewCase, typed: Typed, *, now: datetime) -> dict[str, Any]:
    """The reasons to choose from; none is sent while the applicant has an offer that they can still take."""
    standing = standing_offer(case.application, now=now)
    return _reasons_panel(case, typed) | {
        "outcome": "decline",
        "cannot_because": str(OfferStands(standing.valid_until)) if standing else "",
    }


def counteroffer_panel(case: ReviewCase, typed: Typed, *, now: datetime) -> dict[str, Any]:
    """The other terms that can be offered, and the reasons why not those asked for, chosen as for a decline."""
    terms = other_terms(case, now=now)
    return _reasons_panel(case, typed) | {
        "outcome": "counteroffer",
        "offer": offer_in_words(terms.offer.to_json(), case.application.currency) if terms else "",
        "upheld_until": terms.until if terms else None,
        "cannot_because": "" if terms else "The assessment found no other terms to offer.",
    }


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
    return Preview(lines=[" ".join(part for part in (r.text, r.detail) if part) for r in read])


def own_limit(case: ReviewCase, roles: frozenset[Role]) -> int | None:
    """The amount up to which these roles may decide this case, in minor units; None: the policy sets none."""
    version = case.assessment.policy_version
    return authority_minor(version.document if version else {}, roles)
