"""Two people on one draft: sections are leased, and whoever changed the draft does not approve it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from tests.factories import make_lender, make_user
from tests.underwriting.policy.conftest import NOW, Desk, acting
from underwriting.enums import PolicyState, Role
from underwriting.models import PolicyVersion, SectionLease, User
from underwriting.policy.editors import editors_of
from underwriting.policy.leases import (
    LEASE,
    SectionHeld,
    give_back,
    leases_of,
    require_free,
    take_lease,
)
from underwriting.policy.lifecycle import save_draft
from underwriting.policy.version_rows import AuthorCannotApprove, NotAllowed, WrongState, require_not_writer

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(desk: Desk) -> User:
    lender = desk.policy.lender
    return make_user("Cleo Colleague", (lender, Role.RISK_MANAGER), (lender, Role.RISK_APPROVER))


def save(draft: PolicyVersion, desk: Desk, user: User, approve: int = 633) -> PolicyVersion:
    return save_draft(
        version=draft,
        document=desk.document(approve),
        expected_sha256=draft.document_sha256,
        actor=acting(user),
        now=NOW,
    )


def test_everybody_who_changed_a_draft_wrote_it_even_if_the_author_wrote_over_it(
    desk: Desk, colleague: User
) -> None:
    draft = desk.draft()
    assert editors_of(draft) == {desk.manager.pk}

    changed = save(save(draft, desk, colleague), desk, desk.manager, 632)

    assert editors_of(changed) == {desk.manager.pk, colleague.pk}
    with pytest.raises(AuthorCannotApprove):
        require_not_writer(changed, colleague.pk, acting(colleague))


def test_a_section_is_one_persons_until_its_lease_runs_out(desk: Desk, colleague: User) -> None:
    draft = desk.draft()
    mine = take_lease(version=draft, section="prices", actor=acting(desk.manager), now=NOW)
    half = NOW + LEASE / 2

    with pytest.raises(SectionHeld) as refused:
        take_lease(version=draft, section="prices", actor=acting(colleague), now=half)
    assert (refused.value.held.holder, refused.value.held.until) == (desk.manager.name, mine.until)
    take_lease(version=draft, section="cut-offs", actor=acting(colleague), now=half)
    take_lease(version=draft, section="prices", actor=acting(desk.manager), now=half)
    assert {s: h.holder_id for s, h in leases_of(draft, NOW + LEASE).items()} == {
        "prices": desk.manager.pk,
        "cut-offs": colleague.pk,
    }
    later = half + LEASE + timedelta(seconds=1)
    assert leases_of(draft, later) == {}
    assert take_lease(version=draft, section="prices", actor=acting(colleague), now=later).holder_id == (
        colleague.pk
    )
    with pytest.raises(SectionHeld):
        take_lease(version=draft, section="prices", actor=acting(desk.manager), now=later)


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_is_given_back_while_it_is_renewed_is_renewed(desk: Desk) -> None:
    draft = desk.draft()
    take_lease(version=draft, section="prices", actor=acting(desk.manager), now=NOW)
    tried = []

    with psycopg.connect(
        **connection.get_connection_params() | {"cursor_factory": None}, autocommit=True
    ) as other:
        other.execute("SET lock_timeout = '100ms'")

        def give_back_elsewhere(execute: Any, sql: str, *rest: Any) -> Any:
            answer = execute(sql, *rest)
            if sql.startswith("INSERT") and "sectionlease" in sql:
                tried.append(sql)
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    other.execute("DELETE FROM underwriting_sectionlease")
            return answer

        with connection.execute_wrapper(give_back_elsewhere):
            later = take_lease(version=draft, section="prices", actor=acting(desk.manager), now=NOW + LEASE)

    assert len(tried) == 1
    assert SectionLease.objects.get().lease_until == later.until == NOW + 2 * LEASE


def test_a_section_given_back_is_free_at_once_and_nobody_gives_back_anothers(
    desk: Desk, colleague: User
) -> None:
    draft = desk.draft()
    take_lease(version=draft, section="prices", actor=acting(desk.manager), now=NOW)

    give_back(version=draft, section="prices", user_id=colleague.pk)
    with pytest.raises(SectionHeld):
        require_free(draft, user_id=colleague.pk, now=NOW, section="prices")
    give_back(version=draft, section="prices", user_id=desk.manager.pk)
    require_free(draft, user_id=colleague.pk, now=NOW, section="prices")


def test_a_whole_document_is_not_saved_over_a_section_somebody_works_on(desk: Desk, colleague: User) -> None:
    draft = desk.draft()
    take_lease(version=draft, section="prices", actor=acting(desk.manager), now=NOW)

    with pytest.raises(SectionHeld, match=desk.manager.name):
        save(draft, desk, colleague)
    save(draft, desk, desk.manager)


def test_only_risk_managers_of_the_lender_lease_and_only_drafts(desk: Desk) -> None:
    draft = desk.draft()
    stranger = make_user("Otto Other", (make_lender("northgate"), Role.RISK_MANAGER))

    for user in (stranger, desk.approver):
        with pytest.raises(NotAllowed):
            take_lease(version=draft, section="prices", actor=acting(user), now=NOW)
    PolicyVersion.objects.filter(pk=draft.pk).update(state=PolicyState.SUBMITTED)
    with pytest.raises(WrongState):
        take_lease(version=draft, section="prices", actor=acting(desk.manager), now=NOW)
    assert SectionLease.objects.count() == 0
