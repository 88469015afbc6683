"""Every document leaves as YAML, CSV or JDM and comes back with the hash it had."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings

from tests.properties.policy_documents import documents
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.formats.as_csv import csv_table, csv_zip, from_csv
from underwriting.policy.formats.as_yaml import from_yaml, yaml_text
from underwriting.policy.formats.from_jdm import from_jdm
from underwriting.policy.formats.sheets import SHEETS
from underwriting.policy.formats.to_jdm import jdm_text
from underwriting.policy.schema import parse_document

ROUND = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@ROUND
@given(document=documents())
def test_yaml_comes_back_with_the_same_hash_and_is_one_text(document: dict[str, Any]) -> None:
    parse_document(document)
    text = yaml_text(document)

    read = from_yaml(text)

    assert canonical_sha256(read) == canonical_sha256(document)
    assert yaml_text(read) == text
    shuffled = json.loads(json.dumps(document, sort_keys=True))
    assert yaml_text(shuffled) == text


@ROUND
@given(document=documents())
def test_another_yaml_reader_understands_the_same(document: dict[str, Any]) -> None:
    assert canonical_sha256(yaml.safe_load(yaml_text(document))) == canonical_sha256(document)


@ROUND
@given(document=documents(), other=documents())
def test_csv_comes_back_with_the_same_hash_whatever_draft_it_is_read_onto(
    document: dict[str, Any], other: dict[str, Any]
) -> None:
    assert canonical_sha256(from_csv(csv_zip(document), onto=other)) == canonical_sha256(document)


@ROUND
@given(document=documents())
def test_one_table_read_onto_its_own_policy_changes_nothing(document: dict[str, Any]) -> None:
    for name in SHEETS:
        table = csv_table(document, name).encode()
        assert canonical_sha256(from_csv(table, onto=document)) == canonical_sha256(document)


@ROUND
@given(document=documents())
def test_jdm_comes_back_with_the_same_hash(document: dict[str, Any]) -> None:
    assert canonical_sha256(from_jdm(jdm_text(document))) == canonical_sha256(document)
