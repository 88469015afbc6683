"""Messages between an applicant and the lender."""

from __future__ import annotations

from django.db import models


class Message(models.Model):
    """One message, sealed under the party's key; from the applicant where `author` is null."""

    append_only = True

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="messages"
    )
    party = models.ForeignKey("underwriting.Party", on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey("underwriting.User", null=True, on_delete=models.PROTECT, related_name="+")
    text = models.BinaryField()
    sent_at = models.DateTimeField()
