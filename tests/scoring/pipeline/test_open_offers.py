"""Before a policy version comes into force: which open offers it would not make again."""

from __future__ import annotations

import copy

import pytest

from scoring.pipeline.run import run_batch
from tests.factories import make_policy_version
from tests.scoring.pipeline.world import NOW, World, apply, claimed, clock, make_world
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.answers import accept_offer
from underwriting.enums import OfferState, Outcome, PolicyState
from underwriting.models import Assessment, PolicyVersion, StandingOffer
from underwriting.policy.open_offers import offers_at_stake

APPLICANTS = 40
STRICTER_CUT_OFF = 700


@pytest.fixture
def world(db: None) -> World:
    world = make_world()
    for index in range(APPLICANTS):
        apply(world, index)
    run_batch(claimed(), clock=clock)
    return world


def stricter(world: World) -> PolicyVersion:
    document = copy.deepcopy(world.policy.document)
    document["cut_offs"] = {"approve": STRICTER_CUT_OFF, "refer": STRICTER_CUT_OFF - 20}
    document["price_grid"][-1]["score_from"] = min(
        document["price_grid"][-1]["score_from"], STRICTER_CUT_OFF - 20
    )
    return make_policy_version(
        world.product, document, number=2, state=PolicyState.APPROVED, active_from=None
    )


def test_the_version_that_made_them_loses_none(world: World) -> None:
    found = offers_at_stake(world.policy)

    assert found.open_count == found.looked_at == StandingOffer.objects.count() > 10
    assert found.lost == ()


def test_a_stricter_version_loses_exactly_those_below_its_cut_off(world: World) -> None:
    found = offers_at_stake(stricter(world))

    approved = Assessment.objects.filter(outcome=Outcome.APPROVE)
    below = set(approved.filter(score__lt=STRICTER_CUT_OFF).values_list("application_id", flat=True))
    lost = {offer.application_id for offer in found.lost if offer.decision.outcome == Outcome.APPROVE}
    assert lost == below
    assert 0 < len(below) < approved.count()


def test_what_was_taken_is_no_longer_at_stake(world: World) -> None:
    before = offers_at_stake(stricter(world))

    taken = before.lost[0]
    accept_offer(application=taken.application, actor=SYSTEM, now=NOW)
    after = offers_at_stake(PolicyVersion.objects.get(number=2))

    assert StandingOffer.objects.get(pk=taken.pk).state == OfferState.ACCEPTED
    assert {offer.pk for offer in after.lost} == {offer.pk for offer in before.lost} - {taken.pk}


def test_in_one_query_whatever_their_number(world: World, django_assert_num_queries: object) -> None:
    version = stricter(world)

    with django_assert_num_queries(1):  # type: ignore[operator]
        offers_at_stake(version)
