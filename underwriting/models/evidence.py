"""What was learnt about a person from others: bureau pulls and reports, and this lender's own record."""

from __future__ import annotations

import uuid

from django.db import models

from underwriting.enums import PullState


class BureauPull(models.Model):
    """The intent to pull, written before the pull. At most one a party and application; never repeated on an unknown outcome."""

    reference = models.UUIDField(unique=True, default=uuid.uuid4)
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="pulls"
    )
    party = models.ForeignKey("underwriting.Party", on_delete=models.PROTECT, related_name="+")
    bureau = models.CharField(max_length=80)
    consent_id = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in PullState])
    fault = models.CharField(
        max_length=40,
        blank=True,
        help_text="TIMEOUT, REFUSED, WRONG_PERSON, EMPTY_FILE, MALFORMED, BREAKER_OPEN.",
    )
    attempt_count = models.PositiveSmallIntegerField(default=0)
    intended_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    latency_ms = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "party", "bureau"], name="one_pull_a_party_and_bureau"
            )
        ]


class CreditReport(models.Model):
    """The credit part of a bureau's answer (identity is split off at the door). One lender's report is never another's evidence."""

    append_only = True

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    pull = models.OneToOneField(BureauPull, null=True, on_delete=models.PROTECT, related_name="report")
    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="reports"
    )
    party = models.ForeignKey("underwriting.Party", on_delete=models.PROTECT, related_name="reports")
    person_index = models.BinaryField(max_length=32)
    consent_id = models.CharField(max_length=64)
    bureau = models.CharField(max_length=80)
    body = models.JSONField(help_text="Fact name -> number, or an absence; see underwriting.bureau.protocol.")
    bureau_score = models.PositiveSmallIntegerField(null=True)
    bureau_score_range = models.CharField(max_length=20, blank=True)
    bureau_score_factors = models.JSONField(default=list)
    payment_history = models.JSONField(
        null=True, help_text="24 months an account, for the eye alone; see underwriting.bureau.history."
    )
    reported_at = models.DateTimeField(help_text="When the bureau made it.")
    received_at = models.DateTimeField()

    class Meta:
        # the 24-hour cache: newest report of this person under this consent at this lender
        indexes = [
            models.Index(fields=["lender", "person_index", "consent_id", "-received_at"], name="report_cache")
        ]


class CustomerRecord(models.Model):
    """How a person repaid this lender before: the source of the facts 'record with us'."""

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    person_index = models.BinaryField(max_length=32)
    instalments_due_count = models.PositiveIntegerField()
    instalments_on_time_count = models.PositiveIntegerField()
    mean_days_late = models.DecimalField(max_digits=7, decimal_places=2)
    restructure_request_count_24m = models.PositiveSmallIntegerField(default=0)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lender", "person_index"], name="one_record_a_person")]
