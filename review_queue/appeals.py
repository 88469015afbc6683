"""Appeals as the desk sees them: what applicants say against a decision, and the decision that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from review_queue.models import Appeal
from underwriting.audit.actor import SYSTEM, Actor
from underwriting.audit.record import record_entry
from underwriting.enums import AppealKind, ApplicationStatus
from underwriting.facts.catalogue import catalogue
from underwriting.models import Decision, Document
from underwriting.people.sealing import Unreadable, unseal

# What the applicant did that leaves nothing to look at again.
ENDED_BECAUSE = {
    ApplicationStatus.WITHDRAWN: "The applicant withdrew the application.",
    ApplicationStatus.ACCEPTED: "The applicant took the offer.",
}


@dataclass(frozen=True, slots=True)
class AppealShown:
    """An appeal in words. `facts` are the labels of what is said to be wrong; `text` the person's own words.

    `ended_because`: why it needed no answer any more; `answered_at` is when that was.
    """

    kind: AppealKind
    facts: Sequence[str]
    text: str
    document: Document | None
    received_at: datetime
    answer_due_on: date
    answered_at: datetime | None
    ended_because: str


def appeals_of(application_id: int) -> list[AppealShown]:
    """The appeals of an application, newest first. One statement."""
    rows = (
        Appeal.objects.filter(application_id=application_id)
        .select_related("party", "document", "application")
        .defer("document__content")
        .order_by("-pk")
    )
    labels = {name: definition.label for name, definition in catalogue().items()}
    return [
        AppealShown(
            kind=AppealKind(row.kind),
            facts=[labels.get(name, name) for name in row.facts],
            text=_text(row),
            document=row.document,
            received_at=row.received_at,
            answer_due_on=row.answer_due_on,
            answered_at=row.answered_at,
            ended_because=ended_because(row),
        )
        for row in rows
    ]


def _text(appeal: Appeal) -> str:
    try:
        return unseal(bytes(appeal.text), party=appeal.party, what="appeal").decode()
    except Unreadable:
        return "The text of this appeal cannot be read."


def ended_because(appeal: Appeal) -> str:
    """Why nobody has to answer an appeal any more; empty where somebody did, or still has to."""
    return "" if appeal.answer_id else ENDED_BECAUSE.get(ApplicationStatus(appeal.application.status), "")


def end_appeals(application_id: int, *, because: str, now: datetime) -> None:
    """End the appeals that nobody answered, in the transaction of what made an answer needless. They keep no answer."""
    for appeal in Appeal.objects.select_for_update().filter(application_id=application_id, answered_at=None):
        appeal.answered_at = now
        appeal.save(update_fields=["answered_at"])
        record_entry(
            actor=SYSTEM,
            action="appeal.ended",
            object_type="appeal",
            object_id=str(appeal.public_id),
            lender_id=appeal.lender_id,
            application_id=application_id,
            before={"answered": False},
            after={"answered": False, "because": because},
            now=now,
        )


def answer_appeals(*, decision: Decision, actor: Actor, now: datetime) -> int:
    """Let a person's decision answer every open appeal of its application, in the transaction of the decision."""
    appeals = list(
        Appeal.objects.select_for_update().filter(
            application_id=decision.application_id, answered_at__isnull=True
        )
    )
    for appeal in appeals:
        appeal.answered_at, appeal.answer = now, decision
        appeal.save(update_fields=["answered_at", "answer"])
        record_entry(
            actor=actor,
            action="appeal.answered",
            object_type="appeal",
            object_id=str(appeal.public_id),
            lender_id=appeal.lender_id,
            application_id=appeal.application_id,
            before={"answered": False},
            after={"answered": True, "decision": decision.number, "outcome": decision.outcome},
            now=now,
        )
    return len(appeals)
