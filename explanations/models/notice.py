"""Notices: what an applicant is told, frozen when it was decided."""

from __future__ import annotations

from django.db import models

from underwriting.enums import NoticeKind


class Notice(models.Model):
    """The snapshot from which the applicant's page and every letter are made; never recomputed.

    A notice that was held because a setting was missing is composed once more when it is there: the next number. The one with
    the highest number stands. A notice of incompleteness has no decision.
    """

    append_only = True

    decision = models.ForeignKey(
        "underwriting.Decision", null=True, on_delete=models.PROTECT, related_name="notices"
    )
    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="notices"
    )
    number = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=24, choices=[(k.value, k.value) for k in NoticeKind])
    language = models.CharField(max_length=5, default="en")
    snapshot = models.JSONField()
    snapshot_sha256 = models.CharField(max_length=64)
    due_at = models.DateTimeField(
        null=True, help_text="12 CFR 1002.9(a)(1): 30 days after receipt of the completed application."
    )
    held_because = models.TextField(
        blank=True, help_text="Why the reasons are not disclosed yet; empty when they are."
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "decision", "kind", "number"],
                name="notice_number_unique",
                nulls_distinct=False,
            )
        ]


class Letter(models.Model):
    """One party's letter as it was rendered, once. The PDF is sealed under the party's key; its hash is in the audit trail."""

    append_only = True

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="letters")
    party = models.ForeignKey("underwriting.Party", on_delete=models.PROTECT, related_name="letters")
    pdf = models.BinaryField(help_text="Sealed (underwriting.people.sealing).")
    pdf_sha256 = models.CharField(max_length=64, help_text="Of the PDF before it was sealed.")
    page_count = models.PositiveSmallIntegerField()
    renderer = models.CharField(
        max_length=60, help_text="Typst and template versions: the same make the same bytes."
    )
    rendered_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "party"], name="one_letter_a_party")]
