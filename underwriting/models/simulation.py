"""What a draft would have done: backtests, each bound to the documents it compared."""

from __future__ import annotations

from django.db import models

from underwriting.enums import BacktestState


class Backtest(models.Model):
    """A draft beside the version in force on past applications. Current while both hashes are those of today."""

    version = models.ForeignKey(
        "underwriting.PolicyVersion", on_delete=models.PROTECT, related_name="backtests"
    )
    document_sha256 = models.CharField(max_length=64, help_text="Of the draft as it was simulated.")
    document = models.JSONField(
        default=dict, help_text="The draft as it was simulated; an edit does not change it."
    )
    live_version = models.ForeignKey("underwriting.PolicyVersion", on_delete=models.PROTECT, related_name="+")
    live_sha256 = models.CharField(max_length=64, help_text="Of the version in force as it was simulated.")
    since = models.DateField()
    until = models.DateField(help_text="Last day, included.")
    state = models.CharField(
        max_length=8, choices=[(s.value, s.value) for s in BacktestState], default=BacktestState.WAITING
    )
    done_count = models.PositiveIntegerField(default=0)
    total_count = models.PositiveIntegerField(null=True)
    summary = models.JSONField(
        null=True, help_text="scoring.simulation.backtest.Summary as JSON; null until DONE."
    )
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        "underwriting.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["version", "-id"], name="backtest_of_version")]


class BacktestFlip(models.Model):
    """A past application whose outcome, amount or price the draft changes."""

    backtest = models.ForeignKey(Backtest, on_delete=models.CASCADE, related_name="flips")
    ordinal = models.PositiveIntegerField()
    assessment = models.ForeignKey("underwriting.Assessment", on_delete=models.PROTECT, related_name="+")
    before = models.JSONField(help_text="Outcome and offer of the version in force.")
    after = models.JSONField(help_text="Outcome and offer of the draft.")
    rule_id = models.CharField(max_length=40, help_text="The finding responsible for the change.")
    segment = models.CharField(max_length=80)
    score = models.IntegerField(null=True)
    amount_minor = models.BigIntegerField(null=True)
    is_bad = models.BooleanField(null=True, help_text="Known result of the loan; null: none is known.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["backtest", "ordinal"], name="flip_ordinal_unique")]


class BacktestSlice(models.Model):
    """A part of a backtest: which past applications, and what both policies said of them. Gone once the backtest is done."""

    backtest = models.ForeignKey(Backtest, on_delete=models.CASCADE, related_name="slices")
    ordinal = models.PositiveIntegerField()
    assessment_ids = models.JSONField(help_text="Newest first.")
    rows = models.JSONField(
        null=True, help_text="scoring.simulation.weighing.Weighed as JSON, each row; null until worked."
    )
    refused = models.JSONField(
        default=list, help_text="Rows that could not be read: reference and what was wrong."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["backtest", "ordinal"], name="backtest_slice_unique")]
