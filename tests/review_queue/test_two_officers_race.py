"""Two officers go for the same 200 cases at the same moments: each case is decided once, and who comes second is told who has it."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import connection

from review_queue.actions.claim import claim_case
from review_queue.actions.content import Choice
from review_queue.actions.decide import decide_case
from review_queue.models import HeldDecision, ReviewCase
from review_queue.transitions import CaseNotOpen, ClaimTaken
from tests.factories import actor_of, make_user
from tests.factories.reviewing import make_case, make_desk
from underwriting.enums import CaseState, Outcome, Role
from underwriting.models import AuditEntry, Lender, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
CASES = 200
Told = list[tuple[int, str]]


def test_two_officers_race_for_two_hundred_cases(harbour: Lender) -> None:
    desk = make_desk(harbour)
    cases = [make_case(desk) for _ in range(CASES)]
    ana, tom = (make_user(name, (harbour, Role.CREDIT_OFFICER)) for name in ("Ana Ruiz", "Tom Berg"))
    at_the_case = threading.Barrier(2)
    told: dict[int, Told] = {ana.pk: [], tom.pk: []}
    threads = [
        threading.Thread(target=_work, args=(user, cases, at_the_case, told[user.pk])) for user in (ana, tom)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    decided = dict(HeldDecision.objects.values_list("case_id", "decided_by__name"))
    assert HeldDecision.objects.count() == len(decided) == CASES
    assert ReviewCase.objects.filter(state=CaseState.DECIDED).count() == CASES
    assert AuditEntry.objects.filter(action="case.decided").count() == CASES
    # refused twice a case, when claiming and when deciding all the same: each time with the name of who has it
    refusals = Counter([*told[ana.pk], *told[tom.pk]])
    assert refusals == dict.fromkeys(decided.items(), 2)


def _work(user: User, cases: list[ReviewCase], at_the_case: threading.Barrier, told: Told) -> None:
    """Claim each case, then decide it whether or not the claim was won; note who was named in each refusal."""
    try:
        for case in cases:
            at_the_case.wait(60)
            _claim(user, case, told)
            at_the_case.wait(60)
            _decide(user, case, told)
    finally:
        connection.close()


def _claim(user: User, case: ReviewCase, told: Told) -> None:
    try:
        claim_case(case_id=case.pk, user=user, actor=actor_of(user), now=NOW)
    except ClaimTaken as taken:
        told.append((case.pk, taken.holder))


def _decide(user: User, case: ReviewCase, told: Told) -> None:
    choice = Choice(outcome=Outcome.DECLINE, assessment_id=case.assessment_id, reasons=("UT01",))
    try:
        decide_case(
            case_id=case.pk, user=user, roles={Role.CREDIT_OFFICER}, choice=choice, actor=actor_of(user), now=NOW
        )  # fmt: skip
    except ClaimTaken as taken:
        told.append((case.pk, taken.holder))
    except CaseNotOpen:
        told.append((case.pk, ReviewCase.objects.values_list("holder__name", flat=True).get(pk=case.pk)))
