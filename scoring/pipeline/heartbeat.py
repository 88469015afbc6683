"""A sign of life every few seconds, with the hashes of the models this process has loaded; `/readyz` reads it."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from explanations.attribution import explain as attribute
from scoring.pipeline.bench import PolicyUnusable, active_policy
from scoring.serving.champion import ChampionRefused, champion_for, load_all_champions, loaded_hashes
from underwriting.models import Product, WorkerHeartbeat

logger = structlog.get_logger(__name__)

BEAT_SECONDS = 5.0
FORGET_AFTER = timedelta(hours=1)


def beat(worker: str) -> None:
    """Write one sign of life, and forget workers that have been silent for an hour."""
    now = timezone.now()
    WorkerHeartbeat.objects.update_or_create(
        worker=worker, defaults={"beat_at": now, "model_hashes": loaded_hashes()}
    )
    WorkerHeartbeat.objects.filter(beat_at__lt=now - FORGET_AFTER).delete()


def start_heartbeat(worker: str) -> None:
    """Warm up and beat from a thread of this process's own, until the process ends."""
    threading.Thread(target=_run, args=(worker,), name="heartbeat", daemon=True).start()


def _warm_up() -> None:
    """Load every lender's champion and explain one reference person under each policy in force.

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
                attribute(
                    booster=champion.booster,
                    specs=champion.manifest.features,
                    reference_rows=reference.rows,
                    rows=champion.matrix([{}]),
                )
        except (ChampionRefused, PolicyUnusable, ValueError) as refusal:
            logger.warning("not_warmed_up", product=str(product), reason=str(refusal))


def _run(worker: str) -> None:
    warmed = False
    while True:
        try:
            if not warmed:
                _warm_up()
                warmed = True
            beat(worker)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("heartbeat_missed", reason=type(error).__name__)
            connection.close()
        time.sleep(BEAT_SECONDS)
