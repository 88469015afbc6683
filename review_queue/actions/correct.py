"""Setting a fact right: with its source and a reason, and the application is assessed again; the person still decides."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from review_queue.access import lock_case
from review_queue.actions.assess_again import is_being_assessed
from review_queue.actions.claim import claim_of
from review_queue.models import ReviewCase
from review_queue.permissions import DECIDERS, MayNotDecide
from review_queue.transitions import require_another_person, require_holder
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.decisions.transitions import ApplicationWithdrawn, assessment_is_wanted
from underwriting.enums import ApplicationStatus, CaseKind, CaseState, Lane, PartyRole, Role, WorkKind
from underwriting.facts.assemble import OF_THE_PRIMARY
from underwriting.facts.corrections import correctable, value_before
from underwriting.facts.typed import NotLegal, read_typed
from underwriting.facts.values import facts_from_json
from underwriting.models import Application, Document, FactCorrection, Party, User
from underwriting.work.put import put

SOURCE_CHARACTERS_MAX = 150
REASON_CHARACTERS_MAX = 1_000


class CorrectionRefused(ValueError):
    """The correction cannot be made; `field` is the form's name of what is wrong, the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def correct_fact(
    *,
    case: ReviewCase,
    fact: str,
    value: str,
    source: str,
    reason: str,
    document: Document | None,
    person: Party,
    user: User,
    roles: Collection[Role],
    actor: Actor,
    now: datetime,
) -> FactCorrection:
    """Keep the right value of one party's fact and put the application to be assessed again, ahead of batches.

    `value` is as typed (underwriting.facts.typed); `source` says where it was read, `document` is the file, if there is one.
    Facts of a credit report may be corrected too: that is how a dispute ends well. Nothing is decided by it.

    Raises:
        MayNotDecide: no role that decides cases.
        CaseNotOpen, ClaimTaken, NotClaimed, NotForThisPerson: the case is not this person's (any more).
        ApplicationWithdrawn: the applicant withdrew meanwhile.
        CorrectionRefused: the fact, value, source, reason or document will not do, or it is being assessed just now.
    """
    case = lock_facts(case, user=user, roles=roles)
    right = _read(case, fact=fact, value=value)
    if fact in OF_THE_PRIMARY and person.role != PartyRole.PRIMARY:
        raise CorrectionRefused("person", "This fact is read of the first applicant alone.")
    _require_grounds(case.application, person, source=source, reason=reason, document=document)
    before = value_before(application=case.application, party=person, fact=fact)
    if before == right:
        raise CorrectionRefused("value", "That is the value on file already.")
    correction = FactCorrection.objects.create(
        lender_id=case.lender_id,
        application=case.application,
        party=person,
        fact=fact,
        value=right,
        before=before,
        document=document,
        source=source.strip(),
        corrected_by=user,
        corrected_at=now,
    )
    _assess_again(case, correction, reason=reason.strip(), actor=actor, now=now)
    return correction


def lock_facts(case: ReviewCase, *, user: User, roles: Collection[Role]) -> ReviewCase:
    """The case, locked, for somebody who may say what its facts are. Raises as `correct_fact` does. Inside a transaction."""
    if not DECIDERS & frozenset(roles):
        raise MayNotDecide("none of these roles decides cases")
    case = lock_case(case_id=case.pk)
    require_holder(state=CaseState(case.state), claim=claim_of(case), user_id=user.pk)
    require_another_person(not_for_id=case.not_for_id, user_id=user.pk)
    _require_assessable(case)
    return case


def _assess_again(
    case: ReviewCase, correction: FactCorrection, *, reason: str, actor: Actor, now: datetime
) -> None:
    item = put(
        kind=WorkKind.ASSESS, lender_id=case.lender_id, application_id=case.application_id, lane=Lane.INTERACTIVE, now=now
    )  # fmt: skip
    document = correction.document
    record_entry(
        actor=actor,
        action="fact.corrected",
        object_type="fact",
        object_id=correction.fact,
        object_label=str(case),
        lender_id=case.lender_id,
        application_id=case.application_id,
        before={correction.fact: correction.before},
        after={
            correction.fact: correction.value,
            "source": correction.source,
            "document": str(document.public_id) if document else None,
            "applicant": correction.party.ordinal,
            "work_item": item.pk,
        },
        reason=reason,
        now=now,
    )


def _require_assessable(case: ReviewCase) -> None:
    status = ApplicationStatus(case.application.status)
    if status is ApplicationStatus.WITHDRAWN:
        raise ApplicationWithdrawn("the application was withdrawn")
    if case.kind == CaseKind.NOTICE_REVIEW:
        raise CorrectionRefused(
            "fact", "A notice says what was decided. Have it decided again, and correct the fact there."
        )
    if not assessment_is_wanted(status):
        raise CorrectionRefused("fact", "This application is not assessed any more.")
    if is_being_assessed(application_id=case.application_id):
        raise CorrectionRefused("fact", "It is being assessed just now. Correct the fact when that is done.")


def _read(case: ReviewCase, *, fact: str, value: str) -> object:
    if fact not in correctable(facts_from_json(case.assessment.facts)):
        raise CorrectionRefused("fact", "Choose the fact that is wrong.")
    try:
        return read_typed(fact, value, case.application.currency)
    except NotLegal as refused:
        raise CorrectionRefused("value", str(refused)) from refused


def _require_grounds(
    application: Application, person: Party, *, source: str, reason: str, document: Document | None
) -> None:
    if person.application_id != application.pk:
        raise CorrectionRefused("person", "Choose whose fact it is.")
    if not 1 <= len(source.strip()) <= SOURCE_CHARACTERS_MAX:
        raise CorrectionRefused(
            "source", f"Say where the right value stands, in at most {SOURCE_CHARACTERS_MAX} characters."
        )
    if not 1 <= len(reason.strip()) <= REASON_CHARACTERS_MAX:
        raise CorrectionRefused(
            "reason", f"Say why the value on file is wrong, in at most {REASON_CHARACTERS_MAX:,} characters."
        )
    if document is not None and document.application_id != application.pk:
        raise CorrectionRefused("document", "Choose one of the documents of this application.")
