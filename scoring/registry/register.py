"""Admitting a model: every check that needs the model runs before a row of it is written."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from datetime import datetime

from django.conf import settings
from django.db import transaction

from explanations.attribution.layout import layout_of
from explanations.attribution.trees import NotTabulable, check_kind, read_forest
from explanations.reason_codes.catalogue import current_catalogue
from explanations.reason_codes.checks import check_model_inputs
from scoring.registry.bundle import MOST_TEXT_BYTES, ModelBundle
from scoring.registry.manifest import Manifest, sha256_of
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import ModelState, ProductKind
from underwriting.models import ModelVersion, Product, ReferencePool
from underwriting.policy.whole_check import ask_for_drafts

LEAST_POOL_PEOPLE = 3_000
CHECKED_POOL_ROWS = 200
CHILD_SECONDS = 120


class ModelNotAdmitted(ValueError):
    """The bundle is not registered; the message says why."""


def register_model(
    *, lender_id: int, bundle: ModelBundle, actor: Actor, now: datetime, state: ModelState
) -> ModelVersion:
    """Check a bundle and store it with its reference pool. A new champion retires the one before it, and has open drafts checked.

    The same bundle again is the same row, brought to `state`. Raises ModelNotAdmitted; nothing is stored then.
    """
    manifest = bundle.manifest
    known = ModelVersion.objects.filter(
        lender_id=lender_id, name=manifest.name, version=manifest.version
    ).first()
    if known is None:
        check_bundle(bundle)
    elif (known.text_sha256, known.manifest_sha256) != (manifest.text_sha256, manifest.sha256):
        raise ModelNotAdmitted(f"{known} is registered already, with another content")
    check_reference_rate(manifest, lender_id=lender_id)
    check_reasons(manifest, lender_id=lender_id)
    with transaction.atomic():
        in_charge = _champion_id(lender_id)
        before = _retire_champion(lender_id, except_for=known) if state == ModelState.CHAMPION else None
        version = known or _store(bundle, lender_id=lender_id, state=state, now=now)
        if version.state != state:
            version.state = state
            version.save(update_fields=["state"])
        if _champion_id(lender_id) != in_charge:
            ask_for_drafts(lender_id, now)
        record_entry(
            actor=actor,
            action="model.registered" if known is None else "model.state_changed",
            object_type="model_version",
            object_id=str(version.pk),
            object_label=str(version),
            lender_id=lender_id,
            before={"champion": before},
            after={
                "state": state.value,
                "text_sha256": version.text_sha256,
                "manifest_sha256": version.manifest_sha256,
            },
            now=now,
            versions={"model": str(version)},
        )
    return version


def check_bundle(bundle: ModelBundle) -> None:
    """All checks that need no database. Raises ModelNotAdmitted."""
    manifest, text = bundle.manifest, bundle.text
    if len(text.encode()) != manifest.text_bytes or manifest.text_bytes > MOST_TEXT_BYTES:
        raise ModelNotAdmitted(f"{manifest.name}: the text has another length than the manifest says")
    if sha256_of(text) != manifest.text_sha256:
        raise ModelNotAdmitted(f"{manifest.name}: the text has another hash than the manifest says")
    try:
        check_kind(text)
        _check_pool(bundle)
        for complaint in _complaints_of_first_load(bundle):
            raise ModelNotAdmitted(f"{manifest.name}: {complaint}")
        layout_of(
            read_forest(text)
        )  # every decision is explained, so a model whose tables are too large is of no use
    except NotTabulable as refusal:
        raise ModelNotAdmitted(f"{manifest.name}: {refusal}") from refusal


def check_reference_rate(manifest: Manifest, *, lender_id: int) -> None:
    """Instalment facts have to be computed at the rate the model was trained with. Raises ModelNotAdmitted."""
    if manifest.reference_rate_bps is None:
        return
    for product in Product.objects.filter(lender_id=lender_id, kind=ProductKind.INSTALMENT):
        if product.reference_rate_bps != manifest.reference_rate_bps:
            raise ModelNotAdmitted(
                f"{manifest.name}: trained with instalments at {manifest.reference_rate_bps} basis points, "
                f"but {product} computes them at {product.reference_rate_bps}"
            )


def check_reasons(manifest: Manifest, *, lender_id: int) -> None:
    """Every adverse value of every input has to have a reason that can be told. Raises ModelNotAdmitted, with all that have none."""
    complaints = check_model_inputs(manifest.features, current_catalogue(lender_id))
    if complaints:
        raise ModelNotAdmitted(f"{manifest.name}: {'; '.join(complaints)}")


def _check_pool(bundle: ModelBundle) -> None:
    pool, manifest = bundle.pool, bundle.manifest
    if list(pool.columns) != [spec.name for spec in manifest.features]:
        raise ModelNotAdmitted(
            f"{manifest.name}: the columns of the reference pool are not those of the model"
        )
    if len(pool.rows) < LEAST_POOL_PEOPLE or len(pool.points) != len(pool.rows):
        raise ModelNotAdmitted(
            f"{manifest.name}: the reference pool holds {len(pool.rows)} people, at least {LEAST_POOL_PEOPLE} are needed"
        )
    if pool.sha256 != manifest.pool.get("sha256"):
        raise ModelNotAdmitted(f"{manifest.name}: the reference pool has another hash than the manifest says")


def _complaints_of_first_load(bundle: ModelBundle) -> list[str]:
    manifest, pool = bundle.manifest, bundle.pool
    document = {
        "text": bundle.text,
        "columns": [spec.name for spec in manifest.features],
        "monotone": [spec.monotone for spec in manifest.features],
        "rows": list(pool.rows[:CHECKED_POOL_ROWS]),
        "margins": [_margin_of(manifest, points) for points in pool.points[:CHECKED_POOL_ROWS]],
    }
    try:
        child = subprocess.run(
            [sys.executable, "-m", "scoring.serving.first_load"],
            input=json.dumps(document),
            capture_output=True,
            text=True,
            errors="replace",  # a damaged text makes LightGBM print bytes of no encoding
            timeout=CHILD_SECONDS,
            cwd=settings.BASE_DIR,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [f"the first load took more than {CHILD_SECONDS} s"]
    if child.returncode != 0:
        return [f"the process that opened the text ended with {child.returncode}: the text is damaged"]
    found: list[str] = json.loads(child.stdout)["complaints"]
    return found


def _margin_of(manifest: Manifest, points: float) -> float:
    """The margin that gives these points."""
    log_odds = (manifest.points_offset - points) * math.log(2) / manifest.points_to_double_odds
    return (log_odds - manifest.prior_shift - manifest.platt_intercept) / manifest.platt_slope


def _champion_id(lender_id: int) -> int | None:
    champions = ModelVersion.objects.filter(lender_id=lender_id, state=ModelState.CHAMPION)
    return champions.values_list("pk", flat=True).first()


def _retire_champion(lender_id: int, *, except_for: ModelVersion | None) -> str | None:
    champions = ModelVersion.objects.select_for_update().filter(
        lender_id=lender_id, state=ModelState.CHAMPION
    )
    champion = champions.defer("text", "card").first()
    if champion is None or champion == except_for:
        return None if champion is None else str(champion)
    champion.state = ModelState.RETIRED
    champion.save(update_fields=["state"])
    return str(champion)


def _store(bundle: ModelBundle, *, lender_id: int, state: ModelState, now: datetime) -> ModelVersion:
    manifest = bundle.manifest
    version = ModelVersion.objects.create(
        lender_id=lender_id,
        name=manifest.name,
        version=manifest.version,
        state=state,
        text=bundle.text,
        text_sha256=manifest.text_sha256,
        manifest=manifest.to_json(),
        manifest_sha256=manifest.sha256,
        card=bundle.card,
        created_at=now,
    )
    ReferencePool.objects.create(
        model_version=version,
        columns=list(bundle.pool.columns),
        rows=list(bundle.pool.rows),
        points=list(bundle.pool.points),
        sha256=bundle.pool.sha256,
    )
    return version
