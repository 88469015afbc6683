"""Every suggestion and every counteroffer taken at its word: the same application assessed again with it, by the real worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from benchmarks.reasons.live import work
from benchmarks.reasons.rows import Chosen
from benchmarks.reasons.shares import Tally
from underwriting.enums import Outcome, WorkKind
from underwriting.models import Assessment, WorkItem
from underwriting.work.put import put

CHUNK = 500
# What a person can change from one day to the next; anything else in a suggestion is a fault of the suggestion.
IN_THEIR_HANDS = frozenset({
    "requested_amount", "requested_term_months", "revolving_utilisation_ratio", "revolving_balance",
    "high_utilisation_account_count", "past_due_account_count", "past_due_amount",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suggested:
    """Facts at the values that were suggested, and at those they have."""

    lender: str
    assessment_id: int
    lender_id: int
    application_id: int
    to: Mapping[str, Any]
    today: Mapping[str, Any]

    @property
    def touches(self) -> frozenset[str]:
        return frozenset(self.to) - IN_THEIR_HANDS


def suggested(declined: Mapping[int, Chosen], *, most: int) -> list[Suggested]:
    """At most so many a lender, in the order of the assessments."""
    found: list[Suggested] = []
    counts: dict[str, int] = {}
    ids = list(declined)
    for start in range(0, len(ids), CHUNK):
        rows = Assessment.objects.filter(application_id__in=ids[start : start + CHUNK], number=1)
        for row in rows.select_related("application").defer("facts", "scores").order_by("id"):
            lender = declined[row.application_id].lender
            changes = _changes(row)
            if changes is None or counts.get(lender, 0) == most:
                continue
            counts[lender] = counts.get(lender, 0) + 1
            to, today = changes
            found.append(Suggested(lender, row.pk, row.lender_id, row.application_id, to, today))
    return found


def has_way(row: Assessment) -> bool:
    """Whether the applicant is offered other terms, or told of a change of their own that would be approved."""
    return row.outcome == Outcome.COUNTEROFFER or any(
        line["kind"] == "FACTS" for line in row.what_would_change
    )


def _changes(row: Assessment) -> tuple[dict[str, Any], dict[str, Any]] | None:
    if row.outcome == Outcome.COUNTEROFFER and row.offer is not None:
        application = row.application
        to = {
            "requested_amount": row.offer["amount_minor"],
            "requested_term_months": row.offer["term_months"],
        }
        today = {
            "requested_amount": application.requested_amount_minor,
            "requested_term_months": application.requested_term_months,
        }
        return to, today
    for line in row.what_would_change:
        if line["kind"] == "FACTS":
            return (
                {change["fact"]: change["to"] for change in line["changes"]},
                {change["fact"]: change["from"] for change in line["changes"]},
            )
    return None


def count_flips(found: Sequence[Suggested], tallies: Mapping[str, Tally], *, changed: bool) -> None:
    """Assess each again, as suggested or (the control) as it is, and count the approvals."""
    items = {
        put(
            kind=WorkKind.TRIAL,
            lender_id=one.lender_id,
            application_id=one.application_id,
            now=timezone.now(),
            payload={"assessment_id": one.assessment_id, "facts": dict(one.to if changed else one.today)},
        ).pk: one
        for one in found
    }
    work()
    results = dict(WorkItem.objects.filter(pk__in=items).values_list("pk", "result"))
    for key, one in items.items():
        tally = tallies[one.lender]
        tally.suggested += 1
        tally.flipped += (results[key] or {}).get("outcome") == Outcome.APPROVE
