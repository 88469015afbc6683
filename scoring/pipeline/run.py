"""The pipeline: one batch of claimed applications of one lender, stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from scoring.pipeline.advise import advise
from scoring.pipeline.assemble import assemble
from scoring.pipeline.bench import set_up
from scoring.pipeline.decide import decide
from scoring.pipeline.enrich import enrich
from scoring.pipeline.explain import explain
from scoring.pipeline.fetch import fetch
from scoring.pipeline.prove import prove
from scoring.pipeline.record import record
from scoring.pipeline.route import route
from scoring.pipeline.score import score
from scoring.pipeline.shadow import keep_shadows, shadow
from underwriting.moment import database_now
from underwriting.work.claim import ClaimedItem
from underwriting.work.finish import note_phase


def run_batch(items: Sequence[ClaimedItem], *, clock: Callable[[], datetime]) -> None:
    """Assess every application of the batch and write the outcome of each, or of none.

    One application is a batch of one. `clock` is read twice: when evidence is gathered and when the outcome is written.
    Raises whatever a stage raises; nothing has been written then but evidence.
    """
    started_at = clock()
    requests = fetch(items)
    bench = set_up(
        requests, now=database_now()
    )  # policies come into force by the one clock that all hosts share

    note_phase(items=items, phase="evidence")
    enriched = enrich(requests, bench=bench, now=started_at)
    assembled = assemble(enriched, now=started_at)
    note_phase(items=items, phase="assess")
    scored = score(assembled, bench=bench)
    decided = decide(scored, bench=bench)
    explained = explain(decided, bench=bench)
    proven = prove(explained, bench=bench)
    advised = advise(proven, bench=bench)
    shadowed = shadow(advised, bench=bench)
    note_phase(items=items, phase="write")
    with transaction.atomic():
        written = record(advised, bench=bench, now=clock())
        keep_shadows(shadowed, written, bench=bench, now=clock())
        route(written, items=items, bench=bench, now=clock())
