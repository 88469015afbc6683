"""What an applicant has to do and has done, as rows of a list. A row that is done is plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse

from frontend.applicant.access import Visit
from review_queue.actions.appeal import AppealRoom
from review_queue.models import ApplicantRequest
from underwriting.decisions.conditions import open_codes
from underwriting.documents.wanted import wanted
from underwriting.enums import ApplicationStatus, PartyRole
from underwriting.models import Party, StandingOffer


@dataclass(frozen=True, slots=True)
class Task:
    """`path` is where it is done; empty where there is nothing (more) to do. `note` says how it stands."""

    text: str
    path: str = ""
    note: str = ""
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class MissingItem:
    """A field the application still needs. `pointer` as stored; `name` the field's; `ordinal` the party's, 0 for the loan."""

    pointer: str
    name: str
    ordinal: int

    def label(self, visit: Visit) -> str:
        own = self.ordinal in (0, visit.party.ordinal)
        text = visit.texts.fact(self.name)
        return text if own else f"{text}, {visit.say('missing.joint')}"


def missing_items(pointers: list[str]) -> list[MissingItem]:
    """`/purpose`, `/applicant/housing`, `/co_applicants/0/housing`."""
    items = []
    for pointer in pointers:
        parts = pointer.strip("/").split("/")
        ordinal = 0 if len(parts) == 1 else 1 if parts[0] == "applicant" else int(parts[1]) + 2
        items.append(MissingItem(pointer, parts[-1], ordinal))
    return items


def answerable(items: list[MissingItem], party: Party) -> list[MissingItem]:
    """Those this person may answer: their own, and for the primary applicant, who applied for all of them, every one."""
    return [item for item in items if party.role == PartyRole.PRIMARY or item.ordinal == party.ordinal]


def tasks_of(
    visit: Visit,
    *,
    room: AppealRoom | None,
    offer: StandingOffer | None,
    asked: Sequence[ApplicantRequest],
) -> list[Task]:
    """Done first, then what is left, in the order in which it comes."""
    done = [
        Task(visit.say("status.applied"), is_done=True, note=visit.say("page.done")),
        Task(visit.say("status.confirmed"), is_done=True, note=visit.say("page.done")),
    ]
    return [*done, *_left(visit, room=room, offer=offer, asked=asked)]


def _left(
    visit: Visit,
    *,
    room: AppealRoom | None,
    offer: StandingOffer | None,
    asked: Sequence[ApplicantRequest],
) -> Iterator[Task]:
    status = ApplicationStatus(visit.application.status)
    if status is ApplicationStatus.INCOMPLETE:
        yield from _missing(visit)
    for request in asked:
        text = visit.say("status.answer_message", day=visit.day(request.answer_until))
        yield Task(text, reverse("applicant-messages", args=[visit.token]), visit.say("page.to_do"))
    if offer is not None and offer.is_conditional:
        yield from _conditions(visit, offer)
    elif offer is not None:
        text = visit.say("status.answer_offer", day=visit.day(offer.valid_until))
        yield Task(text, reverse("applicant-offer", args=[visit.token]), visit.say("page.to_do"))
    if room is not None and room.open_appeal is not None:
        due = visit.say("appeal.answer_by", day=visit.day(room.open_appeal.answer_due_on))
        yield Task(visit.say("status.appeal_sent"), is_done=True, note=f"{visit.say('page.done')}. {due}")


def _conditions(visit: Visit, offer: StandingOffer) -> Iterator[Task]:
    """The papers without which the offer cannot be taken; all of them seen, it is looked at what they showed."""
    for text, is_met in conditions_of(visit, offer):
        task = visit.say("status.send_condition", item=text)
        if is_met:
            yield Task(task, is_done=True, note=visit.say("page.done"))
        else:
            yield Task(task, reverse("applicant-documents", args=[visit.token]), visit.say("page.to_do"))
    if not open_codes(offer):
        yield Task(visit.say("status.conditions_read"))


def conditions_of(visit: Visit, offer: StandingOffer) -> list[tuple[str, bool]]:
    """Each condition in the applicant's words, and whether it was seen."""
    language = visit.application.language
    return [
        (wanted()[one["code"]].in_language(language), one["met_at"] is not None) for one in offer.conditions
    ]


def _missing(visit: Visit) -> Iterator[Task]:
    items = missing_items(visit.application.missing_fields)
    own = answerable(items, visit.party)
    for item in items:
        label = item.label(visit)
        if item in own:
            path = f"{reverse('applicant-missing', args=[visit.token])}#{item.pointer.strip('/')}"
            yield Task(visit.say("status.give", item=label), path, visit.say("page.to_do"))
        else:
            yield Task(visit.say("status.other_gives", item=label))
