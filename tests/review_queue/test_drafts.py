"""What is typed on a case stays its writer's, whoever holds the case and whatever became of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from review_queue.actions.claim import claim_case
from review_queue.actions.drafts import draft_of, save_draft
from review_queue.models import ReviewCase
from review_queue.transitions import LEASE
from tests.factories import actor_of, make_user
from tests.factories.reviewing import make_case, make_desk
from underwriting.enums import CaseState, Role
from underwriting.models import Application, Lender, User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def people(harbour: Lender) -> tuple[User, User]:
    """Ana, and Tom who holds the case."""
    ana, tom = (make_user(name, (harbour, Role.CREDIT_OFFICER)) for name in ("Ana Ruiz", "Tom Berg"))
    return ana, tom


@pytest.fixture
def case(harbour: Lender, people: tuple[User, User]) -> ReviewCase:
    case = make_case(make_desk(harbour))
    return claim_case(case_id=case.pk, user=people[1], actor=actor_of(people[1]), now=NOW)


def typed(case: ReviewCase, user: User, words: str, form: str = "decline") -> ReviewCase:
    return save_draft(case_id=case.pk, user=user, form=form, fields={"sentence": [words]}, now=LATER)


def test_everybody_has_a_draft_of_their_own_also_after_the_decision(
    case: ReviewCase, people: tuple[User, User]
) -> None:
    """C-3, C-4."""
    ana, tom = people
    typed(case, ana, "Ana's")
    ReviewCase.objects.filter(pk=case.pk).update(state=CaseState.DECIDED)
    typed(case, ana, "Too late", form="approve")
    after = typed(case, tom, "Tom's")

    assert after.draft == {
        str(ana.pk): {"decline": {"sentence": ["Ana's"]}, "approve": {"sentence": ["Too late"]}},
        str(tom.pk): {"decline": {"sentence": ["Tom's"]}},
    }
    assert draft_of(after, user_id=tom.pk, form="approve") == {}
    assert (after.holder, after.lease_until) == (tom, NOW + LEASE)


def test_typing_renews_the_holders_lease_and_nobody_elses(
    case: ReviewCase, people: tuple[User, User]
) -> None:
    ana, tom = people
    assert typed(case, ana, "Ana's").lease_until == NOW + LEASE
    assert typed(case, tom, "Tom's").lease_until == LATER + LEASE


def test_nothing_is_typed_about_an_application_that_was_erased(
    case: ReviewCase, people: tuple[User, User]
) -> None:
    Application.objects.filter(pk=case.application_id).update(erased_at=NOW)
    with pytest.raises(ValueError, match="erased"):
        typed(case, people[0], "Maria")
