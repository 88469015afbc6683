"""Cases that go from one person to another: escalated, passed by, given, taken over, opened again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from review_queue.actions.claim import claim_case, extend_lease, release_claim
from review_queue.actions.hand_over import HandoverRefused, escalate_case, give_case, lost_to
from review_queue.actions.put_off import PutOffRefused, move_due, snooze_case
from review_queue.actions.reopen import ReopenRefused, reopen_case
from review_queue.actions.skip import SkipRefused, skip_case
from review_queue.actions.take_next import take_next
from review_queue.models import Conflict, Handover, ReviewCase, Skip
from review_queue.permissions import MayNotDecide, MayNotLead
from review_queue.queue import QueueQuery
from review_queue.tasks import work_on_cases
from review_queue.transitions import CaseNotOpen, ClaimTaken, NotClaimed, NotForThisPerson
from tests.factories import actor_of, make_user
from tests.factories.reviewing import Desk, make_case
from tests.review_queue.test_actions import decline
from underwriting.enums import ApplicationStatus, CaseState, Role, WorkKind
from underwriting.models import Application, AuditEntry, Decision, Lender, User, WorkItem

pytestmark = pytest.mark.django_db
# A Tuesday, 10:00 in New York; a case is due after 480 working minutes: Wednesday 10:00.
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
OFFICER, LEAD = frozenset({Role.CREDIT_OFFICER}), frozenset({Role.TEAM_LEAD})
LARGE = 3_000_000  # above what a credit officer may decide, below what a senior officer may


@pytest.fixture
def lena(harbour: Lender) -> User:
    return make_user("Lena Ford", (harbour, Role.TEAM_LEAD), (harbour, Role.SENIOR_OFFICER))


@pytest.fixture
def sam(harbour: Lender) -> User:
    return make_user("Sam Oduya", (harbour, Role.SENIOR_OFFICER))


@pytest.fixture
def case(desk: Desk) -> ReviewCase:
    return make_case(desk, now=NOW)


def claim(case: ReviewCase, user: User, now: datetime = NOW) -> ReviewCase:
    return claim_case(case_id=case.pk, user=user, actor=actor_of(user), now=now)


def who(user: User, roles: frozenset[Role] = OFFICER, now: datetime = NOW) -> dict[str, Any]:
    return {"user": user, "roles": roles, "actor": actor_of(user), "now": now}


def escalate(case: ReviewCase, user: User, to: User | None, why: str = "Self-employed abroad.") -> ReviewCase:
    return escalate_case(case_id=case.pk, to=to, why=why, **who(user))


def give(
    case: ReviewCase, by: User, to: User | None, *, why: str = "Ana is away.", roles: frozenset[Role] = LEAD
) -> ReviewCase:
    return give_case(case_id=case.pk, by=by, roles=roles, to=to, why=why, actor=actor_of(by), now=NOW)


def skip(case: ReviewCase, user: User, reason: str = "NEEDS_SPECIALIST", note: str = "") -> Skip:
    return skip_case(case_id=case.pk, reason=reason, note=note, **who(user))


def start(case: ReviewCase, user: User, now: datetime = NOW) -> ReviewCase | None:
    query = QueueQuery(case.lender_id, user.pk, now + timedelta(days=2), view="all")
    return take_next(query=query, user=user, actor=actor_of(user), now=now)


def actions(case: ReviewCase) -> list[str]:
    entries = AuditEntry.objects.filter(object_type="case", object_id=str(case.number))
    return list(entries.order_by("id").values_list("action", flat=True))


def test_an_escalated_case_is_the_others_and_says_so(desk: Desk, ana: User, sam: User) -> None:
    case = make_case(desk, now=NOW, requested_amount_minor=LARGE)
    before = list(case.why)
    claim(case, ana)
    escalate(case, ana, sam)

    case.refresh_from_db()
    assert (case.assigned_to, case.holder, case.lease_until) == (sam, None, None)
    assert case.why == ["Ana Ruiz passed it on to Sam Oduya: Self-employed abroad.", *before]
    assert list(Handover.objects.values_list("kind", "from_user__name", "to_user__name", "reason")) == [
        ("ESCALATED", "Ana Ruiz", "Sam Oduya", "Self-employed abroad.")
    ]
    assert actions(case) == ["case.opened", "case.claimed", "case.escalated"]
    assert start(case, ana) is None
    assert (found := start(case, sam)) is not None
    assert found.pk == case.pk


def test_a_case_is_passed_on_only_to_somebody_who_may_decide_it(
    desk: Desk, harbour: Lender, ana: User, tom: User, sam: User
) -> None:
    case = make_case(desk, now=NOW, requested_amount_minor=LARGE)
    reader = make_user("Rea Reader", (harbour, Role.TEAM_LEAD))
    claim(case, ana)
    for nobody_for_it in (tom, ana, reader, None):
        with pytest.raises(HandoverRefused, match="Choose somebody who may decide this case"):
            escalate(case, ana, nobody_for_it)
    ReviewCase.objects.filter(pk=case.pk).update(not_for=sam)
    with pytest.raises(HandoverRefused, match="Choose somebody who may decide this case"):
        escalate(case, ana, sam)
    ReviewCase.objects.filter(pk=case.pk).update(not_for=None)
    Conflict.objects.create(lender=harbour, application=case.application, user=sam, declared_at=NOW)
    with pytest.raises(HandoverRefused, match="Choose somebody who may decide this case"):
        escalate(case, ana, sam)


def test_passing_on_needs_a_reason_the_claim_and_a_role(case: ReviewCase, ana: User, sam: User) -> None:
    with pytest.raises(NotClaimed):
        escalate(case, ana, sam)
    claim(case, ana)
    with pytest.raises(HandoverRefused) as refused:
        escalate(case, ana, sam, why=" ")
    assert (refused.value.field, str(refused.value)) == ("why", "Say why, in at most 400 characters.")
    with pytest.raises(MayNotDecide):
        escalate_case(case_id=case.pk, to=sam, why="x", **who(ana, LEAD))


def test_a_skipped_case_is_free_for_others_and_not_handed_out_again(
    case: ReviewCase, ana: User, tom: User
) -> None:
    claim(case, ana)
    skip(case, ana, "LANGUAGE")
    case.refresh_from_db()
    assert (case.holder, case.lease_until) == (None, None)
    assert start(case, ana) is None
    assert claim(case, ana).holder == ana, "somebody who opens it by themselves may still take it"
    release_claim(case_id=case.pk, user=ana, actor=actor_of(ana), now=NOW)
    assert (found := start(case, tom)) is not None
    assert found.pk == case.pk


def test_a_conflict_of_interest_stands_for_good(desk: Desk, case: ReviewCase, ana: User, lena: User) -> None:
    claim(case, ana)
    skip(case, ana, "CONFLICT_OF_INTEREST")
    skip(case, ana, "CONFLICT_OF_INTEREST")

    with pytest.raises(NotForThisPerson) as refused:
        claim(case, ana)
    assert str(refused.value) == (
        "You said that you have a conflict of interest in this application. A different officer has to take it."
    )
    with pytest.raises(HandoverRefused, match="Choose somebody who may decide this case"):
        give(case, lena, ana)
    assert start(case, ana, NOW + timedelta(days=3)) is None
    assert Conflict.objects.count() == 1


@pytest.mark.parametrize(
    ("reason", "note", "field", "words"),
    [
        ("", "", "skip-reason", "Choose a reason."),
        ("BORED", "", "skip-reason", "Choose a reason."),
        ("OTHER", " ", "skip-note", "Say why, in at most 400 characters."),
        ("LANGUAGE", "x" * 401, "skip-note", "Say why, in at most 400 characters."),
    ],
)
def test_a_skip_needs_one_of_six_reasons(
    case: ReviewCase, ana: User, reason: str, note: str, field: str, words: str
) -> None:
    with pytest.raises(SkipRefused) as refused:
        skip(case, ana, reason, note)
    assert (refused.value.field, str(refused.value), Skip.objects.count()) == (field, words, 0)


def test_what_a_colleague_holds_cannot_be_passed_by(case: ReviewCase, ana: User, tom: User) -> None:
    claim(case, tom)
    with pytest.raises(ClaimTaken):
        skip(case, ana)


def test_a_lead_takes_a_case_over_and_its_holder_is_told_by_whom_and_why(
    case: ReviewCase, ana: User, lena: User
) -> None:
    claim(case, ana)
    ReviewCase.objects.update(draft={"decline": {"sentence": ["half a sentence"]}})
    give(case, lena, lena)

    case.refresh_from_db()
    assert (case.holder, case.lease_until) == (lena, NOW + timedelta(minutes=30))
    assert case.draft == {"decline": {"sentence": ["half a sentence"]}}
    with pytest.raises(ClaimTaken):
        extend_lease(case_id=case.pk, user=ana, now=NOW)
    found = lost_to(case, user=ana)
    assert found is not None
    assert (found.kind, found.by, found.to_user, found.reason) == ("TAKEN_OVER", lena, lena, "Ana is away.")
    assert lost_to(case, user=lena) is None
    assert actions(case)[-1] == "case.taken_over"


def test_a_lead_gives_a_case_to_somebody_else(case: ReviewCase, ana: User, tom: User, lena: User) -> None:
    give(case, lena, tom)
    case.refresh_from_db()
    assert (case.assigned_to, case.holder) == (tom, None)
    assert Handover.objects.get().kind == "ASSIGNED"
    assert start(case, ana) is None
    assert claim(case, ana).assigned_to is None, "who claims it by hand has it"


def test_only_a_lead_gives_cases_and_only_open_ones(
    case: ReviewCase, ana: User, tom: User, lena: User
) -> None:
    with pytest.raises(MayNotLead):
        give(case, ana, tom, roles=OFFICER)
    with pytest.raises(HandoverRefused, match="Say why"):
        give(case, lena, tom, why="")
    ReviewCase.objects.update(state=CaseState.DECIDED)
    with pytest.raises(CaseNotOpen):
        give(case, lena, tom)


def snooze(case: ReviewCase, user: User, until: date | None, **changes: Any) -> ReviewCase:
    values = who(user) | {"why": "The bureau answers tomorrow."} | changes
    return snooze_case(case_id=case.pk, until=until, **values)


def test_a_snoozed_case_keeps_its_due_time_and_comes_back_on_its_day(case: ReviewCase, ana: User) -> None:
    due = case.due_at
    claim(case, ana)
    snooze(case, ana, date(2026, 11, 4))

    case.refresh_from_db()
    assert (case.waits_for, case.waiting_until, case.due_at, case.working_time_left) == (
        "SNOOZE", datetime(2026, 11, 4, 5, 0, tzinfo=UTC), due, None,
    )  # fmt: skip
    assert start(case, ana) is None
    WorkItem.objects.filter(kind=WorkKind.CASE_DUE).update(not_before=NOW)
    work_on_cases()
    case.refresh_from_db()
    assert (case.waits_for, case.assigned_to, case.came_back_because, case.due_at) == (
        "", ana, "DAY_CAME", due,
    )  # fmt: skip


def test_only_a_lead_snoozes_past_the_due_time(case: ReviewCase, ana: User, lena: User) -> None:
    claim(case, ana)
    with pytest.raises(PutOffRefused) as refused:
        snooze(case, ana, date(2026, 11, 5))
    assert str(refused.value) == (
        "That is after its due time. Ask a team lead to put it off, or to move the due time."
    )
    with pytest.raises(ClaimTaken):
        snooze(case, lena, date(2026, 11, 5), roles=LEAD)
    release_claim(case_id=case.pk, user=ana, actor=actor_of(ana), now=NOW)
    assert snooze(case, lena, date(2026, 11, 5), roles=LEAD).waits_for == "SNOOZE"


@pytest.mark.parametrize(
    ("until", "changes", "words"),
    [
        (None, {}, "Choose a day in the next 30 days."),
        (date(2026, 11, 3), {}, "Choose a day in the next 30 days."),
        (date(2026, 12, 4), {}, "Choose a day in the next 30 days."),
        (date(2026, 11, 4), {"why": ""}, "Say why, in at most 400 characters."),
    ],
)
def test_a_snooze_needs_a_near_day_and_a_reason(
    case: ReviewCase, ana: User, until: date | None, changes: dict[str, Any], words: str
) -> None:
    claim(case, ana)
    with pytest.raises(PutOffRefused, match=words):
        snooze(case, ana, until, **changes)


def move(
    case: ReviewCase, by: User, due_on: date, *, roles: frozenset[Role] = LEAD, why: str = "Holiday."
) -> ReviewCase:
    return move_due(case_id=case.pk, roles=roles, due_on=due_on, why=why, actor=actor_of(by), now=NOW)


def test_a_lead_moves_a_due_time_to_the_end_of_a_later_working_day(
    case: ReviewCase, ana: User, lena: User
) -> None:
    moved = move(case, lena, date(2026, 11, 6))
    assert moved.due_at == datetime(2026, 11, 6, 22, 0, tzinfo=UTC)
    with pytest.raises(MayNotLead):
        move(case, ana, date(2026, 11, 9), roles=OFFICER)
    for day, words in (
        (date(2026, 11, 7), "Choose a working day."),
        (date(2026, 11, 5), "Choose a day after its due time."),
        (date(2026, 12, 4), "The applicant has to hear from us by 3 December 2026."),
    ):
        with pytest.raises(PutOffRefused, match=words):
            move(case, lena, day)
    assert AuditEntry.objects.get(action="case.due_moved").reason == "Holiday."


def decided(case: ReviewCase, user: User) -> ReviewCase:
    claim(case, user)
    decline(case, user, now=NOW)
    WorkItem.objects.filter(kind=WorkKind.RELEASE_DECISION).update(not_before=NOW)
    work_on_cases()
    case.refresh_from_db()
    assert case.state == CaseState.CLOSED
    return case


def reopen(
    case: ReviewCase, by: User, *, roles: frozenset[Role] = LEAD, why: str = "A payslip was overlooked."
) -> ReviewCase:
    return reopen_case(case_id=case.pk, why=why, **who(by, roles))


def test_a_closed_case_opens_again_as_a_new_one_that_names_it(
    case: ReviewCase, ana: User, tom: User, lena: User
) -> None:
    decided(case, ana)
    again = reopen(case, lena)

    assert (again.reopens, again.not_for, again.state) == (case, ana, CaseState.OPEN)
    assert again.why == [f"Lena Ford opened {case} again: A payslip was overlooked."]
    with pytest.raises(NotForThisPerson):
        claim(again, ana)
    assert Application.objects.get().status == ApplicationStatus.DECLINED, "what was decided stands"
    claim(again, tom)
    decline(again, tom, now=NOW + timedelta(minutes=1))
    WorkItem.objects.filter(kind=WorkKind.RELEASE_DECISION).update(not_before=NOW)
    work_on_cases()
    assert [(d.number, d.replaces_id) for d in Decision.objects.order_by("number")] == [
        (1, None), (2, Decision.objects.get(number=1).pk),
    ]  # fmt: skip


def test_what_cannot_be_opened_again_says_why(case: ReviewCase, ana: User, lena: User) -> None:
    with pytest.raises(ReopenRefused, match="This case is not closed yet"):
        reopen(case, lena)
    decided(case, ana)
    with pytest.raises(MayNotLead):
        reopen(case, ana, roles=OFFICER)
    with pytest.raises(ReopenRefused, match="Say why"):
        reopen(case, lena, why="")
    again = reopen(case, lena)
    with pytest.raises(ReopenRefused, match=f"{again} about this application is open already"):
        reopen(case, lena)
    ReviewCase.objects.filter(pk=again.pk).update(state=CaseState.CLOSED)
    Application.objects.update(status=ApplicationStatus.ACCEPTED)
    with pytest.raises(
        ReopenRefused, match="The application is accepted: there is nothing to decide any more"
    ):
        reopen(case, lena)
