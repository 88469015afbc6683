"""rows_equal_of_1000: past applications of every outcome under two policies, weighed together and by the live engine one by one.

Equal is the outcome and the whole offer: amount, term, rate, instalment and tier. The control holds the same rows against the
other document, which has to differ somewhere.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.figures import Figure
from scoring.simulation.outcomes import LEFT_OUT, Outcomes, simulate
from scoring.simulation.past import case_of
from scoring.simulation.store import Past, past_of
from underwriting.models import Assessment, Product
from underwriting.policy.compile import CompiledPolicy, compile_policy
from underwriting.policy.evaluate import evaluate

ROWS = 1_000
SEED = 11


@dataclass(frozen=True, slots=True)
class Compared:
    """A product with the document in force and a changed one."""

    product: Product
    live: dict[str, Any]
    changed: dict[str, Any]


def rows_equal(compared: list[Compared]) -> Figure:
    """So many rows over all products, as many of each outcome as there are."""
    equal = control = 0
    shares = [ROWS // len(compared)] * len(compared)
    shares[0] += ROWS - sum(shares)
    for one, share in zip(compared, shares, strict=True):
        past = past_of(one.product)
        policies = [compile_policy(one.live), compile_policy(one.changed)]
        live, changed = (simulate(policy, past) for policy in policies)
        rows = _rows(live, changed, share)
        equal += _count(changed, policies[1], past, rows)
        control += _count(live, policies[1], past, rows)
    return Figure("rows_equal_of_1000", float(equal), "rows", float(control), 0.0)


def _rows(live: Outcomes, changed: Outcomes, share: int) -> list[int]:
    """The same number of each pair of outcomes, drawn by a seed; what is missing of rare ones is drawn from all."""
    draw = random.Random(SEED)
    able = np.flatnonzero((live.severity != LEFT_OUT) & (changed.severity != LEFT_OUT))
    pairs = live.severity[able] * 4 + changed.severity[able]
    kinds = np.unique(pairs)
    chosen: set[int] = set()
    for kind in kinds:
        of_kind = [int(row) for row in able[pairs == kind]]
        chosen |= set(draw.sample(of_kind, min(len(of_kind), share // len(kinds))))
    rest = [int(row) for row in able if int(row) not in chosen]
    chosen |= set(draw.sample(rest, min(len(rest), share - len(chosen))))
    return sorted(chosen)


def _count(together: Outcomes, policy: CompiledPolicy, past: Past, rows: list[int]) -> int:
    equal = 0
    keys = [int(past.assessment_id[row]) for row in rows]
    stored = Assessment.objects.select_related("application__product").in_bulk(keys)
    for row, key in zip(rows, keys, strict=True):
        result = evaluate(policy, case_of(stored[key], stored[key].application.product))
        equal += together.result(row) == (result.outcome, result.offer)
    return equal
