"""Withdrawing an application over the API."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from review_queue.messages import MessageRefused, send_message
from underwriting.api.authentication import principal_of
from underwriting.api.base import ApiView
from underwriting.api.body import read_json
from underwriting.api.documentation import KEYED_PARAMETERS, problems
from underwriting.api.idempotency import StoredAnswer, keyed_request
from underwriting.api.once import answer_once, replay, to_store
from underwriting.api.problems import FieldError, Problem, pointer
from underwriting.api.schemas import ApplicationAnswer, standing_answer
from underwriting.decisions.record import lock_applications
from underwriting.decisions.transitions import StatusRefused
from underwriting.decisions.withdraw import withdraw_application
from underwriting.enums import ApplicationStatus, PartyRole, Scope
from underwriting.people.access import access_application

REASON_CHARACTERS_MAX = 400
REQUEST = {
    "application/json": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "reason": {
                "type": "string",
                "maxLength": REASON_CHARACTERS_MAX,
                "description": "In the applicant's own words, where they gave any.",
            }
        },
    }
}


class WithdrawView(ApiView):
    """`/applications/{id}/withdraw`."""

    scopes: ClassVar = {"POST": Scope.APPLICATIONS_WRITE}

    @extend_schema(
        operation_id="withdraw_application",
        summary="Withdraw an application",
        parameters=KEYED_PARAMETERS,
        request=REQUEST,
        responses={
            200: OpenApiResponse(ApplicationAnswer, description="Withdrawn, now or before."),
            **problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request, public_id: UUID) -> HttpResponse:
        """The applicant wants no decision any more: nothing is decided or sent from then on, and the record is kept.

        A reason is kept as a message of the primary applicant, sealed under their key; the trail has its length alone.

        409 `withdrawal_refused` for an application that was declined, accepted, or has ended.
        """
        principal = principal_of(request)
        application = access_application(principal.client, public_id)
        body = read_json(request._request)
        keyed = keyed_request(request._request, client=principal.client, body=body)
        earlier = replay(keyed)
        if earlier is not None:
            return earlier
        reason = _reason(body)

        def withdraw() -> StoredAnswer:
            actor, now = principal.actor(request), timezone.now()
            before = lock_applications([application.pk])[application.pk].status
            stands = withdraw_application(application=application, actor=actor, now=now)
            if reason.strip() and before != ApplicationStatus.WITHDRAWN:
                author = application.parties.get(role=PartyRole.PRIMARY)
                send_message(application=stands, party=author, author=None, text=reason, actor=actor, now=now)
            return to_store(standing_answer(stands))

        try:
            return answer_once(keyed, withdraw)
        except StatusRefused as refused:
            raise Problem("withdrawal_refused", f"The application is {application.status}.") from refused
        except MessageRefused as refused:
            error = FieldError("/reason", "reason_invalid", str(refused))
            raise Problem("field_invalid", "A field cannot be used.", errors=[error]) from refused


def _reason(body: dict[str, Any]) -> str:
    """Raises Problem (422) for a field that is not known, or a reason that is no text of the allowed length."""
    errors = [
        FieldError(pointer([name]), "unknown_field", "There is no such field.")
        for name in body
        if name != "reason"
    ]
    reason = body.get("reason", "")
    if not isinstance(reason, str) or len(reason) > REASON_CHARACTERS_MAX:
        said = f"Text of at most {REASON_CHARACTERS_MAX} characters."
        errors.append(FieldError("/reason", "reason_invalid", said))
    if errors:
        raise Problem("field_invalid", "A field cannot be used.", errors=errors)
    return str(reason)
