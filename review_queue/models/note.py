"""What the lender's people write to each other about an application."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Note(models.Model):
    """A note, sealed under the key of the person it speaks of. Without `written_at` it is what its author has not sent yet."""

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="notes"
    )
    case = models.ForeignKey("review_queue.ReviewCase", on_delete=models.PROTECT, related_name="notes")
    party = models.ForeignKey("underwriting.Party", on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    text = models.BinaryField(help_text="Sealed (underwriting.people.sealing).")
    is_for_risk = models.BooleanField(default=False, help_text="Not shown outside risk; its author sees it.")
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="corrected_by")
    saved_at = models.DateTimeField()
    written_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "author"],
                condition=Q(written_at__isnull=True),
                name="one_unsent_note_a_person",
            )
        ]


class Phrase(models.Model):
    """Words that a lender's people write often, by a short name."""

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=24)
    text = models.CharField(max_length=400)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lender", "name"], name="one_phrase_a_name")]


class NoteMention(models.Model):
    """Somebody was named in a note; `seen_at` is when they opened it from their list."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    mentioned_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["note", "user"], name="one_mention_a_note_and_person")]
