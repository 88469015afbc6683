"""What must be there before a notice may be told: each lack is one sentence that holds it, for the person who can mend it."""

from __future__ import annotations

from collections.abc import Iterator

from explanations.notices.forms import FORMS
from explanations.notices.subject import NoticeSubject, ReportUsed, lines
from underwriting.enums import NoticeKind
from underwriting.models import Lender

NO_REASON = "There is no principal reason that may be disclosed."
SECOND_LOOK = "The lender wants a second person to look at each adverse notice before it is sent."
NO_FORM = "There are no notice texts for the lender's country."
NO_AGENCY = (
    "The lender's settings do not name the federal agency and its address, which this notice must print."
)
NO_ADDRESS = "The lender's settings have no postal address, which this notice must print."
NO_BUREAU = "The lender's settings do not give the credit bureau's name, address and telephone, which this notice must print."
NO_RANGE = "Neither the credit report nor the lender's settings give the range of the credit score, which this notice must print."
NO_FACTORS = (
    "The credit report names no key factors of the score that was used, which this notice must print."
)
NO_RANKS = (
    "The lender's settings do not say how scores of this kind are spread, which this notice must print."
)
NO_RISK_BASED_PRICING = "The product is set to send risk-based pricing notices; only the credit score notice to everybody (12 CFR 1022.74) is sent."
# Everything this module may say; what else holds a notice was found by the proof of its reasons.
LACKS = (
    NO_REASON, SECOND_LOOK, NO_FORM, NO_AGENCY, NO_ADDRESS, NO_BUREAU, NO_RANGE, NO_FACTORS, NO_RANKS, NO_RISK_BASED_PRICING,
)  # fmt: skip


def lacks(subject: NoticeSubject) -> Iterator[str]:
    """Why this notice may not be told yet, one sentence each."""
    if subject.kind is NoticeKind.WITHDRAWAL:
        return
    if (subject.lender.country, subject.kind) not in FORMS:
        yield NO_FORM
    if not lines(subject.lender.address):
        yield NO_ADDRESS
    if subject.is_adverse:
        yield from _of_adverse(subject)
    elif subject.kind is NoticeKind.APPROVAL and subject.is_in_us:
        yield from _of_approval(subject)


def _of_adverse(subject: NoticeSubject) -> Iterator[str]:
    lender = subject.lender
    if not subject.reasons:
        yield NO_REASON
    if lender.reviews_notices:
        yield SECOND_LOOK
    if subject.is_in_us and not (lender.agency_name.strip() and lines(lender.agency_address)):
        yield NO_AGENCY
    if not _bureau_is_known(subject):
        yield NO_BUREAU
    if any(not score.score_range for score in subject.scores):
        yield NO_RANGE
    if subject.is_in_us and any(not score.factors for score in subject.scores):
        yield NO_FACTORS


def _of_approval(subject: NoticeSubject) -> Iterator[str]:
    if subject.reports and subject.product.rbp_mode != "SCORE_EXCEPTION":
        yield NO_RISK_BASED_PRICING
    if not _bureau_is_known(subject):
        yield NO_BUREAU
    if any(not score.score_range for score in subject.scores):
        yield NO_RANGE
    if any(score.ranks_above is None for score in subject.scores):
        yield NO_RANKS


def _bureau_is_known(subject: NoticeSubject) -> bool:
    return all(_is_on_file(report, subject.lender) for report in subject.reports.values())


def _is_on_file(report: ReportUsed, lender: Lender) -> bool:
    known = all(str(lender.bureau.get(key, "")).strip() for key in ("name", "address", "telephone"))
    return known and report.bureau == lender.bureau["name"]
