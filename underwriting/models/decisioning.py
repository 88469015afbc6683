"""Models, policies, assessments and decisions: everything an auditor follows from a letter back to its causes."""

from __future__ import annotations

from django.db import models

from underwriting.enums import ModelState, Outcome, PolicyState

OUTCOMES = [(o.value, o.value) for o in Outcome]


class ModelVersion(models.Model):
    """A LightGBM text model with its manifest (scoring.registry.manifest). Identity is the SHA-256 of the text."""

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="model_versions")
    name = models.SlugField(max_length=60)
    version = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in ModelState])
    text = models.TextField(help_text="LightGBM text model.")
    text_sha256 = models.CharField(max_length=64)
    manifest = models.JSONField()
    manifest_sha256 = models.CharField(max_length=64)
    card = models.TextField(blank=True, help_text="Model card, Markdown.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lender", "name", "version"], name="model_version_unique"),
            models.UniqueConstraint(
                fields=["lender"], condition=models.Q(state="CHAMPION"), name="one_champion_a_lender"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class ReferencePool(models.Model):
    """At least 3,000 feature rows with scores from which reference samples of a model version are drawn."""

    append_only = True

    model_version = models.OneToOneField(ModelVersion, on_delete=models.PROTECT, related_name="pool")
    columns = models.JSONField(help_text="Feature names, in the model's order.")
    rows = models.JSONField(help_text="Lists of numbers, null where missing.")
    points = models.JSONField(help_text="Score in points of each row.")
    sha256 = models.CharField(max_length=64)


class ReferenceSample(models.Model):
    """300 to 500 people at or just above an approve cut-off; what an applicant is compared with (Reg B comment 9(b)(2)-5)."""

    append_only = True

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="reference_samples"
    )
    approve_cut_off = models.IntegerField()
    seed = models.IntegerField()
    columns = models.JSONField()
    rows = models.JSONField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "approve_cut_off", "seed"], name="reference_sample_unique"
            )
        ]


class ReasonCatalogue(models.Model):
    """A version of the reason-code catalogue as it stood when it was used, in all its languages.

    Without a lender it is the one that a release ships. A lender's own is the shipped one with the lender's wording, written
    when a second person approved it; the newest of a lender is in force, and none is ever changed.
    """

    append_only = True

    lender = models.ForeignKey("underwriting.Lender", null=True, on_delete=models.PROTECT, related_name="+")
    country = models.CharField(
        max_length=2, default="US", help_text="ISO 3166: whose law its lines and codes follow."
    )
    version = models.CharField(max_length=40)
    document = models.JSONField()
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()


class Policy(models.Model):
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="policies")
    product = models.OneToOneField("underwriting.Product", on_delete=models.PROTECT, related_name="policy")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lender", "slug"], name="policy_slug_unique_in_lender")
        ]


class PolicyVersion(models.Model):
    """One JSON document and its life. The document is frozen from submission on; the author never approves."""

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in PolicyState])
    document = models.JSONField()
    document_sha256 = models.CharField(max_length=64)
    based_on = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    author = models.ForeignKey("underwriting.User", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    approver = models.ForeignKey("underwriting.User", null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    active_from = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    model_version = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="+")
    reference_sample = models.ForeignKey(
        ReferenceSample, null=True, on_delete=models.PROTECT, related_name="+"
    )
    ticket = models.CharField(max_length=80, blank=True, help_text="Where the change was agreed on, or none.")
    warning_comments = models.JSONField(
        default=list, help_text="Each warning it was submitted with, and what its author says to it."
    )
    is_emergency = models.BooleanField(
        default=False, help_text="Let into force by one person, looked at by a second within a day."
    )
    undoes = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The version whose effect it takes back.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_number_unique"),
            models.UniqueConstraint(
                fields=["policy"], condition=models.Q(state="ACTIVE"), name="one_active_policy_version"
            ),
            models.CheckConstraint(
                condition=models.Q(approver__isnull=True)
                | models.Q(author__isnull=True)
                | ~models.Q(approver=models.F("author")),
                name="author_never_approves",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy.slug} v{self.number}"


class Assessment(models.Model):
    """What the machine made of an application at one moment. Frozen: facts, scores, findings, reasons, versions."""

    append_only = True

    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="assessments"
    )
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    claim_token = models.UUIDField()
    outcome = models.CharField(max_length=12, choices=OUTCOMES)
    stage = models.CharField(
        max_length=12, blank=True, help_text="Part of the process that said no (DecisionStage)."
    )
    facts = models.JSONField(help_text="Frozen facts: name -> FactValue as JSON (underwriting.facts.values).")
    scores = models.JSONField(
        help_text="Requested terms and each offer-grid pair: margin, points, probability of default, price."
    )
    score = models.IntegerField(
        null=True, help_text="Whole points at the requested terms; what the cut-offs compare."
    )
    probability_of_default = models.FloatField(null=True)
    used_fallback = models.BooleanField(default=False)
    findings = models.JSONField(
        help_text="Every finding with the value it saw (underwriting.policy.types.Finding as JSON)."
    )
    offer = models.JSONField(null=True)
    contributions = models.JSONField(
        null=True, help_text="Base and each feature's share, log-odds and points; null when not explained."
    )
    reasons = models.JSONField(
        default=list, help_text="Principal reasons (explanations.principal_reasons.Reason as JSON)."
    )
    held_because = models.TextField(
        blank=True, help_text="Why the reasons may not be disclosed; empty when they may."
    )
    technical = models.JSONField(default=list, help_text="Technical faults that made it refer.")
    what_would_change = models.JSONField(default=list)
    model_version = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="+")
    policy_version = models.ForeignKey(PolicyVersion, null=True, on_delete=models.PROTECT, related_name="+")
    reference_sample = models.ForeignKey(
        ReferenceSample, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason_catalogue = models.ForeignKey(
        ReasonCatalogue, null=True, on_delete=models.PROTECT, related_name="+"
    )
    hashes = models.JSONField(
        help_text="SHA-256 of model text, manifest, reference rows, policy document, catalogue, facts."
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="assessment_number_unique")
        ]


class Decision(models.Model):
    """What the applicant is told. The last one stands; a change is a new decision that names the one it replaces."""

    append_only = True

    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="decisions"
    )
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=12, choices=[x for x in OUTCOMES if x[0] != "REFER"])
    stage = models.CharField(max_length=12, blank=True)
    offer = models.JSONField(null=True)
    conditions = models.JSONField(
        default=list,
        help_text="Papers without which the offer cannot be taken (underwriting.documents.wanted).",
    )
    reasons = models.JSONField(default=list)
    decided_by = models.ForeignKey(
        "underwriting.User",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Null: the system.",
    )
    note = models.TextField(blank=True)
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="decision_number_unique"),
            models.CheckConstraint(condition=~models.Q(outcome="REFER"), name="refer_is_never_a_decision"),
        ]
        # the newest decisions of a lender before a moment: the examples beside a case
        indexes = [models.Index(fields=["lender", "-decided_at"], name="decision_by_moment")]


class Disclosure(models.Model):
    """From this row on the applicant and the API see the reasons of a decision. One a decision."""

    append_only = True

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="disclosure")
    disclosed_at = models.DateTimeField()
    snapshot_sha256 = models.CharField(max_length=64)
