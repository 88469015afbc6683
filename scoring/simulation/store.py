"""The store of past applications: chunks of columns in PostgreSQL, kept current from assessments, and read into a worker's memory.

Assessments are the truth. Chunks are cut by assessment id, always at the same places, so that a store kept current and one built
anew hold the same; what is missing from a chunk (an older transaction committed late) makes it and those after it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import connection, transaction

from scoring.simulation.columns import (
    NOT_NAMED,
    Arrays,
    Flags,
    Floats,
    Ints,
    RawRow,
    digest,
    encode,
    from_bytes,
    joined,
    to_bytes,
)
from underwriting.models import Assessment, PastChunk, Product

CHUNK_ASSESSMENTS = 2_000
MAX_APPLICATIONS = 200_000  # newest first; the columns of so many take about 300 MB
KEPT_PRODUCTS = 2  # whose columns a worker process keeps in memory

# How many assessments lie in each chunk, and (under the number of chunks) after the last.
_COUNTS = """
SELECT width_bucket(a.id, %(bounds)s::bigint[]), count(*)
  FROM underwriting_assessment a JOIN underwriting_application p ON p.id = a.application_id
 WHERE p.product_id = %(product)s
 GROUP BY 1
"""

Beat = Callable[[], None]


def no_beat() -> None:
    """Nobody waits for a sign of life."""


@dataclass(frozen=True)
class Past:
    """Past applications of a product in memory, one row an application: its newest assessment. Pairs of row i are pair_start[i] to pair_start[i + 1].

    `kept`: what was worked out from these columns alone and may be used again (verdicts of a rule).
    """

    assessment_id: Ints
    application_id: Ints
    reference_rate_bps: Ints
    channel: np.ndarray[Any, np.dtype[np.str_]]
    odd: Flags
    pair_start: Ints
    pair_amount: Ints
    pair_term: Ints
    pair_score: Ints
    pair_probability: Floats
    facts: dict[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, np.dtype[np.int8]]]]
    kept: dict[Any, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.assessment_id)


@dataclass(slots=True)
class _Memory:
    """Columns that this process holds: by product, of the chunks with these digests."""

    products: dict[int, tuple[tuple[str, ...], Past]] = field(default_factory=dict)


_memory = _Memory()


def keep_current(product: Product, *, beat: Beat = no_beat) -> None:
    """Cut chunks of what was assessed since, and anew from the first that lacks something. `beat` is called after each chunk."""
    after = _drop_from_first_unequal(product)
    while True:
        rows = list(_assessments(product, after))
        if not rows:
            return
        with transaction.atomic():
            _insert(product, rows)
        after = rows[-1][0]
        beat()


def rebuild(product: Product, *, beat: Beat = no_beat) -> None:
    """Drop a product's chunks and cut them all from its assessments."""
    PastChunk.objects.filter(product=product).delete()
    keep_current(product, beat=beat)


def last_covered(product: Product) -> int:
    """The newest assessment that the chunks cover, whether it has a row or not; 0 without chunks."""
    newest = PastChunk.objects.filter(product=product).order_by("-last_assessment_id")
    return newest.values_list("last_assessment_id", flat=True).first() or 0


def _drop_from_first_unequal(product: Product) -> int:
    """Drop the first chunk that lacks something, with all after it. Returns the last id that is covered.

    A chunk that is not full is complete while nothing came after it.
    """
    chunks = list(
        PastChunk.objects.filter(product=product)
        .order_by("first_assessment_id")
        .values_list("pk", "last_assessment_id", "assessment_count")
    )
    if not chunks:
        return 0
    counts = _counts(product, [last + 1 for _, last, _ in chunks])
    is_more = counts.get(len(chunks), 0) > 0
    good = 0
    for place, (_, _, stored) in enumerate(chunks):
        if stored != counts.get(place, 0) or (is_more and stored < CHUNK_ASSESSMENTS):
            break
        good += 1
    PastChunk.objects.filter(pk__in=[key for key, _, _ in chunks[good:]]).delete()
    return chunks[good - 1][1] if good else 0


def _counts(product: Product, bounds: list[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"product": product.pk, "bounds": bounds})
        return dict(cursor.fetchall())


_FIELDS = ("pk", "application_id", "number", "facts", "scores", "technical", "hashes__inputs")


def _assessments(product: Product, after: int) -> Iterator[tuple[Any, ...]]:
    found = Assessment.objects.filter(application__product=product, pk__gt=after).order_by("pk")
    yield from found.values_list(*_FIELDS)[:CHUNK_ASSESSMENTS]


def _insert(product: Product, rows: list[tuple[Any, ...]]) -> None:
    arrays = encode([RawRow(*row) for row in rows if row[6] is not None])
    PastChunk.objects.create(
        product=product,
        first_assessment_id=rows[0][0],
        last_assessment_id=rows[-1][0],
        assessment_count=len(rows),
        row_count=len(arrays["assessment_id"]),
        sha256=digest(arrays),
        data=to_bytes(arrays),
    )


def past_of(product: Product) -> Past:
    """The product's past applications from its chunks, kept in memory until a chunk changes."""
    chunks = list(
        PastChunk.objects.filter(product=product).order_by("first_assessment_id").values_list("pk", "sha256")
    )
    digests = tuple(sha256 for _, sha256 in chunks)
    held = _memory.products.pop(product.pk, None)
    if held is None or held[0] != digests:
        held = (digests, _loaded([key for key, _ in chunks]))
    _memory.products[product.pk] = held
    while len(_memory.products) > KEPT_PRODUCTS:
        _memory.products.pop(next(iter(_memory.products)))
    return held[1]


def _loaded(keys: list[int]) -> Past:
    chunks: list[Arrays] = []
    rows = 0
    for key in reversed(keys):
        if rows >= MAX_APPLICATIONS:
            break
        arrays = from_bytes(bytes(PastChunk.objects.values_list("data", flat=True).get(pk=key)))
        rows += len(arrays["assessment_id"])
        chunks.append(arrays)
    return past_from(joined(chunks[::-1]) if chunks else encode([]))


def past_from(arrays: Arrays) -> Past:
    """Columns to weigh: of each application the newest assessment, in the order of their ids."""
    order = np.lexsort((arrays["number"], arrays["application_id"]))
    applications = arrays["application_id"][order]
    is_newest = np.ones(len(order), dtype=np.bool_)
    is_newest[:-1] = applications[1:] != applications[:-1]
    rows = np.sort(order[is_newest])[-MAX_APPLICATIONS:]
    start = np.concatenate(([0], np.cumsum(arrays["pair_count"])))
    counts = arrays["pair_count"][rows]
    new_start = np.concatenate(([0], np.cumsum(counts)))
    pairs = np.repeat(start[:-1][rows] - new_start[:-1], counts) + np.arange(new_start[-1])
    names = [name.removeprefix("status:") for name in arrays if name.startswith("status:")]
    return Past(
        assessment_id=arrays["assessment_id"][rows],
        application_id=arrays["application_id"][rows],
        reference_rate_bps=arrays["reference_rate_bps"][rows],
        channel=arrays["channel"][rows],
        odd=arrays["odd"][rows],
        pair_start=new_start,
        pair_amount=arrays["pair_amount"][pairs],
        pair_term=arrays["pair_term"][pairs],
        pair_score=arrays["pair_score"][pairs],
        pair_probability=arrays["pair_probability"][pairs],
        facts={
            name: (arrays[f"value:{name}"][rows], arrays[f"status:{name}"][rows]) for name in sorted(names)
        },
    )


def fact_of(past: Past, name: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, np.dtype[np.int8]]]:
    """Values and how they are there; a fact that no row names is NOT_NAMED throughout."""
    found = past.facts.get(name)
    if found is not None:
        return found
    return np.zeros(len(past)), np.full(len(past), NOT_NAMED, dtype=np.int8)
