"""What a policy is measured against: its baseline, why it differs from that, and which state of it a version has taken in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class PolicyBaseline(models.Model):
    """The policy, or the shipped document, that a policy of the same lender is measured against."""

    policy = models.OneToOneField("underwriting.Policy", on_delete=models.PROTECT, related_name="baseline")
    source = models.ForeignKey(
        "underwriting.Policy", null=True, on_delete=models.PROTECT, related_name="measured_against_it"
    )
    shipped = models.CharField(max_length=40, blank=True, help_text="Name of a shipped document.")
    document = models.JSONField(help_text="The baseline as it was when it was named.")
    document_sha256 = models.CharField(max_length=64)
    named_by = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    named_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(source=None) ^ Q(shipped=""), name="baseline_is_policy_or_document"
            )
        ]


class DeviationReason(models.Model):
    """Why a policy differs from its baseline in one thing. The newest counts, as long as the difference reads as it did."""

    append_only = True

    policy = models.ForeignKey(
        "underwriting.Policy", on_delete=models.PROTECT, related_name="deviation_reasons"
    )
    baseline_name = models.CharField(max_length=80, help_text="policy:<slug> or shipped:<name>.")
    anchor = models.CharField(max_length=120, help_text="rules:k-01, prices:a, cut-offs:approve-at.")
    quote = models.TextField(help_text="The difference as it read.")
    text = models.TextField()
    written_by = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["policy", "anchor", "-id"], name="reason_of_deviation")]


class BaselineTaken(models.Model):
    """A draft took in what the baseline had changed; later versions based on it start from that state of the baseline."""

    append_only = True

    version = models.ForeignKey(
        "underwriting.PolicyVersion", on_delete=models.PROTECT, related_name="baselines_taken"
    )
    baseline_name = models.CharField(max_length=80)
    document = models.JSONField()
    document_sha256 = models.CharField(max_length=64)
    taken_by = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
