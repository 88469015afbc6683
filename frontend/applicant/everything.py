"""Everything that is kept about a person: the same content as a page to read and as a file to keep."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from frontend.applicant.access import Visit, own_page
from review_queue.subject_access.export import access_export

SHOWN_OF_NUMBER = 4


@require_safe
@own_page()
def page(visit: Visit) -> HttpResponseBase:
    """The content to read, without script. Its own words are English; around them the page speaks the applicant's language."""
    return visit.page("everything.html", {"export": _export(visit)})


@require_safe
@own_page()
def download(visit: Visit) -> HttpResponseBase:
    response = JsonResponse(_export(visit), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{visit.application.reference}.json"'
    return response


def _export(visit: Visit) -> dict[str, Any]:
    """Of the identity number only the end: who found a letter and knows a birthday must not get the number as well."""
    export = access_export(application=visit.application, party=visit.party, actor=visit.actor, now=visit.now)
    number: str = export["you"]["identity_number"]
    return {**export, "you": {**export["you"], "identity_number": f"…{number[-SHOWN_OF_NUMBER:]}"}}
