"""Decisions under an exception: what it covers, its last use, its last day, and what became of the loans afterwards."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from review_queue.actions.content import DecisionIncomplete
from review_queue.actions.undo import undo_decision
from review_queue.exceptions import (
    Afterwards,
    afterwards,
    decisions_under,
    exceptions_for,
    uses_of,
)
from review_queue.models import ExceptionUse, ReviewCase
from review_queue.tasks import work_on_cases
from tests.factories import actor_of, make_lender, make_user
from tests.factories.reviewing import Desk, make_case, make_desk
from tests.review_queue.test_overrides import APPROVAL, delegating
from tests.review_queue.test_second_look import LATER, NOW, claim, decide, look
from underwriting.enums import ExceptionState, HeldState, LoanEventKind, Outcome, Role
from underwriting.models import (
    AuditEntry,
    Decision,
    Lender,
    LoanEvent,
    PolicyException,
    User,
    WorkItem,
)
from underwriting.outcomes.interval import wilson

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 3)
OFFICER = frozenset({Role.CREDIT_OFFICER})


@pytest.fixture
def desk(harbour: Lender) -> Desk:
    return make_desk(harbour, document=delegating(exception_rules=["R-04"]))


def allow(desk: Desk, owner: User, **changes: Any) -> PolicyException:
    """An open exception to R-04 of the desk's policy."""
    policy = desk[1].policy
    values: dict[str, Any] = {
        "number": PolicyException.objects.count() + 1, "rule_id": "R-04", "uses_max": 5, "until": TODAY + timedelta(days=30),
        "reason": "A campaign for teachers.", "ticket": "RISK-31", "state": ExceptionState.OPEN, "asked_at": NOW,
    }  # fmt: skip
    return PolicyException.objects.create(
        lender_id=policy.lender_id, policy=policy, owner=owner, asked_by=owner, **{**values, **changes}
    )


def approve(
    case: ReviewCase, user: User, exception: PolicyException, now: datetime = NOW, **more: Any
) -> Any:
    claim(case, user, now)
    return decide(
        case,
        user,
        Outcome.APPROVE,
        now=now,
        **{**APPROVAL, "policy_exception": exception.number, **more},
    )


def let_go() -> None:
    WorkItem.objects.update(not_before=NOW)
    work_on_cases()


def test_an_approval_names_it_and_still_takes_two_people(desk: Desk, ana: User) -> None:
    exception = allow(desk, ana)
    held = approve(make_case(desk), ana, exception)
    assert (held.state, held.second_look) == (HeldState.WAITING, ["EXCEPTION"])
    assert ExceptionUse.objects.get().exception == exception
    assert uses_of([exception]) == {exception.pk: 1}
    entry = AuditEntry.objects.get(action="case.decided")
    assert (entry.after or {})["exception"] == "E-1"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": ExceptionState.ASKED}, "not approved yet"),
        ({"state": ExceptionState.TURNED_DOWN}, "turned down"),
        ({"state": ExceptionState.ENDED}, "ended"),
        ({"until": TODAY - timedelta(days=1)}, "expired on 2 Nov 2026"),
        ({"rule_id": "R-03"}, "is for R-03"),
        ({"channel": "broker"}, "channel broker alone"),
        ({"purpose": "wedding"}, "purpose wedding alone"),
        ({"amount_max_minor": 999_999}, "does not reach"),
    ],
)
def test_what_it_does_not_cover_is_refused_and_never_offered(
    desk: Desk, ana: User, changes: dict[str, Any], said: str
) -> None:
    exception = allow(desk, ana, **changes)
    case = make_case(desk)
    with pytest.raises(DecisionIncomplete, match=said) as refusal:
        approve(case, ana, exception)
    assert refusal.value.field == "policy_exception"
    assert not ExceptionUse.objects.exists()
    assert exceptions_for(case, rules=["R-04"], amount_minor=1_000_000, now=NOW) == []


def test_its_last_day_ends_at_the_lenders_midnight(desk: Desk, ana: User) -> None:
    exception = allow(desk, ana, until=TODAY)
    case = make_case(desk)
    midnight = datetime.fromisoformat("2026-11-04T00:00:00-05:00")
    before = midnight - timedelta(seconds=1)
    assert exceptions_for(case, rules=["R-04"], amount_minor=1, now=before) == [exception]
    assert exceptions_for(case, rules=["R-04"], amount_minor=1, now=midnight) == []
    with pytest.raises(DecisionIncomplete, match="expired"):
        approve(case, ana, exception, now=midnight)
    assert approve(case, ana, exception, now=before).state == HeldState.WAITING


def test_a_used_up_one_is_not_named_any_more_and_a_use_taken_back_is_free_again(
    desk: Desk, ana: User
) -> None:
    exception = allow(desk, ana, uses_max=1)
    first, second = make_case(desk), make_case(desk)
    approve(first, ana, exception)
    with pytest.raises(DecisionIncomplete, match="used up"):
        approve(second, ana, exception)
    assert exceptions_for(second, rules=["R-04"], amount_minor=1, now=NOW) == []
    undo_decision(case_id=first.pk, user=ana, actor=actor_of(ana), now=NOW)
    assert uses_of([exception]) == {}
    assert approve(second, ana, exception).state == HeldState.WAITING


def test_another_lenders_and_another_policys_are_not_there(desk: Desk, ana: User) -> None:
    other = make_desk(make_lender("summit"), document=delegating(exception_rules=["R-04"]))
    exception = allow(other, make_user("Sam Otto", (other[0].lender, Role.RISK_MANAGER)))
    case = make_case(desk)
    with pytest.raises(DecisionIncomplete, match="no such exception"):
        approve(case, ana, exception)
    assert exceptions_for(case, rules=["R-04"], amount_minor=1, now=NOW) == []


def test_a_decline_names_none(desk: Desk, ana: User) -> None:
    exception = allow(desk, ana)
    case = make_case(desk)
    claim(case, ana, NOW)
    with pytest.raises(DecisionIncomplete, match="not decided"):
        decide(case, ana, Outcome.DECLINE, policy_exception=exception.number)


@pytest.mark.parametrize("ended", [{"state": ExceptionState.ENDED}, {"until": date(2026, 1, 1)}])
def test_one_that_ended_before_the_decision_takes_effect_sends_the_case_back(
    desk: Desk, ana: User, tom: User, ended: dict[str, Any]
) -> None:
    exception = allow(desk, ana, until=date(2030, 1, 1))
    case = make_case(desk)
    held = approve(case, ana, exception)
    look(case, tom, Outcome.APPROVE, OFFICER)
    PolicyException.objects.filter(pk=exception.pk).update(**ended)
    let_go()
    held.refresh_from_db()
    assert (held.state, Decision.objects.count()) == (HeldState.REFUSED, 0)
    assert "Decide again without it." in held.refusal
    assert uses_of([exception]) == {}


def test_what_became_of_it_is_counted_with_its_n(desk: Desk, ana: User, tom: User) -> None:
    exception = allow(desk, ana, until=date(2030, 1, 1))
    for _ in range(3):
        case = make_case(desk)
        approve(case, ana, exception)
        look(case, tom, Outcome.APPROVE, OFFICER)
    other = make_case(desk)
    claim(other, ana, NOW)
    decide(other, ana, Outcome.APPROVE, **APPROVAL)  # names none
    look(other, tom, Outcome.APPROVE, OFFICER)
    let_go()
    decisions = decisions_under(exception)
    assert len(decisions) == 3
    for decision, kind in zip(
        decisions[:2], (LoanEventKind.CHARGED_OFF, LoanEventKind.PAID_OFF), strict=True
    ):
        LoanEvent.objects.create(
            lender=decision.lender, application=decision.application, kind=kind, occurred_on=date(2027, 6, 1), recorded_at=LATER,
            amount_minor=40_000,
        )  # fmt: skip
    found = afterwards([exception], until=date(2027, 6, 1))[exception.pk]
    assert (found.decided, found.amount_minor, found.known) == (3, 3_000_000, 2)
    assert found.in_words == "1 of 3 went bad so far"
    assert afterwards([exception], until=date(2027, 5, 31))[exception.pk].in_words == "No result is known yet"
    assert found.in_window.total == 0  # none is old enough to be counted
    grown = afterwards([exception], until=date(2028, 2, 1))[exception.pk].in_window
    assert (grown.count, grown.total) == (1, 2)


def test_a_rate_is_told_from_thirty_loans_old_enough_on() -> None:
    few, many = (
        Afterwards(decided=60, amount_minor=1, known=40, bad_so_far=9, in_window=wilson(6, total))
        for total in (29, 30)
    )
    assert few.in_words == "9 of 60 went bad so far"
    assert many.in_words == (
        "9 of 60 went bad so far; within 12 months 20.0% of the 30 that are old enough (95% range 9.5 to 37.3)"
    )
