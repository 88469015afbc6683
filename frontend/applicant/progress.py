"""What an applicant is told about where their application stands. Pure but for the dates it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from underwriting.enums import ApplicationStatus
from underwriting.facts.catalogue import catalogue


@dataclass(frozen=True, slots=True)
class Progress:
    """`title` ends the page's title, `heading` says the state, `next_step` what happens next."""

    title: str
    heading: str
    next_step: str
    is_decided: bool = False


RECEIVED = Progress(
    "we are checking it", "We are checking your application", "There is nothing you need to do now."
)
DECIDED = {
    ApplicationStatus.APPROVED: Progress(
        "we can make you an offer", "Your application is approved", "Read the offer and how to take it.", True
    ),
    ApplicationStatus.COUNTEROFFERED: Progress(
        "we can make you a different offer",
        "We can offer you something different",
        "Read the offer, and why it differs.",
        True,
    ),
    ApplicationStatus.DECLINED: Progress(
        "we have decided", "We cannot offer you this", "Read the reasons, and what you can do.", True
    ),
}
OTHERS = {
    ApplicationStatus.SUBMITTED: RECEIVED,
    ApplicationStatus.IN_ASSESSMENT: RECEIVED,
    ApplicationStatus.INCOMPLETE: Progress(
        "we need something from you",
        "We need something more from you",
        "Send us what is listed here, and we go on.",
    ),
    ApplicationStatus.REFERRED: Progress(
        "a person is looking at it",
        "A person is looking at your application",
        "There is nothing you need to do now.",
    ),
    ApplicationStatus.ACCEPTED: Progress(
        "you took the offer", "You took our offer", "We will be in touch about the next steps.", True
    ),
    ApplicationStatus.WITHDRAWN: Progress(
        "you withdrew it",
        "You withdrew this application",
        "We have stopped work on it. You can apply again at any time.",
    ),
    ApplicationStatus.EXPIRED: Progress(
        "the offer has ended", "The offer has ended", "You can apply again at any time.", True
    ),
    ApplicationStatus.CLOSED_INCOMPLETE: Progress(
        "closed",
        "We closed this application",
        "We did not get all we needed in time. You can apply again at any time.",
    ),
}


def progress_of(status: ApplicationStatus) -> Progress:
    return {**OTHERS, **DECIDED}[status]


def needed_in_words(missing_fields: Sequence[str]) -> list[str]:
    """Fields still required, as JSON pointers of the application, in the words of the facts catalogue."""
    words = []
    for pointer in missing_fields:
        name = pointer.rsplit("/", 1)[-1]
        definition = catalogue().get(name)
        label = definition.label if definition else name.replace("_", " ").capitalize()
        words.append(f"{label}, of the other applicant" if "co_applicants" in pointer else label)
    return words
