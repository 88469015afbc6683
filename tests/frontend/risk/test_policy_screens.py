"""The policy screens: who may open and do what, the editor with and without scripts, a change from draft to in force and back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from frontend.risk.effect import effect_sentence
from tests.factories import make_application, make_assessment, make_lender, make_reference_sample, make_user
from tests.underwriting.policy.conftest import NOW, REASON, Desk, acting, build_desk
from underwriting.enums import PolicyState, Role
from underwriting.models import AuditEntry, PolicyVersion, WorkItem
from underwriting.policy.lifecycle import create_draft
from underwriting.policy.selectors import active_policy_version

pytestmark = pytest.mark.django_db
SLUG = "instalment-loan-core"


@pytest.fixture
def desk() -> Desk:
    return build_desk()


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def manager(desk: Desk) -> Client:
    return signed_in(desk.manager)


@pytest.fixture
def approver(desk: Desk) -> Client:
    return signed_in(desk.approver)


def text(answer: Any) -> str:
    """The page's words, without mark-up."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())).strip()


def field_values(page: str) -> dict[str, str]:
    """What a browser would send back for every form field of a page, untouched."""
    values = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        is_box = 'type="checkbox"' in tag or 'type="radio"' in tag
        if name and (not is_box or " checked" in tag):
            values[name[1]] = value[1].replace("&#x27;", "'") if value else ("on" if is_box else "")
    for name_, body in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', body) or re.search(
            r'<option value="([^"]*)"', body
        )
        values[name_] = chosen[1] if chosen else ""
    return {
        name: value.replace("&amp;", "&").replace("&gt;", ">").replace("&lt;", "<")
        for name, value in values.items()
    }


def edit_url(number: int, *rest: str) -> str:
    return "/".join([f"/policies/{SLUG}/drafts/{number}", *rest, ""])


# Who may ------------------------------------------------------------------------------------------------------------------

READS = (
    "/policies/",
    f"/policies/{SLUG}/",
    f"/policies/{SLUG}/versions/1/",
    f"/policies/{SLUG}/compare/1...2/",
    f"/policies/{SLUG}/changes/2/",
)
READERS = {Role.RISK_MANAGER, Role.RISK_APPROVER, Role.AUDITOR}
WRITES: dict[str, Role] = {
    f"/policies/{SLUG}/drafts/": Role.RISK_MANAGER,
    edit_url(2, "edit", "cut-offs"): Role.RISK_MANAGER,
    edit_url(2, "rules", "K-01"): Role.RISK_MANAGER,
    edit_url(2, "rules", "K-01", "remove"): Role.RISK_MANAGER,
    edit_url(2, "rules", "K-01", "move"): Role.RISK_MANAGER,
    f"/policies/{SLUG}/changes/2/submit/": Role.RISK_MANAGER,
    f"/policies/{SLUG}/versions/1/rollback/": Role.RISK_MANAGER,
    f"/policies/{SLUG}/changes/2/approve/": Role.RISK_APPROVER,
    f"/policies/{SLUG}/changes/2/turn-down/": Role.RISK_APPROVER,
    f"/policies/{SLUG}/changes/2/activate/": Role.RISK_APPROVER,
}


@pytest.mark.parametrize("role", Role)
def test_who_may_read(desk: Desk, role: Role) -> None:
    desk.draft()
    client = signed_in(make_user("Some Body", (desk.policy.lender, role), password=None))

    assert {client.get(url).status_code for url in READS} == {200 if role in READERS else 403}
    own = client.get(edit_url(2, "edit"))
    assert own.status_code == 403  # somebody else's draft, or no role


@pytest.mark.parametrize("role", Role)
def test_who_may_change(desk: Desk, role: Role) -> None:
    desk.draft()
    client = signed_in(make_user("Some Body", (desk.policy.lender, role), password=None))
    before = PolicyVersion.objects.count()

    for url, needed in WRITES.items():
        answer = client.post(url, {"reason": REASON})
        if role is not needed:
            assert answer.status_code == 403, url
            assert "Open to:" in text(answer)
        else:
            assert "Open to:" not in text(answer), url
        assert client.get(url).status_code in (200, 403, 405, 409)
    assert PolicyVersion.objects.count() == before + (1 if role is Role.RISK_MANAGER else 0)


def test_another_lenders_policy_is_not_there(desk: Desk) -> None:
    desk.draft()
    other = make_lender("northgate")
    for role in (Role.RISK_MANAGER, Role.RISK_APPROVER, Role.AUDITOR):
        client = signed_in(make_user(f"{role.value} Stranger", (other, role), password=None))
        for url in READS[1:]:
            answer = client.get(url)
            assert answer.status_code == 404
            assert "harbour" not in answer.content.decode().lower()
        assert client.get("/policies/").status_code == 200
        assert SLUG not in client.get("/policies/").content.decode()
        assert {
            client.post(url, {"reason": REASON}).status_code
            for url, needed in WRITES.items()
            if needed is role
        } <= {404}


def test_nobody_signed_in_is_sent_to_sign_in(desk: Desk) -> None:
    for url in READS:
        answer = Client().get(url)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/sign-in/")


def test_what_is_not_there_is_404(manager: Client, desk: Desk) -> None:
    desk.draft()
    for url in (
        "/policies/nothing/",
        f"/policies/{SLUG}/versions/99/",
        f"/policies/{SLUG}/compare/1...99/",
        edit_url(99, "edit"),
        edit_url(2, "rules", "K-99"),
    ):
        assert manager.get(url).status_code == 404
    assert manager.post(edit_url(2, "edit", "nonsense")).status_code == 404


# Reading ------------------------------------------------------------------------------------------------------------------


def test_the_list_and_the_page_say_the_live_version_in_words(manager: Client, desk: Desk) -> None:
    sentence = "Approve at 640 and above. Review 600 to 639. Decline below 600. 4 knock-out rules, 6 review rules, 4 price tiers."

    assert sentence in text(manager.get("/policies/"))
    page = text(manager.get(f"/policies/{SLUG}/"))
    assert sentence in page
    assert "Decline when “Bankruptcies” is 1 or more." in page
    assert f"Who may approve {desk.approver.name}" in page


def test_a_lender_without_policies_is_told_so(desk: Desk) -> None:
    client = signed_in(make_user("New Manager", (make_lender("empty"), Role.RISK_MANAGER)))

    assert "Policies appear here once" in text(client.get("/policies/"))


def test_the_comparison_is_in_words_and_in_tables(manager: Client, desk: Desk) -> None:
    desk.draft(632)

    assert "Changed: Approve at: 640 632" in text(manager.get(f"/policies/{SLUG}/compare/1...2/"))
    tables = text(manager.get(f"/policies/{SLUG}/compare/1...2/?as=tables"))
    assert "Cut-offs Approve at 640 632 Changed" in tables


def test_the_list_asks_the_database_as_often_for_one_policy_as_it_should(
    manager: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(14):
        manager.get("/policies/")


# Editing ------------------------------------------------------------------------------------------------------------------


def own_draft(desk: Desk) -> PolicyVersion:
    return create_draft(policy=desk.policy, actor=acting(desk.manager), now=timezone.now())


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


def test_saving_from_an_old_window_is_refused(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)
    values = {"sha256": draft.document_sha256, "cut-approve": "632", "cut-refer": "600"}
    manager.post(edit_url(2, "edit", "cut-offs"), values)

    answer = manager.post(edit_url(2, "edit", "cut-offs"), {**values, "cut-approve": "650"})

    assert (answer.status_code, "saved from another window" in text(answer)) == (409, True)


def rule_values(draft: PolicyVersion, rule_id: str = "new", **changes: str) -> dict[str, str]:
    own = {
        "id": "R-20", "kind": "REVIEW", "name": "Many enquiries", "reason_code": "", "priority": "70", "owner": "Credit risk",
        "source": "RISK_APPETITE", "reason": "",
    }  # fmt: skip
    rows = {
        "TOTAL_FORMS": "2", "INITIAL_FORMS": "0", "0-joined": "and", "0-fact": "past_due_amount", "0-operator": ">", "0-value": "250.50",
        "0-if_absent": "passes", "0-if_never": "passes", "1-joined": "or", "1-fact": "revolving_utilisation_ratio", "1-operator": ">=",
        "1-value": "92.5", "1-if_absent": "refers", "1-if_never": "passes",
    }  # fmt: skip
    values = {f"{rule_id}-rule-{k}": v for k, v in own.items()} | {
        f"{rule_id}-when-{k}": v for k, v in rows.items()
    }
    return {**values, **{f"{rule_id}-{k}": v for k, v in changes.items()}, "sha256": draft.document_sha256}


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


# From draft to in force ---------------------------------------------------------------------------------------------------


def test_a_threshold_moves_under_four_eyes_and_back(manager: Client, approver: Client, desk: Desk) -> None:
    draft = own_draft(desk)
    manager.post(
        edit_url(2, "edit", "cut-offs"),
        {"sha256": draft.document_sha256, "cut-approve": "632", "cut-refer": "600"},
    )
    change = f"/policies/{SLUG}/changes/2/"

    short = manager.post(f"{change}submit/", {"reason": "why not"})
    assert (short.status_code, "at least 10" in text(short)) == (422, True)
    submitted = manager.post(f"{change}submit/", {"reason": REASON}, follow=True)
    assert "You wrote this version, so somebody else approves it." in text(submitted)
    assert WorkItem.objects.get().subject_id == draft.pk

    early = approver.post(f"{change}approve/")
    assert (early.status_code, "still being drawn" in text(early)) == (409, True)
    draft.refresh_from_db()
    draft.reference_sample = make_reference_sample(desk.model, approve_cut_off=632)
    draft.save()
    assert "Approve v2" in text(approver.get(change))
    approved = approver.post(f"{change}approve/", follow=True)
    assert "From that moment new applications are assessed with v2." in text(approved)

    unticked = approver.post(f"{change}activate/", {"when": "now"})
    assert unticked.status_code == 422
    assert live_number(desk) == 1
    ticked = {f"consequence_{i}": "on" for i in range(4)}
    active = approver.post(f"{change}activate/", {**ticked, "when": "now"}, follow=True)
    assert "v2 is in force." in text(active)
    assert live_number(desk) == 2

    rollback = f"/policies/{SLUG}/versions/1/rollback/"
    assert "Changed: Approve at: 632 640" in text(manager.get(rollback))
    back = manager.post(rollback, {"reason": REASON}, follow=True)
    assert "v3 with the document of v1 was submitted for approval." in text(back)
    assert live_number(desk) == 2
    actors = AuditEntry.objects.order_by("pk").values_list("action", "actor_name")
    assert [row for row in actors if row[0] in ("policy.approved", "policy.activated")] == [
        ("policy.approved", desk.approver.name),
        ("policy.activated", desk.approver.name),
    ]


def live_number(desk: Desk) -> int:
    version = active_policy_version(desk.policy.product_id, timezone.now())
    assert version is not None
    return version.number


def test_a_moment_is_read_in_the_lenders_time_zone(approver: Client, desk: Desk) -> None:
    version = desk.with_sample()
    change = f"/policies/{SLUG}/changes/{version.number}/"
    approver.post(f"{change}approve/")
    tomorrow = timezone.now().astimezone() + timedelta(days=1)
    ticked = {f"consequence_{i}": "on" for i in range(4)}

    answer = approver.post(
        f"{change}activate/", {**ticked, "when": "at", "at": f"{tomorrow:%Y-%m-%d}T09:00"}, follow=True
    )

    version.refresh_from_db()
    assert "Scheduled for" in text(answer)
    assert version.active_from is not None
    assert f"{version.active_from:%H:%M}" in ("13:00", "14:00")  # 09:00 in New York
    missing = approver.post(f"{change}activate/", {**ticked, "when": "at", "at": ""})
    assert (missing.status_code, "Choose the moment." in text(missing)) == (422, True)


def test_the_author_is_refused_even_with_both_roles(desk: Desk) -> None:
    both = make_user(
        "Both Hats", (desk.policy.lender, Role.RISK_MANAGER), (desk.policy.lender, Role.RISK_APPROVER)
    )
    version = create_draft(policy=desk.policy, actor=acting(both), now=NOW)
    client = signed_in(both)
    client.post(f"/policies/{SLUG}/changes/{version.number}/submit/", {"reason": REASON})
    version.refresh_from_db()
    version.reference_sample = make_reference_sample(desk.model, approve_cut_off=640)
    version.save()

    answer = client.post(f"/policies/{SLUG}/changes/{version.number}/approve/")

    assert (answer.status_code, "You wrote this version" in text(answer)) == (403, True)
    version.refresh_from_db()
    assert version.state == PolicyState.SUBMITTED


def test_a_version_is_turned_down_with_a_reason(approver: Client, desk: Desk) -> None:
    version = desk.submitted()
    change = f"/policies/{SLUG}/changes/{version.number}/"

    assert approver.post(f"{change}turn-down/", {"reason": ""}).status_code == 422
    approver.post(f"{change}turn-down/", {"reason": "The back-test is missing."})

    version.refresh_from_db()
    assert version.state == PolicyState.RETIRED
    assert "The back-test is missing." in text(approver.get(change))


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
