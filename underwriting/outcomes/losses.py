"""What of a loan is lost when it goes bad: measured on the lender's own bad loans, assumed where they are few."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from underwriting.enums import LoanEventKind
from underwriting.models import Product
from underwriting.outcomes.known import BAD_DAYS_LATE

# Of a loan without collateral: Basel II, paragraph 287 (senior claims, 45 %).
ASSUMED_SHARE = 0.45
BAD_LOANS_MIN = 30

# Loans that went bad and whose end is known: charged off with a loss told, or paid off after 90 days late. What was lent: the
# newest offer, else (a loan of somebody else's system) what was asked for. Nobody loses more than that.
_ENDED_BADLY = """
WITH bad AS (
  SELECT DISTINCT e.application_id
    FROM underwriting_loanevent e JOIN underwriting_application a ON a.id = e.application_id
   WHERE a.product_id = %(product)s AND e.occurred_on <= %(until)s
     AND (e.kind = %(charged_off)s OR (e.kind = %(late)s AND e.days_late >= %(days)s))),
loans AS (
  SELECT coalesce(sum(e.amount_minor) FILTER (WHERE e.kind = %(charged_off)s), 0) AS lost,
         bool_or(e.kind = %(charged_off)s) AS is_charged_off, bool_or(e.kind = %(paid_off)s) AS is_paid_off,
         coalesce(max(d.amount_minor), max(a.requested_amount_minor)) AS lent
    FROM bad
    JOIN underwriting_loanevent e ON e.application_id = bad.application_id AND e.occurred_on <= %(until)s
    JOIN underwriting_application a ON a.id = bad.application_id
    LEFT JOIN LATERAL (SELECT (offer->>'amount_minor')::bigint AS amount_minor FROM underwriting_decision
                        WHERE application_id = a.id AND offer IS NOT NULL ORDER BY number DESC LIMIT 1) d ON true
   GROUP BY bad.application_id)
SELECT count(*), coalesce(sum(least(lost, lent)), 0), coalesce(sum(lent), 0)
  FROM loans
 WHERE lent > 0 AND CASE WHEN is_charged_off THEN lost > 0 ELSE is_paid_off END
"""


@dataclass(frozen=True, slots=True)
class LossGivenDefault:
    """The share of its amount that a loan which goes bad loses, 0 to 1. `bad_loan_count`: those that it
    was measured on, or that are too few to."""

    share: float = ASSUMED_SHARE
    bad_loan_count: int = 0

    @property
    def is_measured(self) -> bool:
        """Whether the lender's own losses are enough; else the share is an assumption."""
        return self.bad_loan_count >= BAD_LOANS_MIN


def loss_given_default(product: Product, *, until: date) -> LossGivenDefault:
    """Lost of the amount lent, over the product's bad loans that ended up to and including a day; fewer than 30: assumed. One statement."""
    parameters: dict[str, Any] = {
        "product": product.pk,
        "until": until,
        "days": BAD_DAYS_LATE,
        "late": LoanEventKind.LATE.value,
        "charged_off": LoanEventKind.CHARGED_OFF.value,
        "paid_off": LoanEventKind.PAID_OFF.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENDED_BADLY, parameters)
        count, lost, lent = cursor.fetchone()
    return LossGivenDefault(ASSUMED_SHARE if count < BAD_LOANS_MIN else float(lost) / float(lent), int(count))
