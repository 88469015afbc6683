"""An applicant answers back: what is taken, what is not, and who may look at it."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from review_queue.actions.appeal import (
    TEXT_CHARACTERS_MAX,
    AppealRefused,
    appeal_room,
    appeal_text,
    open_appeal,
)
from review_queue.messages import applicant_actor
from review_queue.models import Appeal, ReviewCase
from tests.factories import make_lender, make_party, make_user
from tests.factories.applying import RECEIVED_AT
from tests.factories.reviewing import make_case, make_desk
from underwriting.enums import (
    AppealKind,
    ApplicationStatus,
    CaseKind,
    CaseState,
    DocumentKind,
    Outcome,
    Role,
)
from underwriting.models import Application, AuditEntry, Decision, Document, Party, User
from underwriting.people.sealing import seal

NOW = RECEIVED_AT + timedelta(days=3)
WORDS = "My income is 62,000 a year. You have 5,000."


@pytest.fixture
def officer(db: None) -> User:
    return make_user("Ana Test", (make_lender(), Role.CREDIT_OFFICER))


@pytest.fixture
def declined(officer: User) -> Party:
    return make_declined(officer)


def make_declined(officer: User) -> Party:
    """An application that this officer declined."""
    lender = officer.memberships.get().lender
    case = make_case(make_desk(lender))
    application = case.application
    Decision.objects.create(
        application=application, lender=lender, number=1, outcome=Outcome.DECLINE, assessment=case.assessment,
        decided_by=officer, decided_at=NOW, reasons=[],
    )  # fmt: skip
    ReviewCase.objects.update(state=CaseState.CLOSED, closed_at=NOW)
    Application.objects.filter(pk=application.pk).update(status=ApplicationStatus.DECLINED, decided_at=NOW)
    return application.parties.get()


def appeal(party: Party, *, now: datetime = NOW, **changes: Any) -> Appeal:
    given: dict[str, Any] = {
        "kind": AppealKind.DISPUTE,
        "facts": ["annual_income"],
        "text": WORDS,
        "document": None,
    }
    application = Application.objects.get(pk=party.application_id)
    return open_appeal(
        application=application, party=party, actor=applicant_actor(party), now=now, **{**given, **changes}
    )


def refusal(party: Party, **changes: Any) -> str:
    with pytest.raises(AppealRefused) as refused:
        appeal(party, **changes)
    assert not Appeal.objects.exists()
    return refused.value.code


def test_a_dispute_opens_a_case_for_somebody_who_did_not_decide(declined: Party, officer: User) -> None:
    opened = appeal(declined)

    case = ReviewCase.objects.get(appeal=opened)
    assert (case.kind, case.state, case.not_for) == (CaseKind.APPEAL, CaseState.OPEN, officer)
    assert case.why == ["The applicant says that this is wrong: Yearly income."]
    assert opened.decision.number == 1
    assert appeal_text(opened) == WORDS


def test_the_answer_is_due_after_the_lenders_days_where_the_lender_is(declined: Party) -> None:
    late_in_utc = datetime(2026, 11, 6, 2, 0, tzinfo=NOW.tzinfo)  # 5 November in New York

    assert appeal(declined, now=late_in_utc).answer_due_on == date(2026, 12, 5)


def test_the_words_are_sealed_and_in_no_audit_entry(declined: Party) -> None:
    opened = appeal(declined)

    entry = AuditEntry.objects.get(action="appeal.received")
    assert WORDS.encode() not in bytes(opened.text)
    assert "62,000" not in f"{entry.after} {entry.reason}"
    assert (entry.actor_kind, entry.actor_name, (entry.after or {})["facts"]) == (
        "APPLICANT",
        "Applicant",
        ["annual_income"],
    )


def test_one_appeal_at_a_time(declined: Party) -> None:
    first = appeal(declined)

    with pytest.raises(AppealRefused) as refused:
        appeal(declined, kind=AppealKind.LOOK_AGAIN, facts=[], text="")
    assert refused.value.code == "one_is_open"
    Appeal.objects.filter(pk=first.pk).update(answered_at=NOW)
    ReviewCase.objects.update(state=CaseState.CLOSED)
    assert appeal(declined).pk != first.pk


def test_a_wish_to_look_again_may_be_silent(declined: Party) -> None:
    opened = appeal(declined, kind=AppealKind.LOOK_AGAIN, facts=[], text=" ")

    assert appeal_text(opened) == ""
    assert ReviewCase.objects.get(appeal=opened).why == ["The applicant asks a person to look again."]


@pytest.mark.parametrize(("days", "is_open"), [(60, True), (61, False)])
def test_the_last_day_is_the_lenders_number_of_days_after_the_decision(
    declined: Party, days: int, is_open: bool
) -> None:
    now = NOW + timedelta(days=days)

    room = appeal_room(Application.objects.get(pk=declined.application_id), now=now)

    assert room is not None
    assert (room.until, room.is_open) == (date(2027, 1, 4), is_open)
    if is_open:
        appeal(declined, now=now)
    else:
        assert refusal(declined, now=now) == "too_late"


@pytest.mark.parametrize("status", [s for s in ApplicationStatus if s not in ("DECLINED", "COUNTEROFFERED")])
def test_without_a_decline_or_a_counteroffer_there_is_nothing_to_appeal(
    declined: Party, status: ApplicationStatus
) -> None:
    Application.objects.update(status=status)

    assert refusal(declined) == "not_decided"
    assert appeal_room(Application.objects.get(), now=NOW) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"facts": [], "text": "  "}, "nothing_said"),
        ({"text": "x" * (TEXT_CHARACTERS_MAX + 1)}, "too_long"),
        ({"facts": ["shoe_size"]}, "unknown_fact"),
        ({"facts": ["annual_income", "annual_income"]}, "unknown_fact"),
    ],
)
def test_what_says_nothing_or_too_much_is_refused(
    declined: Party, changes: dict[str, Any], code: str
) -> None:
    assert refusal(declined, **changes) == code


def test_the_longest_text_is_taken(declined: Party) -> None:
    assert len(appeal_text(appeal(declined, text="x" * TEXT_CHARACTERS_MAX))) == TEXT_CHARACTERS_MAX


def test_another_persons_document_is_refused(declined: Party) -> None:
    other = make_party(declined.application, ordinal=2, given_name="Johan")
    document = Document.objects.create(
        lender=other.lender, application=other.application, party=other, kind=DocumentKind.PAYSLIP, page_count=1, byte_count=8,
        name=seal(b"p.pdf", party=other, what="document.name"), content=seal(b"%PDF", party=other, what="document.content"),
        media_type="application/pdf", sha256="0" * 64, received_from="APPLICANT", received_at=NOW,
    )  # fmt: skip

    assert refusal(declined, document=document) == "not_your_document"


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
def test_of_two_appeals_at_the_same_moment_one_is_taken() -> None:
    party = make_declined(make_user("Ana Test", (make_lender(), Role.CREDIT_OFFICER)))
    start, codes = threading.Barrier(4), list[str]()

    def send() -> None:
        start.wait()
        try:
            appeal(party)
            codes.append("taken")
        except AppealRefused as refused:
            codes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == ["one_is_open"] * 3 + ["taken"]
    assert ReviewCase.objects.filter(kind=CaseKind.APPEAL).count() == 1


@pytest.mark.parametrize(("outcome", "is_taken"), [(Outcome.COUNTEROFFER, True), (Outcome.APPROVE, False)])
def test_other_terms_can_be_appealed_after_their_offer_is_over(
    declined: Party, outcome: Outcome, is_taken: bool
) -> None:
    decision = Decision.objects.get()
    Decision.objects.create(
        application_id=decision.application_id, lender_id=decision.lender_id, number=2, outcome=outcome,
        assessment_id=decision.assessment_id, decided_at=NOW, reasons=[], replaces=decision,
    )  # fmt: skip
    Application.objects.update(status=ApplicationStatus.EXPIRED)

    room = appeal_room(Application.objects.get(), now=NOW)

    assert (room is not None) is is_taken
    if is_taken:
        assert ReviewCase.objects.get(appeal=appeal(declined)).state == CaseState.OPEN
    else:
        assert refusal(declined) == "not_decided"
