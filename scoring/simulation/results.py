"""Known results of a product's loans as arrays: the rule of underwriting.outcomes.known, counted by the database."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from django.db import connection

from scoring.simulation.cube import Known
from scoring.simulation.store import Past
from underwriting.enums import LoanEventKind
from underwriting.models import LoanEvent
from underwriting.outcomes.known import BAD_DAYS_LATE, TOLD_WITHIN_DAYS, WINDOW_MONTHS

# Of loans that are old enough. Bad comes before good: once 90 days late or charged off within the window, always bad.
_RESULTS = """
WITH told AS (
  SELECT e.application_id, e.kind, e.occurred_on, w.ended_on,
         e.kind = %(charged_off)s OR (e.kind = %(late)s AND e.days_late >= %(days)s) AS is_bad
    FROM underwriting_loanevent e
    JOIN underwriting_application a ON a.id = e.application_id
    JOIN underwriting_lender l ON l.id = a.lender_id
   CROSS JOIN LATERAL (SELECT ((a.received_at AT TIME ZONE l.time_zone)::date + make_interval(months => %(window)s))::date
                              AS ended_on) w
   WHERE a.product_id = %(product)s AND e.occurred_on <= %(until)s AND w.ended_on + %(told_within)s <= %(until)s)
SELECT application_id, bool_or(is_bad AND occurred_on <= ended_on) AS is_bad
  FROM told
 GROUP BY 1
HAVING bool_or(is_bad AND occurred_on <= ended_on) OR bool_or(kind = %(paid_off)s OR occurred_on >= ended_on)
"""


def known_results(past: Past, product_id: int, *, until: date) -> Known:
    """Within the window, of each row that is old enough to be counted; from events up to and including a day."""
    parameters: dict[str, Any] = {
        "product": product_id,
        "until": until,
        "days": BAD_DAYS_LATE,
        "window": WINDOW_MONTHS,
        "told_within": TOLD_WITHIN_DAYS,
        "late": LoanEventKind.LATE.value,
        "charged_off": LoanEventKind.CHARGED_OFF.value,
        "paid_off": LoanEventKind.PAID_OFF.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RESULTS, parameters)
        rows = cursor.fetchall()
    settled = np.array([row[0] for row in rows], dtype=np.int64)
    bad = np.array([row[0] for row in rows if row[1]], dtype=np.int64)
    return Known(np.isin(past.application_id, settled), np.isin(past.application_id, bad))


def last_event_id(lender_id: int) -> int:
    """The newest loan event of a lender; 0 without any."""
    newest = LoanEvent.objects.filter(lender_id=lender_id).order_by("-pk").values_list("pk", flat=True)
    return newest.first() or 0
