"""What an applicant says against a decision: a fact that is wrong, or a wish that a person looks again."""

from __future__ import annotations

import uuid

from django.db import models

from underwriting.enums import AppealKind


class Appeal(models.Model):
    """A dispute or a wish to look again, as sent. What comes of it stands on its case and the decision that follows."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="appeals"
    )
    party = models.ForeignKey("underwriting.Party", on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey("underwriting.Decision", on_delete=models.PROTECT, related_name="appeals")
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in AppealKind])
    facts = models.JSONField(default=list, help_text="Names of the facts that are said to be wrong.")
    text = models.BinaryField(help_text="The person's own words, sealed (underwriting.people.sealing).")
    document = models.ForeignKey(
        "underwriting.Document", null=True, on_delete=models.PROTECT, related_name="+"
    )
    received_at = models.DateTimeField()
    answer_due_on = models.DateField()
    answered_at = models.DateTimeField(
        null=True, help_text="When it was answered, or the applicant ended what it speaks of."
    )
    answer = models.ForeignKey(
        "underwriting.Decision",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The decision that answers it; null while nobody has, and where the applicant ended it first.",
    )
