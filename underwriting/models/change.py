"""What a change of a policy leaves behind: each document it had, approvals, comments, trials beside the version in force, reviews."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from underwriting.enums import Outcome, ReviewVerdict, RolloutEnd, RolloutMode

OUTCOMES = [(o.value, o.value) for o in Outcome]


class PolicyRevision(models.Model):
    """A document that a draft had, and who gave it that: so that an old approval can be compared with what is there now."""

    append_only = True

    version = models.ForeignKey(
        "underwriting.PolicyVersion", on_delete=models.PROTECT, related_name="revisions"
    )
    document = models.JSONField()
    document_sha256 = models.CharField(max_length=64)
    editor = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    browser = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the browser's mark.")
    saved_at = models.DateTimeField()


class PolicyApproval(models.Model):
    """One person's yes to exactly this document, against exactly this version in force, on exactly this backtest."""

    append_only = True

    version = models.ForeignKey(
        "underwriting.PolicyVersion", on_delete=models.PROTECT, related_name="approvals"
    )
    approver = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    roles = ArrayField(models.CharField(max_length=24), help_text="Held at the lender at that moment.")
    document_sha256 = models.CharField(max_length=64)
    live_sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of the version in force; empty: there was none."
    )
    backtest = models.ForeignKey(
        "underwriting.Backtest",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Null: an emergency, or nothing to compare with.",
    )
    browser = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the browser's mark.")
    approved_at = models.DateTimeField()


class ApprovalVoid(models.Model):
    """From this row on an approval counts no more, whatever the hashes say."""

    append_only = True

    approval = models.OneToOneField(PolicyApproval, on_delete=models.PROTECT, related_name="void")
    why = models.CharField(max_length=200)
    voided_at = models.DateTimeField()


class PolicyComment(models.Model):
    """A remark on one line of a change. The line is kept as it read, for the draft may change under it."""

    version = models.ForeignKey(
        "underwriting.PolicyVersion", on_delete=models.PROTECT, related_name="comments"
    )
    anchor = models.CharField(max_length=120, help_text="The line: rule:K-01, tier:A, cut_offs:approve.")
    quote = models.CharField(max_length=400, help_text="The line as it read.")
    document_sha256 = models.CharField(max_length=64)
    text = models.TextField()
    author = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    resolved_by = models.ForeignKey(
        "underwriting.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True)


class PolicyRollout(models.Model):
    """An approved version tried on new applications: beside the version in force without effect, or on a share of them.

    It runs while it has no end, its day has not come, and `against` is still the version in force: no job ends it.
    """

    policy = models.ForeignKey("underwriting.Policy", on_delete=models.PROTECT, related_name="rollouts")
    version = models.ForeignKey(
        "underwriting.PolicyVersion", on_delete=models.PROTECT, related_name="rollouts"
    )
    against = models.ForeignKey("underwriting.PolicyVersion", on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=8, choices=[(m.value, m.value) for m in RolloutMode])
    share_percent = models.PositiveSmallIntegerField(
        null=True, help_text="Of applicants, fixed for its whole life."
    )
    salt = models.CharField(
        max_length=32, help_text="Hashed with the applicant's index: who is in the share."
    )
    started_at = models.DateTimeField()
    until = models.DateTimeField()
    started_by = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_as = models.CharField(max_length=10, blank=True, choices=[(e.value, e.value) for e in RolloutEnd])

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["policy"], condition=Q(ended_at=None), name="one_open_rollout_a_policy"
            ),
            models.CheckConstraint(
                condition=Q(mode="SHADOW", share_percent=None)
                | Q(mode="SHARE", share_percent__gte=1, share_percent__lte=50),
                name="share_of_a_share_alone",
            ),
        ]


class ShadowResult(models.Model):
    """What a version in shadow would have said of an application that the version in force decided."""

    append_only = True

    rollout = models.ForeignKey(PolicyRollout, on_delete=models.PROTECT, related_name="results")
    assessment = models.ForeignKey("underwriting.Assessment", on_delete=models.PROTECT, related_name="+")
    live_outcome = models.CharField(max_length=12, choices=OUTCOMES)
    shadow_outcome = models.CharField(max_length=12, choices=OUTCOMES)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rollout", "assessment"], name="one_shadow_of_an_assessment")
        ]


class EmergencyReview(models.Model):
    """The second look at a change that one person let into force at once."""

    append_only = True

    version = models.OneToOneField(
        "underwriting.PolicyVersion", on_delete=models.PROTECT, related_name="emergency_review"
    )
    reviewer = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10, choices=[(v.value, v.value) for v in ReviewVerdict])
    note = models.TextField()
    reviewed_at = models.DateTimeField()
