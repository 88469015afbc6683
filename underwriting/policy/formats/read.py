"""A file of any of the formats, told apart by what it holds, read onto a draft's document. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from underwriting.policy.formats.as_csv import from_csv, is_csv
from underwriting.policy.formats.as_yaml import from_yaml
from underwriting.policy.formats.from_jdm import from_jdm
from underwriting.policy.formats.text import refused, text_of
from underwriting.policy.schema import Complaint, PolicyRefused, parse_document

BOUND = {"product_kind": "product", "currency": "currency"}  # what a policy is for: no file changes it


class FileKind(StrEnum):
    YAML = "YAML"
    CSV = "CSV"
    JDM = "GoRules JDM"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file says: a document that can be read, though checks may still stop it."""

    kind: FileKind
    document: dict[str, Any]


def read_policy(data: bytes, *, onto: Mapping[str, Any]) -> ReadFile:
    """The document a YAML, CSV (zip or one table) or JDM file says. Raises PolicyRefused with every place that is wrong."""
    kind, document = _read(data, onto)
    if not isinstance(document, dict):
        raise refused("", "This is no policy: a policy is a list of named parts, beginning with format.")
    parse_document(document)
    wrong = [
        Complaint(f"/{part}", f"This policy is for {what} {document[part]}, the draft for {onto[part]}.")
        for part, what in BOUND.items()
        if document[part] != onto[part]
    ]
    if wrong:
        raise PolicyRefused(wrong)
    return ReadFile(kind, document)


def _read(data: bytes, onto: Mapping[str, Any]) -> tuple[FileKind, Any]:
    if data.startswith(b"PK"):
        return FileKind.CSV, from_csv(data, onto=onto)
    text = text_of(data)
    if not text.strip():
        raise refused("", "There is nothing in it.")
    if is_csv(text):
        return FileKind.CSV, from_csv(data, onto=onto)
    if text.lstrip().startswith("{") and '"nodes"' in text:
        return FileKind.JDM, from_jdm(text)
    return FileKind.YAML, from_yaml(text)
