"""How cases move between people and time: what applicants were asked, who passed a case on or by, and what people can do."""

from __future__ import annotations

from django.db import models

from underwriting.enums import HandoverKind, SkillKind, SkipReason


class ApplicantRequest(models.Model):
    """What a person asked an applicant for on a case. The words are the message's, sealed; here stand the codes alone."""

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey("review_queue.ReviewCase", on_delete=models.PROTECT, related_name="requests")
    party = models.ForeignKey("underwriting.Party", on_delete=models.PROTECT, related_name="+")
    message = models.OneToOneField("review_queue.Message", on_delete=models.PROTECT, related_name="+")
    items = models.JSONField(default=list, help_text="Codes of the lender's list (review_queue.asking).")
    asked_by = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer_until = models.DateField(help_text="The last day to answer, where the lender is.")
    ended_at = models.DateTimeField(null=True, help_text="When it was answered, or nobody waited any more.")


class Skip(models.Model):
    """A case that a person passed by, and why. Start does not hand it to them again."""

    append_only = True

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey("review_queue.ReviewCase", on_delete=models.PROTECT, related_name="skips")
    user = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=24, choices=[(r.value, r.value) for r in SkipReason])
    note = models.TextField(blank=True)
    skipped_at = models.DateTimeField()


class Conflict(models.Model):
    """A person who said that they have a conflict of interest in an application: no case of it is ever theirs again."""

    append_only = True

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="conflicts"
    )
    user = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "user"], name="one_conflict_a_person")]


class Handover(models.Model):
    """A case that came to another person: from whom, by whom, and why."""

    append_only = True

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey("review_queue.ReviewCase", on_delete=models.PROTECT, related_name="handovers")
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in HandoverKind])
    from_user = models.ForeignKey(
        "underwriting.User", null=True, on_delete=models.PROTECT, related_name="+", help_text="Null: nobody held it."
    )  # fmt: skip
    to_user = models.ForeignKey(
        "underwriting.User", null=True, on_delete=models.PROTECT, related_name="+", help_text="Null: nobody's any more."
    )  # fmt: skip
    by = models.ForeignKey(
        "underwriting.User", null=True, on_delete=models.PROTECT, related_name="+", help_text="Null: the system."
    )  # fmt: skip
    reason = models.TextField(blank=True)
    batch = models.UUIDField(null=True, help_text="Cases that were given to somebody together.")
    at = models.DateTimeField()


class Watch(models.Model):
    """A person who wants to hear when a case is free."""

    case = models.ForeignKey("review_queue.ReviewCase", on_delete=models.PROTECT, related_name="watches")
    user = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="one_watch_a_person")]


class Tag(models.Model):
    """A word that a lender's people put on cases."""

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=24)
    cases = models.ManyToManyField("review_queue.ReviewCase", related_name="tags")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lender", "name"], name="one_tag_a_name")]

    def __str__(self) -> str:
        return self.name


class Skill(models.Model):
    """A product that a person knows, or a language they speak, at one lender. Who has none of a kind is taken to know all of it."""

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="skills")
    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in SkillKind])
    value = models.CharField(max_length=40, help_text="Code of a product, or a language.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lender", "user", "kind", "value"], name="one_skill_a_value")
        ]
