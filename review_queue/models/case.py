"""Cases that wait for a person, and what a person decided but has not let go of yet."""

from __future__ import annotations

from django.db import models

from underwriting.enums import CaseKind, CaseState, HeldState, ReturnReason, WaitKind


class ReviewCase(models.Model):
    """Something about an application that waits for a person; claimed under a lease that never eats typing.

    At most one open referral or appeal an application, and beside it at most one open review of its notice.
    """

    number = models.PositiveIntegerField(unique=True, help_text="Shown as C-20418.")
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="cases"
    )
    assessment = models.ForeignKey("underwriting.Assessment", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(
        max_length=16, choices=[(k.value, k.value) for k in CaseKind], default=CaseKind.REFERRAL
    )
    not_for = models.ForeignKey(
        "underwriting.User",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who may not take it: the person whose decision it looks at again.",
    )
    appeal = models.ForeignKey(
        "review_queue.Appeal", null=True, on_delete=models.PROTECT, related_name="cases"
    )
    notice = models.ForeignKey("explanations.Notice", null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=[(s.value, s.value) for s in CaseState])
    why = models.JSONField(help_text="Referral sentences, most important first.")
    is_technical = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    holder = models.ForeignKey(
        "underwriting.User", null=True, on_delete=models.PROTECT, related_name="held_cases"
    )
    lease_until = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True, help_text="When its last holder took it.")
    draft = models.JSONField(default=dict, help_text="What the holder typed and has not sent.")
    own_answer = models.JSONField(
        null=True,
        help_text="APPEAL: by user key, what each answered before they saw the earlier answer: name, outcome, sentence, at.",
    )
    closed_at = models.DateTimeField(null=True)
    assigned_to = models.ForeignKey(
        "underwriting.User",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who is to work on it: it came back to them, or was given to them. Start leaves it out for others until it is late.",
    )
    waits_for = models.CharField(
        max_length=9,
        blank=True,
        choices=[(w.value, w.value) for w in WaitKind],
        help_text="Put aside: out of the views until then.",
    )
    waiting_until = models.DateTimeField(null=True)
    waiting_because = models.CharField(max_length=400, blank=True)
    working_time_left = models.DurationField(
        null=True, help_text="Working time to its due time when its clock was stopped; null while it runs."
    )
    came_back_at = models.DateTimeField(null=True)
    came_back_because = models.CharField(
        max_length=8, blank=True, choices=[(r.value, r.value) for r in ReturnReason]
    )
    reopens = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", help_text="The case it opens again."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(waits_for="", waiting_until=None)
                | (~models.Q(waits_for="") & models.Q(waiting_until__isnull=False)),
                name="waiting_has_an_end",
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(state__in=["OPEN", "DECIDED"], kind__in=["REFERRAL", "APPEAL"]),
                name="one_open_case_an_application",
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(state__in=["OPEN", "DECIDED"], kind="NOTICE_REVIEW"),
                name="one_open_notice_review_an_application",
            ),
        ]
        indexes = [
            # the queue's default order
            models.Index(
                fields=["lender", "due_at", "id"], name="case_queue", condition=models.Q(state="OPEN")
            ),
        ]

    def __str__(self) -> str:
        return f"C-{self.number}"


class HeldDecision(models.Model):
    """A person's decision during the hold. RELEASE_DECISION turns it into a decision; until then it can be taken back."""

    case = models.ForeignKey(ReviewCase, on_delete=models.PROTECT, related_name="held_decisions")
    assessment = models.ForeignKey("underwriting.Assessment", on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=12)
    stage = models.CharField(max_length=12, blank=True)
    reasons = models.JSONField(default=list)
    offer = models.JSONField(null=True)
    mitigating_factor = models.CharField(
        max_length=40, blank=True, help_text="Why an approval is right although a rule referred."
    )
    note = models.TextField(blank=True)
    held_because = models.TextField(
        blank=True, help_text="Why the reasons may not be disclosed yet; empty when they may."
    )
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in HeldState])
    decided_at = models.DateTimeField()
    held_until = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    refusal = models.TextField(blank=True, help_text="Why the release was refused.")
    decision = models.OneToOneField(
        "underwriting.Decision", null=True, on_delete=models.PROTECT, related_name="held_decision"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(state="HELD"), name="one_held_decision_a_case"
            )
        ]
