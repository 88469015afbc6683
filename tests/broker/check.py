"""What has to hold after any number of kills. Reads the database and the bureau's own counters, and nothing of the product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg

_APPLICATIONS = """
SELECT a.id, a.status,
       (SELECT count(*) FROM underwriting_assessment s WHERE s.application_id = a.id),
       (SELECT count(*) FROM underwriting_decision d WHERE d.application_id = a.id),
       (SELECT count(*) FROM review_queue_reviewcase c WHERE c.application_id = a.id AND c.kind = 'REFERRAL'),
       (SELECT count(*) FROM underwriting_auditentry e WHERE e.application_id = a.id AND e.action = 'decision.recorded'),
       (SELECT array_agg(w.state || ' ' || w.kind) FROM underwriting_workitem w WHERE w.application_id = a.id),
       (SELECT count(*) FROM underwriting_assessment s
         WHERE s.application_id = a.id
           AND NOT EXISTS (SELECT 1 FROM underwriting_workitem w WHERE w.application_id = a.id AND w.claim_token = s.claim_token)),
       (SELECT count(*) FROM underwriting_bureaupull p WHERE p.application_id = a.id)
  FROM underwriting_application a ORDER BY a.id
"""


@dataclass(frozen=True)
class Verdict:
    """`lost` and `doubled` name applications by key; `stale` counts assessments written under a superseded claim token."""

    applications: int
    decided: int
    referred: int
    lost: tuple[int, ...]
    doubled: tuple[int, ...]
    stale: int
    pulled_twice: int
    complaints: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.stale or self.pulled_twice or self.complaints)


def check(*, address: str, applications: Sequence[int], people: Sequence[str], bureau: str) -> Verdict:
    """Compare what the client was told with what is there."""
    with psycopg.connect(address) as connection:
        rows = {row[0]: row[1:] for row in connection.execute(_APPLICATIONS).fetchall()}
    pulls = httpx.get(f"{bureau}/stats", timeout=5).json()
    outcomes = {key: (rows[key][2], rows[key][3]) if key in rows else (0, 0) for key in applications}
    return Verdict(
        applications=len(applications),
        decided=sum(1 for outcome in outcomes.values() if outcome == (1, 0)),
        referred=sum(1 for outcome in outcomes.values() if outcome == (0, 1)),
        lost=tuple(key for key, outcome in outcomes.items() if sum(outcome) == 0),
        doubled=tuple(key for key, outcome in outcomes.items() if sum(outcome) > 1 or rows[key][1] > 1),
        stale=sum(row[6] for row in rows.values()),
        pulled_twice=sum(1 for person in people if pulls["by_person"].get(person, 0) > 1)
        + sum(1 for count in pulls["by_reference"].values() if count > 1),
        complaints=tuple(_complaints(rows, applications)),
    )


def _complaints(rows: dict[int, tuple[Any, ...]], applications: Sequence[int]) -> Iterator[str]:
    if set(rows) != set(applications):
        yield f"applications that nobody submitted, or that are gone: {set(rows) ^ set(applications)}"
    for key, (status, _, decisions, _, audit_entries, items, _, pulls) in rows.items():
        if audit_entries != decisions:
            yield f"{key}: {decisions} decisions and {audit_entries} audit entries"
        if pulls > 1:
            yield f"{key}: {pulls} intents to pull one party"
        if decisions and status not in {"APPROVED", "COUNTEROFFERED", "DECLINED"}:
            yield f"{key}: decided and {status}"
        if len(items or ()) != 1:
            yield f"{key}: work items {items}"
