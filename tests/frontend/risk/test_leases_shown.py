"""Two people in one draft: the second sees who works on a section and until when, and keeps what was typed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import make_user
from tests.frontend.risk.screens import (
    edit_url,
    field_values,
    own_draft,
    section_values,
    signed_in,
    text,
    typed_cut_offs,
)
from tests.underwriting.policy.conftest import Desk, acting
from underwriting.enums import Role
from underwriting.models import PolicyVersion, SectionLease, User
from underwriting.policy.editors import editors_of
from underwriting.policy.leases import take_lease

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def colleague(desk: Desk) -> User:
    return make_user("Cleo Colleague", (desk.policy.lender, Role.RISK_MANAGER), password=None)


@pytest.fixture
def second(colleague: User) -> Client:
    return signed_in(colleague)


@pytest.fixture
def draft(desk: Desk) -> PolicyVersion:
    return own_draft(desk)


def lease(user: User, draft: PolicyVersion, section: str) -> None:
    take_lease(version=draft, section=section, actor=acting(user), now=timezone.now())


def test_whoever_begins_to_type_holds_the_section_and_the_other_is_told(
    manager: Client, second: Client, desk: Desk, draft: PolicyVersion
) -> None:
    mine = manager.post(edit_url(2, "lease", "cut-offs"), headers=HTMX)
    told = second.post(edit_url(2, "lease", "cut-offs"), headers=HTMX)
    seen = second.get(edit_url(2, "edit"))

    assert "Yours while you work on it" in text(mine)
    assert f"{desk.manager.name} works on this until" in text(told)
    assert 'hx-get="/policies/instalment-loan-core/drafts/2/lease/cut-offs/" hx-trigger="refresh' in (
        told.content.decode()
    )
    assert text(seen).count(f"{desk.manager.name} works on this until") == 1
    assert SectionLease.objects.get().holder_id == desk.manager.pk


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_section_somebody_works_on_is_not_saved_and_what_was_typed_stays(
    second: Client, desk: Desk, draft: PolicyVersion, headers: dict[str, str]
) -> None:
    lease(desk.manager, draft, "cut-offs")

    answer = second.post(edit_url(2, "edit", "cut-offs"), typed_cut_offs(draft, 650), headers=headers)

    values = section_values(answer.content.decode(), "cut-offs")
    assert (answer.status_code, values["cut-approve"]) == (409, "650")
    assert f"{desk.manager.name} works on this until" in text(answer)
    assert "saved from another window" not in text(answer)
    draft.refresh_from_db()
    assert draft.document["cut_offs"]["approve"] == 640
    SectionLease.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    again = second.post(edit_url(2, "edit", "cut-offs"), values, headers=headers)
    assert again.status_code == (200 if headers else 302)


def test_a_rule_somebody_works_on_stays_open_with_what_was_typed(
    second: Client, desk: Desk, draft: PolicyVersion
) -> None:
    form = field_values(second.get(edit_url(2, "rules", "K-03"), headers=HTMX).content.decode())
    lease(desk.manager, draft, "rule-K-03")

    answer = second.post(edit_url(2, "rules", "K-03"), {**form, "K-03-when-0-value": "900"}, headers=HTMX)
    gone = second.post(edit_url(2, "rules", "K-03", "remove"), {"sha256": form["sha256"]}, headers=HTMX)

    values = field_values(answer.content.decode())
    assert (answer.status_code, values["K-03-when-0-value"]) == (409, "900")
    assert f"{desk.manager.name} works on this until" in text(answer)
    assert (gone.status_code, gone["HX-Retarget"]) == (409, "#rules-refused")
    other = second.post(edit_url(2, "rules", "R-06", "move"), {"to": "up"}, headers=HTMX)
    assert other.status_code == 200


def test_two_people_save_different_sections_and_both_have_written_the_draft(
    manager: Client, second: Client, desk: Desk, colleague: User, draft: PolicyVersion
) -> None:
    service = section_values(second.get(edit_url(2, "edit")).content.decode(), "sla")
    lease(desk.manager, draft, "cut-offs")
    lease(colleague, draft, "sla")

    first = manager.post(edit_url(2, "edit", "cut-offs"), typed_cut_offs(draft, 632), headers=HTMX)
    saved = second.post(edit_url(2, "edit", "sla"), {**service, "sla-working_minutes": "99"}, headers=HTMX)

    assert (first.status_code, saved.status_code) == (200, 200)
    draft.refresh_from_db()
    assert (draft.document["cut_offs"]["approve"], draft.document["sla"]) == (632, {"working_minutes": 99})
    assert editors_of(draft) == {desk.manager.pk, colleague.pk}
    assert f"Written by {colleague.name}, {desk.manager.name}" in text(second.get(edit_url(2, "edit")))
    assert SectionLease.objects.count() == 0, "a saved section is free again"


def test_a_closed_rule_is_free_and_comes_back_as_its_row(
    manager: Client, second: Client, draft: PolicyVersion
) -> None:
    manager.post(edit_url(2, "lease", "rule-K-03"), headers=HTMX)

    closed = manager.post(edit_url(2, "rules", "K-03", "close"), headers=HTMX)

    assert closed.content.decode().strip().startswith('<li class="rules__row" id="rule-K-03">')
    assert "Yours" in text(second.post(edit_url(2, "lease", "rule-K-03"), headers=HTMX))


@pytest.mark.parametrize("section", ["nonsense", "rule-", "rule-K01", "rules"])
def test_there_is_no_lease_of_what_is_no_section(manager: Client, draft: PolicyVersion, section: str) -> None:
    assert manager.post(edit_url(2, "lease", section), headers=HTMX).status_code == 404
