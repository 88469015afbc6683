"""An applicant answers back: a fact is wrong, or a person should look again. It goes to somebody who did not decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from explanations.notices.selectors import look_again_until
from review_queue.desk import open_case
from review_queue.models import Appeal
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.decisions.selectors import latest_assessment, standing_decision
from underwriting.enums import AppealKind, ApplicationStatus, CaseKind, Outcome
from underwriting.facts.catalogue import catalogue
from underwriting.models import Application, Decision, Document, Lender, Party
from underwriting.people.sealing import seal, unseal

TEXT_CHARACTERS_MAX = 4_000
FACTS_MAX = 20
APPEALABLE = frozenset({ApplicationStatus.DECLINED, ApplicationStatus.COUNTEROFFERED})


class AppealRefused(ValueError):
    """An appeal cannot be taken; `code` is for whoever words it, the message for whoever reads logs and tests.

    Codes: not_decided, too_late, one_is_open, nothing_said, too_long, unknown_fact, not_your_document.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class AppealRoom:
    """Whether there is room for an appeal now: its last day, and the one that is open (then there is none)."""

    until: date
    open_appeal: Appeal | None
    is_open: bool


def appeal_room(application: Application, *, now: datetime) -> AppealRoom | None:
    """None where the standing decision leaves nothing to appeal: none yet, an approval, or an end of another kind."""
    decision = standing_decision(application.pk)
    if decision is None or not _may_be_appealed(application, decision):
        return None
    until = last_day(decision, application.lender)
    standing = Appeal.objects.filter(application=application, answered_at=None).first()
    in_time = now.astimezone(ZoneInfo(application.lender.time_zone)).date() <= until
    return AppealRoom(until=until, open_appeal=standing, is_open=in_time and standing is None)


def takes_papers(application: Application, *, now: datetime) -> bool:
    """Whether somebody looks at the decision again, or may still be asked to: then papers for it are taken."""
    room = appeal_room(application, now=now)
    return room is not None and (room.is_open or room.open_appeal is not None)


def _may_be_appealed(application: Application, decision: Decision) -> bool:
    """Other terms than those asked for can be appealed after their offer is over, too; an approval never can."""
    if application.status == ApplicationStatus.EXPIRED:
        return decision.outcome == Outcome.COUNTEROFFER
    return application.status in APPEALABLE


def last_day(decision: Decision, lender: Lender) -> date:
    """The last day, where the lender is, on which a decision can be appealed: the one that its notice names, once it is told."""
    named = look_again_until(decision)
    if named is not None:
        return named
    decided_on = decision.decided_at.astimezone(ZoneInfo(lender.time_zone)).date()
    return decided_on + timedelta(days=lender.look_again_days)


@transaction.atomic
def open_appeal(
    *,
    application: Application,
    party: Party,
    kind: AppealKind,
    facts: Sequence[str],
    text: str,
    document: Document | None,
    actor: Actor,
    now: datetime,
) -> Appeal:
    """Take an appeal against the standing decision and open its case for somebody who did not make that decision.

    A dispute names facts of the assessment or says in words what is wrong; a wish to look again may be silent. `text` is
    sealed under the party's key and in no audit entry.

    Raises AppealRefused.
    """
    application = Application.objects.select_for_update().get(pk=application.pk)
    lender = Lender.objects.get(pk=application.lender_id)
    decision = _appealable(application, lender, now=now)
    said = text.strip()
    _require_content(decision, party, kind=kind, facts=facts, text=said, document=document)
    answer_due_on = now.astimezone(ZoneInfo(lender.time_zone)).date() + timedelta(
        days=lender.look_again_answer_days
    )
    appeal = Appeal.objects.create(
        lender=lender,
        application=application,
        party=party,
        decision=decision,
        kind=kind,
        facts=list(facts),
        text=seal(said.encode(), party=party, what="appeal"),
        document=document,
        received_at=now,
        answer_due_on=answer_due_on,
    )
    _record_received(appeal, actor=actor, now=now)
    open_case(
        application=application,
        # facts may have been assessed again since the decision; a person looks at the newest
        assessment=latest_assessment(application.pk) or decision.assessment,
        why=why_in_words(kind, facts),
        is_technical=False,
        actor=actor,
        now=now,
        kind=CaseKind.APPEAL,
        not_for=decision.decided_by,
        appeal=appeal,
    )
    return appeal


def _record_received(appeal: Appeal, *, actor: Actor, now: datetime) -> None:
    record_entry(
        actor=actor,
        action="appeal.received",
        object_type="appeal",
        object_id=str(appeal.public_id),
        object_label=appeal.application.reference,
        lender_id=appeal.lender_id,
        application_id=appeal.application_id,
        after={
            "kind": appeal.kind,
            "decision": appeal.decision.number,
            "facts": appeal.facts,
            "document": str(appeal.document.public_id) if appeal.document else None,
            "answer_due_on": appeal.answer_due_on.isoformat(),
        },
        now=now,
    )


def appeal_text(appeal: Appeal) -> str:
    """The person's own words. Raises underwriting.people.sealing.Unreadable."""
    return unseal(appeal.text, party=appeal.party, what="appeal").decode()


def why_in_words(kind: AppealKind, facts: Sequence[str]) -> list[str]:
    """Why the case is here, for the officer. Says nothing of the earlier answer, which stays hidden until theirs is given."""
    if kind is AppealKind.LOOK_AGAIN:
        return ["The applicant asks a person to look again."]
    if not facts:
        return ["The applicant says that something is wrong."]
    labels = ", ".join(catalogue()[fact].label for fact in facts)
    return [f"The applicant says that this is wrong: {labels}."]


def _appealable(application: Application, lender: Lender, *, now: datetime) -> Decision:
    decision = standing_decision(application.pk)
    if decision is None or not _may_be_appealed(application, decision):
        raise AppealRefused("not_decided", f"An application that is {application.status} cannot be appealed.")
    if now.astimezone(ZoneInfo(lender.time_zone)).date() > last_day(decision, lender):
        raise AppealRefused("too_late", f"The last day was {last_day(decision, lender)}.")
    if Appeal.objects.filter(application=application, answered_at=None).exists():
        raise AppealRefused("one_is_open", "There is an appeal already that nobody has answered yet.")
    return decision


def _require_content(
    decision: Decision,
    party: Party,
    *,
    kind: AppealKind,
    facts: Sequence[str],
    text: str,
    document: Document | None,
) -> None:
    if kind is AppealKind.DISPUTE and not facts and not text:
        raise AppealRefused("nothing_said", "A dispute names a fact or says what is wrong.")
    if len(text) > TEXT_CHARACTERS_MAX:
        raise AppealRefused("too_long", f"At most {TEXT_CHARACTERS_MAX:,} characters.")
    known = decision.assessment.facts
    if len(facts) > FACTS_MAX or len(set(facts)) != len(facts) or any(name not in known for name in facts):
        raise AppealRefused("unknown_fact", "A fact that the decision does not rest on.")
    if document is not None and (
        document.party_id != party.pk or document.application_id != party.application_id
    ):
        raise AppealRefused("not_your_document", "The document belongs to somebody else.")
