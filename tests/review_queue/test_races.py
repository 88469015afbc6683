"""Two people at the same moment, each on a connection of their own: one wins, the other is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from review_queue.actions.claim import claim_case
from review_queue.actions.content import Choice
from review_queue.actions.decide import decide_case
from review_queue.actions.take_next import take_next
from review_queue.actions.undo import undo_decision
from review_queue.models import HeldDecision, ReviewCase
from review_queue.queue import QueueQuery
from review_queue.transitions import CaseNotOpen, ClaimTaken, HoldOver
from tests.factories import actor_of, make_user
from tests.factories.reviewing import make_case, make_desk
from underwriting.enums import HeldState, Outcome, Role
from underwriting.models import Lender, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
PEOPLE = 6


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """Run the actions in threads that start together; the result of each is what it returned or raised."""
    barrier = threading.Barrier(len(actions))
    results: list[Any] = [None] * len(actions)

    def run(place: int, action: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results[place] = action()
        except Exception as error:  # noqa: BLE001 - the error is the result
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.fixture
def people(harbour: Lender) -> Sequence[User]:
    return [make_user(f"Person{n} Test", (harbour, Role.CREDIT_OFFICER)) for n in range(PEOPLE)]


def test_of_many_claims_exactly_one_wins_and_the_others_learn_who(
    harbour: Lender, people: Sequence[User]
) -> None:
    case = make_case(make_desk(harbour))
    results = at_once(
        *(
            lambda user=user: claim_case(case_id=case.pk, user=user, actor=actor_of(user), now=NOW)
            for user in people
        )
    )
    case.refresh_from_db()
    winners = [result for result in results if isinstance(result, ReviewCase)]
    losers = [result for result in results if isinstance(result, ClaimTaken)]

    assert (len(winners), len(losers)) == (1, PEOPLE - 1)
    assert case.holder is not None
    assert {loser.holder for loser in losers} == {case.holder.name}


def test_next_gives_each_of_many_people_a_case_of_their_own(harbour: Lender, people: Sequence[User]) -> None:
    desk = make_desk(harbour)
    cases = [make_case(desk, now=NOW - timedelta(minutes=n)) for n in range(PEOPLE)]

    def start(user: User) -> Callable[[], Any]:
        query = QueueQuery(
            lender_id=harbour.pk, user_id=user.pk, today_ends=NOW + timedelta(hours=9), view="all"
        )
        return lambda: take_next(query=query, user=user, actor=actor_of(user), now=NOW)

    results = at_once(*(start(user) for user in people))
    assert sorted(case.pk for case in results) == sorted(case.pk for case in cases)
    assert ReviewCase.objects.filter(holder__in=people).values("holder").distinct().count() == PEOPLE


def test_a_decision_sent_twice_is_held_once(harbour: Lender, people: Sequence[User]) -> None:
    case, user = make_case(make_desk(harbour)), people[0]
    claim_case(case_id=case.pk, user=user, actor=actor_of(user), now=NOW)
    choice = Choice(outcome=Outcome.DECLINE, assessment_id=case.assessment_id, reasons=("UT01",))

    def decide() -> HeldDecision:
        return decide_case(
            case_id=case.pk,
            user=user,
            roles={Role.CREDIT_OFFICER},
            choice=choice,
            actor=actor_of(user),
            now=NOW,
        )

    results = at_once(decide, decide, decide)
    assert [type(result) for result in results if isinstance(result, Exception)] == [CaseNotOpen, CaseNotOpen]
    assert HeldDecision.objects.count() == 1


def test_deciding_on_an_expired_lease_races_with_a_new_claim_and_one_of_them_wins(
    harbour: Lender, people: Sequence[User]
) -> None:
    case = make_case(make_desk(harbour))
    ana, tom = people[:2]
    claim_case(case_id=case.pk, user=ana, actor=actor_of(ana), now=NOW - timedelta(hours=1))
    choice = Choice(outcome=Outcome.DECLINE, assessment_id=case.assessment_id, reasons=("UT01",))
    decided, claimed = at_once(
        lambda: decide_case(
            case_id=case.pk,
            user=ana,
            roles={Role.CREDIT_OFFICER},
            choice=choice,
            actor=actor_of(ana),
            now=NOW,
        ),
        lambda: claim_case(case_id=case.pk, user=tom, actor=actor_of(tom), now=NOW),
    )
    if isinstance(decided, HeldDecision):
        assert isinstance(claimed, CaseNotOpen)
    else:
        assert isinstance(decided, ClaimTaken)
        assert claimed.holder == tom


def test_undo_pressed_twice_takes_back_once(harbour: Lender, people: Sequence[User]) -> None:
    case, user = make_case(make_desk(harbour)), people[0]
    claim_case(case_id=case.pk, user=user, actor=actor_of(user), now=NOW)
    choice = Choice(outcome=Outcome.DECLINE, assessment_id=case.assessment_id, reasons=("UT01",))
    decide_case(
        case_id=case.pk, user=user, roles={Role.CREDIT_OFFICER}, choice=choice, actor=actor_of(user), now=NOW
    )

    def undo() -> ReviewCase:
        return undo_decision(case_id=case.pk, user=user, actor=actor_of(user), now=NOW + timedelta(seconds=1))

    results = at_once(undo, undo)
    assert sorted(type(result).__name__ for result in results) == [HoldOver.__name__, ReviewCase.__name__]
    assert HeldDecision.objects.get().state == HeldState.CANCELLED
