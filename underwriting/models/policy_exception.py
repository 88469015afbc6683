"""Permissions to decide outside a policy: asked by one person, approved by another, for a time."""

from __future__ import annotations

from django.db import models

from underwriting.enums import ExceptionState


class PolicyException(models.Model):
    """A recorded permission to approve in spite of a rule of a policy, within a scope, until a day.

    Expired and used up are no states: they follow from the clock and from the uses (review_queue.ExceptionUse).
    """

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(help_text="Shown as E-12; counted for each lender.")
    policy = models.ForeignKey("underwriting.Policy", on_delete=models.PROTECT, related_name="exceptions")
    rule_id = models.CharField(max_length=40, help_text="A rule of `delegation.exception_rules`.")
    channel = models.CharField(max_length=40, blank=True, help_text="Empty: every channel.")
    purpose = models.CharField(max_length=40, blank=True, help_text="Empty: every purpose.")
    amount_max_minor = models.BigIntegerField(null=True, help_text="Null: as far as authority goes.")
    uses_max = models.PositiveIntegerField()
    until = models.DateField(help_text="The last day, where the lender is.")
    owner = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    ticket = models.CharField(max_length=80, help_text="Where it was discussed, or `none`.")
    renews = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="renewals", help_text="What it follows."
    )
    state = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in ExceptionState], default=ExceptionState.ASKED
    )
    asked_by = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    browser = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the mark of the browser it was asked for in."
    )
    answered_by = models.ForeignKey(
        "underwriting.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("underwriting.User", null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    expiry_told_at = models.DateTimeField(null=True, help_text="When the alert of its end was raised.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lender", "number"], name="exception_number_unique_in_lender"),
            models.CheckConstraint(condition=models.Q(uses_max__gte=1), name="exception_has_a_use"),
            models.CheckConstraint(
                condition=~models.Q(asked_by=models.F("answered_by")), name="exception_takes_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"E-{self.number}"
