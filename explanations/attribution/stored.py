"""Attribution tables in the database: stored once for a reference sample, verified against their hash when they are loaded."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

import structlog
from django.db import transaction
from django.utils import timezone
from lightgbm import Booster

from explanations.attribution.repair import as_matrix
from explanations.attribution.tables import (
    KERNEL_VERSION,
    Tables,
    TablesRefused,
    matrix_sha256,
    pack,
    tabulate,
    unpack,
)
from explanations.models import AttributionTables
from underwriting.models import ReferenceSample

logger = structlog.get_logger(__name__)

KEPT_TABLES = 8  # samples in use at a time: one a product, and the next ones being drawn
KEPT_BUILDS = 4

# Of this process, newest use last. Keyed by content, so that what was verified for one row is not taken for another.
_loaded: OrderedDict[tuple[int, str, str], Tables] = OrderedDict()
# A bundle is registered for several lenders, and cut-offs come back: the same model and people are built once in a process.
_built: OrderedDict[tuple[str, str], tuple[Tables, bytes]] = OrderedDict()


def tables_for(sample: ReferenceSample, *, booster: Booster) -> Tables:
    """The tables of the sample's people and model: from this process, from the database, or built now and stored.

    Raises TablesRefused where the stored ones are not what was stored or belong to others; never builds others in their place.
    """
    key = (sample.pk, sample.sha256, sample.model_version.text_sha256)
    if key not in _loaded:
        _loaded[key] = _read(sample) or _store(sample, booster)
        while len(_loaded) > KEPT_TABLES:
            _loaded.popitem(last=False)
    _loaded.move_to_end(key)
    return _loaded[key]


def forget_tables() -> None:
    """Begin again as a new process does."""
    _loaded.clear()


def stored_tables_sha256(sample: ReferenceSample) -> str | None:
    """Hash of the content that is stored for a sample, computed from it; None where nothing is. Raises TablesRefused."""
    row = _row(sample)
    return None if row is None else unpack(bytes(row.data), sha256=row.sha256).sha256


def _row(sample: ReferenceSample) -> AttributionTables | None:
    return AttributionTables.objects.filter(reference_sample=sample, kernel_version=KERNEL_VERSION).first()


def _read(sample: ReferenceSample) -> Tables | None:
    row = _row(sample)
    if row is None:
        return None
    return _of_sample(unpack(bytes(row.data), sha256=row.sha256), sample)


def _of_sample(tables: Tables, sample: ReferenceSample) -> Tables:
    if tables.model_sha256 != sample.model_version.text_sha256:
        raise TablesRefused(f"the attribution tables are not those of {sample.model_version}")
    if tables.reference_sha256 != matrix_sha256(as_matrix(sample.rows)):
        raise TablesRefused(
            "the attribution tables compare with other people than the reference sample holds"
        )
    return tables


def _store(sample: ReferenceSample, booster: Booster) -> Tables:
    tables, data = _build(sample, booster)
    with transaction.atomic():
        row, is_new = AttributionTables.objects.get_or_create(
            reference_sample=sample,
            kernel_version=KERNEL_VERSION,
            defaults={"data": data, "sha256": tables.sha256, "created_at": timezone.now()},
        )
    if not is_new:  # another process was faster
        return _of_sample(unpack(bytes(row.data), sha256=row.sha256), sample)
    logger.info(
        "attribution_tables_stored", sample=sample.pk, table_bytes=tables.byte_count, stored_bytes=len(data)
    )
    return tables


def _build(sample: ReferenceSample, booster: Booster) -> tuple[Tables, bytes]:
    reference = as_matrix(sample.rows)
    key = (sample.model_version.text_sha256, matrix_sha256(reference))
    if key not in _built:
        tables = tabulate(booster, reference)
        data, sha256 = pack(tables)
        _built[key] = (_of_sample(replace(tables, sha256=sha256), sample), data)
        while len(_built) > KEPT_BUILDS:
            _built.popitem(last=False)
    return _built[key]
