"""A version as a file: YAML, CSV tables, GoRules JDM."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404, HttpResponse

from frontend.risk.pages import READERS
from frontend.risk.refusals import answering_refusals
from frontend.session.gate import screen
from frontend.session.staff import StaffRequest
from underwriting.policy.formats.as_csv import csv_table, csv_zip
from underwriting.policy.formats.as_yaml import yaml_text
from underwriting.policy.formats.sheets import SHEETS
from underwriting.policy.formats.to_jdm import jdm_text
from underwriting.policy.selectors import access_version

Writer = Callable[[Mapping[str, Any]], str | bytes]
FORMATS: dict[str, tuple[Writer, str, str]] = {
    "yaml": (yaml_text, "application/yaml", ".yaml"),
    "csv": (csv_zip, "application/zip", "-tables.zip"),
    "jdm": (jdm_text, "application/json", ".jdm.json"),
}


@screen(read=READERS)
@answering_refusals
def export(request: StaffRequest, slug: str, number: int, form: str) -> HttpResponse:
    """The version as a file named after policy and version; `form` is yaml, csv, jdm, or the name of one table."""
    version = access_version(request.lender, slug, number)
    if form in FORMATS:
        write, media_type, ending = FORMATS[form]
        content = write(version.document)
    elif form in SHEETS:
        content, media_type, ending = (
            csv_table(version.document, form),
            "text/csv; charset=utf-8",
            f"-{form}.csv",
        )
    else:
        raise Http404
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{slug}-v{number}{ending}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
