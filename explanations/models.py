"""Notices: what an applicant is told, frozen when it was decided."""

from __future__ import annotations

from django.db import models


class Notice(models.Model):
    """The snapshot from which the applicant's page (and any letter) is made. One a decision; never recomputed."""

    append_only = True

    decision = models.OneToOneField("underwriting.Decision", on_delete=models.PROTECT, related_name="notice")
    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="notices"
    )
    kind = models.CharField(max_length=20, help_text="APPROVAL, COUNTEROFFER or ADVERSE_ACTION.")
    snapshot = models.JSONField()
    snapshot_sha256 = models.CharField(max_length=64)
    due_at = models.DateTimeField(
        null=True, help_text="12 CFR 1002.9(a)(1): 30 days after receipt of the completed application."
    )
    held_because = models.TextField(
        blank=True, help_text="Why the reasons are not disclosed yet; empty when they are."
    )
    created_at = models.DateTimeField()
