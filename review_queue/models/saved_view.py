"""Pages of the queue that somebody gave a name to."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower


class SavedView(models.Model):
    """View, filters, order and columns of a queue page under a name; its owner's, or everybody's at the lender.

    Never a search: what somebody searched for speaks of a person.
    """

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=40)
    is_shared = models.BooleanField(default=False)
    query = models.JSONField(
        help_text="review_queue.queue.QueueQuery by field, for the fields of saved_views.FIELDS."
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("lender", "owner", Lower("name"), name="one_saved_view_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
