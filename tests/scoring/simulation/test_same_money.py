"""The panel beside a draft and its backtest tell one person the same money."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from scoring.simulation.past import past_rows
from scoring.simulation.summary import Money, summarise
from scoring.simulation.weighing import weigh
from tests.factories import make_application
from tests.properties.policy_cases import demo_document
from tests.scoring.simulation.stored import NOW, PastWorld, make_past
from tests.scoring.simulation.test_cube import weigh as build_cube
from underwriting.effect.read import effect_of
from underwriting.effect.types import Side
from underwriting.enums import LoanEventKind
from underwriting.models import LoanEvent
from underwriting.outcomes.losses import LossGivenDefault, loss_given_default
from underwriting.policy.compile import compile_policy

pytestmark = pytest.mark.django_db


def charge_off(world: PastWorld, count: int) -> None:
    """Loans of 10,000 of which 2,000 are lost."""
    for _ in range(count):
        application = make_application(world.product, requested_amount_minor=1_000_000)
        LoanEvent.objects.create(
            application=application, lender=world.product.lender, kind=LoanEventKind.CHARGED_OFF, occurred_on=NOW.date(),
            amount_minor=200_000, recorded_at=NOW,
        )  # fmt: skip


def as_money(side: Side | None, unscored: int) -> Money:
    assert side is not None
    offers = side.approval_count + side.counteroffer_count
    return Money(offers, side.offered_minor, side.expected_loss_minor, side.interest_minor, unscored)


@pytest.mark.parametrize("name", ["harbour", "northgate"])
@pytest.mark.parametrize("charged_off", [0, 40])
def test_a_backtest_and_the_panel_count_the_same_money(name: str, charged_off: int) -> None:
    live = demo_document(name)
    world = make_past(live, count=160)
    charge_off(world, charged_off)
    draft = copy.deepcopy(live)
    draft["rules"] = [rule for rule in draft["rules"] if rule["id"] != "K-03"]
    draft["cut_offs"]["approve"] += 15
    build_cube(world, draft)
    effect = effect_of(world.live.policy, live, draft)

    losses = loss_given_default(world.product, until=NOW.date())
    policies = {"live": compile_policy(live), "draft": compile_policy(draft)}
    past = past_rows(
        world.product, since=NOW - timedelta(days=4000), until=NOW + timedelta(days=1), known_at=NOW
    )
    rows = [weigh(row, is_lent=False, **policies) for row in past]
    summary = summarise(rows, losses=losses, refused=[], left_out=0, rows_max=len(rows), named_max=0)

    assert effect.losses == losses == LossGivenDefault(0.2 if charged_off else 0.45, charged_off)
    assert effect.application_count == summary.applications
    assert summary.money_before == as_money(effect.before, summary.money_before.unscored)
    assert summary.money_after == as_money(effect.after, summary.money_after.unscored)
    assert summary.money_after.expected_loss_minor > 0
    assert summary.money_after.interest_minor > 0
