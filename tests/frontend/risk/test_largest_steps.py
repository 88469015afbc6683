"""The largest steps between neighbours: a section of the editor, in words wherever a policy is told, and held by the checks."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from frontend.risk.step_form import StepsForm
from tests.frontend.risk.screens import SLUG, edit_url, own_draft, section_values, text
from tests.properties.policy_cases import demo_document
from tests.underwriting.policy.conftest import Desk
from underwriting.models import PolicyVersion
from underwriting.policy.diff import SETTINGS, diff_in_words, settings_in_words
from underwriting.policy.parts import part_sha256, with_format
from underwriting.policy.rebase import rebase
from underwriting.policy.schema import parse_document

pytestmark = pytest.mark.django_db
WORDS = "One point of score lower, the yearly rate rises by at most 4.25 percentage points."


def typed(draft: PolicyVersion, **fields: str) -> dict[str, str]:
    return {"sha256": part_sha256(draft.document, "steps")} | {f"step-{k}": v for k, v in fields.items()}


def test_a_largest_step_is_saved_in_a_persons_units_and_told_in_words(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)

    answer = manager.post(edit_url(2, "edit", "steps"), typed(draft, rate="4.25"), follow=True)

    draft.refresh_from_db()
    assert (draft.document["format"], draft.document["steps"]) == (2, {"rate_bps_max": 425})
    assert "Largest steps saved." in text(answer)
    assert f"Added: Largest steps: {WORDS}" in text(answer)
    assert WORDS in text(manager.get(f"/policies/{SLUG}/versions/2/"))
    tables = text(manager.get(f"/policies/{SLUG}/compare/1...2/?as=tables"))
    assert ("Largest steps" in tables, WORDS in tables) == (True, True)


def test_the_bound_is_kept_when_untouched_and_goes_when_it_is_emptied(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)
    manager.post(edit_url(2, "edit", "steps"), typed(draft, rate="4.25"))
    draft.refresh_from_db()
    saved = draft.document

    page = manager.get(edit_url(2, "edit")).content.decode()
    manager.post(edit_url(2, "edit", "steps"), section_values(page, "steps"))
    draft.refresh_from_db()
    assert draft.document == saved
    manager.post(edit_url(2, "edit", "steps"), typed(draft, rate=""))
    draft.refresh_from_db()
    assert draft.document == {**desk.live.document, "format": 2}


@pytest.mark.parametrize(
    ("rate", "message"),
    [("lots", "Enter a percentage such as 12.5."), ("-1", "greater than or equal to 0"), ("1000.01", "1000")],
)
def test_what_makes_no_sense_stays_as_typed(manager: Client, desk: Desk, rate: str, message: str) -> None:
    draft = own_draft(desk)

    answer = manager.post(edit_url(2, "edit", "steps"), typed(draft, rate=rate))

    assert (answer.status_code, message in text(answer)) == (422, True)
    assert f'value="{rate}"' in answer.content.decode()
    draft.refresh_from_db()
    assert draft.document == desk.live.document


def test_a_step_that_the_prices_already_exceed_is_saved_and_listed_at_the_prices(
    manager: Client, desk: Desk
) -> None:
    draft = own_draft(desk)

    answer = manager.post(edit_url(2, "edit", "steps"), typed(draft, rate="0"), follow=True)

    page = answer.content.decode()
    assert '<a href="#prices">One point below ' in page
    assert "Stops submission" in text(answer)


def test_a_field_says_its_unit_and_an_instalment_loan_has_no_limit_to_bound(
    manager: Client, desk: Desk
) -> None:
    own_draft(desk)
    page = manager.get(edit_url(2, "edit")).content.decode()
    part = page[page.index('id="form-steps"') :].split("</form>")[0]

    assert "Yearly rate rises by at most, percentage points" in part
    assert "From one point of score to the next lower one" in part
    assert "step-limit" not in part


def test_a_line_bounds_its_limit_too(db: None) -> None:
    """Northgate's demo policy is a line."""
    document: dict[str, Any] = demo_document("northgate")
    with_steps = {**document, "format": 2, "steps": {"rate_bps_max": None, "limit_minor_max": 250_000}}

    (change,) = diff_in_words(document, with_steps)

    assert (change.section, change.after) == (
        "Largest steps",
        "One point of score lower, the limit falls by at most $2,500.",
    )
    both = {**with_steps, "steps": {"rate_bps_max": 0, "limit_minor_max": 250_000}}
    assert settings_in_words(parse_document(both))[SETTINGS.index("Largest steps")] == (
        "One point of score lower, the yearly rate rises by at most 0.00 percentage points and the limit falls by at most $2,500."
    )


def test_the_form_of_a_line_has_both_and_puts_back_what_it_was_filled_from() -> None:
    document = {
        **demo_document("northgate"),
        "format": 2,
        "steps": {"rate_bps_max": 425, "limit_minor_max": 250_050},
    }
    values = StepsForm.values_of(parse_document(document))
    form = StepsForm({"rate": str(values["rate"]), "limit": str(values["limit"])}, initial=values)
    emptied = StepsForm({"rate": "4.25", "limit": ""}, initial=values)

    assert (form.is_valid(), emptied.is_valid()) == (True, True)
    same, without = dict(document), dict(document)
    form.write(same)
    emptied.write(without)
    assert same == document
    assert without["steps"] == {"rate_bps_max": 425, "limit_minor_max": None}
    first = {key: part for key, part in document.items() if key != "steps"} | {"format": 1}
    form.write(first)
    assert with_format(first) == document


def test_saving_the_steps_leaves_the_authority_of_another_window_current(manager: Client, desk: Desk) -> None:
    """Both may need the second format of a document, which belongs to neither."""
    draft = own_draft(desk)
    page = manager.get(edit_url(2, "edit")).content.decode()
    delegated = section_values(page, "authority") | {"people-exception_rules": "R-04"}

    manager.post(edit_url(2, "edit", "steps"), typed(draft, rate="4.25"))
    answer = manager.post(edit_url(2, "edit", "authority"), delegated)

    assert answer.status_code == 302
    draft.refresh_from_db()
    assert (draft.document["format"], draft.document["steps"]) == (2, {"rate_bps_max": 425})
    assert draft.document["delegation"]["exception_rules"] == ["R-04"]


def test_a_clash_of_steps_is_named_in_words(desk: Desk) -> None:
    base = {**desk.document(), "format": 2, "steps": {"rate_bps_max": 400}}
    mine, live = ({**base, "steps": {"rate_bps_max": most}} for most in (300, 500))

    clashes = rebase(base, mine, live, {})

    assert isinstance(clashes, tuple)
    assert [clash.name for clash in clashes] == ["largest step of the rate"]


def test_the_effect_reads_a_typed_step(manager: Client, desk: Desk) -> None:
    own_draft(desk)

    panel = manager.post(edit_url(2, "effect"), {"step-rate": "4.25"}, headers={"HX-Request": "true"})

    assert "Not saved yet Largest steps" in text(panel)
    assert "cannot be weighed" not in text(panel)
