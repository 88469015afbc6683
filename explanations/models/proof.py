"""What the proof of a decision's reasons found."""

from __future__ import annotations

from django.db import models


class Proof(models.Model):
    """The tests of one assessment's reasons, made through the real scorer and policy before anybody is told."""

    append_only = True

    assessment = models.OneToOneField(
        "underwriting.Assessment", on_delete=models.PROTECT, related_name="proof"
    )
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    passed = models.BooleanField()
    results = models.JSONField(help_text="explanations.proof.ProofResults as JSON.")
    created_at = models.DateTimeField()
