"""The policy editor with and without scripts, and how it answers nonsense."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from frontend.risk.effect import effect_sentence
from tests.factories import make_application, make_assessment
from tests.frontend.risk.screens import SLUG, edit_url, field_values, own_draft, rule_values, text
from tests.underwriting.policy.conftest import REASON, Desk
from underwriting.enums import PolicyState

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("section", ["cut-offs", "prices", "limits"])
def test_saving_a_section_untouched_changes_nothing(manager: Client, desk: Desk, section: str) -> None:
    draft = own_draft(desk)
    page = manager.get(edit_url(2, "edit")).content.decode()

    answer = manager.post(edit_url(2, "edit", section), field_values(page))

    assert answer.status_code == 302, text(answer)
    draft.refresh_from_db()
    assert draft.document == desk.live.document


def test_a_new_threshold_is_saved_and_told_in_words(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)

    answer = manager.post(
        edit_url(2, "edit", "cut-offs"),
        {"sha256": draft.document_sha256, "cut-approve": "632", "cut-refer": "600"},
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
        {"sha256": draft.document_sha256, "cut-approve": approve, "cut-refer": refer},
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
        {"sha256": draft.document_sha256, "cut-approve": "640", "cut-refer": "590"},
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

    answer = manager.post(edit_url(2, "rules", "new"), rule_values(draft), follow=True)

    assert (
        "Refer when “Amount past due now” is over $251 or “Share of card and line limits in use” is 92.5 % or more."
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

    answer = manager.post(edit_url(2, "rules", "new"), rule_values(draft, **changes))

    assert (answer.status_code, message in text(answer)) == (422, True), text(answer)
    draft.refresh_from_db()
    assert draft.document == desk.live.document


def test_a_row_is_added_without_scripts_and_nothing_is_saved(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)

    answer = manager.post(edit_url(2, "rules", "new"), {**rule_values(draft), "add_row": "1"})

    values = field_values(answer.content.decode())
    assert (answer.status_code, values["new-when-TOTAL_FORMS"], values["new-when-1-value"]) == (
        200,
        "3",
        "92.5",
    )
    assert values["new-rule-name"] == "Many enquiries"
    draft.refresh_from_db()
    assert draft.document == desk.live.document


def test_rules_are_removed_and_moved(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)
    manager.post(edit_url(2, "rules", "K-02", "remove"), {"sha256": draft.document_sha256})
    draft.refresh_from_db()
    manager.post(edit_url(2, "rules", "R-06", "move"), {"sha256": draft.document_sha256, "to": "up"})
    draft.refresh_from_db()

    assert [r["id"] for r in draft.document["rules"]] == [
        "K-01",
        "K-03",
        "K-04",
        "R-01",
        "R-02",
        "R-03",
        "R-04",
        "R-06",
        "R-05",
    ]


def test_with_htmx_one_answer_swaps_the_rules_the_effect_and_every_guard(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)
    htmx = {"HX-Request": "true"}

    form = manager.get(edit_url(2, "rules", "new"), headers=htmx)
    wrong = manager.post(edit_url(2, "rules", "new"), rule_values(draft, **{"rule-name": ""}), headers=htmx)
    saved = manager.post(edit_url(2, "rules", "new"), rule_values(draft), headers=htmx)

    assert "<html" not in form.content.decode()
    assert (wrong.status_code, wrong["HX-Retarget"], "<html" in wrong.content.decode()) == (
        422,
        "#rule-new",
        False,
    )
    draft.refresh_from_db()
    page = saved.content.decode()
    assert (saved.status_code, "HX-Retarget" in saved.headers) == (200, False)
    assert 'id="effect" aria-labelledby="effect-title" hx-swap-oob="true"' in page
    assert page.count(f'value="{draft.document_sha256}" hx-swap-oob="true"') == 3
    assert 'role="status" aria-live="polite" hx-swap-oob="innerHTML">Rule R-20 saved.' in page
    assert saved["Vary"] == "HX-Request, Cookie"


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


# Nonsense and effect ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {}, {"add_row": "1"}, {"new-when-TOTAL_FORMS": "²", "add_row": "1"}, {"new-when-TOTAL_FORMS": "99999", "new-when-INITIAL_FORMS": "0"},
        {"tier-TOTAL_FORMS": "x"}, {"cut-approve": "1e999", "cut-refer": "NaN"}, {"limit-counteroffer_terms": "²"}, {"cut-approve": "9" * 400},
    ],
)  # fmt: skip
def test_nonsense_is_answered_and_never_saved(manager: Client, desk: Desk, values: dict[str, str]) -> None:
    draft = own_draft(desk)

    statuses = {
        manager.post(edit_url(2, *part), {**values, "sha256": draft.document_sha256}).status_code
        for part in (
            ("edit", "cut-offs"),
            ("edit", "prices"),
            ("edit", "limits"),
            ("rules", "new"),
            ("rules", "K-01"),
        )
    }

    assert statuses <= {200, 422}
    draft.refresh_from_db()
    assert draft.document == desk.live.document


@pytest.mark.parametrize("typed", ["NaN", "1e400", "-5", "0.0000000001", "٣x", "yes"])
def test_a_value_that_is_no_amount_is_told_beside_it(manager: Client, desk: Desk, typed: str) -> None:
    draft = own_draft(desk)

    answer = manager.post(edit_url(2, "rules", "new"), rule_values(draft, **{"when-0-value": typed}))

    assert (answer.status_code, field_values(answer.content.decode())["new-when-0-value"]) == (422, typed)


def test_a_version_number_no_database_holds_is_404(manager: Client, desk: Desk) -> None:
    assert manager.get(f"/policies/{SLUG}/versions/{10**30}/").status_code == 404


def test_the_effect_counts_recent_first_assessments_by_score(desk: Desk) -> None:
    now = timezone.now()
    for score in (590, 610, 635, 638, 645, 700):
        make_assessment(
            make_application(desk.policy.product), score=score, created_at=now - timedelta(days=1)
        )
    make_assessment(make_application(desk.policy.product), score=636, created_at=now - timedelta(days=91))

    assert effect_sentence(desk.live, desk.draft(632), now) == (
        "Of 6 applications scored in the last 90 days, by score alone: 632 instead of 640: 2 more reach the approval cut-off."
    )
