"""What officers may decide alone beside the amount: edited as a section, kept when untouched, refused where it names nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.frontend.risk.screens import edit_url, field_values, own_draft, section_values, text
from tests.underwriting.policy.conftest import Desk

pytestmark = pytest.mark.django_db
DELEGATED = {
    "people-officer_tiers": "A, B",
    "people-officer_override": "5000",
    "people-exception_rules": "R-04",
}


def test_a_delegation_is_saved_told_in_words_and_kept_when_untouched(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)
    page = manager.get(edit_url(2, "edit")).content.decode()
    answer = manager.post(
        edit_url(2, "edit", "authority"), section_values(page, "authority") | DELEGATED, follow=True
    )
    draft.refresh_from_db()
    assert (draft.document["format"], draft.document["delegation"]) == (
        2,
        {
            "price_tiers": {"credit_officer": ["A", "B"]},
            "override_minor": {"credit_officer": 500_000},
            "exception_rules": ["R-04"],
        },
    )
    assert (
        "credit officer approves alone at tier A, B; credit officer confirms overrides up to $5,000; "
        "two people approve in spite of R-04." in text(answer)
    )
    saved = draft.document
    page = manager.get(edit_url(2, "edit")).content.decode()
    manager.post(edit_url(2, "edit", "authority"), section_values(page, "authority"))
    draft.refresh_from_db()
    assert draft.document == saved


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("people-officer_tiers", "A, Z", "There is no price tier Z."),
        ("people-exception_rules", "R-99", "There is no review rule R-99 in this policy."),
    ],
)
def test_a_delegation_that_names_nothing_is_told_beside_its_field(
    manager: Client, desk: Desk, field: str, typed: str, said: str
) -> None:
    draft = own_draft(desk)
    page = manager.get(edit_url(2, "edit")).content.decode()
    answer = manager.post(
        edit_url(2, "edit", "authority"), section_values(page, "authority") | {field: typed}
    )
    assert (answer.status_code, field_values(answer.content.decode())[field]) == (422, typed)
    assert said in text(answer)
    draft.refresh_from_db()
    assert draft.document == desk.live.document
