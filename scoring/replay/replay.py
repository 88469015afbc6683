"""Replay: assessments recomputed from stored rows, and held against what was stored as their result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from django.db.models import QuerySet

from scoring.replay.compare import result_differences
from scoring.replay.recompute import StoredVersions, recompute, stored_versions
from scoring.replay.report import Difference, Replayed
from scoring.replay.stored import (
    MANIFEST,
    MODEL_TEXT,
    VERSION,
    catalogue_differences,
    fact_differences,
    model_differences,
    pointer_differences,
    policy_differences,
    reference_differences,
    tables_differences,
)
from underwriting.models import Assessment
from underwriting.policy.types import FaultKind

VERSION_FIELDS = ("model_version_id", "policy_version_id", "reference_sample_id", "reason_catalogue_id")
VERSION_ROWS = (
    "application", "model_version", "policy_version__policy", "reference_sample__model_version", "reference_sample__lender",
    "reason_catalogue",
)  # fmt: skip
VERSION_HASHES = ("model_text", "manifest", "reference", "attribution_tables", "policy", "catalogue")
# What damaged rows raise on the way to a result: a fact with neither value nor absence, a text where a number was, a refused model.
UNUSABLE = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
CHUNK = 200  # assessments read from the database at a time


def replay(assessments: QuerySet[Assessment]) -> Iterator[Replayed]:
    """Replay assessments, those of the same versions together, so that a model is read and checked once."""
    keys = assessments.order_by(*VERSION_FIELDS, "id").values_list(*VERSION_FIELDS, "id")
    for _, group in groupby(keys, key=lambda row: row[:4]):
        yield from _replay_group([row[4] for row in group])


def _replay_group(ids: Sequence[int]) -> Iterator[Replayed]:
    """Assessments that share model, policy, reference sample and catalogue; each still proves them by its own hashes."""
    first = Assessment.objects.select_related(*VERSION_ROWS).get(pk=ids[0])
    found: dict[tuple[str | None, ...], list[Difference]] = {}
    versions: StoredVersions | None = None
    for row in _read(ids):
        if not row.hashes:
            yield _nothing_to_recompute(row)
            continue
        key = tuple(row.hashes.get(name) for name in VERSION_HASHES)
        if key not in found:
            found[key] = _named(VERSION, "unreadable", partial(shared_differences, first, row.hashes))
        shared = found[key]
        if any(difference.thing == VERSION for difference in shared):
            yield _report(row, [*shared, *_facts(row)])
            continue
        model_is_whole = not any(difference.thing in (MODEL_TEXT, MANIFEST) for difference in shared)
        try:
            versions = versions or stored_versions(first, with_model=model_is_whole)
        except UNUSABLE as error:
            broken = Difference(VERSION, "unusable", _told(error))
            yield _report(row, [*shared, broken, *_facts(row)])
            continue
        yield _replay_one(row, versions, shared, model_is_whole=model_is_whole)


def _replay_one(
    assessment: Assessment, versions: StoredVersions, shared: Sequence[Difference], *, model_is_whole: bool
) -> Replayed:
    """What differs in the stored things, then in the result. A result that needs a damaged model is not computed."""
    differences = [*shared, *_facts(assessment)]
    if model_is_whole or not assessment.scores:
        differences += _named(
            "assessment",
            "recomputation",
            lambda: result_differences(assessment, recompute(assessment, versions)),
        )
    return _report(assessment, differences)


def shared_differences(assessment: Assessment, hashes: Mapping[str, Any]) -> list[Difference]:
    """Differences between the versions that `assessment` points at and what `hashes` say of them."""
    found = pointer_differences(assessment, hashes)
    if found:
        return found
    if assessment.model_version is not None:
        found += model_differences(assessment.model_version, hashes)
    if assessment.reference_sample is not None:
        found += reference_differences(assessment.reference_sample, hashes)
        found += tables_differences(assessment.reference_sample, hashes)
    if assessment.policy_version is not None:
        found += policy_differences(assessment.policy_version, hashes)
    if assessment.reason_catalogue is not None:
        found += catalogue_differences(assessment.reason_catalogue, hashes)
    return found


def _facts(assessment: Assessment) -> list[Difference]:
    return _named("assessment", "hashes", lambda: fact_differences(assessment))


def _named(thing: str, name: str, compare: Callable[[], list[Difference]]) -> list[Difference]:
    """What `compare` finds; a row so damaged that it cannot even be read is a difference, and never the end of the replay."""
    try:
        return compare()
    except UNUSABLE as error:
        return [Difference(thing, name, _told(error))]


def _told(error: Exception) -> str:
    return f"cannot be used as it is stored: {type(error).__name__}: {error}"


def _nothing_to_recompute(assessment: Assessment) -> Replayed:
    """A quarantined assessment has neither facts nor scores: it has to say so, and nothing else can be checked."""
    kinds = [fault["kind"] for fault in assessment.technical]
    if kinds == [FaultKind.QUARANTINED] and not assessment.scores and assessment.outcome == "REFER":
        return _report(assessment, [])
    return _report(assessment, [Difference("assessment", "hashes", "nothing says what it rested on")])


def _report(assessment: Assessment, differences: Iterable[Difference]) -> Replayed:
    return Replayed(
        assessment_id=assessment.pk,
        application=assessment.application.reference,
        number=assessment.number,
        outcome=assessment.outcome,
        differences=tuple(differences),
    )


def _read(ids: Sequence[int]) -> Iterator[Assessment]:
    for start in range(0, len(ids), CHUNK):
        rows = Assessment.objects.select_related(
            "application__lender", "application__product", "proof"
        ).order_by("id")
        yield from rows.filter(pk__in=ids[start : start + CHUNK])
