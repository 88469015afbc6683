"""What makes a document no policy: every complaint names its place."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from explanations.reason_codes.catalogue import current_catalogue, policy_codes
from tests.properties.policy_cases import demo_document
from underwriting.policy import check
from underwriting.policy.check import check_policy
from underwriting.policy.compile import canonical_sha256, compile_policy
from underwriting.policy.diff import diff_in_words
from underwriting.policy.expressions import expression_complaint
from underwriting.policy.schema import PolicyRefused
from underwriting.policy.segments import in_segment

SHIPPED = Path(check.__file__).with_name("demo")
CODES = policy_codes(current_catalogue())


def changed(lender: str, change: Callable[[Any], Any]) -> Any:
    document = copy.deepcopy(demo_document(lender))
    change(document)
    return document


def complaints(document: Any) -> list[tuple[str, str]]:
    return [(c.place, c.message) for c in check_policy(document, reason_codes=CODES) if c.blocks]


@pytest.mark.parametrize("lender", ["harbour", "northgate", "quarry"])
def test_the_demo_policies_pass_every_check(lender: str) -> None:
    shipped = json.loads((SHIPPED / f"{lender}.json").read_text(encoding="utf-8"))

    assert check_policy(shipped, reason_codes=CODES) == []
    assert check_policy(demo_document(lender), reason_codes=CODES) == []


def put(*path: Any, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


CONDITION = ("rules", 0, "when")
BROKEN: list[tuple[str, str, Callable[[Any], Any], str]] = [
    ("harbour", "/format", put("delegation", value={}), "has format 2"),
    ("harbour", "/delegation/price_tiers/credit_officer", put("delegation", value={"price_tiers": {"credit_officer": ["Z"]}}), "no price tier Z"),
    ("harbour", "/delegation/override_minor/auditor", put("delegation", value={"override_minor": {"auditor": 1}}), "senior officers"),
    ("harbour", "/delegation/exception_rules/0", put("delegation", value={"exception_rules": ["R-99"]}), "no review rule R-99"),
    ("harbour", "/cut_offs/refer", put("cut_offs", "refer", value=661), "must not be above"),
    ("harbour", "/cut_offs/approve", put("cut_offs", "approve", value="660"), "whole number"),
    ("harbour", "/price_grid/1/score_from", put("price_grid", 1, "score_from", value=720), "below 720"),
    ("harbour", "/price_grid/1/annual_rate_bps", put("price_grid", 1, "annual_rate_bps", value=700), "lower rate"),
    ("harbour", "/price_grid/3/score_from", put("price_grid", 3, "score_from", value=640), "gap: scores from 630 to 639"),
    ("harbour", "/price_grid/1/name", put("price_grid", 1, "name", value="A"), "twice"),
    ("harbour", "/rules/1/id", put("rules", 1, "id", value="K-01"), "used twice"),
    ("harbour", "/rules/0/reason_code", put("rules", 0, "reason_code", value=None), "needs a reason code"),
    ("harbour", "/rules/0/reason_code", put("rules", 0, "reason_code", value="ZZ99"), "not in the reason catalogue"),
    ("harbour", "/rules/0/reason_code", put("rules", 0, "reason_code", value="PH02"), "does not speak about"),
    ("harbour", "/rules/0/when/fact", put(*CONDITION, "fact", value="shoe_size"), "not in the facts catalogue"),
    ("harbour", "/rules/0/when/fact", put(*CONDITION, "fact", value="age"), "must not be used"),
    ("harbour", "/rules/0/when/fact", put(*CONDITION, "fact", value="bureau_score"), "fallback rule only"),
    ("harbour", "/rules/0/when/value", put(*CONDITION, "value", value="many"), "compared with a number"),
    ("harbour", "/rules/0/when/value", put(*CONDITION, "value", value=1.5), "whole number"),
    ("harbour", "/rules/0/when/value", put(*CONDITION, "value", value=21), "between 0 and 20"),
    ("harbour", "/rules/0/when/operator", put(*CONDITION, "operator", value="<"), "riskier one"),
    ("harbour", "/rules/0/when/operator", put(*CONDITION, "operator", value="matches"), "Input should be"),
    ("harbour", "/rules/0/when/if_absent", put(*CONDITION, "if_absent", value="fails"), "not be true"),
    ("harbour", "/rules/0/when/if_never", put(*CONDITION, "if_never", value="fails"), "never happened"),
    ("harbour", "/rules/2/when/value", put("rules", 2, "when", "value", value=500.5), "whole minor units"),
    ("harbour", "/rules/4/when/value", put("rules", 4, "when", "value", value=0), "riskier answer"),
    ("harbour", "/rules/0/when/all", put("rules", 0, "when", value={"all": []}), "at least 1 item"),
    ("harbour", "/fallback/price_tier", put("fallback", "price_tier", value="Z"), "no price tier Z"),
    ("harbour", "/affordability/reason_code", put("affordability", "reason_code", value="ZZ99"), "not in the reason"),
    ("harbour", "/surprise", put("surprise", value=1), "not known here"),
    ("harbour", "/sla", lambda d: d.pop("sla"), "required"),
    ("harbour", "/segments/purposes/0", put("segments", "purposes", value=["yacht"]), "not a purpose"),
    ("harbour", "/price_grid/0/limit", put("price_grid", 0, "limit", value={"amount_minor": 1}), "instalment loan do not"),
    ("northgate", "/price_grid/1/limit", put("price_grid", 1, "limit", "maximum_minor", value=2_000_001), "higher limit"),
    ("northgate", "/price_grid/0/limit", put("price_grid", 0, "limit", "amount_minor", value=1), "either an amount"),
    ("northgate", "/counteroffer/allowed", put("counteroffer", "allowed", value=True), "nothing to counter"),
    ("quarry", "/line", put("line", value=None), "how its limit is fitted"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("lender", "place", "change", "words"), BROKEN, ids=[f"{b[1]} {b[3]}" for b in BROKEN]
)
def test_a_broken_document_is_refused_at_its_place(
    lender: str, place: str, change: Callable[[Any], Any], words: str
) -> None:
    found = complaints(changed(lender, change))

    assert [(p, words in m) for p, m in found if p == place] == [(place, True)], found


def test_every_complaint_is_told_at_once() -> None:
    def change(document: Any) -> None:
        put("cut_offs", "refer", value=700)(document)
        put("rules", 0, "reason_code", value=None)(document)
        put("rules", 1, "when", "fact", value="age")(document)

    places = [place for place, _ in complaints(changed("harbour", change))]

    assert places == ["/cut_offs/refer", "/rules/1/when/fact", "/rules/0/reason_code", "/rules/1/reason_code"]


def test_two_rules_that_ask_the_same_are_a_warning_not_a_stop() -> None:
    document = changed("harbour", lambda d: d["rules"].append({**d["rules"][0], "id": "K-09"}))

    found = check_policy(document, reason_codes=CODES)

    assert [(c.place, c.blocks) for c in found] == [("/rules/10/when", False)]


def test_a_rule_too_long_for_the_engine_is_refused() -> None:
    leaf = demo_document("harbour")["rules"][7]["when"]["all"][0]
    group = {"any": [{**leaf, "value": n / 100} for n in range(30)]}
    document = changed("harbour", put("rules", 7, "when", value={"any": [group] * 3}))

    assert [m for p, m in complaints(document) if p == "/rules/7/when"] == [
        "The rule is too long: at most 3000 characters as an expression. Split it in two."
    ]
    with pytest.raises(PolicyRefused):
        compile_policy(document)


@pytest.mark.parametrize(
    "text",
    [
        "bankruptcy_count = 1",
        "some([1..5000], # == 1)",
        "rand(5) > 1",
        "len(purpose) > 1",
        "d('now') > 1",
        "shoe_size > 1",
        "bankruptcy_count.x > 1",
        "purpose == 'A B'",
        "(" * 17 + "true" + ")" * 17,
        "bankruptcy_count >= 1 or " * 120 + "true",
    ],
)
def test_the_static_check_refuses_what_the_generator_never_writes(text: str) -> None:
    assert expression_complaint(text) is not None


def test_the_hash_does_not_depend_on_the_order_of_keys() -> None:
    document = demo_document("harbour")

    assert canonical_sha256(dict(reversed(document.items()))) == canonical_sha256(document)
    assert canonical_sha256(changed("harbour", put("cut_offs", "approve", value=639))) != canonical_sha256(
        document
    )


def test_a_document_outside_its_segments_is_not_offered() -> None:
    policy = compile_policy(
        changed("harbour", put("segments", value={"channels": ["web"], "purposes": ["car"]}))
    ).document

    asked = [("web", "car"), ("broker", "car"), ("web", "wedding"), ("web", "")]
    assert [in_segment(policy, channel=c, purpose=p) for c, p in asked] == [True, False, False, True]


def test_differences_are_told_in_words() -> None:
    def change(document: Any) -> None:
        put("cut_offs", "approve", value=632)(document)
        put("rules", 7, "when", "all", 0, "value", value=0.85)(document)
        put("price_grid", 0, "annual_rate_bps", value=699)(document)
        put("fallback", value=None)(document)
        removed = document["rules"].pop(1)
        document["rules"].append(
            {**removed, "id": "K-12", "name": "Late three times", "when": {**removed["when"], "value": 3}}
        )
        document["rules"].insert(2, document["rules"].pop(8))

    found = diff_in_words(demo_document("harbour"), changed("harbour", change))

    r04 = (
        "Refer when “Share of card and line limits in use” is over {} % and (“Credit enquiries, 90 days” is 4 or more "
        "or “Credit enquiries, 6 months” is 5 or more)."
    )
    k = "Decline when “Payments 90 days late or more, 12 months” is {} or more. Reason PH02."
    late = (
        "When the model is late: approve at a bureau score of 720 or more, up to $10,000 and 0.25 times yearly income, "
        "at the price of tier C; else a person decides."
    )
    assert [c.sentence for c in found] == [
        "Approve at: 660 → 632",
        f"Rule K-02 removed: Repeated payments 90 days late. {k.format(2)} Priority 20.",
        f"Rule R-04 condition: {r04.format(80)} → {r04.format(85)}",
        f"Rule K-12 added: Late three times. {k.format(3)} Priority 20.",
        "Rule R-06 moved above K-04.",
        "Tier A: from 720: 7.49 % a year → from 720: 6.99 % a year",
        f"Fallback: {late} → When the model is late, a person decides.",
    ]


def test_a_document_compared_with_itself_has_no_differences() -> None:
    for lender in ("harbour", "northgate", "quarry"):
        assert diff_in_words(demo_document(lender), demo_document(lender)) == []


def asking(*members: Any) -> Any:
    """The harbour document whose first rule asks all of these."""
    return changed("harbour", put(*CONDITION, value={"all": list(members)}))


def asks(fact: str, operator: str, value: Any, **more: Any) -> dict[str, Any]:
    return {
        "fact": fact,
        "operator": operator,
        "value": value,
        "if_absent": "passes",
        "if_never": "passes",
        **more,
    }


WEDDING = "/rules/0/when"


@pytest.mark.parametrize(
    "beside",
    [asks("purpose", "==", "wedding"), asks("months_since_last_delinquency", "<", 12, if_never="refers")],
)
def test_a_forbidden_field_beside_what_needs_a_person_is_named_and_stops_nothing(beside: Any) -> None:
    found = complaints(asking(beside, asks("age", ">", 60)))

    assert ("/rules/0/when/all/1/fact", "age must not be used in a credit decision.") in found
    assert len(found) > 1


def test_a_stand_in_in_a_rule_of_too_many_parts_is_named_without_a_person() -> None:
    facts = ("enquiry_count_6m", "enquiry_count_90d", "bankruptcy_count")
    group = {"any": [asks(fact, ">", 5) for fact in facts]}

    found = check_policy(asking(asks("purpose", "==", "wedding"), *[group] * 5), reason_codes=CODES)

    (named,) = [complaint for complaint in found if complaint.place == WEDDING]
    assert "a wedding stands for marital status" in named.message
    assert (named.blocks, named.person, named.other) == (True, None, None)
