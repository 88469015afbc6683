"""How many of the papers that an application's people were asked for have come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject

from review_queue.models import ApplicantRequest
from underwriting.documents.wanted import papers
from underwriting.models import Document

# of each case of a queue, within the one statement that reads the page
ASKED = ArraySubquery(
    ApplicantRequest.objects.filter(case__application=OuterRef("application_id"))
    .order_by("pk")
    .values(asked=JSONObject(party=F("party_id"), items=F("items"), at=F("asked_at")))
)
CAME = ArraySubquery(
    Document.objects.filter(application=OuterRef("application_id"))
    .order_by("pk")
    .values(came=JSONObject(party=F("party_id"), kind=F("kind"), at=F("received_at")))
)


@dataclass(frozen=True, slots=True)
class Papers:
    """`received` of `asked` papers; `came` counts every document, also those that nobody asked for."""

    asked: int
    received: int
    came: int


def papers_of(asked: Sequence[dict[str, Any]], came: Sequence[dict[str, Any]]) -> Papers:
    """From the rows of ASKED and CAME. A paper asked for again counts once, from when it was asked for last.

    A document answers one line: of its kind, from whom it was asked for, and after that.
    """
    asked_at = {
        (row["party"], code): datetime.fromisoformat(row["at"])
        for row in asked
        for code in row["items"]
        if code in papers()
    }
    left = [(row["party"], row["kind"], datetime.fromisoformat(row["at"])) for row in came]
    received = 0
    for (party, code), at in sorted(asked_at.items(), key=lambda line: line[1], reverse=True):
        kind = papers()[code].document
        found = next((row for row in left if row[:2] == (party, kind) and row[2] >= at), None)
        if found is not None:
            left.remove(found)
            received += 1
    return Papers(asked=len(asked_at), received=received, came=len(came))
