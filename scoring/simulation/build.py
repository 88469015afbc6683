"""BUILD_EFFECT: past applications weighed under a version's document beside the version in force, stored as a cube."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection, models, transaction

from scoring.simulation.alone import results_alone
from scoring.simulation.cube import ToGroup, before_rows, cell_rows, counter_rows, segments_of
from scoring.simulation.outcomes import outcomes_at, simulate
from scoring.simulation.results import known_results, last_event_id
from scoring.simulation.store import Beat, keep_current, last_covered, past_of
from scoring.simulation.weigh import weigh
from underwriting.clocks.selectors import today_of
from underwriting.effect.hashes import prices_sha256, rules_sha256, weighing_sha256
from underwriting.enums import CubeState, WorkKind
from underwriting.models import EffectCell, EffectCounter, EffectCube, PolicyVersion, Product
from underwriting.outcomes.losses import loss_given_default
from underwriting.policy.compile import CompiledPolicy, compile_policy
from underwriting.policy.schema import LineLimit, PolicyRefused
from underwriting.policy.selectors import active_policy_version
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import finish, hold_for_write
from underwriting.work.pulse import Pulse
from underwriting.work.put import put

LOCK = "underwriting.effect.simulation"
KEPT_CUBES = 12  # of a product, newest first, beside that of the version in force
BUSY_WAIT = timedelta(seconds=1)
WORDS_OF_REFUSAL = 3


def build_effects(items: Sequence[ClaimedItem], *, clock: Callable[[], datetime]) -> None:
    """Weigh each item's version (its subject) as it is now. One simulation of a lender at a time: who finds another one at
    work puts the wish off for a second.

    Two wishes for one version are one piece of work. Raises ClaimLost.
    """
    by_version: dict[int, list[ClaimedItem]] = {}
    for item in items:
        if item.subject_id is None:
            raise ValueError("the work item names no policy version")
        by_version.setdefault(item.subject_id, []).append(item)
    for version_id, wishes in by_version.items():
        with _alone_of_its_lender(wishes[0].lender_id) as is_alone:
            if is_alone:
                _build(version_id, wishes, now=clock())
            else:
                _put_off(wishes, now=clock())


@contextmanager
def _alone_of_its_lender(lender_id: int) -> Iterator[bool]:
    """Whether this process may simulate for a lender; held by the session, so it ends with the process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s), %s)", [LOCK, lender_id])
        is_held = bool(cursor.fetchone()[0])
    try:
        yield is_held
    finally:
        if is_held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), %s)", [LOCK, lender_id])


def _put_off(wishes: Sequence[ClaimedItem], *, now: datetime) -> None:
    with transaction.atomic():
        held = hold_for_write(wishes)
        for wish in [wish for wish in wishes if wish.id in held][:1]:
            put(
                kind=WorkKind.BUILD_EFFECT,
                lender_id=wish.lender_id,
                subject_id=wish.subject_id,
                payload=wish.payload,
                now=now,
                not_before=now + BUSY_WAIT,
            )
        finish(items=[wish for wish in wishes if wish.id in held])


def _build(version_id: int, wishes: Sequence[ClaimedItem], *, now: datetime) -> None:
    version = PolicyVersion.objects.select_related("policy__product__lender").get(
        pk=version_id, policy__lender_id=wishes[0].lender_id
    )
    live = active_policy_version(version.policy.product_id, now)
    beat = Pulse(wishes, phase="weigh").beat
    beat()
    made: _Made | None = None
    if live is not None:
        made = _weighed(version.policy.product, live.document, version.document, now=now, beat=beat)
    with transaction.atomic():
        held = hold_for_write(wishes)
        if made is not None and held:
            _store(made)
        finish(items=[wish for wish in wishes if wish.id in held])


@dataclass(slots=True)
class _Made:
    """A cube and its cells, before they are stored."""

    cube: EffectCube
    live_rules: str
    live_prices: str
    cells: list[dict[str, Any]] = field(default_factory=list)
    counters: list[dict[str, Any]] = field(default_factory=list)


def _weighed(
    product: Product, live: Mapping[str, Any], draft: Mapping[str, Any], *, now: datetime, beat: Beat
) -> _Made:
    made = _Made(
        EffectCube(
            product=product,
            live_sha256=weighing_sha256(live),
            rules_sha256=rules_sha256(draft),
            prices_sha256=prices_sha256(draft),
            state=CubeState.READY,
            built_at=now,
        ),
        live_rules=rules_sha256(live),
        live_prices=prices_sha256(live),
    )
    try:
        policy, in_force = compile_policy(draft), compile_policy(live)
    except PolicyRefused as refused:
        # stored, so that a half-done draft is not taken up again until it changes
        made.cube.state = CubeState.REFUSED
        complaints = [f"{c.place}: {c.message}" for c in refused.complaints[:WORDS_OF_REFUSAL]]
        made.cube.why = " ".join(complaints)
        return made
    keep_current(product, beat=beat)
    _fill(made, product, policy, in_force, now=now, beat=beat)
    return made


def _fill(
    made: _Made,
    product: Product,
    policy: CompiledPolicy,
    in_force: CompiledPolicy,
    *,
    now: datetime,
    beat: Beat,
) -> None:
    cube, events = made.cube, last_event_id(product.lender_id)
    past = past_of(product)
    today = today_of(product.lender, now)  # events carry the lender's day
    losses = loss_given_default(product, until=today)
    live = simulate(in_force, past, loss_share=losses.share, beat=beat)
    weighed = weigh(policy, past, beat=beat)
    alone = results_alone(policy, past, np.flatnonzero(weighed.alone), beat=beat)
    grids = [*policy.document.price_grid, *in_force.document.price_grid]
    to_group = ToGroup(
        weighed=weighed,
        fixed=outcomes_at(policy, weighed, alone, policy.document.cut_offs, loss_share=losses.share),
        live=live,
        known=known_results(past, product.pk, until=today),
        loss_share=losses.share,
        segments=segments_of(past),
        limits=list(dict.fromkeys(tier.limit for tier in grids if tier.limit is not None)),
        rates_bps=sorted({tier.annual_rate_bps for tier in grids}),
    )
    beat()
    cube.application_count = int(to_group.is_in.sum())
    cube.left_out_count = len(past) - cube.application_count
    cube.loss_share, cube.bad_loan_count = losses.share, losses.bad_loan_count
    cube.limits = [_limit_json(limit) for limit in to_group.limits]
    cube.rates_bps = list(to_group.rates_bps)
    cube.before = before_rows(to_group)
    cube.last_assessment_id, cube.last_event_id = last_covered(product), events
    made.cells = list(cell_rows(to_group))
    made.counters = list(counter_rows(to_group))


def _limit_json(limit: LineLimit) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(limit.model_dump_json())
    return found


def _store(made: _Made) -> None:
    """In the caller's transaction. A cube of the same rules and prices beside the same version in force is replaced."""
    cube = made.cube
    of_product = EffectCube.objects.filter(product=cube.product)
    of_product.filter(live_sha256=cube.live_sha256, rules_sha256=cube.rules_sha256, prices_sha256=cube.prices_sha256).delete()  # fmt: skip
    cube.save()
    _copy(EffectCell, cube, made.cells)
    _copy(EffectCounter, cube, made.counters)
    in_force = models.Q(
        live_sha256=cube.live_sha256, rules_sha256=made.live_rules, prices_sha256=made.live_prices
    )
    others = of_product.exclude(in_force).order_by("-built_at", "-pk").values_list("pk", flat=True)
    EffectCube.objects.filter(pk__in=list(others[KEPT_CUBES:])).delete()


def _copy(model: type[models.Model], cube: EffectCube, rows: Iterable[Mapping[str, Any]]) -> None:
    fields = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    columns = [name for name in fields if name != "cube_id"]
    names = ", ".join(["cube_id", *columns])
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row([cube.pk, *(row[column] for column in columns)])
