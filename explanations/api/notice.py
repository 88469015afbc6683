"""The notice of an application: its text as JSON, or one party's letter as PDF, as the caller's Accept header asks."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from pydantic import Field
from rest_framework.request import Request

from explanations.models import Letter, Notice
from explanations.notices.letters.opening import LetterChanged, letter_pdf
from explanations.notices.selectors import told_notice
from underwriting.api.authentication import principal_of
from underwriting.api.base import ApiView, json_response
from underwriting.api.documentation import HEADER, QUERY, problems
from underwriting.api.problems import FieldError, Problem
from underwriting.api.schemas import Answer
from underwriting.enums import NoticeKind, PartyRole, Scope
from underwriting.models import Application
from underwriting.people.access import access_application
from underwriting.people.sealing import Unreadable

JSON: Final = "application/json"
PDF: Final = "application/pdf"


class PdfAnswer(Answer):
    """The letter as it was rendered, once. Ask for it with `Accept: application/pdf`."""

    sha256: str = Field(description="Of the PDF; the audit trail holds the same.")
    page_count: int


class LetterAnswer(Answer):
    """What one party is told. The statement of reasons is the primary applicant's; each reads of their own report alone."""

    party: UUID
    role: PartyRole
    is_sent: bool = Field(description="Whether this party is sent a letter of their own.")
    blocks: list[dict[str, Any]] = Field(
        description="The text after heading and summary, in order: headings, paragraphs, lists, reasons, rows, tables, quotations."
    )
    pdf: PdfAnswer | None = Field(description="Null until it is rendered, and where no letter is sent.")


class NoticeAnswer(Answer):
    """The notice that stands, frozen when it was written."""

    application: UUID
    decision_number: int | None = Field(description="Null for a notice of incompleteness.")
    kind: NoticeKind
    language: str
    heading: str
    summary: str
    letters: list[LetterAnswer]


class NoticeView(ApiView):
    """`/applications/{id}/notice`."""

    scopes: ClassVar = {"GET": Scope.EXPLANATIONS_READ}

    @extend_schema(
        operation_id="get_notice",
        summary="Read the notice that stands, or a letter of it",
        parameters=[
            OpenApiParameter(
                "Accept",
                {"type": "string", "examples": [JSON, PDF]},
                HEADER,
                description="`application/json` (the default) for the text, `application/pdf` for a letter.",
            ),
            OpenApiParameter(
                "party",
                {"type": "string", "format": "uuid"},
                QUERY,
                description="Whose letter, with `Accept: application/pdf`; the primary applicant's unless given.",
            ),
        ],
        responses={
            (200, JSON): OpenApiResponse(NoticeAnswer, description="The notice."),
            (200, PDF): OpenApiResponse(OpenApiTypes.BINARY, description="The letter, as it was rendered."),
            **problems(400, 401, 403, 404, 406, 429, 503),
        },
    )
    def get(self, request: Request, public_id: UUID) -> HttpResponse:
        """404 with `no_notice_yet` until a notice is disclosed, with `no_letter_yet` until the letter is rendered."""
        application = access_application(principal_of(request).client, public_id)
        wanted = request._request.get_preferred_type([JSON, PDF])
        if wanted is None:
            raise Problem("not_acceptable", f"There is {JSON} and {PDF}.")
        party = _party_asked_for(request)
        notice = told_notice(application)
        if notice is None:
            raise Problem("no_notice_yet", "There is no notice that may be read yet.")
        if wanted == PDF:
            return _pdf(notice, application, party)
        response = json_response(_described(notice, application))
        response["Vary"] = "Accept"
        return response


def _party_asked_for(request: Request) -> UUID | None:
    unknown = sorted(set(request.query_params) - {"party"})
    errors = [FieldError(f"?{name}", "unknown_parameter", "There is no such parameter.") for name in unknown]
    given = request.query_params.get("party")
    try:
        party = UUID(given) if given is not None else None
    except ValueError:
        party = None
        errors.append(FieldError("?party", "not_a_uuid", "Give the party's id."))
    if errors:
        raise Problem("parameter_invalid", "A query parameter cannot be used.", errors=errors)
    return party


def _pdf(notice: Notice, application: Application, party: UUID | None) -> HttpResponse:
    """The stored bytes. Another application's party has no letter here."""
    letters = Letter.objects.filter(notice=notice).select_related("party")
    letter = (
        letters.filter(party__role=PartyRole.PRIMARY)
        if party is None
        else letters.filter(party__public_id=party)
    ).first()
    if letter is None:
        raise Problem("no_letter_yet", "There is no letter for this party, or it is not rendered yet.")
    try:
        pdf = letter_pdf(letter)
    except (LetterChanged, Unreadable) as error:
        raise Problem("letter_unavailable", "The stored letter cannot be shown.") from error
    name = f"{application.reference}-{letter.party.ordinal}.pdf"
    return HttpResponse(
        pdf,
        content_type=PDF,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Vary": "Accept"},
    )


def _described(notice: Notice, application: Application) -> NoticeAnswer:
    content = notice.snapshot
    rendered = {
        str(letter.party.public_id): PdfAnswer(sha256=letter.pdf_sha256, page_count=letter.page_count)
        for letter in Letter.objects.filter(notice=notice).select_related("party").defer("pdf")
    }
    return NoticeAnswer(
        application=application.public_id,
        decision_number=notice.decision.number if notice.decision else None,
        kind=NoticeKind(notice.kind),
        language=notice.language,
        heading=content["heading"],
        summary=content["summary"],
        letters=[
            LetterAnswer(
                party=UUID(letter["party"]),
                role=PartyRole(letter["role"]),
                is_sent=letter["sent"],
                blocks=letter["blocks"],
                pdf=rendered.get(letter["party"]),
            )
            for letter in content["letters"]
        ],
    )
