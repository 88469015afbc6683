"""Who did what, when, why, and what was there before and after."""

from __future__ import annotations

from django.db import models

from underwriting.enums import ActorKind


class AuditEntry(models.Model):
    """Written in the same transaction as the change it tells of. Holds no identity of applicants."""

    append_only = True

    lender = models.ForeignKey("underwriting.Lender", null=True, on_delete=models.PROTECT, related_name="+")
    occurred_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in ActorKind])
    actor_user = models.ForeignKey("underwriting.User", null=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(
        max_length=120, help_text="As text, so that history survives a change of name."
    )
    actor_role = models.CharField(max_length=80, blank=True)
    action = models.CharField(max_length=60, help_text="Dotted, most general first: application.submitted.")
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    object_label = models.CharField(max_length=120, blank=True)
    application = models.ForeignKey(
        "underwriting.Application", null=True, on_delete=models.PROTECT, related_name="audit_entries"
    )
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    versions = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["lender", "-id"], name="audit_by_lender"),
            models.Index(fields=["application", "-id"], name="audit_by_application"),
        ]
