"""Answering an offer over the API: taking it, or turning it down."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from underwriting.api.authentication import principal_of
from underwriting.api.base import ApiView
from underwriting.api.body import read_json
from underwriting.api.documentation import KEYED_PARAMETERS, problems
from underwriting.api.idempotency import StoredAnswer, keyed_request
from underwriting.api.once import answer_once, replay
from underwriting.api.problems import FieldError, Problem, pointer
from underwriting.api.schemas import ApplicationAnswer, application_answer, standing_decisions
from underwriting.decisions.offers import OfferOver, accept_offer, refuse_offer
from underwriting.enums import Scope
from underwriting.people.access import access_application

REQUEST = {
    "application/json": {
        "type": "object",
        "required": ["accepted"],
        "additionalProperties": False,
        "properties": {
            "accepted": {"type": "boolean", "description": "true takes the offer, false turns it down."}
        },
    }
}


class AcceptView(ApiView):
    """`/applications/{id}/accept`."""

    scopes: ClassVar = {"POST": Scope.APPLICATIONS_WRITE}

    @extend_schema(
        operation_id="answer_offer",
        summary="Take an offer, or turn it down",
        parameters=KEYED_PARAMETERS,
        request=REQUEST,
        responses={
            200: OpenApiResponse(ApplicationAnswer, description="Answered so, now or before."),
            **problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request, public_id: UUID) -> HttpResponse:
        """The offer of an approval or counteroffer stands until its `valid_until`, whatever the policy becomes meanwhile.

        409 `offer_over` where there is none, or where it was answered otherwise, replaced, or is past its day.
        """
        principal = principal_of(request)
        application = access_application(principal.client, public_id)
        body = read_json(request._request)
        keyed = keyed_request(request._request, client=principal.client, body=body)
        earlier = replay(keyed)
        if earlier is not None:
            return earlier
        act = accept_offer if _accepted(body) else refuse_offer

        def answer() -> StoredAnswer:
            act(application=application, actor=principal.actor(request), now=timezone.now())
            described = application_answer(application, standing_decisions([application]).get(application.pk))
            location = reverse("api-application", kwargs={"public_id": application.public_id})
            return StoredAnswer(200, described.model_dump_json().encode(), location)

        try:
            return answer_once(keyed, answer)
        except OfferOver as over:
            raise Problem("offer_over", f"{str(over).capitalize()}.") from over


def _accepted(body: dict[str, Any]) -> bool:
    """Raises Problem (422) for a field that is not known, and for an answer that is missing or neither true nor false."""
    errors = [
        FieldError(pointer([name]), "unknown_field", "There is no such field.")
        for name in body
        if name != "accepted"
    ]
    accepted = body.get("accepted")
    if not isinstance(accepted, bool):
        errors.append(FieldError("/accepted", "required", "Either true or false."))
    if errors:
        raise Problem("field_invalid", "A field cannot be used.", errors=errors)
    return accepted is True
