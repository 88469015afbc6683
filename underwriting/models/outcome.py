"""What became of loans: the days on which they were paid, late, paid off or charged off."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from underwriting.enums import LoanEventKind


class LoanEvent(models.Model):
    """Something that happened to a loan on a day, as the lender's servicing reported it. Never changed, never taken back."""

    append_only = True

    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="loan_events"
    )
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in LoanEventKind])
    occurred_on = models.DateField(help_text="Day at the lender.")
    days_late = models.PositiveSmallIntegerField(null=True, help_text="Days past due reached; LATE alone.")
    amount_minor = models.BigIntegerField(null=True, help_text="Paid, or lost when charged off; minor units.")
    client = models.ForeignKey(
        "underwriting.ApiClient",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Null: a file.",
    )
    recorded_at = models.DateTimeField(help_text="When we learned it; the real clock.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind", "occurred_on", "days_late"],
                nulls_distinct=False,
                name="loan_event_told_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="LATE", days_late__gte=1) | (~Q(kind="LATE") & Q(days_late=None)),
                name="days_late_of_late_alone",
            ),
        ]
        indexes = [models.Index(fields=["lender", "id"], name="loan_event_since")]
