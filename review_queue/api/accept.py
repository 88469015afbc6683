"""Answering an offer over the API: taking it, or turning it down."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from underwriting.api.authentication import principal_of
from underwriting.api.base import ApiView
from underwriting.api.body import read_json
from underwriting.api.documentation import KEYED_PARAMETERS, problems
from underwriting.api.idempotency import StoredAnswer, keyed_request
from underwriting.api.once import answer_once, replay, to_store
from underwriting.api.problems import FieldError, Problem, pointer
from underwriting.api.schemas import ApplicationAnswer, standing_answer
from underwriting.decisions.answers import (
    OfferConditional,
    OfferOver,
    OfferUntold,
    accept_offer,
    refuse_offer,
)
from underwriting.enums import Scope
from underwriting.people.access import access_application

DECISION_MAX = 999_999_999
REQUEST = {
    "application/json": {
        "type": "object",
        "required": ["accepted"],
        "additionalProperties": False,
        "properties": {
            "accepted": {"type": "boolean", "description": "true takes the offer, false turns it down."},
            "decision": {
                "type": "integer",
                "minimum": 1,
                "maximum": DECISION_MAX,
                "description": "Number of the decision whose offer is answered, so that no other that took its place is.",
            },
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

        Taking it ends an appeal that nobody has answered yet. 409 `offer_over` where there is none, or where it was answered otherwise,
        replaced, or is past its day; 409 `offer_untold` while its notice is held, and `offer_conditional` until its conditions are met;
        a conditional offer can be turned down at any time.
        """
        principal = principal_of(request)
        application = access_application(principal.client, public_id)
        body = read_json(request._request)
        keyed = keyed_request(request._request, client=principal.client, body=body)
        earlier = replay(keyed)
        if earlier is not None:
            return earlier
        accepted, decision = _read(body)
        act = accept_offer if accepted else refuse_offer

        def answer() -> StoredAnswer:
            actor = principal.actor(request)
            act(application=application, decision=decision, actor=actor, now=timezone.now())
            return to_store(standing_answer(application))

        try:
            return answer_once(keyed, answer)
        except OfferOver as over:
            raise Problem("offer_over", f"{str(over).capitalize()}.") from over
        except OfferConditional as conditional:
            raise Problem("offer_conditional", f"{str(conditional).capitalize()}.") from conditional
        except OfferUntold as untold:
            raise Problem("offer_untold", f"{str(untold).capitalize()}.") from untold


def _read(body: dict[str, Any]) -> tuple[bool, int | None]:
    """The answer, and to the offer of which decision. Raises Problem (422) for a field that is not known or cannot be used."""
    errors = [
        FieldError(pointer([name]), "unknown_field", "There is no such field.")
        for name in body
        if name not in ("accepted", "decision")
    ]
    accepted = body.get("accepted")
    if not isinstance(accepted, bool):
        errors.append(FieldError("/accepted", "required", "Either true or false."))
    decision = body.get("decision")
    if "decision" in body and (type(decision) is not int or not 1 <= decision <= DECISION_MAX):
        errors.append(FieldError("/decision", "malformed", "The number of a decision."))
    if errors:
        raise Problem("field_invalid", "A field cannot be used.", errors=errors)
    return accepted is True, decision
