"""What stands beside the assessment on a case page: appeals, documents, corrections, messages, a held notice, earlier answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from explanations.models import Notice
from explanations.notices.disclosing import is_told
from explanations.notices.required import setting_that_mends
from frontend.operations.facts_read import compared_of, differences_of
from frontend.operations.words import offer_in_words
from review_queue.actions.review_notice import may_be_sent
from review_queue.appeals import AppealShown, appeals_of
from review_queue.blind import answer_of
from review_queue.messages import ReadMessage, threads_of
from review_queue.models import ReviewCase
from review_queue.terms import other_terms
from underwriting.decisions.transitions import may_be_looked_at_again
from underwriting.documents.selectors import Listed, documents_of
from underwriting.documents.wanted import wanted
from underwriting.enums import ApplicationStatus, CaseKind, Outcome
from underwriting.facts.catalogue import catalogue
from underwriting.models import Application, Decision, FactCorrection, Party
from underwriting.policy.words import value_in_words

MESSAGES_SHOWN = 20
KIND_WORDS = {
    CaseKind.REFERRAL: "Referral",
    CaseKind.APPEAL: "Appeal",
    CaseKind.NOTICE_REVIEW: "Notice review",
    CaseKind.CONDITIONS: "Conditions",
}
ANSWER_WORDS = {
    Outcome.APPROVE: "Approved",
    Outcome.COUNTEROFFER: "Other terms offered",
    Outcome.DECLINE: "Declined",
}


@dataclass(frozen=True, slots=True)
class EarlierAnswer:
    """A decision as the second officer sees it, once they have answered: who, what, why."""

    who: str
    outcome: str
    offer: str
    reasons: Sequence[str]
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Thread:
    """The messages with one party, oldest first; `unreadable` where their key is gone."""

    party: Party
    name: str
    messages: Sequence[ReadMessage]
    unreadable: bool


@dataclass(frozen=True, slots=True)
class HeldNotice:
    """A notice under review: each letter as it would go out, with the facts behind each of its reasons.

    `setting` is the field of the lender's settings that has to be entered first; empty where none is missing.
    """

    notice: Notice
    letters: Sequence[Mapping[str, Any]]
    facts: Sequence[tuple[str, str]]
    may_be_sent: bool
    may_be_decided_again: bool
    is_told: bool
    setting: str


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """One paper; `met_at` is None until a person has seen it."""

    code: str
    words: str
    met_at: datetime | None


def dossier(
    case: ReviewCase,
    *,
    user_id: int,
    is_blind: bool,
    parties: Sequence[Party],
    names: Mapping[int, str],
    readings: Sequence[FactCorrection],
    now: datetime,
) -> dict[str, Any]:
    """Everything of the case page that is no assessment. `names` are the parties' by their place on the application.

    `readings` is what people read in papers (facts_read.readings_of).
    """
    own, decisions = answer_of(case, user_id=user_id), _decisions(case)
    documents: list[Listed] = documents_of(application_id=case.application_id, reader_id=user_id)
    differences = differences_of(case, readings, documents)
    # nobody appeals against what was never decided
    appeals: list[AppealShown] = appeals_of(case.application_id) if case.application.decided_at else []
    return {
        "kind_words": KIND_WORDS[CaseKind(case.kind)],
        "is_appeal": case.kind == CaseKind.APPEAL,
        "is_review": case.kind == CaseKind.NOTICE_REVIEW,
        "is_blind": is_blind,
        "not_for_me": case.not_for_id == user_id,
        "own": own,
        "own_words": ANSWER_WORDS[own.outcome] if own else "",
        "earlier": [] if is_blind else _earlier(case, decisions),
        "documents": documents,
        "first_unread": next((one for one in documents if not one.is_read), next(iter(documents), None)),
        "appeals": appeals,
        "differences": differences,
        "compared": compared_of(case, is_blind=is_blind) if differences else None,
        "threads": message_threads(case.application, parties, names),
        "held_notice": held_notice(case),
        "other_terms": other_terms(case, now=now),
        **_conditions(case, decisions),
    }


def _decisions(case: ReviewCase) -> list[Decision]:
    """The decisions so far, newest first, with their offers; no statement where there can be none."""
    if case.kind == CaseKind.REFERRAL and case.application.status == ApplicationStatus.REFERRED:
        return []
    rows = Decision.objects.filter(application_id=case.application_id)
    return list(rows.select_related("decided_by", "standing_offer").order_by("-number"))


def _earlier(case: ReviewCase, decisions: Sequence[Decision]) -> list[EarlierAnswer]:
    """What was decided, by whom and why, where this case looks at it again."""
    return [
        EarlierAnswer(
            who=row.decided_by.name if row.decided_by else "The system",
            outcome=ANSWER_WORDS[Outcome(row.outcome)],
            offer=offer_in_words(row.offer, case.application.currency) if row.offer else "",
            reasons=[(reason.get("english") or reason).get("text", "") for reason in row.reasons],
            note=row.note,
            at=row.decided_at,
        )
        for row in decisions
    ]


def _conditions(case: ReviewCase, decisions: Sequence[Decision]) -> dict[str, Any]:
    """The conditions of the newest offer, on the case that waits for them."""
    if case.kind != CaseKind.CONDITIONS:
        return {"conditions": []}
    offer = decisions[0].standing_offer if decisions and decisions[0].offer else None
    rows = [
        ConditionRow(
            one["code"],
            wanted()[one["code"]].officer,
            datetime.fromisoformat(one["met_at"]) if one["met_at"] else None,
        )
        for one in (offer.conditions if offer else [])
    ]
    return {
        "conditions": rows,
        "first_open": next((row.code for row in rows if row.met_at is None), ""),
        "conditions_left": sum(row.met_at is None for row in rows),
        "conditions_until": offer.valid_until if offer else None,
    }


def message_threads(
    application: Application, parties: Sequence[Party], names: Mapping[int, str]
) -> list[Thread]:
    """One thread a party, in order."""
    found = threads_of(application, parties)
    return [
        Thread(
            party=party,
            name=names.get(party.ordinal, ""),
            messages=(found[party.pk] or [])[-MESSAGES_SHOWN:],
            unreadable=found[party.pk] is None,
        )
        for party in parties
    ]


def held_notice(case: ReviewCase) -> HeldNotice | None:
    """The notice this case is about, out of its snapshot; the facts are those the decision rests on."""
    if case.kind != CaseKind.NOTICE_REVIEW or case.notice_id is None:
        return None
    notice = Notice.objects.select_related("decision").get(pk=case.notice_id)
    status = ApplicationStatus(case.application.status)
    return HeldNotice(
        notice=notice,
        letters=[letter for letter in notice.snapshot["letters"] if letter.get("sent", True)],
        facts=_facts_behind(notice, case.application.currency),
        may_be_sent=may_be_sent(notice),
        may_be_decided_again=may_be_looked_at_again(status),
        is_told=is_told(notice),
        setting=setting_that_mends(notice.held_because),
    )


def _facts_behind(notice: Notice, currency: str) -> list[tuple[str, str]]:
    """Each reason's fact with the value it was tested against and where that came from."""
    found = []
    for reason in notice.decision.reasons if notice.decision else []:
        fact, value = reason.get("fact"), reason.get("value")
        if not fact or fact not in catalogue():
            continue
        words = "not on file" if value is None else value_in_words(fact, value, currency)
        label = (reason.get("english") or reason).get("text", "")
        found.append(
            (label, f"{catalogue()[fact].label}: {words}, from {reason.get('source') or 'the application'}")
        )
    return found
