"""A person's decline beside the score: whose reasons are told, in which order, and when they are held."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explanations.merge import merge_for_person
from explanations.officer_reasons import reasons_from_officer
from explanations.reason_codes.catalogue import current_catalogue
from explanations.reasons import PrincipalReasons, Reason
from tests.explanations.test_people_and_rules import CASE
from tests.explanations.test_principal_reasons import given_reasons
from underwriting.enums import DecisionStage


def test_a_person_who_declines_a_passing_case_gives_their_reasons_alone() -> None:
    person = reasons_from_officer(
        ["PR02"], stage=DecisionStage.JUDGEMENT, case=CASE, codes=current_catalogue()
    )
    score = given_reasons({"enquiry_count_90d": 0.5})

    merged = merge_for_person(stage=DecisionStage.JUDGEMENT, person=person, score=score, max_reasons=4)

    assert [(r.rank, r.code, r.stage) for r in merged.reasons] == [(1, "PR02", DecisionStage.JUDGEMENT)]


def test_in_the_grey_band_the_persons_reasons_come_first_and_the_score_fills_up_to_four() -> None:
    person = reasons_from_officer(
        ["PR06", "EN01"], stage=DecisionStage.GREY_BAND, case=CASE, codes=current_catalogue()
    )
    score = given_reasons(
        {
            "enquiry_count_90d": 0.9,
            "revolving_utilisation_ratio": 0.5,
            "annual_income": 0.4,
            "loan_to_income_ratio": 0.3,
        }
    )

    merged = merge_for_person(stage=DecisionStage.GREY_BAND, person=person, score=score, max_reasons=4)

    assert [(r.rank, r.code, r.stage) for r in merged.reasons] == [
        (1, "PR06", DecisionStage.GREY_BAND),
        (2, "EN01", DecisionStage.GREY_BAND),
        (3, "UT01", DecisionStage.SCORE),
        (4, "CP10", DecisionStage.SCORE),
    ]


FOUR = {
    "credit_seeking": "enquiry_count_90d",
    "utilisation": "revolving_utilisation_ratio",
    "income_level": "annual_income",
    "amount_vs_income": "loan_to_income_ratio",
}


def score_without(*unworded: str, groups: int = 4) -> PrincipalReasons:
    """The score's reasons as an assessment stores them, most important first, but for those that found no true words."""
    ranked = list(FOUR)[:groups]
    found = given_reasons({FOUR[group]: 0.9 - 0.1 * place for place, group in enumerate(ranked)})
    return PrincipalReasons(
        tuple(Reason.from_json(reason.to_json()) for reason in found.reasons if reason.group not in unworded),
        " ".join(not_worded(group) for group in unworded),
    )


def disproved(rank: int) -> PrincipalReasons:
    """Four reasons of the score with their words, of which one failed its proof."""
    return replace(score_without(), held_because="It is not true.", disproved=frozenset({rank}))


def not_worded(group: str) -> str:
    return f"No reason code speaks about {FOUR[group]}."


@pytest.mark.parametrize(
    ("person", "score", "codes", "held_because"),
    [
        (["PR06"], score_without("credit_seeking"), ["PR06", "UT01", "CP10", "CP02"], not_worded("credit_seeking")),
        (["PR06"], score_without("income_level", groups=3), ["PR06", "EN01", "UT01"], not_worded("income_level")),
        (["PR06"], score_without("credit_seeking", groups=1), ["PR06"], not_worded("credit_seeking")),
        (["PR06"], score_without("income_level"), ["PR06", "EN01", "UT01", "CP02"], not_worded("income_level")),
        (["PR06"], PrincipalReasons((), "Not explained."), ["PR06"], "Not explained."),
        # told without it: it would have been the fifth
        (["PR06"], score_without("amount_vs_income"), ["PR06", "EN01", "UT01", "CP10"], ""),
        (["PR06", "PR02", "CP10"], score_without("utilisation"), ["PR06", "PR02", "CP10", "EN01"], ""),
        (["PR06"], score_without(groups=1), ["PR06", "EN01"], ""),
        # all four are there, and one of those told failed its proof
        (["PR06"], disproved(2), ["PR06", "EN01", "UT01", "CP10"], "It is not true."),
        (["PR06"], disproved(4), ["PR06", "EN01", "UT01", "CP10"], ""),
    ],
)  # fmt: skip
def test_a_score_reason_that_belongs_among_the_four_and_could_not_be_worded_holds_the_persons_notice(
    person: list[str], score: PrincipalReasons, codes: list[str], held_because: str
) -> None:
    chosen = reasons_from_officer(person, stage=DecisionStage.GREY_BAND, case=CASE, codes=current_catalogue())

    merged = merge_for_person(stage=DecisionStage.GREY_BAND, person=chosen, score=score, max_reasons=4)

    assert ([reason.code for reason in merged.reasons], merged.held_because) == (codes, held_because)
    assert [reason.rank for reason in merged.reasons] == list(range(1, len(codes) + 1))


def test_at_an_automatic_stage_no_person_decides() -> None:
    with pytest.raises(ValueError, match="knockout"):
        merge_for_person(
            stage=DecisionStage.KNOCKOUT,
            person=PrincipalReasons(()),
            score=PrincipalReasons(()),
            max_reasons=4,
        )
