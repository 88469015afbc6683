"""The system's choice of a person: by skill, authority, load and conflict of interest, and only where the lender wants it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from review_queue.actions.take_next import take_next
from review_queue.models import Conflict, Handover, ReviewCase, Skill, Skip
from review_queue.queue import QueueQuery
from tests.factories import actor_of, make_user
from tests.factories.reviewing import Desk, make_case
from underwriting.enums import Role, SkillKind
from underwriting.models import AuditEntry, Lender, User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)


@pytest.fixture
def wanted(harbour: Lender) -> Lender:
    harbour.assigns_automatically = True
    harbour.save()
    return harbour


def skilled(user: User, lender: Lender, kind: SkillKind, *values: str) -> None:
    for value in values:
        Skill.objects.create(lender=lender, user=user, kind=kind, value=value)


def opened(desk: Desk, **changes: object) -> User | None:
    """Whose a new case is."""
    desk[0].lender.refresh_from_db()
    case = make_case(desk, now=NOW, **changes)  # type: ignore[arg-type]
    return ReviewCase.objects.get(pk=case.pk).assigned_to


def test_nobody_is_given_anything_unless_the_lender_wants_it(desk: Desk, ana: User) -> None:
    assert opened(desk) is None


def test_cases_go_round_over_the_least_loaded(desk: Desk, wanted: Lender, ana: User, tom: User) -> None:
    assert [opened(desk) for _ in range(4)] == [ana, tom, ana, tom]
    assert {(row.kind, row.by_id) for row in Handover.objects.all()} == {("AUTOMATIC", None)}
    assert AuditEntry.objects.filter(action="case.assigned", actor_name="System").count() == 4


def test_a_person_gets_the_products_and_languages_they_know(
    desk: Desk, wanted: Lender, ana: User, tom: User
) -> None:
    skilled(ana, wanted, SkillKind.LANGUAGE, "en")
    skilled(tom, wanted, SkillKind.LANGUAGE, "en", "hi")
    assert [opened(desk, language="hi") for _ in range(2)] == [tom, tom]
    assert opened(desk, language="es") is None
    skilled(tom, wanted, SkillKind.PRODUCT, "credit-line")
    assert opened(desk, language="hi") is None


def test_nobody_gets_what_is_above_their_authority_or_not_for_them(
    desk: Desk, wanted: Lender, ana: User
) -> None:
    assert opened(desk, requested_amount_minor=3_000_000) is None
    sam = make_user("Sam Oduya", (wanted, Role.SENIOR_OFFICER))
    assert opened(desk, requested_amount_minor=3_000_000) == sam


def test_who_has_eight_cases_is_full_and_is_filled_up_when_free(
    desk: Desk, wanted: Lender, ana: User
) -> None:
    assert [opened(desk) for _ in range(9)] == [ana] * 8 + [None]
    nobodys = ReviewCase.objects.get(assigned_to=None)
    query = QueueQuery(wanted.pk, ana.pk, NOW + timedelta(days=2), view="all")
    take_next(query=query, user=ana, actor=actor_of(ana), now=NOW)
    nobodys.refresh_from_db()
    assert nobodys.assigned_to is None, "a case she holds is as much hers as one that was given to her"
    ReviewCase.objects.filter(holder=ana).update(state="DECIDED")

    take_next(query=query, user=ana, actor=actor_of(ana), now=NOW)

    nobodys.refresh_from_db()
    assert nobodys.assigned_to == ana


def test_conflicts_and_skips_count_when_somebody_is_free(desk: Desk, wanted: Lender, tom: User) -> None:
    Lender.objects.update(assigns_automatically=False)
    desk[0].lender.refresh_from_db()
    conflicted, skipped, free = (make_case(desk, now=NOW) for _ in range(3))
    Lender.objects.update(assigns_automatically=True)
    Conflict.objects.create(lender=wanted, application=conflicted.application, user=tom, declared_at=NOW)
    Skip.objects.create(lender=wanted, case=skipped, user=tom, reason="LANGUAGE", skipped_at=NOW)

    query = QueueQuery(wanted.pk, tom.pk, NOW + timedelta(days=2), view="all")
    taken = take_next(query=query, user=tom, actor=actor_of(tom), now=NOW)

    assert taken == free
    assert set(ReviewCase.objects.filter(assigned_to=tom)) == {free}
