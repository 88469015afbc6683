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
from underwriting.outcomes.known import BAD_DAYS_LATE

# Bad comes before good: once 90 days late or charged off, always bad.
_RESULTS = """
SELECT e.application_id, bool_or(e.kind = %(charged_off)s OR (e.kind = %(late)s AND e.days_late >= %(days)s)) AS is_bad
  FROM underwriting_loanevent e JOIN underwriting_application a ON a.id = e.application_id
 WHERE a.product_id = %(product)s AND e.occurred_on <= %(until)s
   AND (e.kind IN (%(charged_off)s, %(paid_off)s) OR (e.kind = %(late)s AND e.days_late >= %(days)s))
 GROUP BY 1
"""


def known_results(past: Past, product_id: int, *, until: date) -> Known:
    """Of each row, from events up to and including a day."""
    parameters: dict[str, Any] = {
        "product": product_id,
        "until": until,
        "days": BAD_DAYS_LATE,
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
