"""Assessments as columns: what a policy may look at of each, one array a fact, and the scored pairs of all rows end to end.

A row that columns cannot hold exactly, or that takes another way through the policy (a technical fault, no score), is marked: it
is weighed by the live engine alone, from its assessment.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underwriting.facts.catalogue import FactDefinition, Unit, catalogue
from underwriting.facts.values import Absence

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Arrays = dict[str, NDArray[Any]]

NOTHING = -1  # an amount or a term that is not stated
MAX_MINOR, MAX_MONTHS, MAX_BPS = 100_000_000_000, 600, 100_000  # as policies have them
AT_TERMS_FROM = ("annual_income", "requested_amount", "requested_term_months", "monthly_obligations")
HELD_EXACTLY = 2**53  # whole numbers below it are the same in float64
# How a fact is there: a value, one of the three absences, or not even named by the assessment.
VALUE, NEVER, UNKNOWN, NOT_ASKED, NOT_NAMED = range(5)
STATUS = {Absence.NEVER.value: NEVER, Absence.UNKNOWN.value: UNKNOWN, Absence.NOT_ASKED.value: NOT_ASKED}


@dataclass(frozen=True, slots=True)
class RawRow:
    """An assessment as the database gives it."""

    assessment_id: int
    application_id: int
    number: int
    facts: Mapping[str, Any]
    scores: Sequence[Mapping[str, Any]]
    technical: Sequence[Any]
    inputs: Mapping[str, Any]


def encode(rows: Sequence[RawRow]) -> Arrays:
    """Columns of assessments, in their order. The same rows always give the same arrays."""
    odd = np.zeros(len(rows), dtype=np.bool_)
    arrays: Arrays = {
        "assessment_id": np.array([row.assessment_id for row in rows], dtype=np.int64),
        "application_id": np.array([row.application_id for row in rows], dtype=np.int64),
        "number": np.array([row.number for row in rows], dtype=np.int64),
        "channel": np.array([str(row.inputs.get("channel", "")) for row in rows], dtype=np.str_),
        "reference_rate_bps": np.array(
            [_whole(row.inputs.get("reference_rate_bps")) for row in rows], dtype=np.int64
        ),
    }
    _encode_pairs(rows, arrays, odd)
    for name in sorted({name for row in rows for name in row.facts} & set(catalogue())):
        _encode_fact(catalogue()[name], [row.facts.get(name) for row in rows], arrays, odd)
    for at, row in enumerate(rows):
        is_whole = all(name in row.facts for name in AT_TERMS_FROM)
        has_rate = 0 <= arrays["reference_rate_bps"][at] <= MAX_BPS
        odd[at] |= bool(row.technical) or not row.scores or not is_whole or not has_rate
    arrays["odd"] = odd
    return arrays


def _encode_pairs(rows: Sequence[RawRow], arrays: Arrays, odd: Flags) -> None:
    amounts, terms, scores, probabilities, counts = [], [], [], [], []
    for at, row in enumerate(rows):
        pairs = row.scores if all(_is_exact_pair(pair) for pair in row.scores) else ()
        odd[at] |= len(pairs) != len(row.scores)
        counts.append(len(pairs))
        for pair in pairs:
            amounts.append(_whole(pair["amount_minor"]))
            terms.append(_whole(pair["term_months"]))
            scores.append(pair["score"])
            probabilities.append(pair["probability_of_default"])
    arrays["pair_count"] = np.array(counts, dtype=np.int64)
    arrays["pair_amount"] = np.array(amounts, dtype=np.int64)
    arrays["pair_term"] = np.array(terms, dtype=np.int64)
    arrays["pair_score"] = np.array(scores, dtype=np.int64)
    arrays["pair_probability"] = np.array(probabilities, dtype=np.float64)


def _is_exact_pair(pair: Mapping[str, Any]) -> bool:
    return (
        _is_whole_upto(pair.get("amount_minor"), MAX_MINOR)
        and _is_whole_upto(pair.get("term_months"), MAX_MONTHS)
        and type(pair.get("score")) is int
        and isinstance(pair.get("probability_of_default"), float | int)
    )


def _is_whole_upto(value: object, most: int) -> bool:
    return value is None or (type(value) is int and 0 < value <= most)


def _whole(value: object) -> int:
    return value if type(value) is int else NOTHING


def _encode_fact(
    definition: FactDefinition, given: Sequence[Mapping[str, Any] | None], arrays: Arrays, odd: Flags
) -> None:
    status = np.zeros(len(given), dtype=np.int8)
    is_text = definition.unit is Unit.CATEGORY
    values: list[Any] = []
    for at, fact in enumerate(given):
        value = None if fact is None else fact.get("value")
        status[at] = NOT_NAMED if fact is None else VALUE if value is not None else _absence(fact)
        if value is not None and not _is_exact(definition, value):
            odd[at], value = True, None
            status[at] = UNKNOWN
        values.append(("" if is_text else 0.0) if value is None else value)
    arrays[f"status:{definition.name}"] = status
    arrays[f"value:{definition.name}"] = np.array(values, dtype=np.str_ if is_text else np.float64)


def _absence(fact: Mapping[str, Any]) -> int:
    return STATUS.get(str(fact.get("absence")), UNKNOWN)


def _is_exact(definition: FactDefinition, value: object) -> bool:
    """Whether the column holds this value as the live engine reads it; money has to be whole, as intake makes it."""
    if definition.unit is Unit.CATEGORY:
        return isinstance(value, str) and "\0" not in value
    if type(value) is int:
        return abs(value) < HELD_EXACTLY
    return isinstance(value, float) and bool(np.isfinite(value)) and definition.unit is not Unit.MONEY


def digest(arrays: Arrays) -> str:
    """SHA-256 over names, types and values."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        found.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def to_bytes(arrays: Arrays) -> bytes:
    held = io.BytesIO()
    np.savez_compressed(held, allow_pickle=False, **arrays)
    return held.getvalue()


def from_bytes(data: bytes) -> Arrays:
    """Raises ValueError for what `to_bytes` did not write."""
    with np.load(io.BytesIO(data), allow_pickle=False) as held:
        return {name: held[name] for name in held.files}


def joined(chunks: Sequence[Arrays]) -> Arrays:
    """Chunks end to end. A fact that a chunk does not name is NOT_NAMED in its rows."""
    names = sorted({name for chunk in chunks for name in chunk})
    return {name: np.concatenate(list(_parts(chunks, name))) for name in names}


def _parts(chunks: Sequence[Arrays], name: str) -> Iterator[NDArray[Any]]:
    kinds = {chunk[name].dtype.kind for chunk in chunks if name in chunk}
    for chunk in chunks:
        rows = len(chunk["assessment_id"])
        if name in chunk:
            yield chunk[name]
        elif name.startswith("status:"):
            yield np.full(rows, NOT_NAMED, dtype=np.int8)
        else:
            yield np.zeros(rows, dtype=np.float64) if kinds == {"f"} else np.full(rows, "", dtype=np.str_)
