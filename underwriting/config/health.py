"""Liveness and readiness, for load balancers and for people who ask why nothing is being decided.

Both are public, so they count and never name: no lender, no person, no address.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from underwriting.config.celery import app
from underwriting.enums import ModelState
from underwriting.models import Lender, ModelVersion, WorkerHeartbeat

logger = structlog.get_logger(__name__)

HEARTBEAT_FRESH = timedelta(seconds=30)


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as this process can answer at all."""
    return HttpResponse("alive\n", content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when an application sent now would be decided, else 503; the body says what is missing."""
    checks = {"broker": _broker()}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        checks |= {
            "database": {"ok": True},
            "workers": _workers(),
            "champions": _champions(),
            "reasons": _reasons(),
        }
    except (DatabaseError, InterfaceError) as error:
        logger.warning("readyz_database", exc_info=error)
        checks["database"] = {"ok": False}
    ready = all(check["ok"] for check in checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


def _broker() -> dict[str, Any]:
    with app.connection_for_write() as broker:
        try:
            broker.ensure_connection(max_retries=1, timeout=2)
        except (OperationalError, OSError) as error:
            logger.warning("readyz_broker", exc_info=error)
            return {"ok": False}
    return {"ok": True}


def _workers() -> dict[str, Any]:
    alive = WorkerHeartbeat.objects.filter(beat_at__gte=timezone.now() - HEARTBEAT_FRESH).count()
    return {"ok": alive > 0, "alive": alive}


def _reasons() -> dict[str, Any]:
    """Whatever could decline somebody has to be able to say why: living workers looked as they began, and their log names it."""
    fresh = WorkerHeartbeat.objects.filter(beat_at__gte=timezone.now() - HEARTBEAT_FRESH)
    untold = {sentence for sentences in fresh.values_list("untold", flat=True) for sentence in sentences}
    return {"ok": not untold, "untold": len(untold)}


def _champions() -> dict[str, Any]:
    """Every lender needs a champion; how many of them a living worker has loaded is told, too."""
    needed = Lender.objects.count()
    champions = set(
        ModelVersion.objects.filter(state=ModelState.CHAMPION).values_list("text_sha256", flat=True)
    )
    registered = ModelVersion.objects.filter(state=ModelState.CHAMPION).values("lender").distinct().count()
    fresh = WorkerHeartbeat.objects.filter(beat_at__gte=timezone.now() - HEARTBEAT_FRESH)
    loaded = {text for hashes in fresh.values_list("model_hashes", flat=True) for text in hashes}
    return {
        "ok": registered == needed,
        "needed": needed,
        "registered": registered,
        "loaded": len(champions & loaded),
    }
