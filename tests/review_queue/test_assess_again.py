"""Assess again: who may ask, once at a time, and only where something technical stands in the way."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from review_queue.actions.assess_again import NothingToRepeat, assess_again
from review_queue.actions.claim import claim_case
from review_queue.models import ReviewCase
from review_queue.permissions import MayNotDecide
from review_queue.transitions import ClaimTaken, NotClaimed
from tests.factories import actor_of, make_user
from tests.factories.reviewing import Desk, make_case
from underwriting.decisions.transitions import ApplicationWithdrawn
from underwriting.enums import ApplicationStatus, CaseState, Lane, Role, WorkKind, WorkState
from underwriting.models import Application, AuditEntry, Lender, User, WorkItem

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
OFFICER = frozenset({Role.CREDIT_OFFICER})


def technical_case_of(desk: Desk, user: User) -> ReviewCase:
    case = make_case(desk, score=None)
    return claim_case(case_id=case.pk, user=user, actor=actor_of(user), now=NOW)


def ask(case: ReviewCase, user: User, roles: frozenset[Role] = OFFICER) -> WorkItem:
    return assess_again(case_id=case.pk, user=user, roles=roles, actor=actor_of(user), now=NOW)


def test_the_holder_puts_it_to_work_ahead_of_batches_and_the_trail_says_so(desk: Desk, ana: User) -> None:
    case = technical_case_of(desk, ana)

    item = ask(case, ana)

    assert WorkItem.objects.get() == item
    assert (item.kind, item.lane, item.application_id, item.state, item.not_before) == (
        WorkKind.ASSESS, Lane.INTERACTIVE, case.application_id, WorkState.READY, NOW,
    )  # fmt: skip
    entry = AuditEntry.objects.get(action="case.assessment_requested")
    assert (entry.object_type, entry.object_id, entry.application_id, entry.after, entry.actor_name) == (
        "case", str(case.number), case.application_id, {"work_item": item.pk}, "Ana Ruiz",
    )  # fmt: skip
    case.refresh_from_db()
    assert (case.state, case.holder) == (CaseState.OPEN, ana)


def test_it_is_asked_for_once_at_a_time(desk: Desk, ana: User) -> None:
    case = technical_case_of(desk, ana)
    ask(case, ana)

    with pytest.raises(NothingToRepeat, match="being assessed already"):
        ask(case, ana)

    WorkItem.objects.update(state=WorkState.QUARANTINED)
    ask(case, ana)
    assert WorkItem.objects.count() == 2


def test_who_may_not(desk: Desk, ana: User, harbour: Lender) -> None:
    case = technical_case_of(desk, ana)
    tom = make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER))

    with pytest.raises(MayNotDecide):
        ask(case, ana, frozenset({Role.TEAM_LEAD, Role.AUDITOR}))
    with pytest.raises(ClaimTaken):
        ask(case, tom)
    with pytest.raises(NotClaimed):
        ask(make_case(desk, score=None), ana)
    assert not WorkItem.objects.exists()


def test_what_is_not_assessed_again(desk: Desk, ana: User) -> None:
    withdrawn = technical_case_of(desk, ana)
    Application.objects.filter(pk=withdrawn.application_id).update(status=ApplicationStatus.WITHDRAWN)
    ordinary = make_case(desk)
    claim_case(case_id=ordinary.pk, user=ana, actor=actor_of(ana), now=NOW)

    with pytest.raises(ApplicationWithdrawn):
        ask(withdrawn, ana)
    with pytest.raises(NothingToRepeat, match="Nothing technical"):
        ask(ordinary, ana)
    assert not WorkItem.objects.exists()
