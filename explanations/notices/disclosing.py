"""What becomes of a held notice: a person lets it go, or it is composed again because what it lacked is there now."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from explanations.models import Notice
from explanations.notices.compose import Draft, standing_of, tell, write_notices
from explanations.notices.gathering import DecisionToTell, subject_without_decision, subjects_of_decisions
from explanations.notices.required import LACKS, SECOND_LOOK
from explanations.notices.subject import NoticeSubject
from explanations.notices.texts import words
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.decisions.record import lock_applications
from underwriting.enums import NoticeKind
from underwriting.models import Application, Disclosure, Party


class MayNotBeTold(Exception):
    """The notice cannot go out as it stands; the message says why, for the person who wanted it to."""


@transaction.atomic
def disclose(notice: Notice, *, actor: Actor, now: datetime) -> None:
    """Tell a held notice whose reasons a person has looked at. One that was told is left alone.

    Raises MayNotBeTold where it is no longer the one that stands, or lacks something that looking at it does not mend.
    """
    _require_standing(notice)
    if is_told(notice):
        return
    lacking = [sentence for sentence in LACKS if sentence in notice.held_because and sentence != SECOND_LOOK]
    if lacking:
        raise MayNotBeTold(" ".join(lacking))
    if notice.decision_id is None:
        raise MayNotBeTold("A notice without a decision is composed again instead.")
    tell([notice], now=now)
    _record(notice, "notice.disclosed", actor=actor, now=now)


@transaction.atomic
def recompose(notice: Notice, *, actor: Actor, now: datetime, answer_by: date | None = None) -> Notice:
    """Compose a held notice once more from the same decision and today's settings: the next number, told if nothing holds it.

    One of incompleteness asks for what is missing now; `answer_by` is another last day for it. What the proof of its reasons
    found goes on holding a notice. Raises MayNotBeTold where it was told, no longer stands, or nothing is missing any more.
    """
    application = _require_standing(notice)
    if is_told(notice):
        raise MayNotBeTold("This notice was told already; it is never written again.")
    because = notice.held_because
    for sentence in LACKS:
        because = because.replace(sentence, "")
    draft = Draft(
        _subject(notice, application, answer_by=answer_by, now=now),
        held_because=" ".join(because.split()),
        number=notice.number + 1,
    )
    [again] = write_notices([draft], now=now)
    _record(again, "notice.recomposed", actor=actor, now=now)
    if not again.held_because:
        _record(again, "notice.disclosed", actor=actor, now=now)
    return again


def is_told(notice: Notice) -> bool:
    """Whether the applicants may see it: its decision was disclosed with this very text, or nothing holds it."""
    if notice.decision_id is None:
        return not notice.held_because
    return Disclosure.objects.filter(
        decision_id=notice.decision_id, snapshot_sha256=notice.snapshot_sha256
    ).exists()


def _require_standing(notice: Notice) -> Application:
    """Under the application's lock, so that two people cannot tell two texts of one decision; the application as it is now."""
    application = lock_applications([notice.application_id])[notice.application_id]
    standing = standing_of(notice.application, notice.decision, NoticeKind(notice.kind))
    if standing is None or standing.pk != notice.pk:
        raise MayNotBeTold("This notice was composed again since; look at the newest.")
    return application


def _subject(
    notice: Notice, application: Application, *, answer_by: date | None, now: datetime
) -> NoticeSubject:
    decision = notice.decision
    if decision is None:
        if not application.missing_fields:
            raise MayNotBeTold("Nothing is missing any more.")
        written = notice.snapshot["answer_by_on"]
        return subject_without_decision(
            application=application,
            kind=NoticeKind(notice.kind),
            needed=[words(application.language).item(pointer) for pointer in application.missing_fields],
            answer_by=answer_by or (date.fromisoformat(written) if written else None),
            now=now,
        )
    to_tell = DecisionToTell(
        decision=decision,
        assessment=decision.assessment,
        application=application,
        parties=list(Party.objects.filter(application=application).order_by("ordinal")),
        lender=application.lender,
        product=application.product,
        reasons=decision.reasons,
    )
    return subjects_of_decisions([to_tell], now=now)[0]


def _record(notice: Notice, action: str, *, actor: Actor, now: datetime) -> None:
    record_entry(
        actor=actor, action=action, object_type="notice", object_id=str(notice.pk),
        object_label=f"{notice.application.reference} {notice.kind.lower()} {notice.number}",
        lender_id=notice.application.lender_id, application_id=notice.application_id,
        after={"snapshot_sha256": notice.snapshot_sha256, "held_because": notice.held_because}, now=now,
    )  # fmt: skip
