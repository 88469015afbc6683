"""The effect of a version in sentences: who moves, of how many, and what became of the loans of those who would newly get one."""

from __future__ import annotations

from frontend.risk.effect import effect_in_words
from underwriting.effect.types import BadRate, Effect, EffectState, Side, Swap
from underwriting.enums import Outcome


def side(approved: int, countered: int, referred: int, declined: int) -> Side:
    return Side(approved, countered, referred, declined, 0, 0, 0, BadRate(0, 0))


def effect(old: Side, new: Side, *swaps: Swap) -> Effect:
    count = old.application_count
    return Effect(EffectState.READY, application_count=count, before=old, after=new, swaps=swaps)


def test_every_move_is_told_with_its_points_and_the_known_results_with_their_range() -> None:
    moved = Swap(Outcome.REFER, Outcome.APPROVE, 214, BadRate(9, 131))
    stayed = Swap(Outcome.APPROVE, Outcome.APPROVE, 6731, BadRate(400, 5000))

    told = effect_in_words(effect(side(6731, 0, 3277, 2472), side(6945, 0, 3064, 2471), moved, stayed))

    assert told == (
        "Of 12,480 past applications 214 more are approved (1.7 points), 213 fewer go to a person (1.7 points), "
        "1 fewer is declined (0.0 points). Of the 214 who would newly get a loan, 131 have a known result after 12 months: "
        "9 of 131 went bad (6.9%, 95% range 3.7 to 12.5)."
    )


def test_few_make_no_rate() -> None:
    told = effect_in_words(
        effect(side(5, 0, 5, 0), side(6, 1, 3, 0), Swap(Outcome.REFER, Outcome.APPROVE, 2, BadRate(1, 1)))
    )

    assert told == (
        "Of 10 past applications 1 more is approved, 1 more gets another offer, 2 fewer go to a person. "
        "Of the 2 who would newly get a loan, 1 has a known result after 12 months: 1 of 1 went bad."
    )


def test_nothing_moves_and_nothing_known() -> None:
    same = side(5, 0, 5, 0)
    assert (
        effect_in_words(effect(same, same))
        == "Of 10 past applications as many are approved, referred and declined as now."
    )
    assert effect_in_words(Effect(EffectState.BUILDING)) == ""
