"""What nobody may decide, refused by the action itself with a sentence: one's own file, beyond every authority, without a claim."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from review_queue.actions.claim import claim_case
from review_queue.actions.content import Choice
from review_queue.actions.decide import decide_case
from review_queue.models import HeldDecision, ReviewCase
from review_queue.permissions import AuthorityExceeded
from review_queue.transitions import NotClaimed, NotForThisPerson
from tests.factories import actor_of
from tests.factories.appealing import make_appeal
from tests.factories.reviewing import Desk, make_case
from underwriting.enums import Outcome, Role
from underwriting.models import User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)


def decline(case: ReviewCase, user: User, role: Role = Role.CREDIT_OFFICER) -> HeldDecision:
    choice = Choice(outcome=Outcome.DECLINE, assessment_id=case.assessment_id, reasons=("UT01",))
    return decide_case(case_id=case.pk, user=user, roles={role}, choice=choice, actor=actor_of(user), now=NOW)


def test_nobody_decides_again_what_they_decided(desk: Desk, tom: User) -> None:
    case = make_appeal(desk, tom)
    ReviewCase.objects.filter(pk=case.pk).update(holder=tom, lease_until=NOW)
    with pytest.raises(NotForThisPerson, match="You made the decision that this case looks at again"):
        decline(case, tom)


def test_above_what_any_role_may_decide_nobody_decides(desk: Desk, ana: User) -> None:
    case = make_case(desk, requested_amount_minor=5_000_001)
    claim_case(case_id=case.pk, user=ana, actor=actor_of(ana), now=NOW)
    with pytest.raises(AuthorityExceeded, match="the amount is above the authority of the role") as refusal:
        decline(case, ana, Role.SENIOR_OFFICER)
    assert (refusal.value.limit_minor, refusal.value.amount_minor) == (5_000_000, 5_000_001)
    assert not HeldDecision.objects.exists()


def test_without_a_claim_nothing_is_decided(desk: Desk, ana: User) -> None:
    with pytest.raises(NotClaimed, match="nobody holds this case"):
        decline(make_case(desk), ana)
    assert not HeldDecision.objects.exists()
