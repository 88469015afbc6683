"""First half of a replay: are the stored things still those that the assessment rested on? Nothing is computed here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from explanations.attribution import TablesRefused
from explanations.attribution.stored import stored_tables_sha256
from explanations.reason_codes.catalogue import shipped_catalogue
from explanations.reason_codes.codes import canonical_sha256 as catalogue_sha256
from scoring.pipeline.freeze import digests, frozen_sha256, rule_digests
from scoring.registry.manifest import canonical_json
from scoring.registry.reference import rows_sha256
from scoring.replay.report import Difference
from underwriting.models import (
    Assessment,
    ModelVersion,
    PolicyVersion,
    ReasonCatalogue,
    ReferencePool,
    ReferenceSample,
)
from underwriting.policy.compile import canonical_sha256 as policy_sha256

MODEL_TEXT = "model text"
MANIFEST = "model manifest"
REFERENCE = "reference sample"
FACT = "frozen fact"
POLICY_PART = "policy"
RULE = "policy rule"
SENTENCE = "catalogue sentence"
CATALOGUE = "reason catalogue"
TABLES = "attribution tables"
VERSION = "stored version"


def pointer_differences(assessment: Assessment, hashes: Mapping[str, Any]) -> list[Difference]:
    """Versions that the assessment points at and did not rest on, or rested on and does not point at any more."""
    pointers = (
        (MODEL_TEXT, "model_text", assessment.model_version_id),
        (REFERENCE, "reference", assessment.reference_sample_id),
        (POLICY_PART, "policy", assessment.policy_version_id),
        (CATALOGUE, "catalogue", assessment.reason_catalogue_id),
    )
    return [
        Difference(
            VERSION,
            thing,
            "the assessment rested on one and names none"
            if key is None
            else "the assessment rested on none and names one",
        )
        for thing, name, key in pointers
        if (key is None) is (name in hashes)
    ]


def model_differences(row: ModelVersion, hashes: Mapping[str, Any]) -> list[Difference]:
    """The text is hashed as it lies in the database, before anything tries to load it: a damaged one could end the process."""
    found = []
    if _sha256(row.text) != hashes["model_text"]:
        found.append(Difference(MODEL_TEXT, str(row), _was(hashes["model_text"], _sha256(row.text))))
    manifest = _sha256(canonical_json(row.manifest))
    if manifest != hashes["manifest"]:
        found.append(Difference(MANIFEST, str(row), _was(hashes["manifest"], manifest)))
    return (
        found
        or _registered(MODEL_TEXT, row, row.text_sha256, hashes["model_text"])
        or _registered(MANIFEST, row, row.manifest_sha256, hashes["manifest"])
    )


def reference_differences(row: ReferenceSample, hashes: Mapping[str, Any]) -> list[Difference]:
    """A changed row is named by its place where the model's pool, from which all of them were drawn, does not hold it."""
    found = rows_sha256(row.columns, row.rows)
    if found == hashes["reference"]:
        return _registered(REFERENCE, row, row.sha256, hashes["reference"])
    pool = (
        ReferencePool.objects.filter(model_version_id=row.model_version_id)
        .values_list("rows", flat=True)
        .first()
        or []
    )
    known = {json.dumps(person) for person in pool}
    strangers = [
        str(place) for place, person in enumerate(row.rows, start=1) if json.dumps(person) not in known
    ]
    where = f" Not from the pool: row {', '.join(strangers[:5])}." if pool and strangers else ""
    name = f"of {row.model_version} at cut-off {row.approve_cut_off}"
    return [Difference(REFERENCE, name, _was(hashes["reference"], found) + where)]


def tables_differences(row: ReferenceSample, hashes: Mapping[str, Any]) -> list[Difference]:
    """The tables in which contributions were looked up: gone, damaged, or others than those that were used."""
    if "attribution_tables" not in hashes:
        return []
    name = f"of {row.model_version} at cut-off {row.approve_cut_off}"
    try:
        found = stored_tables_sha256(row)
    except TablesRefused as refusal:
        return [Difference(TABLES, name, f"cannot be used: {refusal}")]
    if found is None:
        return [Difference(TABLES, name, "are not stored any more")]
    if found == hashes["attribution_tables"]:
        return []
    return [Difference(TABLES, name, _was(hashes["attribution_tables"], found))]


def fact_differences(assessment: Assessment) -> list[Difference]:
    """Frozen facts that are not those of the assessment, each by its name."""
    hashes = assessment.hashes
    if frozen_sha256(assessment.facts) == hashes["facts"]:
        return []
    changed = _changed(hashes["fact_digests"], digests(assessment.facts))
    return [Difference(FACT, name, "not the value that was frozen with the assessment") for name in changed]


def policy_differences(row: PolicyVersion, hashes: Mapping[str, Any]) -> list[Difference]:
    """Rules (by id) and other parts of the policy document that are not those the assessment was decided by."""
    found = policy_sha256(row.document)
    if found == hashes["policy"]:
        return _registered(POLICY_PART, row, row.document_sha256, hashes["policy"])
    rules = {str(rule["id"]) for rule in row.document.get("rules", [])}
    changed = _changed(hashes["rule_digests"], rule_digests(row.document))
    return [
        Difference(RULE if name in rules else POLICY_PART, f"{name} of {row}", _was(hashes["policy"], found))
        for name in changed
    ]


def catalogue_differences(row: ReasonCatalogue, hashes: Mapping[str, Any]) -> list[Difference]:
    """Reason codes whose stored entry changed; named with the help of the release's own catalogue if it is that version."""
    found = catalogue_sha256(row.document)
    if found == hashes["catalogue"]:
        return _registered(CATALOGUE, row, row.sha256, hashes["catalogue"])
    shipped = shipped_catalogue()
    if shipped.sha256 != hashes["catalogue"]:
        return [Difference(CATALOGUE, row.version, _was(hashes["catalogue"], found))]
    changed = _changed(digests(_entries(shipped.document)), digests(_entries(row.document)))
    return [Difference(SENTENCE, code, f"not as it stood in catalogue {row.version}") for code in changed]


def _entries(document: Mapping[str, Any]) -> dict[str, Any]:
    """Every code's entry by its name, its words in another language by both; the rest of the document part by part."""
    codes = {str(code["code"]): code for code in document["codes"]}
    words = {
        f"{code} ({language})": entry
        for language, told in document["languages"].items()
        for code, entry in told["codes"].items()
    }
    caps = {f"cap ({language})": told["cap"] for language, told in document["languages"].items()}
    parts = {name: part for name, part in document.items() if name not in ("codes", "languages")}
    return {**parts, **codes, **words, **caps}


def _changed(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))


def _registered(thing: str, row: Model, column: str, expected: str) -> list[Difference]:
    """The hash that is stored beside the thing itself, which the pipeline and the screens trust."""
    if column == expected:
        return []
    return [
        Difference(
            thing, str(row), f"is whole, but its registered hash is {column[:12]} and was {expected[:12]}."
        )
    ]


def _was(then: str, now: str) -> str:
    return f"had the hash {then[:12]} when it was used and has {now[:12]} now."


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
