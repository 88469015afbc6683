"""The policy editor is sent nonsense, and what a draft would have done is counted."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.frontend.risk.screens import (
    SLUG,
    edit_url,
    field_values,
    own_draft,
    rule_sha256,
    rule_values,
)
from tests.underwriting.policy.conftest import Desk
from underwriting.policy.parts import part_sha256

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    "values",
    [
        {}, {"add_row": "1"}, {"new-when-TOTAL_FORMS": "²", "add_row": "1"}, {"new-when-TOTAL_FORMS": "99999", "new-when-INITIAL_FORMS": "0"},
        {"tier-TOTAL_FORMS": "x"}, {"cut-approve": "1e999", "cut-refer": "NaN"}, {"counter-terms": "²"}, {"cut-approve": "9" * 400},
    ],
)  # fmt: skip
def test_nonsense_is_answered_and_never_saved(manager: Client, desk: Desk, values: dict[str, str]) -> None:
    draft = own_draft(desk)

    guards = {
        ("edit", part): part_sha256(draft.document, part)
        for part in ("cut-offs", "prices", "counteroffer", "authority", "sla")
    } | {("rules", "new"): "", ("rules", "K-01"): rule_sha256(draft, "K-01")}

    statuses = {
        manager.post(edit_url(2, *part), {**values, "sha256": sha256}).status_code
        for part, sha256 in guards.items()
    }

    assert statuses <= {200, 422}
    draft.refresh_from_db()
    assert draft.document == desk.live.document


@pytest.mark.parametrize("typed", ["NaN", "1e400", "-5", "0.0000000001", "٣x", "yes"])
def test_a_value_that_is_no_amount_is_told_beside_it(manager: Client, desk: Desk, typed: str) -> None:
    own_draft(desk)

    answer = manager.post(edit_url(2, "rules", "new"), rule_values(**{"when-0-value": typed}))

    assert (answer.status_code, field_values(answer.content.decode())["new-when-0-value"]) == (422, typed)


def test_a_version_number_no_database_holds_is_404(manager: Client, desk: Desk) -> None:
    assert manager.get(f"/policies/{SLUG}/versions/{10**30}/").status_code == 404
