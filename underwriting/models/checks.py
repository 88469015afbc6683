"""What the worker found out about a whole policy: with the model and the product, not the rules alone."""

from __future__ import annotations

from django.db import models


class PolicyCheckResult(models.Model):
    """The whole decision of one document of a version, checked once with the champion of that moment."""

    append_only = True

    version = models.ForeignKey(
        "underwriting.PolicyVersion", on_delete=models.PROTECT, related_name="check_results"
    )
    document_sha256 = models.CharField(max_length=64)
    model_version = models.ForeignKey(
        "underwriting.ModelVersion",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Null: no model was in charge, or it was refused; then only the rest was checked.",
    )
    complaints = models.JSONField(
        help_text="Complaint.to_json of each, with what the live decision says of its people."
    )
    finished_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["version", "-id"], name="check_of_version")]
