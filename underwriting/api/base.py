"""What all operations of the API share: key, scope, rate limit, problem details, JSON and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpResponse
from pydantic import BaseModel
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from underwriting.api.authentication import HasScope, KeyAuthentication
from underwriting.api.problems import FieldError, Problem, handle_exception
from underwriting.api.throttles import KeyThrottle
from underwriting.enums import Scope

PAGE_SIZE = 20
PAGE_SIZE_LIMIT = 100
_WHOLE_NUMBER = re.compile(r"[0-9]{1,4}")


class AlwaysJson(BaseContentNegotiation):
    """The API speaks JSON; an Accept header for anything else is answered in JSON all the same."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        del request
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        del request, format_suffix
        return next(iter(renderers)), "application/json"


class ApiView(APIView):
    """Base of every operation. `scopes` names the scope each method needs."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [HasScope]
    throttle_classes = [KeyThrottle]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AlwaysJson
    metadata_class = None
    http_method_names = ["get", "head", "post"]
    scopes: ClassVar[dict[str, Scope]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Before each operation: who calls, counted, and only then whether the key's scopes allow it.

        Django REST framework asks for permission first, so that a refused request would not count.
        """
        self.format_kwarg = self.get_format_suffix(**kwargs)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        request.version, request.versioning_scheme = self.determine_version(request, *args, **kwargs)
        self.perform_authentication(request)
        self.check_throttles(request)
        self.check_permissions(request)

    def get_exception_handler(self) -> Callable[[Exception, Mapping[str, Any]], HttpResponse | None]:
        return handle_exception


def json_response(content: BaseModel, *, status: int = 200) -> HttpResponse:
    """Write a model as JSON."""
    return HttpResponse(content.model_dump_json(), status=status, content_type="application/json")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A page asked for. `starting_after` is the id of the last item of the page before."""

    limit: int
    starting_after: str | None


def read_cursor(request: Request) -> Cursor:
    """Read `limit` (1 to 100, 20 unless given) and `starting_after`. Raises Problem for these and for unknown parameters."""
    errors = [
        FieldError(f"?{name}", "unknown_parameter", "There is no such parameter.")
        for name in request.query_params
        if name not in {"limit", "starting_after"}
    ]
    text = request.query_params.get("limit", str(PAGE_SIZE))
    limit = int(text) if _WHOLE_NUMBER.fullmatch(text) else 0
    if not 1 <= limit <= PAGE_SIZE_LIMIT:
        errors.append(FieldError("?limit", "out_of_range", f"A page has 1 to {PAGE_SIZE_LIMIT} items."))
    if errors:
        raise Problem("parameter_invalid", "A query parameter cannot be used.", errors=errors)
    return Cursor(limit=limit, starting_after=request.query_params.get("starting_after"))


def cursor_unknown() -> Problem:
    """`starting_after` names nothing of the caller's."""
    error = FieldError("?starting_after", "unknown", "There is no such item to start after.")
    return Problem("parameter_invalid", "A query parameter cannot be used.", errors=[error])
