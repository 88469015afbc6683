"""The policy editor with and without scripts."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.frontend.risk.screens import (
    SLUG,
    edit_url,
    field_values,
    own_draft,
    rule_sha256,
    rule_values,
    section_values,
    text,
    typed_cut_offs,
)
from tests.underwriting.policy.conftest import REASON, Desk
from underwriting.enums import PolicyState
from underwriting.models import PolicyVersion

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


# Editing ------------------------------------------------------------------------------------------------------------------


def test_starting_a_draft_leads_to_its_editor(manager: Client, desk: Desk) -> None:
    answer = manager.post(f"/policies/{SLUG}/drafts/")

    assert (answer.status_code, answer["Location"]) == (
        303 if answer.status_code == 303 else 302,
        edit_url(2, "edit"),
    )
    page = text(manager.get(answer["Location"]))
    assert "Nothing differs from v1 yet." in page
    assert "All pass" in page


SECTIONS = (
    "cut-offs", "prices", "affordability", "counteroffer", "fallback", "authority", "sla", "segments"
)  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS)
def test_saving_a_section_untouched_changes_nothing(manager: Client, desk: Desk, section: str) -> None:
    draft = own_draft(desk)
    page = manager.get(edit_url(2, "edit")).content.decode()

    answer = manager.post(edit_url(2, "edit", section), section_values(page, section))

    assert answer.status_code == 302, text(answer)
    draft.refresh_from_db()
    assert draft.document == desk.live.document


def test_a_new_threshold_is_saved_and_told_in_words(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)

    answer = manager.post(
        edit_url(2, "edit", "cut-offs"),
        typed_cut_offs(draft, 632, 600),
        follow=True,
    )

    assert "Changed: Approve at: 640 632" in text(answer)
    draft.refresh_from_db()
    assert draft.document["cut_offs"] == {"approve": 632, "refer": 600}


@pytest.mark.parametrize(
    ("approve", "refer", "message"),
    [
        ("six", "600", "Enter a whole number."),
        ("", "600", "Enter approve at."),
        ("600", "640", "must not be above the approval cut-off"),
    ],
)
def test_what_makes_no_sense_stays_as_typed_with_a_message(
    manager: Client, desk: Desk, approve: str, refer: str, message: str
) -> None:
    draft = own_draft(desk)

    answer = manager.post(
        edit_url(2, "edit", "cut-offs"),
        typed_cut_offs(draft, approve, refer),
    )

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "<title>Error: " in page
    assert message in text(answer)
    assert field_values(page)["cut-approve"] == approve
    draft.refresh_from_db()
    assert draft.document == desk.live.document


def test_a_gap_that_a_threshold_opens_is_saved_and_listed_with_a_link(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)

    answer = manager.post(
        edit_url(2, "edit", "cut-offs"),
        typed_cut_offs(draft, 640, 590),
        follow=True,
    )

    assert '<a href="#prices">There is a gap: scores from 590 to 599' in answer.content.decode()
    assert "Stops submission" in text(answer)
    refused = manager.post(f"/policies/{SLUG}/changes/2/submit/", {"reason": REASON})
    assert (refused.status_code, "There is a gap" in text(refused)) == (422, True)
    draft.refresh_from_db()
    assert draft.state == PolicyState.DRAFT


def test_a_rule_is_built_from_rows_in_a_persons_units(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)

    answer = manager.post(edit_url(2, "rules", "new"), rule_values(), follow=True)

    assert (
        "Refer when “Amount past due now” is over $250.50 or “Share of card and line limits in use” is 92.5 % or more."
        in text(answer)
    )
    draft.refresh_from_db()
    assert draft.document["rules"][-1]["when"] == {
        "any": [
            {
                "fact": "past_due_amount",
                "operator": ">",
                "value": 25050,
                "if_absent": "passes",
                "if_never": "passes",
            },
            {
                "fact": "revolving_utilisation_ratio",
                "operator": ">=",
                "value": 0.925,
                "if_absent": "refers",
                "if_never": "passes",
            },
        ]
    }


@pytest.mark.parametrize("rule_id", ["K-01", "K-03", "K-04", "R-01", "R-04", "R-05", "R-06"])
def test_saving_a_rule_untouched_changes_nothing(manager: Client, desk: Desk, rule_id: str) -> None:
    draft = own_draft(desk)
    page = manager.get(edit_url(2, "rules", rule_id)).content.decode()

    answer = manager.post(edit_url(2, "rules", rule_id), field_values(page))

    assert answer.status_code == 302, text(answer)
    draft.refresh_from_db()
    assert draft.document == desk.live.document


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"when-0-value": "lots"}, "Enter a number (amount)."),
        ({"when-0-fact": ""}, "Choose a fact."),
        ({"when-1-operator": "<"}, "a higher value is the riskier one"),
        ({"when-0-value": "999999999"}, "lies between"),
        ({"rule-kind": "KNOCKOUT"}, "needs a reason code"),
        ({"rule-reason_code": "ZZ99"}, "not in the reason catalogue"),
        ({"rule-id": "K-01"}, "used twice"),
        ({"rule-id": "nonsense"}, "String should match pattern"),
        ({"rule-name": ""}, "This field is required."),
        (
            {"rule-kind": "KNOCKOUT", "rule-reason_code": "PH04", "when-1-if_absent": "fails"},
            "its reason would not be true",
        ),
    ],
)
def test_a_rule_that_makes_no_sense_is_told_beside_its_field(
    manager: Client, desk: Desk, changes: dict[str, str], message: str
) -> None:
    draft = own_draft(desk)

    answer = manager.post(edit_url(2, "rules", "new"), rule_values(**changes))

    assert (answer.status_code, message in text(answer)) == (422, True), text(answer)
    draft.refresh_from_db()
    assert draft.document == desk.live.document


def test_a_row_is_added_without_scripts_and_nothing_is_saved(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)

    answer = manager.post(edit_url(2, "rules", "new"), {**rule_values(), "add_row": "1"})

    values = field_values(answer.content.decode())
    assert (answer.status_code, values["new-when-TOTAL_FORMS"], values["new-when-1-value"]) == (
        200,
        "3",
        "92.5",
    )
    assert values["new-rule-name"] == "Many enquiries"
    draft.refresh_from_db()
    assert draft.document == desk.live.document


def ids(draft: PolicyVersion) -> list[str]:
    draft.refresh_from_db()
    return [rule["id"] for rule in draft.document["rules"]]


@pytest.mark.parametrize(
    ("rule_id", "to", "order"),
    [
        ("R-06", {"to": "up"}, ["R-01", "R-02", "R-03", "R-04", "R-06", "R-05"]),
        ("R-01", {"to": "down"}, ["R-02", "R-01", "R-03", "R-04", "R-05", "R-06"]),
        ("R-01", {"to": "up"}, ["R-01", "R-02", "R-03", "R-04", "R-05", "R-06"]),
        ("R-05", {"to": "position", "position": "1"}, ["R-05", "R-01", "R-02", "R-03", "R-04", "R-06"]),
        ("R-01", {"to": "position", "position": "99"}, ["R-02", "R-03", "R-04", "R-05", "R-06", "R-01"]),
        ("R-02", {"to": "position", "position": "²"}, ["R-01", "R-02", "R-03", "R-04", "R-05", "R-06"]),
    ],
)
def test_a_rule_moves_among_those_of_its_kind(
    manager: Client, desk: Desk, rule_id: str, to: dict[str, str], order: list[str]
) -> None:
    draft = own_draft(desk)

    manager.post(edit_url(2, "rules", rule_id, "move"), to)

    assert ids(draft) == ["K-01", "K-02", "K-03", "K-04", *order]


def test_a_rule_is_removed(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)

    manager.post(edit_url(2, "rules", "K-02", "remove"), {"sha256": rule_sha256(draft, "K-02")})

    assert ids(draft)[:3] == ["K-01", "K-03", "K-04"]


# With scripts: what swaps ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_swaps_itself_alone_and_tells_the_page_that_the_draft_was_saved(
    manager: Client, desk: Desk, section: str
) -> None:
    own_draft(desk)
    typed = section_values(manager.get(edit_url(2, "edit")).content.decode(), section)

    answer = manager.post(edit_url(2, "edit", section), typed, headers=HTMX)

    page = answer.content.decode()
    assert (answer.status_code, answer["HX-Trigger"]) == (200, "draft-saved")
    assert re.findall(r'<section class="card part" id="([^"]+)"', page) == [section]
    assert field_values(page)["sha256"] == typed["sha256"]
    assert re.findall(r'<div id="live".*hx-swap-oob="innerHTML">(.*?) saved', page)
    assert answer["Vary"] == "HX-Request, Cookie"


def test_a_section_with_a_mistake_comes_back_alone_with_the_message_inside(
    manager: Client, desk: Desk
) -> None:
    draft = own_draft(desk)

    answer = manager.post(edit_url(2, "edit", "cut-offs"), typed_cut_offs(draft, "six"), headers=HTMX)

    page = answer.content.decode()
    assert (answer.status_code, "<html" in page, field_values(page)["cut-approve"]) == (422, False, "six")
    assert "Approve at: Enter a whole number." in text(answer)


def test_a_new_rule_goes_to_the_end_of_its_list_and_no_other_row_is_sent(manager: Client, desk: Desk) -> None:
    own_draft(desk)

    form = manager.get(edit_url(2, "rules", "new"), headers=HTMX)
    wrong = manager.post(edit_url(2, "rules", "new"), rule_values(**{"rule-name": ""}), headers=HTMX)
    saved = manager.post(edit_url(2, "rules", "new"), rule_values(), headers=HTMX)

    assert "<html" not in form.content.decode()
    assert (wrong.status_code, wrong["HX-Retarget"], "<html" in wrong.content.decode()) == (
        422,
        "#rule-new",
        False,
    )
    page = saved.content.decode()
    assert (saved.status_code, saved["HX-Trigger"], "HX-Retarget" in saved.headers) == (
        200,
        "draft-saved",
        False,
    )
    assert '<ul hx-swap-oob="beforeend:#rules-REVIEW">' in page
    assert re.findall(r'<li class="rules__row" id="([^"]+)"', page) == ["rule-R-20"]
    assert 'role="status" aria-live="polite" hx-swap-oob="innerHTML">Rule R-20 saved.' in page


def test_a_saved_rule_swaps_its_row_and_one_of_another_kind_changes_lists(
    manager: Client, desk: Desk
) -> None:
    own_draft(desk)
    form = field_values(manager.get(edit_url(2, "rules", "R-04"), headers=HTMX).content.decode())

    same = manager.post(edit_url(2, "rules", "R-04"), {**form, "R-04-rule-name": "Other"}, headers=HTMX)
    form = field_values(manager.get(edit_url(2, "rules", "K-03"), headers=HTMX).content.decode())
    other = manager.post(edit_url(2, "rules", "K-03"), {**form, "K-03-rule-kind": "REVIEW"}, headers=HTMX)

    assert same.content.decode().strip().startswith('<li class="rules__row" id="rule-R-04">')
    assert '<ul hx-swap-oob="beforebegin:#rule-R-01">' in other.content.decode()


def test_a_moved_rule_is_put_before_the_next_of_its_kind(manager: Client, desk: Desk) -> None:
    own_draft(desk)

    up = manager.post(edit_url(2, "rules", "R-06", "move"), {"to": "up"}, headers=HTMX).content.decode()
    last = manager.post(
        edit_url(2, "rules", "R-01", "move"), {"to": "position", "position": "6"}, headers=HTMX
    ).content.decode()

    assert '<ul hx-swap-oob="beforebegin:#rule-R-05">' in up
    assert "Rule R-06 stands at position 5 now." in up
    assert '<ul hx-swap-oob="beforeend:#rules-REVIEW">' in last
    assert re.findall(r'<li class="rules__row" id="([^"]+)"', up + last) == ["rule-R-06", "rule-R-01"]


def test_a_rule_keeps_owner_reason_source_and_review_date(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)
    before = draft.document["rules"][0]
    form = field_values(manager.get(edit_url(2, "rules", "K-01")).content.decode())

    answer = manager.post(
        edit_url(2, "rules", "K-01"), {**form, "K-01-rule-review_on": "2027-03-31"}, follow=True
    )

    draft.refresh_from_db()
    assert draft.document["rules"][0] == {**before, "review_on": "2027-03-31"}
    assert "review by 31 Mar 2027." in text(answer)
    assert "Rule K-01 review date: 31 Mar 2027" in text(answer)


def test_a_rule_nested_too_deep_for_rows_is_shown_in_words_only(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)
    leaf = draft.document["rules"][0]["when"]
    draft.document["rules"][0]["when"] = {
        "any": [{"all": [leaf, {**leaf, "value": 2}]}, {**leaf, "value": 3}]
    }
    draft.save()

    page = text(manager.get(edit_url(2, "rules", "K-01")))

    assert "nested deeper than rows can show" in page
    assert "Save rule" not in page
