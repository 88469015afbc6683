"""Histories that lenders brought in: files of past applications, stored at once and assessed in parts."""

from __future__ import annotations

from django.db import models


class HistoryImport(models.Model):
    """A file of past applications. All of it is stored before the first part is assessed; DONE once every part is."""

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey("underwriting.Product", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200, help_text="Of the file, as it was given.")
    sha256 = models.CharField(
        max_length=64, help_text="Of the file's bytes: the same file is not taken twice."
    )
    row_count = models.PositiveIntegerField()
    event_count = models.PositiveIntegerField()
    assessed_count = models.PositiveIntegerField(default=0)
    requested_by = models.CharField(max_length=120)
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "sha256"], name="history_file_once")]
        indexes = [models.Index(fields=["lender", "-id"], name="history_of_lender")]
