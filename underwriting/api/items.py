"""What an incomplete application misses, sent by the partner."""

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
from underwriting.enums import Scope
from underwriting.intake.complete import ItemsTooLate, NothingMissing, complete_application
from underwriting.intake.payload import ContractViolated
from underwriting.people.access import access_application

ITEMS_LIMIT = 40
REQUEST = {
    "application/json": {
        "type": "object",
        "required": ["items"],
        "additionalProperties": False,
        "properties": {
            "items": {
                "type": "object",
                "minProperties": 1,
                "maxProperties": ITEMS_LIMIT,
                "description": "By JSON pointer, as `missing_fields` names them; each value as in the application itself.",
                "additionalProperties": {"type": ["string", "integer"]},
                "examples": [{"/purpose": "car", "/applicant/annual_income": "58000.00"}],
            }
        },
    }
}


class ItemsView(ApiView):
    """`/applications/{id}/items`."""

    scopes: ClassVar = {"POST": Scope.APPLICATIONS_WRITE}

    @extend_schema(
        operation_id="send_missing_items",
        summary="Send what an incomplete application misses",
        parameters=KEYED_PARAMETERS,
        request=REQUEST,
        responses={
            200: OpenApiResponse(ApplicationAnswer, description="Taken; `missing_fields` is what is left."),
            **problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request, public_id: UUID) -> HttpResponse:
        """All of it or some of it. With the last of it the application is complete, and is assessed.

        409 `items_too_late` once the time that the notice of incompleteness gave is over: a new application is needed then.
        """
        principal = principal_of(request)
        application = access_application(principal.client, public_id)
        body = read_json(request._request)
        keyed = keyed_request(request._request, client=principal.client, body=body)
        earlier = replay(keyed)
        if earlier is not None:
            return earlier
        items = _items(body)

        def complete() -> StoredAnswer:
            now = timezone.now()
            actor = principal.actor(request)
            stands = complete_application(application=application, given=items, actor=actor, now=now)
            return to_store(standing_answer(stands))

        try:
            return answer_once(keyed, complete)
        except ContractViolated as violation:
            errors = [
                FieldError(f"/items{pointer(error.path)}", error.code, error.message)
                for error in violation.errors
            ]
            raise Problem("items_refused", "An item cannot be used.", errors=errors) from violation
        except ItemsTooLate as late:
            raise Problem(
                "items_too_late", "The time to send it is over. Submit a new application."
            ) from late
        except NothingMissing as nothing:
            raise Problem("nothing_missing", f"The application is {application.status}.") from nothing


def _items(body: dict[str, Any]) -> dict[str, Any]:
    """Raises Problem (422) naming what is wrong with the form of the body."""
    errors = [
        FieldError(pointer([name]), "unknown_field", "There is no such field.")
        for name in body
        if name != "items"
    ]
    items = body.get("items")
    if not isinstance(items, dict) or not 1 <= len(items) <= ITEMS_LIMIT:
        said = f"An object with 1 to {ITEMS_LIMIT} values by JSON pointer."
        errors.append(FieldError("/items", "required" if items is None else "items_invalid", said))
    if errors:
        raise Problem("items_refused", "The body is not a list of items.", errors=errors)
    assert isinstance(items, dict)
    return items
