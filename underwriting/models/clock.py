"""Deadlines of what an applicant must be told, each from its own event (12 CFR 1002.9)."""

from __future__ import annotations

from django.db import models

from underwriting.enums import ClockKind


class NoticeClock(models.Model):
    """One duty with its date. It stops when it is met, or when what it waited for made it void.

    The rows are written where the events happen (underwriting.clocks); what comes of one that is due is explanations' affair.
    """

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="clocks"
    )
    kind = models.CharField(max_length=24, choices=[(k.value, k.value) for k in ClockKind])
    began_at = models.DateTimeField(help_text="The event it counts from.")
    due_on = models.DateField(help_text="Calendar day where the lender is; never moved for a weekend.")
    alert_on = models.DateField(help_text="The working day before the due day.")
    rings_at = models.DateTimeField(
        null=True,
        help_text="When it has to be looked at next; null while that is on its way, or never again.",
    )
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=80, blank=True, help_text="What met it or made it void.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind"],
                condition=models.Q(stopped_at__isnull=True),
                name="one_running_clock_of_a_kind",
            )
        ]
        indexes = [
            # the sweep's question, each second, and the list of what is due
            models.Index(
                fields=["rings_at"], name="clock_rings", condition=models.Q(stopped_at__isnull=True)
            ),
            models.Index(
                fields=["lender", "due_on"], name="clock_running", condition=models.Q(stopped_at__isnull=True)
            ),
        ]
