"""A few of a demo's applications differ from the rest: two people apply together, or something is missing, for a while or for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import count

from scoring.demo.payloads import PEOPLE_SEED, applicant_of, generated, scripted
from scoring.demo.roster import LENDERS
from scoring.demo.stream import Submission
from underwriting.bureau.people import SHAPE_OF_LENDER, person
from underwriting.enums import Language

# People of another seed than all those who apply by themselves and completely.
SECOND_PEOPLE_SEED = PEOPLE_SEED + 1
# The lender whose product asks for something that may come later, and takes two people.
VARIED_LENDER = LENDERS[0].code
# Its generated applications are counted by these; at each place one of them differs.
EVERY = 20
COMPLETED_LATER, TOGETHER, LEFT_INCOMPLETE = 1, 4, 7


def demo_submissions(*, total: int, first_index: int, now: datetime) -> list[Submission]:
    """In an empty demo the named test applicants come first, as they are; then people of the generator, of whom a few differ.

    `total` are complete, now or when the rest is sent. Those that stay incomplete come on top.
    """
    named = scripted(count=total, now=now) if first_index == 0 else []
    people = generated(seed=PEOPLE_SEED, count=total - len(named), now=now, first_index=first_index)
    return [*named, *_varied(people, first_index=first_index, now=now)]


def _varied(submissions: Iterator[Submission], *, first_index: int, now: datetime) -> Iterator[Submission]:
    places = count()
    for index, submission in enumerate(submissions, start=first_index):
        if submission.lender_code != VARIED_LENDER:
            yield submission
            continue
        place = next(places) % EVERY
        if place == COMPLETED_LATER:
            yield without_purpose(submission, language=Language.SPANISH, is_sent_later=True)
        elif place == LEFT_INCOMPLETE:
            yield submission
            (other,) = generated(seed=SECOND_PEOPLE_SEED, count=1, now=now, first_index=index)
            yield without_purpose(other, language=Language.HINDI, is_sent_later=False)
        elif place == TOGETHER:
            yield with_second_person(submission, index=index, now=now)
        else:
            yield submission


def without_purpose(submission: Submission, *, language: Language, is_sent_later: bool) -> Submission:
    """What the money is for is left out, so that the application is incomplete."""
    body = {**submission.body, "language": language}
    purpose = body.pop("purpose")
    return Submission(submission.lender_code, body, {"/purpose": purpose} if is_sent_later else {})


def with_second_person(submission: Submission, *, index: int, now: datetime) -> Submission:
    """Somebody else of the generator applies together with the first person."""
    someone = person(SECOND_PEOPLE_SEED, index, SHAPE_OF_LENDER[submission.lender_code])
    second = applicant_of(
        identity=someone.identity, consented_at=now, party=someone.stated_party, report=None
    )
    return Submission(submission.lender_code, {**submission.body, "co_applicants": [second]})
