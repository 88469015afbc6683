"""Tables from which a score is explained without asking the model again."""

from __future__ import annotations

from django.db import models


class AttributionTables(models.Model):
    """What the attribution kernel looks up: built once for a model and the people it compares applicants with.

    A newer kernel's tables stand beside the older ones.
    """

    append_only = True

    reference_sample = models.ForeignKey(
        "underwriting.ReferenceSample", on_delete=models.PROTECT, related_name="attribution_tables"
    )
    kernel_version = models.PositiveSmallIntegerField()
    data = models.BinaryField(help_text="explanations.attribution writes and reads it.")
    sha256 = models.CharField(max_length=64, help_text="Of the tables' content, before compression.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reference_sample", "kernel_version"], name="attribution_tables_of_a_kernel"
            )
        ]
