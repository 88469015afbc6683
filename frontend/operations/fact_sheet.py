"""What stands behind one bar of the score: what the fact means, where its value came from, and a way to say that it is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.charts.contributions import contributions, fact_in_words
from frontend.operations.case import show_case
from frontend.operations.context import READERS
from frontend.operations.params import address, read_query
from frontend.session.gate import screen
from frontend.session.staff import OFFICERS, StaffRequest
from review_queue.access import access_case
from review_queue.models import ReviewCase
from underwriting.enums import CaseKind, CaseState
from underwriting.facts.catalogue import FactDefinition, catalogue
from underwriting.facts.corrections import correctable
from underwriting.facts.values import facts_from_json

_DIRECTIONS = {
    1: "The model may only take points away for a higher value.",
    -1: "The model may only add points for a higher value.",
    0: "The model has no fixed direction for it.",
}


@dataclass(frozen=True, slots=True)
class FactSheet:
    """`points` and `typical` are empty where the row is among the smaller factors. `may_correct`: this person, now, on this case."""

    name: str
    label: str
    meaning: str
    direction: str
    value: str
    typical: str
    points: int | None
    origin: str
    known_at: datetime
    may_correct: bool


@screen(read=READERS)
def fact_sheet(request: StaffRequest, number: int, fact: str) -> HttpResponse:
    """The sheet of one fact of the assessment, below the bars; without script on the case page with it open."""
    now = timezone.now()
    found = access_case(number=number, lender_id=request.lender.pk)
    sheet = _sheet(request, found, fact)
    if not request.headers.get("HX-Request"):
        return show_case(request, found, now=now, sheet=sheet)
    here = address(read_query(request, request.GET, now=now))
    context: dict[str, Any] = {"case": found, "sheet": sheet, "zone": request.lender.time_zone, "here": here}
    return render(request, "operations/fact_sheet.html", context)


def _sheet(request: StaffRequest, found: ReviewCase, name: str) -> FactSheet:
    facts, currency = facts_from_json(found.assessment.facts), found.application.currency
    definition: FactDefinition | None = catalogue().get(name)
    if definition is None or name not in facts:
        raise Http404
    row = None
    if found.assessment.contributions is not None and found.assessment.score is not None:
        chart = contributions(
            found.assessment.contributions, score=found.assessment.score, facts=facts, currency=currency
        )
        row = next((row for row in chart.rows if row.fact == name), None)
    return FactSheet(
        name=name,
        label=definition.label,
        meaning=definition.note,
        direction=_DIRECTIONS[definition.risk_sign],
        value=fact_in_words(name, facts[name], currency),
        typical=row.typical if row else "",
        points=row.points if row else None,
        origin=facts[name].origin,
        known_at=facts[name].known_at,
        may_correct=may_correct(request, found) and name in correctable(facts),
    )


def may_correct(request: StaffRequest, found: ReviewCase) -> bool:
    """What the panel would not refuse at once: an officer who holds an open case that is not about a notice."""
    is_theirs = found.holder_id == request.staff.user.pk and found.state == CaseState.OPEN
    return bool(request.roles & OFFICERS) and is_theirs and found.kind != CaseKind.NOTICE_REVIEW
