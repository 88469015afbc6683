"""A lender's own wording of the reasons on its way to being used."""

from __future__ import annotations

from django.db import models

from underwriting.enums import WordingState


class WordingProposal(models.Model):
    """What a lender wants to say in its own words, before and after a second person approved it.

    `changes` maps language -> reason code -> field -> sentence and is complete: the catalogue it becomes is the shipped one
    with these in place. Nobody who wrote in it approves it. Once approved it is only looked at.
    """

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=9, choices=[(s.value, s.value) for s in WordingState])
    changes = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1, help_text="Counts saves: a stale form is refused.")
    author_ids = models.JSONField(default=list, help_text="Ids of the people who wrote in it.")
    submitted_by = models.ForeignKey(
        "underwriting.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("underwriting.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    comment = models.TextField(blank=True, help_text="Why it was sent back, or discarded.")
    catalogue = models.OneToOneField(
        "underwriting.ReasonCatalogue", null=True, on_delete=models.PROTECT, related_name="proposal"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lender", "number"], name="wording_number_unique_in_lender"),
            models.UniqueConstraint(
                fields=["lender"],
                condition=models.Q(state__in=["DRAFT", "SUBMITTED"]),
                name="one_open_wording_a_lender",
            ),
        ]
