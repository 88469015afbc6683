"""Which status an application may take next. Pure."""

from __future__ import annotations

from underwriting.enums import ApplicationStatus, Outcome

STATUS_OF_DECISION = {
    Outcome.APPROVE: ApplicationStatus.APPROVED,
    Outcome.COUNTEROFFER: ApplicationStatus.COUNTEROFFERED,
    Outcome.DECLINE: ApplicationStatus.DECLINED,
}
ASSESSABLE = frozenset({ApplicationStatus.SUBMITTED, ApplicationStatus.IN_ASSESSMENT})
# A decision stands until a new one names it as the one it replaces. While a person looks again the status stays what was decided,
# whether the applicant asked (an appeal) or the notice could not go out: the open case says that somebody looks. An offer that ran
# out or was turned down takes nothing from that: the letter promised a second look until a day of its own.
LOOKED_AT_AGAIN = frozenset(
    {
        ApplicationStatus.APPROVED,
        ApplicationStatus.COUNTEROFFERED,
        ApplicationStatus.DECLINED,
        ApplicationStatus.EXPIRED,
    }
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
    return status in LOOKED_AT_AGAIN or status not in ENDED | {ApplicationStatus.INCOMPLETE}
