"""Operations on applications: submit, read, list, decision, timeline."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from underwriting.api.authentication import Principal, principal_of
from underwriting.api.base import ApiView, Cursor, cursor_unknown, json_response, read_cursor
from underwriting.api.body import read_json
from underwriting.api.documentation import (
    CURSOR_PARAMETERS,
    SUBMIT_PARAMETERS,
    application_request,
    problems,
    submit_responses,
)
from underwriting.api.idempotency import (
    Abandoned,
    KeyedRequest,
    StoredAnswer,
    claim_key,
    earlier_answer,
    in_progress,
    keyed_request,
    remember_application,
    store_answer,
)
from underwriting.api.once import to_store
from underwriting.api.problems import FieldError, Problem, pointer
from underwriting.api.schemas import (
    ApplicationAnswer,
    ApplicationDetail,
    ApplicationPage,
    DecisionAnswer,
    TimelinePage,
    application_answer,
    decision_answer,
    standing_answer,
    standing_decisions,
    timeline_event,
)
from underwriting.api.wait import listener, preferred_wait_seconds
from underwriting.config.requests import request_id
from underwriting.enums import ApplicationStatus, Scope
from underwriting.intake.offered import check_offered
from underwriting.intake.payload import ApplicationPayload, ContractError, ContractViolated, NotOffered
from underwriting.intake.read import read_application
from underwriting.intake.submit import submit_application
from underwriting.models import Application, AuditEntry, Product
from underwriting.moment import database_now
from underwriting.people.access import access_application
from underwriting.people.links import applicant_path

# Steps inside the lender's house (claims, notes, alerts) are not the partner's.
TIMELINE_ACTIONS = ("application.", "decision.", "notice.")
BEING_WORKED_ON = (ApplicationStatus.SUBMITTED, ApplicationStatus.IN_ASSESSMENT)


class ApplicationsView(ApiView):
    """`/applications`."""

    scopes: ClassVar = {"GET": Scope.APPLICATIONS_READ, "POST": Scope.APPLICATIONS_WRITE}

    @extend_schema(
        operation_id="submit_application",
        summary="Submit an application",
        parameters=SUBMIT_PARAMETERS,
        request=application_request(),
        responses={
            **submit_responses(ApplicationAnswer),
            **problems(400, 401, 403, 409, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request) -> HttpResponse:
        """Store an application once and put it to work.

        Answers 202 with `Location`; with `Prefer: wait=N` (1 to 10 seconds) 201 when the decision is made in time.
        """
        principal = principal_of(request)
        body = read_json(request._request)
        keyed = keyed_request(request._request, client=principal.client, body=body)
        earlier = earlier_answer(keyed)
        if isinstance(earlier, StoredAnswer):
            return earlier.response(replayed=True)
        if isinstance(earlier, Abandoned):
            return _store(keyed, earlier.attempt, _answer_from(earlier.application, status_code=202))
        payload = _read(principal, body)
        stored = _submit(request, principal, payload, keyed)
        if stored is None:
            earlier = earlier_answer(keyed)
            if isinstance(earlier, StoredAnswer):
                return earlier.response(replayed=True)
            raise in_progress()
        application, attempt = stored
        seconds = preferred_wait_seconds(request.headers.get("Prefer", ""))
        return _store(keyed, attempt, _first_answer(application, seconds))

    @extend_schema(
        operation_id="list_applications",
        summary="List applications, newest first",
        parameters=CURSOR_PARAMETERS,
        responses={200: ApplicationPage, **problems(400, 401, 403, 429, 503)},
    )
    def get(self, request: Request) -> HttpResponse:
        """A page of the lender's applications; `starting_after` is the id of the last one of the page before."""
        cursor = read_cursor(request)
        found = _page(principal_of(request), cursor)
        page = found[: cursor.limit]
        decisions = standing_decisions(page)
        data = [application_answer(application, decisions.get(application.pk)) for application in page]
        return json_response(ApplicationPage(data=data, has_more=len(found) > cursor.limit))


class ApplicationView(ApiView):
    """`/applications/{id}`."""

    scopes: ClassVar = {"GET": Scope.APPLICATIONS_READ}

    @extend_schema(
        operation_id="get_application",
        summary="Read an application",
        responses={200: ApplicationDetail, **problems(401, 403, 404, 429, 503)},
    )
    def get(self, request: Request, public_id: UUID) -> HttpResponse:
        """Status, outcome, offer, the reasons once they are disclosed, and the applicant's own page."""
        application = access_application(principal_of(request).client, public_id)
        page = applicant_path(application, now=timezone.now())
        return json_response(ApplicationDetail(**dict(standing_answer(application)), applicant_page=page))


class DecisionView(ApiView):
    """`/applications/{id}/decision`."""

    scopes: ClassVar = {"GET": Scope.APPLICATIONS_READ}

    @extend_schema(
        operation_id="get_decision",
        summary="Read the decision that stands",
        responses={200: DecisionAnswer, **problems(401, 403, 404, 429, 503)},
    )
    def get(self, request: Request, public_id: UUID) -> HttpResponse:
        """The last decision; 404 with `no_decision_yet` while there is none."""
        application = access_application(principal_of(request).client, public_id)
        decision = standing_decisions([application]).get(application.pk)
        if decision is None:
            raise Problem("no_decision_yet", f"The application is {application.status}.")
        return json_response(decision_answer(application, decision))


class TimelineView(ApiView):
    """`/applications/{id}/timeline`."""

    scopes: ClassVar = {"GET": Scope.APPLICATIONS_READ}

    @extend_schema(
        operation_id="get_timeline",
        summary="Read what happened to an application, newest first",
        parameters=CURSOR_PARAMETERS,
        responses={200: TimelinePage, **problems(400, 401, 403, 404, 429, 503)},
    )
    def get(self, request: Request, public_id: UUID) -> HttpResponse:
        """Events that concern the applicant or the partner."""
        application = access_application(principal_of(request).client, public_id)
        cursor = read_cursor(request)
        shown = Q()
        for prefix in TIMELINE_ACTIONS:
            shown |= Q(action__startswith=prefix)
        entries = AuditEntry.objects.filter(shown, application=application).order_by("-pk")
        if cursor.starting_after is not None:
            after = cursor.starting_after
            # 18 digits always fit the key's type
            if not (
                after.isascii()
                and after.isdigit()
                and len(after) <= 18
                and entries.filter(pk=int(after)).exists()
            ):
                raise cursor_unknown()
            entries = entries.filter(pk__lt=int(after))
        found = list(entries[: cursor.limit + 1])
        data = [timeline_event(entry) for entry in found[: cursor.limit]]
        return json_response(TimelinePage(data=data, has_more=len(found) > cursor.limit))


def _read(principal: Principal, body: dict[str, Any]) -> ApplicationPayload:
    """Check the body against the contract of the product it names. Raises Problem (422)."""
    try:
        product = _product(principal, body)
        payload = read_application(product=product, body=body, now=timezone.now())
        channel, purpose = principal.client.channel, payload.purpose
        check_offered(product=product, channel=channel, purpose=purpose, now=database_now())
    except ContractViolated as violation:
        errors = [FieldError(pointer(error.path), error.code, error.message) for error in violation.errors]
        raise Problem(
            "contract_violated", "The application does not fit the contract of its product.", errors=errors
        ) from violation
    except NotOffered as refusal:
        raise Problem("not_offered", str(refusal)) from refusal
    return payload


def _product(principal: Principal, body: dict[str, Any]) -> Product:
    code = body.get("product")
    if code is None:
        raise ContractViolated((ContractError(("product",), "required", "Field required"),))
    product = (
        Product.objects.filter(lender=principal.lender, code=code).first() if isinstance(code, str) else None
    )
    if product is None:
        raise ContractViolated(
            (ContractError(("product",), "product_unknown", "There is no product with this code."),)
        )
    product.lender = principal.lender
    return product


def _submit(
    request: Request, principal: Principal, payload: ApplicationPayload, keyed: KeyedRequest
) -> tuple[Application, uuid.UUID] | None:
    """Key and application in one transaction; None when a twin of this request has the key."""
    with transaction.atomic():
        attempt = claim_key(keyed)
        if attempt is None:
            return None
        application = submit_application(
            client=principal.client,
            payload=payload,
            actor=principal.actor(request),
            now=timezone.now(),
            request_id=request_id(request._request),
        )
        remember_application(attempt, application)
    return application, attempt


def _first_answer(application: Application, seconds: int) -> StoredAnswer:
    if seconds == 0 or application.status == ApplicationStatus.INCOMPLETE:
        return to_store(application_answer(application, None), status_code=202)

    def is_settled() -> bool:
        return not Application.objects.filter(pk=application.pk, status__in=BEING_WORKED_ON).exists()

    listener.wait_until(str(application.public_id), is_decided=is_settled, seconds=seconds)
    application.refresh_from_db(fields=["status", "decided_at", "missing_fields", "completed_at"])
    return _answer_from(application)


def _answer_from(application: Application, *, status_code: int | None = None) -> StoredAnswer:
    """201 with a decision, 202 without one, unless the status is given."""
    described = standing_answer(application)
    return to_store(described, status_code=status_code or (201 if described.outcome else 202))


def _store(keyed: KeyedRequest, attempt: uuid.UUID, answer: StoredAnswer) -> HttpResponse:
    standing, replayed = store_answer(keyed, attempt, answer)
    return standing.response(replayed=replayed)


def _page(principal: Principal, cursor: Cursor) -> list[Application]:
    """One more than a page, by key (received_at, id)."""
    applications = (
        Application.objects.filter(lender=principal.lender)
        .select_related("product", "possible_duplicate_of")
        .order_by("-received_at", "-pk")
    )
    if cursor.starting_after is not None:
        last = _last_of_page_before(principal, cursor.starting_after)
        applications = applications.filter(
            Q(received_at__lt=last.received_at) | Q(received_at=last.received_at, pk__lt=last.pk)
        )
    return list(applications[: cursor.limit + 1])


def _last_of_page_before(principal: Principal, text: str) -> Application:
    try:
        return Application.objects.only("received_at").get(lender=principal.lender, public_id=UUID(text))
    except (ValueError, Application.DoesNotExist) as error:
        raise cursor_unknown() from error
