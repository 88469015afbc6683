"""The frozen content of a notice: everything the applicant's page and any letter print, and nothing else.

It holds no name and no identity number: whoever prints it knows to whom. Each party has a letter of their own; a reason that
stems from another applicant stands there by its neutral name, without figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from explanations.notices import texts
from explanations.reason_codes.codes import Actionable
from explanations.reason_codes.wording import money
from explanations.reasons import Reason
from underwriting.enums import Outcome, PartyRole, ProductKind
from underwriting.facts.values import FactSource
from underwriting.models import Application, Decision, Lender, Party, Product

OTHER_APPLICANT = {
    FactSource.APPLICATION: ("as stated for the other applicant", "Your joint application"),
    FactSource.BUREAU: ("on the other applicant's credit report", "The other applicant's credit report"),
    FactSource.RECORD: (
        "on the other applicant's record with us",
        "Our record of the other applicant's loans",
    ),
    FactSource.DOCUMENT: ("in the other applicant's documents", "The other applicant's documents"),
    FactSource.DERIVED: ("for the other applicant", "Worked out from your joint application"),
}


@dataclass(frozen=True, slots=True)
class BureauScore:
    """A bureau's score that was used for a party, as 15 USC 1681m(a)(2) wants it told."""

    party: str
    value: int
    score_range: str
    factors: tuple[str, ...]
    made_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class ReportUsed:
    """A consumer report that was weighed. `bureau` is empty where none is named.

    `sent_along`: it came with an application instead of being asked for; `is_earlier`: with or for an earlier one.
    """

    bureau: str
    sent_along: bool
    is_earlier: bool


@dataclass(frozen=True, slots=True)
class NoticeSubject:
    """What a notice is about. `reports` by the public id of the party on whom each was made."""

    decision: Decision
    application: Application
    parties: Sequence[Party]
    lender: Lender
    product: Product
    reasons: Sequence[Reason]
    reports: Mapping[str, ReportUsed]
    scores: Sequence[BureauScore]

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.decision.outcome)

    @property
    def noun(self) -> str:
        return texts.NOUNS[ProductKind(self.product.kind)]

    def day(self, moment: datetime) -> str:
        """A moment as a date where the lender is: 3 November 2026."""
        return day_in_words(moment.astimezone(ZoneInfo(self.lender.time_zone)).date())


def day_in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def lines(text: str) -> list[str]:
    """Lines of an address as stored, one a row."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def snapshot(subject: NoticeSubject) -> dict[str, Any]:
    """The notice as JSON. Rights and letters are there for declines and counteroffers only."""
    is_adverse = subject.outcome is not Outcome.APPROVE
    return {
        "kind": texts.KINDS[subject.outcome],
        "heading": texts.HEADINGS[subject.outcome].format(noun=subject.noun),
        "summary": _summary(subject),
        "reference": subject.application.reference,
        "product": subject.product.name,
        "decided_on": subject.day(subject.decision.decided_at),
        "offer": _offer(subject),
        "changes": _changes(subject) if subject.outcome is Outcome.COUNTEROFFER else [],
        "letters": [_letter(subject, party) for party in subject.parties] if is_adverse else [],
        "no_promise": texts.NO_PROMISE if is_adverse else "",
        "what_you_can_do": _what_you_can_do(subject),
        "rights": _rights(subject.lender) if is_adverse else None,
        "lender": {
            "name": subject.lender.legal_name,
            "address": lines(subject.lender.address),
            "telephone": subject.lender.telephone,
        },
    }


def asked_for(application: Application, product: Product) -> str:
    """What was asked, in words: "a loan of $10,000 over 36 months"."""
    noun = texts.NOUNS[ProductKind(product.kind)]
    if application.requested_amount_minor is None:
        return f"a {noun}"
    amount = money(application.requested_amount_minor, application.currency)
    term = f" over {application.requested_term_months} months" if application.requested_term_months else ""
    return f"a {noun} of {amount}{term}"


def _summary(subject: NoticeSubject) -> str:
    application = subject.application
    asked = f"On {subject.day(application.received_at)} you asked us for {asked_for(application, subject.product)}."
    by = (
        texts.BY_SYSTEM
        if subject.decision.decided_by_id is None
        else texts.BY_PERSON.format(lender=subject.lender.name)
    )
    return f"{asked} We decided on {subject.day(subject.decision.decided_at)}. {by}"


def _offer(subject: NoticeSubject) -> list[dict[str, str]]:
    offer: Mapping[str, Any] | None = subject.decision.offer
    if offer is None:
        return []
    currency = subject.application.currency
    is_line = offer.get("term_months") is None
    rows = [("Credit limit" if is_line else "Amount", money(offer["amount_minor"], currency))]
    if not is_line and offer.get("instalment_minor") is not None:
        total = offer["instalment_minor"] * offer["term_months"]
        rows += [
            ("Monthly payment", _exact(offer["instalment_minor"], currency)),
            ("Time to repay", f"{offer['term_months']} months"),
            ("Total to repay", _exact(total, currency)),
            ("Cost of the loan", _exact(total - offer["amount_minor"], currency)),
        ]
    rows.append(("Yearly rate (APR)", f"{offer['annual_rate_bps'] / 100:.2f}%"))
    return [{"label": label, "value": value} for label, value in rows]


def _changes(subject: NoticeSubject) -> list[dict[str, str]]:
    """Old and new values side by side, where they differ."""
    offer: Mapping[str, Any] = subject.decision.offer or {}
    application = subject.application
    changes = []
    asked, offered = application.requested_amount_minor, offer.get("amount_minor")
    if asked is not None and offered is not None and asked != offered:
        changes.append(("Amount", money(asked, application.currency), money(offered, application.currency)))
    months, offered_months = application.requested_term_months, offer.get("term_months")
    if months is not None and offered_months is not None and months != offered_months:
        changes.append(("Time to repay", f"{months} months", f"{offered_months} months"))
    return [{"label": label, "asked": old, "offered": new} for label, old, new in changes]


def _letter(subject: NoticeSubject, party: Party) -> dict[str, Any]:
    """What one party reads: the reasons in their words, and the credit report that was used of them."""
    public_id = str(party.public_id)
    return {
        "party": public_id,
        "role": PartyRole(party.role).value,
        "reasons": [_printed(reason, public_id, subject) for reason in subject.reasons],
        "credit_report": _credit_report(subject.reports[public_id], subject.lender)
        if public_id in subject.reports
        else None,
        "score": next((_score(score, subject) for score in subject.scores if score.party == public_id), None),
    }


def _printed(reason: Reason, party: str, subject: NoticeSubject) -> dict[str, Any]:
    read_on = subject.day(datetime.fromisoformat(reason.known_at)) if reason.known_at else ""
    if reason.party not in (None, party) and len(subject.parties) > 1:
        suffix, source = OTHER_APPLICANT[FactSource(reason.source_kind)]
        return {
            "code": reason.code,
            "heading": f"{reason.factor} {suffix}",
            "figure": "",
            "where_from": source,
            "read_on": read_on,
            "what_may_help": texts.NOTHING_TO_DO,
        }
    return {
        "code": reason.code,
        "heading": reason.text,
        "figure": reason.detail,
        "where_from": reason.source,
        "read_on": read_on,
        "what_may_help": reason.do
        or (texts.TIME_ALONE if reason.actionable == Actionable.WAIT else texts.NOTHING_TO_DO),
    }


def _credit_report(report: ReportUsed, lender: Lender) -> dict[str, Any]:
    """The bureau whose report was used; address and telephone are on file for the lender's own bureau alone."""
    settings: Mapping[str, Any] = lender.bureau if report.bureau == lender.bureau.get("name") else {}
    bureau = report.bureau or texts.UNNAMED_BUREAU
    origin = (
        texts.FCRA_GIVEN
        if not report.sent_along
        else texts.FCRA_SENT_EARLIER
        if report.is_earlier
        else texts.FCRA_SENT
    )
    made_by = (texts.FCRA_MADE_BY,) if report.sent_along and report.bureau else ()
    sentences = [text.format(bureau=bureau) for text in (origin, *made_by, *texts.FCRA_SENTENCES)]
    return {
        "bureau": report.bureau,
        "address": lines(settings.get("address", "")),
        "telephone": settings.get("telephone", ""),
        "sentences": [sentence[0].upper() + sentence[1:] for sentence in sentences],
        "source": texts.FCRA_SOURCE,
    }


def _score(score: BureauScore, subject: NoticeSubject) -> dict[str, Any]:
    return {
        "value": score.value,
        "range": score.score_range,
        "factors": list(score.factors),
        "made_on": subject.day(score.made_at),
        "source": score.source,
    }


def _what_you_can_do(subject: NoticeSubject) -> list[str]:
    by_telephone = f"call {subject.lender.telephone} or " if subject.lender.telephone else ""
    reach_us = f"{by_telephone}write to us at the address below, and give your reference {subject.application.reference}."
    if subject.outcome is Outcome.APPROVE:
        return [f"To take the offer, or to turn it down, {reach_us}"]
    can_do = [f"If a fact on this page is wrong, tell us: {reach_us}"]
    if subject.outcome is Outcome.COUNTEROFFER:
        can_do.insert(0, f"To take the offer, {reach_us}")
    bureaus = dict.fromkeys(report.bureau or texts.UNNAMED_BUREAU for report in subject.reports.values())
    can_do.extend(
        f"Get your credit report free from {name} within 60 days, and ask them to correct what is wrong."
        for name in bureaus
    )
    return can_do


def _rights(lender: Lender) -> dict[str, Any]:
    agency = ", ".join([lender.agency_name.strip(), *lines(lender.agency_address)])
    return {"text": texts.ECOA_TEXT.format(agency=agency), "source": texts.ECOA_SOURCE}


def _exact(minor: int, currency: str) -> str:
    """A sum to the cent: what is paid each month is not rounded."""
    whole, cents = divmod(minor, 100)
    return (
        f"{money(whole * 100, currency)}.{cents:02d}"
        if currency == "USD"
        else f"{whole:,}.{cents:02d} {currency}"
    )
