"""The OpenAPI document: what every operation may be asked and may answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from pydantic import BaseModel

from underwriting.api.problems import PROBLEM_MEDIA_TYPE, PROBLEM_TYPES
from underwriting.api.schemas import ProblemDetails
from underwriting.enums import Language

HEADER: Final = "header"
QUERY: Final = "query"
CURSOR_PARAMETERS = [
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
        QUERY,
        description="Items on the page.",
    ),
    OpenApiParameter(
        "starting_after", {"type": "string"}, QUERY, description="Id of the last item of the page before."
    ),
]
SUBMIT_PARAMETERS = [
    OpenApiParameter(
        "Idempotency-Key", {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[!-~]([ -~]{0,253}[!-~])?$"}, HEADER,
        required=True, description="Your name for this request; kept 90 days. The same key and body get the first answer again.",
    ),
    OpenApiParameter(
        "Prefer", {"type": "string", "examples": ["wait=1"]}, HEADER,
        description="`wait=N`, 1 to 10: wait so many seconds for the decision.",
    ),
    OpenApiParameter("Location", {"type": "string"}, HEADER, response=[201, 202], description="Address of the application."),
    OpenApiParameter(
        "Idempotent-Replayed", {"type": "string", "enum": ["true"]}, HEADER, response=[201, 202],
        description="Present when this is the stored first answer.",
    ),
]  # fmt: skip


# Of a POST that is answered at once.
KEYED_PARAMETERS = [
    SUBMIT_PARAMETERS[0],
    OpenApiParameter("Location", {"type": "string"}, HEADER, response=[200], description="Address of the application."),
    OpenApiParameter(
        "Idempotent-Replayed", {"type": "string", "enum": ["true"]}, HEADER, response=[200],
        description="Present when this is the stored first answer.",
    ),
]  # fmt: skip
# Of one whose answer has no address of its own.
ANSWERED_PARAMETERS = [parameter for parameter in KEYED_PARAMETERS if parameter.name != "Location"]


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Names the bearer keys in the document."""

    target_class = "underwriting.api.authentication.KeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        del auto_schema
        return {"type": "http", "scheme": "bearer", "bearerFormat": "uw_<env>_<prefix>_<secret><crc32>"}


def problems(*statuses: int) -> Mapping[Any, Any]:
    """The problem answers of an operation, each with the codes it may carry; every operation may also answer 405."""
    documented: dict[Any, Any] = {}
    for status in sorted({*statuses, 405}):
        codes = [f"`{code}`" for code, kind in PROBLEM_TYPES.items() if kind.status == status]
        documented[status, PROBLEM_MEDIA_TYPE] = OpenApiResponse(
            ProblemDetails, description=f"One of {', '.join(codes)}."
        )
    return documented


def submit_responses(answer: type[BaseModel]) -> Mapping[Any, Any]:
    """The two good answers to a submission."""
    return {
        201: OpenApiResponse(answer, description="Decided within the time asked for."),
        202: OpenApiResponse(
            answer, description="Stored, and being worked on or waiting for missing fields."
        ),
    }


def application_request() -> dict[str, Any]:
    """The body of a submission over all products; `GET /products/{code}/schema` gives each product's own, with its bounds."""
    return {"application/json": _APPLICATION_REQUEST}


@require_GET
def openapi_json(request: HttpRequest) -> HttpResponse:
    """`/api/openapi.json`, for everybody."""
    del request
    return HttpResponse(document_json(), content_type="application/vnd.oai.openapi+json;version=3.1")


@cache
def document_json() -> bytes:
    """The OpenAPI 3.1 document, made once a process."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return json.dumps(schema, sort_keys=True).encode()


_MONEY = {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,10})\.[0-9]{2}$", "examples": ["12000.00"]}
_PARTY = {
    "type": "object",
    "required": ["identity", "consent"],
    "additionalProperties": False,
    "properties": {
        "identity": {
            "type": "object",
            "required": ["given_name", "family_name", "birth_date", "national_id", "address"],
            "additionalProperties": False,
            "properties": {
                "given_name": {"type": "string", "minLength": 1, "maxLength": 80},
                "family_name": {"type": "string", "minLength": 1, "maxLength": 80},
                "birth_date": {"type": "string", "format": "date"},
                "national_id": {"type": "string", "pattern": r"^[A-Za-z0-9 .-]{3,31}[A-Za-z0-9]$"},
                "email": {"type": "string", "format": "email", "maxLength": 254},
                "telephone": {"type": "string", "maxLength": 40},
                "address": {
                    "type": "object",
                    "required": ["lines", "postcode"],
                    "additionalProperties": False,
                    "properties": {
                        "lines": {"type": "array", "minItems": 1, "maxItems": 4, "items": {"type": "string", "minLength": 1, "maxLength": 120}},
                        "postcode": {"type": "string", "minLength": 1, "maxLength": 16},
                    },
                },
            },
        },
        "consent": {
            "type": "object",
            "required": ["id", "given_at"],
            "additionalProperties": False,
            "properties": {
                "id": {"type": "string", "pattern": r"^[A-Za-z0-9._:-]{1,64}$"},
                "given_at": {"type": "string", "format": "date-time"},
            },
        },
        "electronic_consent": {
            "type": "object",
            "description": "When this person agreed to get letters by e-mail. Left out: letters go by post.",
            "required": ["given_at"],
            "additionalProperties": False,
            "properties": {"given_at": {"type": "string", "format": "date-time"}},
        },
        "annual_income": _MONEY,
        "monthly_obligations": _MONEY,
        "monthly_obligations_without_mortgage": _MONEY,
        "employment_type": {"type": "string", "examples": ["salaried"]},
        "employment_tenure_months": {"type": "integer", "minimum": 0, "maximum": 720},
        "housing": {"type": "string", "examples": ["rent"]},
        "credit_report": {
            "type": "object",
            "required": ["facts"],
            "additionalProperties": False,
            "properties": {"facts": {"type": "object", "description": "Fact name to a number, a decimal string, or {\"absence\": \"NEVER\"}."}},
        },
    },
}  # fmt: skip
_EXAMPLE = {
    "product": "instalment-loan",
    "currency": "USD",
    "language": "en",
    "requested_amount": "12000.00",
    "requested_term_months": 36,
    "purpose": "debt_consolidation",
    "applicant": {
        "identity": {
            "given_name": "Maria", "family_name": "Example", "birth_date": "1988-04-17", "national_id": "TEST-900-00-0001",
            "email": "maria@example.test", "address": {"lines": ["12 Elm Street", "Portland, ME"], "postcode": "04101"},
        },
        "consent": {"id": "consent-0001", "given_at": "2026-01-05T14:30:00Z"},
        "electronic_consent": {"given_at": "2026-01-05T14:30:00Z"},
        "annual_income": "58000.00", "monthly_obligations": "1450.00", "employment_type": "salaried",
        "employment_tenure_months": 84, "housing": "rent",
    },
}  # fmt: skip
_APPLICATION_REQUEST = {
    "type": "object",
    "required": ["product", "currency", "applicant"],
    "additionalProperties": False,
    "properties": {
        "product": {
            "type": "string",
            "description": "Product code; its own schema narrows the fields below.",
            "examples": ["instalment-loan"],
        },
        "currency": {"type": "string", "examples": ["USD"]},
        "language": {
            "type": "string",
            "enum": [language.value for language in Language],
            "default": Language.ENGLISH.value,
            "description": "In which the applicants are told.",
        },
        "requested_amount": _MONEY,
        "requested_term_months": {"type": "integer", "minimum": 1, "maximum": 120},
        "purpose": {"type": "string", "examples": ["debt_consolidation"]},
        "applicant": _PARTY,
        "co_applicants": {"type": "array", "maxItems": 3, "items": _PARTY},
    },
    "examples": [_EXAMPLE],
}
