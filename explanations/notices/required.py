"""What must be there before a notice may be told: each lack is one sentence that holds it, for the person who can mend it."""

from __future__ import annotations

from collections.abc import Iterator

from explanations.notices.forms import FORMS
from explanations.notices.subject import NoticeSubject, lines
from underwriting.enums import NoticeKind

NO_REASON = "There is no principal reason that may be disclosed."
SECOND_LOOK = "The lender wants a second person to look at each adverse notice before it is sent."
NO_FORM = "There are no notice texts for the lender's country."
NO_AGENCY = (
    "The lender's settings do not name the federal agency and its address, which this notice must print."
)
NO_ADDRESS = "The lender's settings have no postal address, which this notice must print."
NO_BUREAU = "The lender's settings do not give name, address and telephone of the credit bureau, which this notice must print."
OTHER_BUREAU = (
    "A credit report that was used is not recorded as one of the bureau in the lender's settings, which hold the address of one "
    "bureau alone: as it is, this notice cannot be sent. Ask an administrator; it can be sent only while the settings give name, "
    "address and telephone of the bureau that made the report."
)
NO_RANGE = "Neither the credit report nor the lender's settings give the range of the credit score, which this notice must print."
NO_FACTORS = (
    "The credit report names no key factors of the score that was used, which this notice must print."
)
NO_RANKS = (
    "The lender's settings do not say how scores of this kind are spread, which this notice must print."
)
# Everything this module may say; what else holds a notice was found by the proof of its reasons.
LACKS = (
    NO_REASON, SECOND_LOOK, NO_FORM, NO_AGENCY, NO_ADDRESS, NO_BUREAU, OTHER_BUREAU, NO_RANGE, NO_FACTORS, NO_RANKS
)  # fmt: skip
# The lender's setting that mends a lack, by its name in underwriting.people.lender_settings.
_MENDED_BY = {
    NO_FORM: "country", NO_AGENCY: "agency_name", NO_ADDRESS: "address", NO_BUREAU: "bureau_name", NO_RANGE: "bureau_score_range",
    NO_RANKS: "bureau_score_ranks",
}  # fmt: skip


def setting_that_mends(held_because: str) -> str:
    """The first of the lender's settings that has to be entered before this notice may be told; empty where none has."""
    return next((setting for lack, setting in _MENDED_BY.items() if lack in held_because), "")


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
    yield from _of_bureau(subject)
    if any(not score.score_range for score in subject.scores):
        yield NO_RANGE
    if subject.is_in_us and any(not score.factors for score in subject.scores):
        yield NO_FACTORS


def _of_approval(subject: NoticeSubject) -> Iterator[str]:
    yield from _of_bureau(subject)
    if any(not score.score_range for score in subject.scores):
        yield NO_RANGE
    if any(score.ranks_above is None for score in subject.scores):
        yield NO_RANKS


def _of_bureau(subject: NoticeSubject) -> Iterator[str]:
    """Where the settings name another bureau than a report does, the address they lack is not what the notice waits for."""
    settings = subject.lender.bureau
    name, *others = (str(settings.get(key, "")).strip() for key in ("name", "address", "telephone"))
    reports = subject.reports.values()
    if name and any(report.bureau != settings["name"] for report in reports):
        yield OTHER_BUREAU
    elif reports and not (name and all(others)):
        yield NO_BUREAU
