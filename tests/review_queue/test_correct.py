"""Correcting a fact: who may, what is kept, what is refused, and that nothing is decided by it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from review_queue.actions.claim import claim_case
from review_queue.actions.content import Choice, DecisionIncomplete
from review_queue.actions.correct import CorrectionRefused, correct_fact
from review_queue.actions.decide import decide_case
from review_queue.models import ReviewCase
from review_queue.permissions import MayNotDecide
from review_queue.transitions import ClaimTaken, NotClaimed
from tests.factories import actor_of, make_application, make_party, make_user
from tests.factories.reviewing import Desk, make_case
from underwriting.decisions.transitions import ApplicationWithdrawn
from underwriting.enums import Lane, Outcome, Role, WorkKind
from underwriting.models import Application, AuditEntry, FactCorrection, Lender, User, WorkItem

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
OFFICER = frozenset({Role.CREDIT_OFFICER})


@pytest.fixture
def case(desk: Desk, ana: User) -> ReviewCase:
    return claim_case(case_id=make_case(desk).pk, user=ana, actor=actor_of(ana), now=NOW)


def correct(case: ReviewCase, user: User, **changes: Any) -> FactCorrection:
    values: dict[str, Any] = {
        "fact": "annual_income", "value": "72,000", "source": "Payslips of May to July", "reason": "The bonus was left out.",
        "document": None, "person": case.application.parties.first(), "roles": OFFICER,
    } | changes  # fmt: skip
    return correct_fact(case=case, user=user, actor=actor_of(user), now=NOW, **values)


def test_it_is_kept_with_its_source_audited_and_put_to_work(case: ReviewCase, ana: User) -> None:
    correction = correct(case, ana)

    assert (correction.value, correction.before, correction.source, correction.corrected_by) == (
        7_200_000, 5_220_000, "Payslips of May to July", ana,
    )  # fmt: skip
    item = WorkItem.objects.get()
    assert (item.kind, item.lane, item.application_id) == (
        WorkKind.ASSESS,
        Lane.INTERACTIVE,
        case.application_id,
    )
    entry = AuditEntry.objects.get(action="fact.corrected")
    assert (entry.before, entry.reason) == ({"annual_income": 5_220_000}, "The bonus was left out.")
    assert entry.after is not None
    assert (entry.after["annual_income"], entry.after["source"]) == (7_200_000, "Payslips of May to July")
    case.refresh_from_db()
    assert (case.state, case.holder) == ("OPEN", ana)
    case.application.refresh_from_db()
    assert case.application.status == "REFERRED"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"fact": "debt_service_ratio"}, "fact"), ({"fact": "requested_amount"}, "fact"), ({"fact": "no such fact"}, "fact"),
        ({"value": "a lot"}, "value"), ({"value": "52,200"}, "value"), ({"source": "  "}, "source"), ({"source": "x" * 151}, "source"),
        ({"reason": ""}, "reason"), ({"reason": "x" * 1_001}, "reason"),
    ],
)  # fmt: skip
def test_what_will_not_do_is_named_and_nothing_is_kept(
    case: ReviewCase, ana: User, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(CorrectionRefused) as refused:
        correct(case, ana, **changes)
    assert refused.value.field == field
    assert not FactCorrection.objects.exists()
    assert not WorkItem.objects.exists()


def test_only_the_holder_who_may_decide(case: ReviewCase, ana: User, desk: Desk, harbour: Lender) -> None:
    tom = make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER))
    with pytest.raises(ClaimTaken):
        correct(case, tom)
    with pytest.raises(NotClaimed):
        correct(make_case(desk), ana)
    with pytest.raises(MayNotDecide):
        correct(case, ana, roles=frozenset({Role.TEAM_LEAD}))
    assert not FactCorrection.objects.exists()


def test_nothing_of_another_application(case: ReviewCase, ana: User) -> None:
    other = make_application(case.application.product)
    with pytest.raises(CorrectionRefused, match="whose fact"):
        correct(case, ana, person=make_party(other))


def test_one_assessment_at_a_time_and_none_after_withdrawal(case: ReviewCase, ana: User) -> None:
    correct(case, ana)
    with pytest.raises(CorrectionRefused, match="being assessed just now"):
        correct(case, ana, value="80,000")
    Application.objects.update(status="WITHDRAWN")
    with pytest.raises(ApplicationWithdrawn):
        correct(case, ana, value="80,000")
    assert FactCorrection.objects.count() == 1


def test_nothing_is_decided_on_the_facts_before_a_correction(case: ReviewCase, ana: User) -> None:
    correct(case, ana)
    choice = Choice(outcome=Outcome.DECLINE, assessment_id=case.assessment_id, reasons=("UT01",))

    with pytest.raises(DecisionIncomplete, match="being assessed just now"):
        decide_case(case_id=case.pk, user=ana, roles=OFFICER, choice=choice, actor=actor_of(ana), now=NOW)


def test_a_co_applicants_housing_is_read_by_nobody(case: ReviewCase, ana: User) -> None:
    second = make_party(case.application, ordinal=2)
    with pytest.raises(CorrectionRefused, match="first applicant alone"):
        correct(case, ana, fact="housing", value="own", person=second)
