"""A lender with a past, real processes, and the people who change its policy."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.factories import make_client, make_user
from tests.factories.past import make_past, settle
from tests.journey.world import Story
from tests.processes import RealProcesses
from tests.scoring.pipeline.world import World, good_applicant, make_world
from underwriting.api.keys import issue_key
from underwriting.audit.actor import SYSTEM
from underwriting.enums import Role, Scope
from underwriting.models import User

PAST_APPLICATIONS = 260


@dataclass(frozen=True)
class Studio:
    """The address of the web process with a partner's key, the lender's world, and its people."""

    story: Story
    world: World
    manager: User
    approver: User
    compliance: User


def begin_studio(real: RealProcesses) -> Studio:
    """Web, worker and clock as processes of their own; 260 applications of the last months, most approved ones settled."""
    world = make_world()
    lender = world.product.lender
    draw = random.Random(11)
    now = datetime.now(tz=UTC)
    for index in range(PAST_APPLICATIONS):
        score = draw.randint(600, 740)
        past = make_past(
            world.product,
            score,
            probability=1 / (1 + 2.718 ** ((score - 540) / 40)),
            received_at=now - timedelta(days=200, hours=-index),
            facts={"monthly_income": draw.randint(90_000, 600_000)},
        )
        if score >= 645 and index % 10:
            settle(past, bad=draw.random() < 0.12, on=(now - timedelta(days=20)).date())
    key = issue_key(client=make_client(lender, "partner"), scopes=list(Scope), actor=SYSTEM, now=now)
    base_url = real.web()
    real.worker()
    real.beat()
    return Studio(
        story=Story(base_url, key.text, good_applicant().identity.birth_date, officer_email=""),
        world=world,
        manager=make_user("Ravi Menon", (lender, Role.RISK_MANAGER)),
        approver=make_user("Lee Okafor", (lender, Role.RISK_APPROVER)),
        compliance=make_user("Hanna Weiss", (lender, Role.COMPLIANCE)),
    )
