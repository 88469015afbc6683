"""Cases that wait for a person, and what a person decided but has not let go of yet."""

from __future__ import annotations

from django.db import models

from underwriting.enums import CaseKind, CaseState, HeldState, OverrideSide, ReturnReason, Role, WaitKind

NO_AMOUNT = -1
NO_SCORE = -10_000
_OPEN = models.Q(state="OPEN")


class ReviewCase(models.Model):
    """Something about an application that waits for a person; claimed under a lease that never eats typing.

    At most one open referral or appeal an application, and beside it at most one open review of its notice, and one that waits
    for the papers on which its offer depends.
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
    draft = models.JSONField(
        default=dict, help_text="What each person typed and has not sent: their id, the form, its fields."
    )
    own_answer = models.JSONField(
        null=True,
        help_text="APPEAL: by user key, what each answered before they saw the earlier answer: name, outcome, sentence, at.",
    )
    closed_at = models.DateTimeField(null=True)
    # Copies, kept by `desk`: an order over two other tables has no index to walk.
    queue_amount_minor = models.BigIntegerField(
        default=NO_AMOUNT, help_text="The amount asked for, to sort by; -1 for a line."
    )
    queue_score = models.IntegerField(
        default=NO_SCORE, help_text="The score of `assessment`, to sort by; -10,000 without one."
    )
    awaited_answer = models.PositiveSmallIntegerField(
        default=1,
        help_text="Whose answer it waits for: 1 the first, 2 the second approver's, 3 the third's after a disagreement.",
    )
    confirming_role = models.CharField(
        max_length=20,
        blank=True,
        choices=[(r.value, r.value) for r in Role],
        help_text="The role that the second approver needs; empty: any that decides.",
    )
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
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(state__in=["OPEN", "DECIDED"], kind="CONDITIONS"),
                name="one_open_conditions_case_an_application",
            ),
        ]
        # One for each order of the queue, so that every page of it begins where the index says (review_queue.queue).
        indexes = [
            models.Index(
                "lender", "due_at", models.F("queue_amount_minor") * -1, "id", name="case_queue", condition=_OPEN
            ),
            models.Index(fields=["lender", "queue_amount_minor", "id"], name="case_queue_amount", condition=_OPEN),
            models.Index(fields=["lender", "queue_score", "id"], name="case_queue_score", condition=_OPEN),
            models.Index(fields=["lender", "opened_at", "id"], name="case_queue_age", condition=_OPEN),
            # what the views hold, where that is little of what is open
            models.Index(
                fields=["lender", "due_at", "id"], name="case_queue_technical",
                condition=_OPEN & models.Q(is_technical=True),
            ),
            models.Index(
                fields=["lender", "holder", "id"], name="case_queue_held",
                condition=_OPEN & models.Q(holder__isnull=False),
            ),
            models.Index(
                fields=["lender", "due_at", "id"],
                name="case_second_look",
                condition=models.Q(state="OPEN", awaited_answer__gt=1),
            ),
            models.Index(
                fields=["lender", "due_at", "id"], name="case_queue_waiting", condition=_OPEN & ~models.Q(waits_for=""),
            ),
            models.Index(
                fields=["lender", "assigned_to", "id"], name="case_queue_assigned",
                condition=_OPEN & models.Q(assigned_to__isnull=False),
            ),
        ]  # fmt: skip

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
    conditions = models.JSONField(default=list, help_text="Papers without which the offer cannot be taken.")
    mitigating_factor = models.CharField(
        max_length=40, blank=True, help_text="Why an approval is right although a rule referred."
    )
    note = models.TextField(blank=True)
    override = models.CharField(
        max_length=9,
        blank=True,
        choices=[(s.value, s.value) for s in OverrideSide],
        help_text="Against the system.",
    )
    override_reason = models.CharField(
        max_length=40, blank=True, help_text="The coded reason of an override."
    )
    second_look = models.JSONField(
        default=list,
        help_text="Why a second approver is needed (review_queue.authority.Need); empty: one person decides.",
    )
    settles = models.OneToOneField(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="settled_by",
        help_text="The overruled first answer in whose place a third person's stands.",
    )
    held_because = models.TextField(
        blank=True, help_text="Why the reasons may not be disclosed yet; empty when they may."
    )
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in HeldState])
    decided_at = models.DateTimeField()
    held_until = models.DateTimeField(
        help_text="While WAITING, when it was answered: the hold has not begun."
    )
    finished_at = models.DateTimeField(null=True)
    refusal = models.TextField(blank=True, help_text="Why the release was refused.")
    decision = models.OneToOneField(
        "underwriting.Decision", null=True, on_delete=models.PROTECT, related_name="held_decision"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=models.Q(state__in=["WAITING", "HELD"]),
                name="one_held_decision_a_case",
            )
        ]
