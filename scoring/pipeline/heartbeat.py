"""A sign of life every few seconds, with the hashes of the models this process has loaded; `/readyz` reads it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from explanations.attribution import TablesRefused
from explanations.attribution.stored import tables_for
from explanations.reason_codes.catalogue import CatalogueAltered
from explanations.reason_codes.coverage import untold
from scoring.pipeline.bench import PolicyUnusable, active_policy
from scoring.serving.champion import ChampionRefused, champion_for, load_all_champions, loaded_hashes
from underwriting.models import Lender, Product, WorkerHeartbeat

logger = structlog.get_logger(__name__)

BEAT_SECONDS = 5.0
FORGET_AFTER = timedelta(hours=1)


def beat(worker: str, *, untold_reasons: Sequence[str] = ()) -> None:
    """Write one sign of life, and forget workers that have been silent for an hour."""
    now = timezone.now()
    WorkerHeartbeat.objects.update_or_create(
        worker=worker,
        defaults={"beat_at": now, "model_hashes": loaded_hashes(), "untold": list(untold_reasons)},
    )
    WorkerHeartbeat.objects.filter(beat_at__lt=now - FORGET_AFTER).delete()


def untold_reasons() -> list[str]:
    """What a lender could decline somebody for and could not tell them, of every lender; each is logged."""
    found = []
    for lender in Lender.objects.order_by("pk"):
        try:
            sentences = untold(lender)
        except CatalogueAltered as altered:
            sentences = [str(altered)]
        for sentence in sentences:
            logger.warning("reason_untold", lender=lender.code, reason=sentence)
        found += sentences
    return found


def start_heartbeat(worker: str) -> None:
    """Warm up and beat from a thread of this process's own, until the process ends."""
    threading.Thread(target=_run, args=(worker,), name="heartbeat", daemon=True).start()


def _warm_up() -> None:
    """Load every lender's champion and the attribution tables of each policy in force; those that are missing are built.

    Then the first application waits for neither. What is refused here is only logged: each application finds it out again.
    """
    for lender_id, reason in load_all_champions().items():
        logger.warning("champion_refused", lender_id=lender_id, reason=reason)
    now = timezone.now()
    for product in Product.objects.filter(is_open=True):
        try:
            champion = champion_for(product.lender_id)
            reference = active_policy(product, champion=champion, now=now).reference
            if reference is not None:
                tables_for(reference, booster=champion.booster)
        except (ChampionRefused, PolicyUnusable, TablesRefused, ValueError) as refusal:
            logger.warning("not_warmed_up", product=str(product), reason=str(refusal))


def _run(worker: str) -> None:
    found: list[str] | None = None
    while True:
        try:
            if found is None:
                _warm_up()
                found = untold_reasons()
            beat(worker, untold_reasons=found)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("heartbeat_missed", reason=type(error).__name__)
            connection.close()
        time.sleep(BEAT_SECONDS)
