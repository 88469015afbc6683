"""A proof that cannot fail is none: each way of telling an applicant something untrue is tried, and holds the notice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from explanations.proof import ProofResults, ProofTest
from tests.explanations.proof.subjects import (
    BASE_POINTS,
    CODES,
    SHARES,
    Model,
    account,
    fact,
    facts,
    proven,
    reason,
    reasons,
    subject,
)
from underwriting.enums import DecisionStage, Outcome
from underwriting.facts.values import Absence
from underwriting.policy.types import Finding, FindingKind, FindingResult


def failed(results: ProofResults) -> set[ProofTest]:
    return {failure.test for failure in results.failed}


def one(**changes: Any) -> ProofResults:
    return proven(subject(**changes))[0]


def with_reason(place: int, **changes: Any) -> ProofResults:
    changed = reasons()
    changed[place] = replace(changed[place], **changes)
    return one(reasons=changed)


def test_true_reasons_pass_and_everything_measured_is_written_down() -> None:
    results = one()

    assert results.failed == ()
    assert results.held_because == ""
    assert [(r.code, r.sentence) for r in results.reasons] == [
        ("UT01", "catalogue"), ("EN01", "catalogue"), ("CP10", "catalogue"), ("PH01", "catalogue"),
    ]  # fmt: skip
    assert [r.repair for r in results.reasons] == pytest.approx([-0.6, -0.4, -0.3, -0.2])
    assert results.all_repair is not None
    assert results.all_repair.reaches
    assert results.all_repair.points == pytest.approx(BASE_POINTS + 5)
    assert (results.last_stated, results.first_unstated) == (0.2, 0.1)
    assert results.margin == pytest.approx(0.1)
    assert results.to_json()["margin"] == results.margin


def test_the_model_is_asked_once_for_the_whole_batch() -> None:
    model = Model()

    results = proven(*(subject(key=str(number)) for number in range(5)), model=model)

    assert model.calls == 1
    assert all(result.passed for result in results)


def test_the_same_subject_draws_the_same_lot_and_another_one_another() -> None:
    lots = {proven(subject(key=str(number)))[0].random_repair for number in range(20)}

    assert proven(subject(key="7")) == proven(subject(key="7"))
    assert len({lot.groups for lot in lots if lot is not None}) > 3


def test_contributions_that_miss_the_score() -> None:
    results = one(account=account(margin=account().margin + 1e-4))

    assert failed(results) == {ProofTest.ADDITIVE}
    assert "miss the score" in results.held_because


def test_points_that_miss_the_score() -> None:
    assert failed(one(account=account(points=account().points + 0.01))) == {ProofTest.ADDITIVE}


def test_a_sign_turned_round() -> None:
    turned = account(log_odds=SHARES | {"enquiry_count_90d": -SHARES["enquiry_count_90d"]})

    assert failed(one(account=turned)) == {ProofTest.ADDITIVE, ProofTest.OMITTED}


def test_a_share_that_is_not_its_groups() -> None:
    results = with_reason(1, share_log_odds=0.9)

    assert ProofTest.ADDITIVE in failed(results)
    assert {failure.rank for failure in results.failed} == {2}


def test_a_stronger_reason_left_out_and_a_weaker_one_in_its_place() -> None:
    weaker = [*reasons()[1:], reason("CP02", "loan_to_income_ratio", 4)]

    results = one(reasons=weaker)

    assert failed(results) == {ProofTest.OMITTED}
    assert "'utilisation' weighs more" in results.held_because


def test_a_reason_left_out_though_there_was_room() -> None:
    results = one(reasons=reasons()[:3])

    assert failed(results) == {ProofTest.OMITTED}
    assert "'delinquency'" in results.held_because


def test_a_reason_below_the_floor_is_padding() -> None:
    small = SHARES | {"dpd30_count_12m": 0.04, "loan_to_income_ratio": 0.01}
    stated = [*reasons()[:3], replace(reasons()[3], share_log_odds=0.04)]
    told = account(log_odds=small, margin=-2.0 + sum(small.values()))

    assert ProofTest.OMITTED in failed(one(reasons=stated, account=told))


def test_the_order_is_that_of_the_weights() -> None:
    first, second, *others = reasons()

    results = one(reasons=[second, first, *others])

    assert failed(results) == {ProofTest.OMITTED}
    assert "not in the order" in results.held_because


def test_a_tie_goes_to_the_written_order_and_is_noted() -> None:
    level = SHARES | {"dpd30_count_12m": 0.1501, "loan_to_income_ratio": 0.1502}
    told = account(
        log_odds=level,
        margin=-2.0 + sum(level.values()),
        in_points={name: -50 * share for name, share in level.items()},
        points=BASE_POINTS - 50 * sum(level.values()),
    )
    by_order = [*reasons()[:3], replace(reasons()[3], share_log_odds=0.1501)]
    by_size = [*reasons()[:3], reason("CP02", "loan_to_income_ratio", 4, share_log_odds=0.1502)]

    right, wrong = (one(reasons=stated, account=told) for stated in _ordered(by_order, by_size, told))

    assert right.passed
    assert right.ties == (("amount_vs_income", "delinquency"),)
    assert failed(wrong) == {ProofTest.OMITTED}


def _ordered(*lists: Any) -> list[Any]:
    """The list that the written order gives first: an amount can be changed at once, a late payment only in part."""
    delinquency, amount, _ = lists
    return [amount, delinquency]


def test_a_value_on_the_good_side_of_the_people_compared_with() -> None:
    low = facts(revolving_utilisation_ratio=fact(0.1))
    told = reasons()
    told[0] = replace(told[0], value=0.1, detail="You are using 10% of your card and credit line limits.")

    assert failed(one(reasons=told, facts=low)) == {ProofTest.DIRECTION}


def test_a_neutral_name_claims_no_side() -> None:
    low = facts(revolving_utilisation_ratio=fact(0.1))
    told = reasons()
    told[0] = replace(told[0], value=0.1, text=told[0].factor, detail="", is_neutral=True)

    results = one(reasons=told, facts=low)

    assert results.passed
    assert results.reasons[0].sentence == "neutral"


@pytest.mark.parametrize("absence", [Absence.UNKNOWN, Absence.NOT_ASKED, Absence.NEVER])
def test_a_sentence_about_a_value_that_is_not_on_file(absence: Absence) -> None:
    gone = facts(enquiry_count_90d=fact(None, absence))
    told = reasons()
    told[1] = replace(told[1], value=None, detail="")

    assert ProofTest.NULL in failed(one(reasons=told, facts=gone))


def test_a_sentence_that_denies_what_is_on_file() -> None:
    missing = CODES.codes["MI01"]
    said = missing.text.replace("{factor}", CODES.codes["EN01"].factor.lower())
    told = reasons()
    told[1] = replace(told[1], code="MI01", group="credit_seeking", text=said, detail="")

    assert ProofTest.NULL in failed(one(reasons=told))


def test_a_true_sentence_about_something_missing() -> None:
    gone = facts(enquiry_count_90d=fact(None, Absence.UNKNOWN))
    said = CODES.codes["MI01"].text.replace("{factor}", CODES.codes["EN01"].factor.lower())
    told = reasons()
    told[1] = replace(told[1], code="MI01", value=None, text=said, detail="")

    results = one(reasons=told, facts=gone)

    assert results.passed
    assert results.reasons[1].sentence == "missing"


@pytest.mark.parametrize(
    "tampered",
    [
        {"text": "You applied for credit ten times last week."},
        {"detail": "You applied for credit 6 times in the last 90 days."},
        {"value": 6},
        {"code": "ZZ99"},
    ],
)
def test_a_tampered_sentence(tampered: dict[str, Any]) -> None:
    assert ProofTest.TRUTH in failed(with_reason(1, **tampered))


def test_a_group_told_by_an_input_that_moved_the_score_less() -> None:
    told = reasons()
    told[3] = replace(told[3], fact="open_account_count", value=9)

    assert ProofTest.TRUTH in failed(one(reasons=told))


def test_a_reason_whose_repair_does_not_lower_the_risk() -> None:
    stubborn = Model(weights=SHARES | {"annual_income": -0.01})

    results = proven(subject(), model=stubborn)[0]

    assert failed(results) == {ProofTest.REPAIR}
    assert "'income_level'" in results.held_because


def test_repaired_altogether_and_still_declined_is_measured_and_holds_nothing() -> None:
    weak = Model(weights={name: share / 10 for name, share in SHARES.items()})

    results = proven(subject(), model=weak)[0]

    assert results.all_repair is not None
    assert not results.all_repair.reaches
    assert results.passed


def test_a_group_never_stated_for_its_repair_is_counted_all_the_same() -> None:
    stubborn = Model(weights=SHARES | {"revolving_utilisation_ratio": -0.01})

    results = proven(subject(reasons=reasons()[1:], held_because="It may not be named."), model=stubborn)[0]

    group, effect = results.repairs[0]
    assert (group, round(effect, 9)) == ("utilisation", 0.01)
    assert len(results.repairs) == 4


def test_a_reason_without_words_holds_and_nothing_steps_up_for_it() -> None:
    results = one(reasons=reasons()[1:], held_because="No reason code speaks about card use.")

    assert failed(results) == {ProofTest.WORDING}
    assert results.held_because == "No reason code speaks about card use."


def knockout(reason_code: str, priority: int = 10) -> Finding:
    return Finding(
        f"K-{priority}", FindingKind.KNOCKOUT, FindingResult.FAIL, Outcome.DECLINE, "Late payments.",
        {"dpd30_count_12m": 2}, reason_code, priority,
    )  # fmt: skip


def by_rule(code: str, name: str) -> Any:
    text = CODES.codes[code].rule_text
    return reason(
        code, name, 1, share_log_odds=None, share_points=None, stage=DecisionStage.KNOCKOUT, text=text
    )


def test_the_reason_of_a_rule_that_failed() -> None:
    results = one(reasons=[by_rule("PH01", "dpd30_count_12m")], account=None, failed_rules=[knockout("PH01")])

    assert results.passed
    assert (results.all_repair, results.random_repair, results.gap_points) == (None, None, None)


def test_a_reason_of_no_rule_and_a_rule_without_its_reason() -> None:
    told = [by_rule("EN01", "enquiry_count_90d")]

    results = one(reasons=told, account=None, failed_rules=[knockout("PH01")])

    assert failed(results) == {ProofTest.OMITTED}
    assert len(results.failed) == 2
