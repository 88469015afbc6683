"""A synthetic lender who knows everything: who would go bad, also of those nobody lent to. Nothing here is of the product.

People have an observable part of their log-odds of going bad and an unobserved one. The model's score is the observable part with
noise. Rules look at facts that go with the unobserved part, so that who is turned down is worse than the score says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

PEOPLE = 20_000
RULES = 4


@dataclass(frozen=True)
class People:
    """`log_odds` is what the model says, `bad` the hidden truth, `facts` what rules look at (people x rules)."""

    log_odds: Any
    bad: Any
    facts: Any

    @property
    def probability(self) -> Any:
        return 1 / (1 + np.exp(-self.log_odds))


@dataclass(frozen=True)
class Policy:
    """Approves below a cut-off on the log-odds where no fact is above its limit."""

    cut_off: float
    limits: dict[int, float]

    def approves(self, people: People) -> Any:
        passes = people.log_odds < self.cut_off
        for rule, limit in self.limits.items():
            passes = passes & (people.facts[:, rule] < limit)
        return passes


def draw_people(draw: np.random.Generator, count: int = PEOPLE) -> People:
    observable = draw.normal(-2.6, 1.1, count)
    hidden = draw.normal(0, 1, count)
    strength, noise, tie = draw.uniform(0.4, 0.8), draw.uniform(0.2, 0.5), draw.uniform(0.3, 0.7)
    bad = draw.random(count) < 1 / (1 + np.exp(-(observable + strength * hidden)))
    own = draw.normal(0, 1, (count, RULES))
    return People(
        log_odds=observable + noise * draw.normal(0, 1, count),
        bad=bad,
        facts=tie * hidden[:, None] + np.sqrt(1 - tie**2) * own,
    )


def draw_change(draw: np.random.Generator, people: People) -> tuple[Policy, Policy]:
    """A policy in force and a draft: the cut-off moves either way, each rule stays, moves or goes."""
    share = draw.uniform(0.45, 0.7)
    moved = np.clip(share + draw.uniform(-0.06, 0.15), 0.3, 0.9)
    limits = {r: float(np.quantile(people.facts[:, r], draw.uniform(0.9, 0.98))) for r in range(RULES)}
    drafted = dict(limits)
    for rule in range(RULES):
        chance = draw.random()
        if chance < 0.25:
            del drafted[rule]
        elif chance < 0.6:
            drafted[rule] = float(np.quantile(people.facts[:, rule], draw.uniform(0.85, 0.995)))
    cut_offs = np.quantile(people.log_odds, [share, moved])
    return Policy(float(cut_offs[0]), limits), Policy(float(cut_offs[1]), drafted)


@dataclass(frozen=True)
class Told:
    """What servicing told of loans of several ages: `bad` 1, 0 or NaN, and whether the window of each is over."""

    bad: Any
    old_enough: Any


def draw_told(draw: np.random.Generator, people: People, months: tuple[float, float]) -> Told:
    """Had each been lent to, evenly over these ages in months. `people.bad` is to go bad within twelve months.

    Bad ones show from the third month on, the riskier ones sooner; one in five good ones pays off early; what has paid for twelve months
    is told within two more, but of one in a hundred nothing is ever told.
    """
    count = len(people.bad)
    age = draw.uniform(*months, count)
    shown = 3 + 9 * draw.beta(1, 1 + people.probability / people.probability.mean(), count)
    paid_off = np.where(draw.random(count) < 0.2, draw.uniform(1, 12, count), draw.uniform(12, 14, count))
    is_told = (np.where(people.bad, shown, paid_off) <= age) & (draw.random(count) > 0.01)
    return Told(np.where(is_told, people.bad.astype(float), np.nan), age >= 14)
