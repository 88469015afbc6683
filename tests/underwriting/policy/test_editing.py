"""Two people on one draft: sections are leased, and whoever changed the draft does not approve it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from tests.factories import make_lender, make_user
from tests.underwriting.policy.conftest import NOW, REASON, Desk, acting
from underwriting.enums import PolicyState, Role
from underwriting.models import DraftEditor, PolicyVersion, SectionLease, User
from underwriting.policy.editors import editors_of, note_editor
from underwriting.policy.leases import (
    LEASE,
    SectionHeld,
    give_back,
    leases_of,
    require_free,
    take_lease,
)
from underwriting.policy.lifecycle import approve_version, save_draft, submit_version
from underwriting.policy.version_rows import AuthorCannotApprove, NotAllowed, WrongState

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


def test_whoever_changed_a_draft_does_not_approve_it_even_if_the_author_wrote_over_it(
    desk: Desk, colleague: User
) -> None:
    draft = desk.draft()
    assert editors_of(draft) == {desk.manager.pk}
    changed = save(draft, desk, colleague)
    changed = save(changed, desk, desk.manager, 632)
    assert editors_of(changed) == {desk.manager.pk, colleague.pk}
    submit_version(
        version=changed, reason=REASON, reason_codes=desk.codes, actor=acting(desk.manager), now=NOW
    )

    with pytest.raises(AuthorCannotApprove):
        approve_version(version=changed, actor=acting(colleague), now=NOW)


def test_who_changed_a_draft_is_kept_once_and_for_good(desk: Desk, colleague: User) -> None:
    draft = desk.draft()
    for _ in range(2):
        note_editor(version=draft, user_id=colleague.pk, now=NOW)

    row = DraftEditor.objects.get()
    with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
        DraftEditor.objects.filter(pk=row.pk).delete()
    assert editors_of(draft) == {desk.manager.pk, colleague.pk}


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
