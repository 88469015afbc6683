"""What the proof of a decision's reasons found."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from underwriting.enums import Outcome


class Proof(models.Model):
    """The tests of one assessment's reasons, made through the real scorer and policy before anybody is told.

    `results` says everything; the columns beside it repeat what is published as rates, so that a month of a lender is counted
    by the database and not read.
    """

    append_only = True

    assessment = models.OneToOneField(
        "underwriting.Assessment", on_delete=models.PROTECT, related_name="proof"
    )
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=12, choices=[(o.value, o.value) for o in Outcome])
    passed = models.BooleanField()
    failed = ArrayField(
        models.CharField(max_length=12), default=list, help_text="explanations.proof.ProofTest, each once."
    )
    reason_count = models.PositiveSmallIntegerField()
    catalogue_count = models.PositiveSmallIntegerField(
        help_text="Reasons printed as a sentence, not as the factor's neutral name."
    )
    is_additive = models.BooleanField(null=True, help_text="Null where no score was explained.")
    tried_count = models.PositiveSmallIntegerField(
        help_text="Of the first three reasons, those repaired by themselves."
    )
    fell_count = models.PositiveSmallIntegerField(help_text="Of these, those with which the risk fell.")
    all_reaches = models.BooleanField(
        null=True,
        help_text="With all stated groups repaired the approve cut-off is reached; null where a rule spoke.",
    )
    lot_reaches = models.BooleanField(null=True, help_text="The same with as many groups drawn by lot.")
    margin = models.FloatField(
        null=True, help_text="Log-odds between the last stated and the first unstated group."
    )
    has_tie = models.BooleanField(default=False)
    results = models.JSONField(help_text="explanations.proof.ProofResults as JSON.")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["lender", "created_at"], name="proof_of_a_month"),
            models.Index(fields=["lender", "-id"], name="proof_failed", condition=models.Q(passed=False)),
        ]
