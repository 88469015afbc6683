"""The OpenAPI document as rows that a page can show: operations, their fields, answers and a command to copy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from underwriting.api.documentation import document_json

METHODS = ("get", "post")
DEPTH_MAX = 5


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field of a body, by its path, or a parameter with the place it goes to."""

    name: str
    kind: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class AnswerRow:
    status: str
    description: str
    fields: tuple[FieldRow, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[FieldRow, ...]
    body: tuple[FieldRow, ...]
    answers: tuple[AnswerRow, ...]
    command: str


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation of the document, in its order; read once a process."""
    document = json.loads(document_json())
    return tuple(
        _operation(document, path, method, item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    )


def _operation(
    document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]
) -> Operation:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return Operation(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        parameters=tuple(_parameter(document, parameter) for parameter in operation.get("parameters", ())),
        body=tuple(_fields(document, body)),
        answers=tuple(_answer(document, status, answer) for status, answer in operation["responses"].items()),
        command=_command(path, method),
    )


def _parameter(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> FieldRow:
    return FieldRow(
        name=parameter["name"],
        kind=f"{parameter['in']}, {_kind(_resolved(document, parameter['schema']))}",
        is_required=parameter.get("required", False),
        description=parameter.get("description", ""),
    )


def _answer(document: Mapping[str, Any], status: str, answer: Mapping[str, Any]) -> AnswerRow:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return AnswerRow(status, answer.get("description", ""), tuple(_fields(document, schema)))


def _fields(
    document: Mapping[str, Any], schema: Mapping[str, Any], place: str = "", depth: int = 0
) -> Iterator[FieldRow]:
    """The fields of an object and of the objects in it; `applicant.identity.email`, `reasons[].code`."""
    resolved = _resolved(document, schema)
    required = set(resolved.get("required", ()))
    for name, part in resolved.get("properties", {}).items():
        field = _resolved(document, part)
        path = f"{place}.{name}" if place else name
        yield FieldRow(
            path, _kind(field), name in required, part.get("description") or field.get("description", "")
        )
        if depth < DEPTH_MAX:
            inner, mark = (field["items"], "[]") if "items" in field else (field, "")
            yield from _fields(document, inner, path + mark, depth + 1)


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind a reference, or behind the one alternative that is not null."""
    if "$ref" in schema:
        found: Any = document
        for key in schema["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        return _resolved(document, found)
    choices = [one for one in schema.get("anyOf", schema.get("oneOf", ())) if one.get("type") != "null"]
    if len(choices) == 1:
        return {**_resolved(document, choices[0]), "nullable": True}
    return schema


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "value")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    if "enum" in schema:
        words = "one of " + ", ".join(str(value) for value in schema["enum"])
    return words + (" or null" if schema.get("nullable") else "")


def _command(path: str, method: str) -> str:
    lines = [f"curl -H 'Authorization: Bearer YOUR_KEY' 'https://YOUR_HOST{path}'"]
    if method == "post":
        lines[0] = lines[0].replace("curl ", "curl -X POST ")
        lines += [
            '  -H "Idempotency-Key: $(uuidgen)"',
            "  -H 'Content-Type: application/json'",
            "  --data @application.json",
        ]
    return " \\\n".join(lines)
