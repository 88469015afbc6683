"""Asking the applicant: what they read, the clock that stands still, and the ways a case comes back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from review_queue.actions.ask import AskRefused, ask_applicant, last_day_to_answer
from review_queue.actions.claim import claim_case
from review_queue.actions.take_next import take_next
from review_queue.messages import messages_of, send_message
from review_queue.models import ApplicantRequest, ReviewCase
from review_queue.permissions import MayNotDecide
from review_queue.queue import QueueQuery
from review_queue.selectors import late_count, queue_page
from review_queue.tasks import work_on_cases
from review_queue.transitions import NotClaimed
from tests.factories import actor_of
from tests.factories.reviewing import Desk, make_case
from tests.underwriting.documents.files import pdf
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.transitions import ApplicationWithdrawn
from underwriting.documents.receive import receive_document
from underwriting.enums import ApplicationStatus, DocumentKind, Role, WorkKind
from underwriting.models import Application, AuditEntry, Mail, Party, User, WorkItem

pytestmark = pytest.mark.django_db
# A Tuesday, 10:00 in New York; the case is due after 480 working minutes: Wednesday 10:00.
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 4, 15, 0, tzinfo=UTC)
TUESDAY_AFTER = date(2026, 11, 10)
OFFICER = frozenset({Role.CREDIT_OFFICER})


def party_of(case: ReviewCase) -> Party:
    return Party.objects.get(application=case.application_id)


def ask(
    case: ReviewCase, user: User, *, now: datetime = NOW, claims: bool = True, **changes: Any
) -> ReviewCase:
    if claims:
        claim_case(case_id=case.pk, user=user, actor=actor_of(user), now=now)
    values: dict[str, Any] = {
        "items": ["payslips"], "question": "Since when do you rent?", "answer_until": TUESDAY_AFTER, "roles": OFFICER,
    } | changes  # fmt: skip
    ask_applicant(case_id=case.pk, user=user, party=party_of(case), actor=actor_of(user), now=now, **values)
    return ReviewCase.objects.get(pk=case.pk)


def query(case: ReviewCase, user: User, view: str, *, now: datetime = NOW) -> QueueQuery:
    return QueueQuery(case.lender_id, user.pk, now + timedelta(days=2), view=view)


def views_with(case: ReviewCase, user: User, *, now: datetime = NOW) -> list[str]:
    views = ("due-today", "mine", "came-back", "all", "waiting")
    return [
        view
        for view in views
        if case.number in [row.number for row in queue_page(query(case, user, view), now=now).rows]
    ]


def answer(case: ReviewCase, now: datetime) -> None:
    send_message(application=case.application, party=party_of(case), author=None, text="Since May.", now=now)


def test_the_applicant_reads_what_was_chosen_and_what_was_typed(desk: Desk, ana: User) -> None:
    case = ask(make_case(desk, now=NOW), ana)

    (message,) = messages_of(case.application, party_of(case))
    assert message.text == (
        "We cannot decide yet. We need this from you:\n• Your payslips of the last three months.\n\n"
        "We also have a question:\nSince when do you rent?\n\n"
        "Please answer by November 10, 2026. We go on when we have your answer, or after that day.\n\n"
        "You can write to us here. Send papers under Documents."
    )
    assert (message.author, message.sent_at) == ("Ana Ruiz", NOW)
    assert Mail.objects.get().subject == f"We need something from you: {case.application.reference}"


def test_the_clock_stands_still_and_the_case_leaves_the_views(desk: Desk, ana: User, tom: User) -> None:
    waiting = ask(make_case(desk, now=NOW), ana, now=NOW + timedelta(minutes=95))

    assert (waiting.waits_for, waiting.waiting_until, waiting.working_time_left) == (
        "APPLICANT", datetime(2026, 11, 11, 5, 0, tzinfo=UTC), timedelta(minutes=385),
    )  # fmt: skip
    assert (waiting.holder, waiting.lease_until, waiting.waiting_because) == (
        None, None, "Payslips of the last three months; A question",
    )  # fmt: skip
    assert views_with(waiting, ana) == views_with(waiting, tom) == ["waiting"]
    assert late_count(lender_id=waiting.lender_id, now=NOW + timedelta(days=5)).value == 0
    everything = query(waiting, tom, "waiting")
    assert take_next(query=everything, user=tom, actor=actor_of(tom), now=NOW) is None


def test_an_answer_brings_it_back_to_who_asked_with_exactly_the_time_that_was_left(
    desk: Desk, ana: User, tom: User
) -> None:
    asked_at = NOW + timedelta(minutes=95, microseconds=7)
    case = ask(make_case(desk, now=NOW), ana, now=asked_at)
    # Friday 16:30 in New York: half an hour of that day counts, the rest on Monday
    answer(case, datetime(2026, 11, 6, 21, 30, tzinfo=UTC))

    case.refresh_from_db()
    left = timedelta(minutes=385) - timedelta(microseconds=7)
    assert case.due_at == datetime(2026, 11, 9, 14, 0, tzinfo=UTC) + left - timedelta(minutes=30)
    assert (case.waits_for, case.waiting_until, case.working_time_left) == ("", None, None)
    assert (case.assigned_to, case.came_back_because) == (ana, "ANSWERED")
    assert ApplicantRequest.objects.get().ended_at == datetime(2026, 11, 6, 21, 30, tzinfo=UTC)
    assert views_with(case, ana) == ["mine", "came-back", "all"]
    assert views_with(case, tom) == ["all"]
    taken_by_tom = take_next(query=query(case, tom, "all"), user=tom, actor=actor_of(tom), now=NOW)
    assert taken_by_tom is None, "it is hers to go on with while it is not late"


def test_a_late_case_is_anybodys_to_take(desk: Desk, ana: User, tom: User) -> None:
    case = ask(make_case(desk, now=NOW), ana)
    answer(case, NOW + timedelta(minutes=5))
    late = DUE + timedelta(days=3)

    found = take_next(query=query(case, tom, "all"), user=tom, actor=actor_of(tom), now=late)

    assert found is not None
    assert (found.number, found.assigned_to) == (case.number, None)


def test_a_case_that_was_late_stays_as_late_as_it_was(desk: Desk, ana: User) -> None:
    case = ask(make_case(desk, now=NOW), ana, now=DUE + timedelta(hours=1))
    assert case.working_time_left == timedelta(0)
    answer(case, DUE + timedelta(days=2))
    case.refresh_from_db()
    assert case.due_at == DUE


def test_it_comes_back_when_its_day_is_over(desk: Desk, ana: User) -> None:
    case = ask(make_case(desk, now=NOW), ana)
    item = WorkItem.objects.get(kind=WorkKind.CASE_DUE)
    assert item.not_before == case.waiting_until
    WorkItem.objects.filter(pk=item.pk).update(not_before=NOW)
    work_on_cases()
    case.refresh_from_db()
    assert (case.waits_for, case.came_back_because, case.assigned_to) == ("", "DAY_CAME", ana)
    assert views_with(case, ana) == ["mine", "came-back", "all"]


def test_the_day_of_an_earlier_wait_ends_no_later_one(desk: Desk, ana: User) -> None:
    case = ask(make_case(desk, now=NOW), ana)
    answer(case, NOW + timedelta(minutes=5))
    case = ask(case, ana, now=NOW + timedelta(minutes=6), answer_until=date(2026, 11, 12))
    first, second = WorkItem.objects.filter(kind=WorkKind.CASE_DUE).order_by("pk")
    WorkItem.objects.filter(pk=first.pk).update(not_before=NOW)
    WorkItem.objects.filter(pk=second.pk).update(not_before=timezone.now() + timedelta(days=9))
    work_on_cases()
    case.refresh_from_db()
    assert (case.waits_for, case.waiting_until) == ("APPLICANT", datetime(2026, 11, 13, 5, 0, tzinfo=UTC))


def test_a_document_brings_it_back(desk: Desk, ana: User) -> None:
    case = ask(make_case(desk, now=NOW), ana)
    receive_document(
        application=case.application, party=party_of(case), kind=DocumentKind.PAYSLIP, name="p.pdf", content=pdf(), actor=SYSTEM, now=NOW
    )  # fmt: skip
    work_on_cases()
    case.refresh_from_db()
    assert (case.waits_for, case.came_back_because) == ("", "ANSWERED")


def test_claiming_it_ends_the_wait(desk: Desk, ana: User, tom: User) -> None:
    case = ask(make_case(desk, now=NOW), ana)
    claimed = claim_case(case_id=case.pk, user=tom, actor=actor_of(tom), now=NOW)
    assert (claimed.holder, claimed.waits_for, claimed.due_at) == (tom, "", DUE)


def test_the_trail_tells_what_was_asked_but_not_the_question(desk: Desk, ana: User) -> None:
    case = ask(make_case(desk, now=NOW), ana)
    answer(case, NOW + timedelta(minutes=5))
    entries = AuditEntry.objects.filter(object_type="case", object_id=str(case.number)).order_by("id")
    assert [(e.action, e.actor_name) for e in entries] == [
        ("case.opened", "System"), ("case.claimed", "Ana Ruiz"), ("case.applicant_asked", "Ana Ruiz"), ("case.came_back", "System"),
    ]  # fmt: skip
    assert entries[2].after == {
        "items": ["payslips"], "answer_until": "2026-11-10", "working_seconds_left": 28_800,
    }  # fmt: skip
    assert "rent" not in str([(e.reason, e.before, e.after) for e in AuditEntry.objects.all()])


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"items": [], "question": " "}, "items", "Choose what you ask for, or write a question."),
        ({"items": ["a_pony"]}, "items", "Choose at most 6 lines of the list."),
        ({"items": ["payslips", "payslips"]}, "items", "Choose at most 6 lines of the list."),
        ({"question": "x" * 801}, "question", "Use at most 800 characters for the question."),
        ({"answer_until": None}, "answer-until", "Choose a day from 4 November 2026 to 2 December 2026."),
        ({"answer_until": date(2026, 11, 3)}, "answer-until", "Choose a day from 4 November 2026 to 2 December 2026."),
        ({"answer_until": date(2026, 12, 3)}, "answer-until", "Choose a day from 4 November 2026 to 2 December 2026."),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_so_is_said_and_nothing_is_sent(
    desk: Desk, ana: User, changes: dict[str, Any], field: str, words: str
) -> None:
    case = make_case(desk, now=NOW)
    with pytest.raises(AskRefused) as refused:
        ask(case, ana, **changes)
    assert (refused.value.field, str(refused.value)) == (field, words)
    assert messages_of(case.application, party_of(case)) == []


def test_no_day_is_given_that_ends_after_the_applicant_has_to_hear_from_us(desk: Desk, ana: User) -> None:
    case = make_case(desk, now=NOW)
    assert last_day_to_answer(case, now=NOW) == date(2026, 12, 2)
    assert last_day_to_answer(case, now=NOW + timedelta(days=20)) == date(2026, 12, 2)
    with pytest.raises(AskRefused, match="No day is left to wait"):
        ask(case, ana, now=NOW + timedelta(days=29), answer_until=date(2026, 12, 3))


def test_only_the_holder_who_decides_asks_and_nobody_after_a_withdrawal(desk: Desk, ana: User) -> None:
    case = make_case(desk, now=NOW)
    with pytest.raises(NotClaimed):
        ask(case, ana, claims=False)
    with pytest.raises(MayNotDecide):
        ask(case, ana, roles=frozenset({Role.TEAM_LEAD}))
    Application.objects.update(status=ApplicationStatus.WITHDRAWN)
    with pytest.raises(ApplicationWithdrawn):
        ask(case, ana)
