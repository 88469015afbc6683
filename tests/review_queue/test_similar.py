"""Past cases like this one: the nearest by the facts of the model, old enough, without the one that is asked about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from review_queue.models import ReviewCase
from review_queue.similar import similar_cases
from tests.factories import make_lender
from tests.factories.appealing import make_appeal
from tests.factories.applying import RECEIVED_AT
from tests.factories.reviewing import Desk, make_case, make_desk
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.record import record_decision
from underwriting.enums import CaseState, DecisionStage, Outcome
from underwriting.models import Decision, User

pytestmark = pytest.mark.django_db
LONG_AGO = RECEIVED_AT - timedelta(days=400)


@transaction.atomic
def decided(
    desk: Desk, *, at: Any = LONG_AGO, outcome: Outcome = Outcome.DECLINE, score: int = 628, **facts: Any
) -> Decision:
    case = make_case(desk, now=at, score=score, facts=facts)
    ReviewCase.objects.filter(pk=case.pk).update(state=CaseState.CLOSED)
    return record_decision(
        application=case.application, assessment=case.assessment, outcome=outcome, stage=DecisionStage.SCORE, offer=None, reasons=[],
        decided_by=None, note="", actor=SYSTEM, now=at,
    )  # fmt: skip


def test_the_nearest_five_come_first_with_the_two_facts_that_differ_most(desk: Desk) -> None:
    case = make_case(desk)
    decided(desk, revolving_utilisation_ratio=0.83)
    decided(desk, outcome=Outcome.APPROVE)
    for number in (1, 2, 3, 40):
        decided(
            desk, revolving_utilisation_ratio=0.1, annual_income=2_000_000 * number, enquiry_count_90d=number
        )

    found = similar_cases(case, now=RECEIVED_AT)

    assert found is not None
    assert [row.outcome for row in found.rows[:2]] == [Outcome.APPROVE, Outcome.DECLINE]
    assert [[name for name, _ in row.differs] for row in found.rows[:2]] == [
        [],
        ["revolving_utilisation_ratio"],
    ]
    assert found.rows[1].differs[0][1].value == 0.83  # type: ignore[union-attr]
    assert (found.found, len(found.rows), found.are_young, found.is_capped) == (6, 5, False, False)


def test_out_of_another_product_lender_or_score_none_is_taken(desk: Desk) -> None:
    case = make_case(desk)
    decided(make_desk(make_lender("northgate")))
    decided(desk, score=628 + 41)
    decided(desk, score=628 - 41)
    taken = decided(desk, score=628 + 40)

    found = similar_cases(case, now=RECEIVED_AT)

    assert found is not None
    assert (found.found, [row.score for row in found.rows]) == (1, [taken.assessment.score])


def test_younger_ones_are_taken_only_where_there_is_no_older_and_it_is_said(desk: Desk) -> None:
    case = make_case(desk)
    young = decided(desk, at=RECEIVED_AT - timedelta(days=300))
    found = similar_cases(case, now=RECEIVED_AT)
    assert found is not None
    assert (found.are_young, found.oldest_at, found.found) == (True, young.decided_at, 1)

    old = decided(desk)
    found = similar_cases(case, now=RECEIVED_AT)
    assert found is not None
    assert (found.are_young, found.oldest_at, found.found) == (False, old.decided_at, 1)


def test_an_answer_under_appeal_is_no_example(desk: Desk, ana: User) -> None:
    case = make_case(desk)
    appeal = make_appeal(desk, ana, now=LONG_AGO)
    found = similar_cases(case, now=RECEIVED_AT)
    assert found is not None
    assert found.rows == []

    ReviewCase.objects.filter(pk=appeal.pk).update(state=CaseState.CLOSED)
    found = similar_cases(case, now=RECEIVED_AT)
    assert found is not None
    assert len(found.rows) == 1


def test_a_decision_that_another_look_changed_is_marked_and_counts_once(desk: Desk, ana: User) -> None:
    case = make_case(desk)
    first = decided(desk)
    with transaction.atomic():
        Decision.objects.create(
            application=first.application, lender=first.lender, number=2, assessment=first.assessment, outcome=Outcome.APPROVE,
            decided_by=ana, replaces=first, decided_at=LONG_AGO + timedelta(days=3),
        )  # fmt: skip
    found = similar_cases(case, now=RECEIVED_AT)
    assert found is not None
    assert [(row.outcome, row.by_person, row.was_overturned) for row in found.rows] == [
        (Outcome.APPROVE, True, True)
    ]


def test_of_many_the_newest_two_hundred_are_compared_in_one_statement(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr("review_queue.similar.CANDIDATES_MAX", 3)
    case = make_case(desk)
    for days in range(5):
        decided(desk, at=LONG_AGO - timedelta(days=days))
    with django_assert_num_queries(1):
        found = similar_cases(case, now=RECEIVED_AT)
    assert found is not None
    assert (found.found, found.is_capped, found.oldest_at) == (3, True, LONG_AGO - timedelta(days=2))


def test_without_a_score_there_is_nothing_to_compare_by(desk: Desk) -> None:
    assert similar_cases(make_case(desk, score=None), now=RECEIVED_AT) is None
