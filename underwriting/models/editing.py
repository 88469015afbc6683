"""Who works on which section of a draft."""

from __future__ import annotations

from django.db import models


class SectionLease(models.Model):
    """A section of a draft that one person works on until a moment; free again when that has passed."""

    version = models.ForeignKey("underwriting.PolicyVersion", on_delete=models.CASCADE, related_name="leases")
    section = models.CharField(max_length=40, help_text="cut-offs, prices, a rule by its id: rule-K-01.")
    holder = models.ForeignKey("underwriting.User", on_delete=models.CASCADE, related_name="+")
    lease_until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "section"], name="one_lease_a_section")]
