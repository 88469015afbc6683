"""Which status an application may take next, and when its notice is due. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from underwriting.enums import ApplicationStatus, Outcome

NOTICE_DAYS = 30  # 12 CFR 1002.9(a)(1)(i): within 30 days after receipt of the completed application

STATUS_OF_DECISION = {
    Outcome.APPROVE: ApplicationStatus.APPROVED,
    Outcome.COUNTEROFFER: ApplicationStatus.COUNTEROFFERED,
    Outcome.DECLINE: ApplicationStatus.DECLINED,
}
ASSESSABLE = frozenset({ApplicationStatus.SUBMITTED, ApplicationStatus.IN_ASSESSMENT})
# A decision stands until a new one names it as the one it replaces. While a person looks again the status stays what was decided,
# whether the applicant asked (an appeal) or the notice could not go out: the open case says that somebody looks.
LOOKED_AT_AGAIN = frozenset(
    {ApplicationStatus.APPROVED, ApplicationStatus.COUNTEROFFERED, ApplicationStatus.DECLINED}
)
DECIDABLE = ASSESSABLE | LOOKED_AT_AGAIN | {ApplicationStatus.REFERRED}
ENDED = frozenset(
    {
        ApplicationStatus.WITHDRAWN,
        ApplicationStatus.EXPIRED,
        ApplicationStatus.CLOSED_INCOMPLETE,
        ApplicationStatus.ACCEPTED,
    }
)


class ApplicationWithdrawn(Exception):
    """The applicant withdrew first; nothing may be decided any more (comment 9-2)."""


class StatusRefused(Exception):
    """The application stands where a decision cannot be made."""


def status_after_decision(*, status: ApplicationStatus, outcome: Outcome) -> ApplicationStatus:
    """The status an application takes when it is decided.

    Raises ApplicationWithdrawn for a withdrawn application, StatusRefused for any other status in which nothing can be
    decided, and StatusRefused for REFER, which is an assessment's outcome and never a decision.
    """
    if status is ApplicationStatus.WITHDRAWN:
        raise ApplicationWithdrawn("the application was withdrawn")
    if outcome is Outcome.REFER:
        raise StatusRefused("a referral is not a decision")
    if status not in DECIDABLE:
        raise StatusRefused(f"an application with status {status.value} cannot be decided")
    return STATUS_OF_DECISION[outcome]


def may_be_looked_at_again(status: ApplicationStatus) -> bool:
    """Whether a person may look at the decision again: not where nothing is decided, and not once it was accepted or has ended."""
    return status in LOOKED_AT_AGAIN


def assessment_takes_effect(status: ApplicationStatus) -> bool:
    """Whether a new assessment may decide or refer; beside an open case or a decision it is shown and changes nothing."""
    return status in ASSESSABLE


def assessment_is_wanted(status: ApplicationStatus) -> bool:
    """Whether an assessment is written at all: not for an application that has ended or still misses something."""
    return status not in ENDED and status is not ApplicationStatus.INCOMPLETE


def notice_due_at(*, completed_at: datetime, outcome: Outcome, time_zone: str) -> datetime | None:
    """The last second of the 30th calendar day after completion where the lender is; None for an approval.

    Counted in calendar days of the lender's time zone, so that a change of clocks neither adds nor takes an hour.
    """
    if outcome is Outcome.APPROVE:
        return None
    zone = ZoneInfo(time_zone)
    last_day = completed_at.astimezone(zone).date() + timedelta(days=NOTICE_DAYS)
    return datetime.combine(last_day, time(23, 59, 59), tzinfo=zone).astimezone(UTC)
