"""The queue of record, and what watches over it."""

from __future__ import annotations

from django.db import models

from underwriting.enums import Lane, WorkKind, WorkState


class WorkItem(models.Model):
    """Something to be done, claimed under a lease with a token that every final write must name."""

    kind = models.CharField(max_length=24, choices=[(k.value, k.value) for k in WorkKind])
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(
        "underwriting.Application", null=True, on_delete=models.PROTECT, related_name="work_items"
    )
    subject_id = models.BigIntegerField(
        null=True, help_text="Key of the row the kind speaks about, where it is no application."
    )
    payload = models.JSONField(default=dict)
    lane = models.CharField(
        max_length=12, choices=[(x.value, x.value) for x in Lane], default=Lane.INTERACTIVE
    )
    state = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in WorkState], default=WorkState.READY
    )
    not_before = models.DateTimeField()
    claim_token = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=80, blank=True)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    phase = models.CharField(max_length=24, blank=True, help_text="Last stage the holder entered.")
    last_error = models.TextField(blank=True)
    result = models.JSONField(null=True, help_text="Answer of a TRIAL, polled by the screen that asked.")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # claim: ready items of one lender and lane, oldest first
            models.Index(
                fields=["kind", "lane", "lender", "not_before", "id"],
                name="work_ready",
                condition=models.Q(state="READY"),
            ),
            # sweep: leases that ran out
            models.Index(fields=["leased_until"], name="work_leased", condition=models.Q(state="LEASED")),
        ]
        constraints = [
            # one open assessment an application
            models.UniqueConstraint(
                fields=["application", "kind"],
                condition=models.Q(kind="ASSESS", state__in=["READY", "LEASED"]),
                name="one_open_assess_an_application",
            ),
        ]


class WorkTurn(models.Model):
    """When a lender's work was last claimed: whose turn it is next when several lenders wait."""

    lender = models.OneToOneField(
        "underwriting.Lender", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_at = models.DateTimeField()


class Alert(models.Model):
    lender = models.ForeignKey(
        "underwriting.Lender", null=True, on_delete=models.PROTECT, related_name="alerts"
    )
    kind = models.CharField(max_length=40, help_text="Dotted name, for instance work.quarantined.")
    subject = models.CharField(max_length=200)
    details = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)


class WorkerHeartbeat(models.Model):
    """What a worker process has loaded; `/readyz` compares it with each lender's champion."""

    worker = models.CharField(max_length=120, unique=True)
    beat_at = models.DateTimeField()
    model_hashes = models.JSONField(default=list)
    untold = models.JSONField(
        default=list,
        help_text="Model inputs and rules whose reasons could not be told, found as the worker began.",
    )
