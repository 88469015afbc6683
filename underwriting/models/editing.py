"""Who works on a draft: the section each person has open, and everybody who ever changed it."""

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


class DraftEditor(models.Model):
    """A person who changed a draft: from the first change on they may not approve it, whatever became of the change."""

    append_only = True

    version = models.ForeignKey("underwriting.PolicyVersion", on_delete=models.PROTECT, related_name="edits")
    user = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "user"], name="draft_editor_once")]
