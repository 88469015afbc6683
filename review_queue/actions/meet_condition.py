"""Seeing a paper on which an offer depends, and waiting on for the papers that have not come."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from review_queue.access import lock_case
from review_queue.actions.assess_again import is_being_assessed
from review_queue.actions.claim import claim_of
from review_queue.actions.correct import CorrectionRefused, correct_fact
from review_queue.actions.verify import facts_to_compare, verify_fact
from review_queue.conditions import conditional_offer, in_words, last_moment
from review_queue.models import ReviewCase
from review_queue.permissions import DECIDERS, MayNotDecide
from review_queue.trail import case_entry
from review_queue.transitions import require_holder
from review_queue.waiting import put_aside
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entries
from underwriting.decisions.conditions import meet, open_codes
from underwriting.decisions.transitions import ApplicationWithdrawn
from underwriting.documents.wanted import wanted
from underwriting.enums import ApplicationStatus, CaseState, Lane, Role, WaitKind, WorkKind
from underwriting.facts.corrections import correctable, value_before
from underwriting.facts.typed import NotLegal, read_typed
from underwriting.facts.values import facts_from_json
from underwriting.models import Document, Party, StandingOffer, User
from underwriting.work.put import put

SAID_CHARACTERS_MAX = 400


class ConditionRefused(ValueError):
    """It cannot be noted so; `field` is the form's name of what is wrong, the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def meet_condition(
    *,
    case_id: int,
    code: str,
    document: Document | None,
    value: str,
    said: str,
    user: User,
    roles: Collection[Role],
    actor: Actor,
    now: datetime,
) -> StandingOffer:
    """Note that a condition is met by a document, with the value that it shows where the condition is about a fact.

    Another value than the one on file corrects the fact. After the last condition the application is assessed again, and
    `review_queue.conditions.settle` frees the offer or tells this case's person why not.

    Raises:
        MayNotDecide: no role that decides cases.
        CaseNotOpen, ClaimTaken, NotClaimed: the case is not this person's (any more).
        ApplicationWithdrawn: the applicant withdrew meanwhile.
        ConditionRefused: it is not open, or the document, value or sentence will not do, or it is being assessed just now.
    """
    case, offer = _held(case_id, user=user, roles=roles)
    if code not in open_codes(offer):
        raise ConditionRefused("code", "This condition is met already, or was never one of this offer.")
    if is_being_assessed(application_id=case.application_id):
        raise ConditionRefused("code", "It is being assessed just now. Try again in a moment.")
    if document is None or document.application_id != case.application_id:
        raise ConditionRefused("document", "Choose the document that shows it.")
    said = said.strip()
    if not 1 <= len(said) <= SAID_CHARACTERS_MAX:
        raise ConditionRefused(
            "said", f"Say in a sentence what it shows, in at most {SAID_CHARACTERS_MAX} characters."
        )
    is_corrected = _verify(
        case, code, value, document=document, said=said, user=user, roles=roles, actor=actor, now=now
    )
    meet(offer, code, now=now)
    left = open_codes(offer)
    record_entries([
        case_entry(
            case, "condition.met", actor=actor, now=now, reason=said,
            after={"condition": code, "document": str(document.public_id), "corrected": is_corrected, "left": left},
        )
    ])  # fmt: skip
    if not left and not is_corrected:
        put(
            kind=WorkKind.ASSESS, lender_id=case.lender_id, application_id=case.application_id, lane=Lane.INTERACTIVE, now=now
        )  # fmt: skip
    return offer


@transaction.atomic
def wait_for_papers(
    *, case_id: int, user: User, roles: Collection[Role], actor: Actor, now: datetime
) -> ReviewCase:
    """Put the case aside again until the applicant sends the rest, or the offer's last day is over. Raises as `meet_condition`."""
    case, offer = _held(case_id, user=user, roles=roles)
    left = open_codes(offer)
    if not left:
        raise ConditionRefused("code", "Every paper was seen. There is nothing to wait for.")
    until = last_moment(offer, case.application)
    if until <= now:
        raise ConditionRefused("code", "The offer's last day is over. Decide what becomes of it.")
    record_entries([
        case_entry(case, "condition.awaited", actor=actor, now=now, reason="", after={"left": left, "until": until.isoformat()})
    ])  # fmt: skip
    put_aside(case, kind=WaitKind.APPLICANT, until=until, because=in_words(left), comes_back_to=user, now=now)
    return case


def _held(case_id: int, *, user: User, roles: Collection[Role]) -> tuple[ReviewCase, StandingOffer]:
    """The case, locked, and the offer that waits for its papers."""
    if not DECIDERS & frozenset(roles):
        raise MayNotDecide("none of these roles decides cases")
    case = lock_case(case_id=case_id)
    require_holder(state=CaseState(case.state), claim=claim_of(case), user_id=user.pk)
    if case.application.status == ApplicationStatus.WITHDRAWN:
        raise ApplicationWithdrawn("the application was withdrawn")
    offer = conditional_offer(case.application)
    if offer is None:
        raise ConditionRefused("code", "No offer of this application waits for papers.")
    return case, offer


def asks_for_value(case: ReviewCase, code: str) -> str:
    """The fact whose value a condition's paper shows; empty where it shows none, or none that this case's assessment reads."""
    fact = wanted()[code].fact
    return fact if fact in correctable(facts_from_json(case.assessment.facts)) else ""


def _verify(
    case: ReviewCase,
    code: str,
    value: str,
    *,
    document: Document,
    said: str,
    user: User,
    roles: Collection[Role],
    actor: Actor,
    now: datetime,
) -> bool:
    """Set the fact right where the paper shows another value than the one on file, else note that it bears it out; whether it did."""
    fact = asks_for_value(case, code)
    if not fact:
        return False
    person = Party.objects.get(application=case.application, ordinal=1)
    try:
        shown = read_typed(fact, value, case.application.currency)
        if shown == value_before(application=case.application, party=person, fact=fact):
            if fact in facts_to_compare(case, document):
                verify_fact(
                    case=case, fact=fact, seen=shown, document=document, source=wanted()[code].officer, user=user, roles=roles,
                    actor=actor, now=now,
                )  # fmt: skip
            return False
        correct_fact(
            case=case, fact=fact, value=value, source=wanted()[code].officer, reason=said, document=document, person=person,
            user=user, roles=roles, actor=actor, now=now,
        )  # fmt: skip
    except NotLegal as refused:
        raise ConditionRefused("value", str(refused)) from refused
    except CorrectionRefused as refused:
        raise ConditionRefused("value", str(refused)) from refused
    return True
