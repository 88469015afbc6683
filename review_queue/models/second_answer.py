"""What a second approver, or a third person after a disagreement, answered before they saw the first answer."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class SecondAnswer(models.Model):
    """One blind answer to a first decision. Given once; who gave one, or the first, gives no other on the same decision."""

    append_only: ClassVar[bool] = True

    held = models.ForeignKey(
        "review_queue.HeldDecision", on_delete=models.PROTECT, related_name="second_answers"
    )
    user = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    place = models.PositiveSmallIntegerField(
        help_text="2: the second approver. 3: the third person, whose answer stands."
    )
    outcome = models.CharField(max_length=12, help_text="APPROVE, COUNTEROFFER or DECLINE.")
    sentence = models.TextField()
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["held", "place"], name="second_answer_place_unique"),
            models.UniqueConstraint(fields=["held", "user"], name="second_answer_person_unique"),
        ]
