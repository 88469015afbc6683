"""Documents of an application over the API: sent as base64 inside JSON, so that one strict reader reads every body."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from pydantic import Field
from rest_framework.request import Request

from review_queue.actions.appeal import takes_papers
from underwriting.api.authentication import principal_of
from underwriting.api.base import ApiView, json_response
from underwriting.api.body import read_json
from underwriting.api.documentation import HEADER, SUBMIT_PARAMETERS, problems
from underwriting.api.idempotency import StoredAnswer, keyed_request
from underwriting.api.once import answer_once, replay
from underwriting.api.problems import FieldError, Problem, pointer
from underwriting.api.schemas import Answer
from underwriting.documents.inspect import inspect_file
from underwriting.documents.receive import keep_document, require_room
from underwriting.documents.refusals import BYTES_LIMIT, DocumentRefused
from underwriting.documents.selectors import documents_of, name_of
from underwriting.enums import ActorKind, DocumentKind, Scope
from underwriting.models import Document, Party
from underwriting.people.access import access_application

CONTENT_CHARACTERS_LIMIT = (BYTES_LIMIT + 2) // 3 * 4
BODY_LIMIT_BYTES = CONTENT_CHARACTERS_LIMIT + 10_000
NAME_CHARACTERS_LIMIT = 255
APPLICANTS_LIMIT = 4
REQUEST: dict[str, Any] = {
    "application/json": {
        "type": "object",
        "required": ["kind", "name", "content"],
        "additionalProperties": False,
        "properties": {
            "kind": {"type": "string", "enum": [kind.value for kind in DocumentKind]},
            "name": {
                "type": "string",
                "minLength": 1,
                "maxLength": NAME_CHARACTERS_LIMIT,
                "examples": ["payslip-july.pdf"],
            },
            "content": {
                "type": "string",
                "contentEncoding": "base64",
                "maxLength": CONTENT_CHARACTERS_LIMIT,
                "description": "A PDF (30 pages at most), JPEG or PNG of at most 10 MB, in base64.",
            },
            "applicant": {
                "type": "integer",
                "minimum": 1,
                "maximum": APPLICANTS_LIMIT,
                "default": 1,
                "description": "Whose document it is: 1 the applicant, 2 the first co-applicant.",
            },
        },
    }
}
POST_PARAMETERS = [
    SUBMIT_PARAMETERS[0],
    OpenApiParameter(
        "Idempotent-Replayed",
        {"type": "string", "enum": ["true"]},
        HEADER,
        response=[201],
        description="Present when this is the stored first answer.",
    ),
]


class DocumentAnswer(Answer):
    """A document as it was taken. Its content is not given out again."""

    id: UUID
    kind: DocumentKind
    name: str
    media_type: str = Field(description="By its content, not by its name.")
    byte_count: int
    page_count: int
    sha256: str
    applicant: int
    received_from: ActorKind
    received_at: datetime


class DocumentList(Answer):
    """All documents of an application, newest first; there are at most 20."""

    data: list[DocumentAnswer]


@dataclass(frozen=True, slots=True)
class Sent:
    """A document as it was sent, decoded."""

    kind: DocumentKind
    name: str
    content: bytes
    applicant: int


class DocumentsView(ApiView):
    """`/applications/{id}/documents`."""

    scopes: ClassVar = {"GET": Scope.APPLICATIONS_READ, "POST": Scope.APPLICATIONS_WRITE}

    @extend_schema(
        operation_id="send_document",
        summary="Send a document for an application",
        parameters=POST_PARAMETERS,
        request=REQUEST,
        responses={
            201: OpenApiResponse(DocumentAnswer, description="Taken."),
            **problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request, public_id: UUID) -> HttpResponse:
        """Checked by its content and kept sealed. A file that is not taken is 422 `document_refused`, and says why."""
        principal = principal_of(request)
        application = access_application(principal.client, public_id)
        body = read_json(request._request, limit_bytes=BODY_LIMIT_BYTES)
        keyed = keyed_request(request._request, client=principal.client, body=body)
        earlier = replay(keyed)
        if earlier is not None:
            return earlier
        sent = _read(body)
        party = Party.objects.filter(application=application, ordinal=sent.applicant).first()
        if party is None:
            raise _invalid([FieldError("/applicant", "unknown", "There is no such applicant.")])

        is_looked_at = takes_papers(application, now=timezone.now())

        def keep() -> StoredAnswer:
            document = keep_document(
                application=application,
                party=party,
                kind=sent.kind,
                name=sent.name,
                content=sent.content,
                found=found,
                actor=principal.actor(request),
                now=timezone.now(),
                is_looked_at=is_looked_at,
            )
            return StoredAnswer(
                status_code=201,
                body=_described(document, name_of(document)).model_dump_json().encode(),
                location=reverse("api-documents", kwargs={"public_id": application.public_id}),
            )

        try:
            require_room(application, is_looked_at=is_looked_at)
            found = inspect_file(sent.content)
            return answer_once(keyed, keep)
        except DocumentRefused as refused:
            error = FieldError("/content", refused.code, refused.message)
            raise Problem("document_refused", refused.message, errors=[error]) from refused

    @extend_schema(
        operation_id="list_documents",
        summary="List the documents of an application, newest first",
        responses={200: DocumentList, **problems(401, 403, 404, 429, 503)},
    )
    def get(self, request: Request, public_id: UUID) -> HttpResponse:
        """What was sent by the partner, the applicant or the lender, without the content."""
        application = access_application(principal_of(request).client, public_id)
        listed = documents_of(application_id=application.pk)
        return json_response(DocumentList(data=[_described(one.row, one.name) for one in listed]))


def _described(document: Document, name: str) -> DocumentAnswer:
    return DocumentAnswer(
        id=document.public_id,
        kind=DocumentKind(document.kind),
        name=name,
        media_type=document.media_type,
        byte_count=document.byte_count,
        page_count=document.page_count,
        sha256=document.sha256,
        applicant=document.party.ordinal,
        received_from=ActorKind(document.received_from),
        received_at=document.received_at,
    )


def _read(body: dict[str, Any]) -> Sent:
    """Raises Problem (422) naming every field that cannot be used."""
    errors = list(_errors(body))
    if errors:
        raise _invalid(errors)
    try:
        content = base64.b64decode(body["content"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise _invalid([FieldError("/content", "malformed", "This is no base64 text.")]) from error
    return Sent(
        kind=DocumentKind(body["kind"]),
        name=body["name"],
        content=content,
        applicant=body.get("applicant", 1),
    )


def _errors(body: dict[str, Any]) -> Iterator[FieldError]:
    fields = REQUEST["application/json"]["properties"]
    for unknown in body.keys() - fields.keys():
        yield FieldError(pointer((unknown,)), "unknown_field", "There is no such field.")
    if body.get("kind") not in list(DocumentKind):
        yield FieldError("/kind", "unknown", f"One of {', '.join(DocumentKind)}.")
    name, content, applicant = body.get("name"), body.get("content"), body.get("applicant", 1)
    if not isinstance(name, str) or not 1 <= len(name) <= NAME_CHARACTERS_LIMIT:
        yield FieldError("/name", "malformed", f"A file name of 1 to {NAME_CHARACTERS_LIMIT} characters.")
    if not isinstance(content, str) or len(content) > CONTENT_CHARACTERS_LIMIT:
        yield FieldError("/content", "malformed", "The file in base64, at most 10 MB before that.")
    if type(applicant) is not int or not 1 <= applicant <= APPLICANTS_LIMIT:
        yield FieldError("/applicant", "out_of_range", f"A number from 1 to {APPLICANTS_LIMIT}.")


def _invalid(errors: list[FieldError]) -> Problem:
    return Problem("body_invalid", "A field of the body cannot be used.", errors=errors)
