"""Past applications in columns, and the cube that answers an edit of a policy. All of it can be built again from assessments."""

from __future__ import annotations

from django.db import models

from underwriting.enums import CubeState, Outcome

OUTCOMES = [(o.value, o.value) for o in Outcome]


class PastChunk(models.Model):
    """Assessments of one product in columns (scoring.simulation.columns): those whose ids lie between the first and the last."""

    product = models.ForeignKey("underwriting.Product", on_delete=models.CASCADE, related_name="+")
    first_assessment_id = models.BigIntegerField()
    last_assessment_id = models.BigIntegerField()
    assessment_count = models.PositiveIntegerField(
        help_text="All between the first and the last, those without scores and inputs too."
    )
    row_count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Of the columns, not of their compressed form.")
    data = models.BinaryField(help_text="numpy arrays by name, compressed (npz, no pickle).")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "first_assessment_id"], name="past_chunk_unique")
        ]


class EffectCube(models.Model):
    """Past applications of a product weighed under one set of rules and prices, beside the version in force then.

    Any cut-offs can be read off it. The hashes are those of underwriting.effect.hashes.
    """

    product = models.ForeignKey("underwriting.Product", on_delete=models.CASCADE, related_name="+")
    live_sha256 = models.CharField(max_length=64, help_text="weighing_sha256 of the version in force.")
    rules_sha256 = models.CharField(max_length=64)
    prices_sha256 = models.CharField(max_length=64)
    limits = models.JSONField(default=list, help_text="Lines: the limits weighed, each as in a price tier.")
    rates_bps = models.JSONField(default=list, help_text="Loans: the yearly rates weighed exactly.")
    before = models.JSONField(
        default=list,
        help_text="What the version in force makes of each segment: a row each, counts and money.",
    )
    state = models.CharField(max_length=8, choices=[(s.value, s.value) for s in CubeState])
    why = models.TextField(blank=True, help_text="What is wrong with a document that could not be weighed.")
    application_count = models.PositiveIntegerField(default=0)
    left_out_count = models.PositiveIntegerField(default=0)
    loss_share = models.FloatField(
        default=0, help_text="Of the amount of a loan that goes bad; in every expected loss."
    )
    bad_loan_count = models.PositiveIntegerField(default=0, help_text="Loans that the share was measured on.")
    last_assessment_id = models.BigIntegerField(default=0, help_text="Newest past application read.")
    last_event_id = models.BigIntegerField(default=0, help_text="Newest loan event read.")
    built_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "live_sha256", "rules_sha256", "prices_sha256"], name="effect_cube_unique"
            )
        ]


class Counted(models.Model):
    """What cells count, and how they are told apart by segment and by the outcome under the version in force."""

    channel = models.CharField(max_length=40, blank=True)
    thin_file = models.BooleanField(null=True, help_text="Null: not known.")
    live_outcome = models.CharField(max_length=12, choices=OUTCOMES)
    score = models.IntegerField(null=True, help_text="At the requested terms.")
    application_count = models.PositiveIntegerField()
    amount_minor = models.BigIntegerField(help_text="Sum of what would be offered.")
    expected_loss_minor = models.BigIntegerField()
    interest_minor = models.BigIntegerField(help_text="At the prices as weighed.")
    bad_count = models.PositiveIntegerField()
    known_count = models.PositiveIntegerField(help_text="Loans with a known result.")

    class Meta:
        abstract = True


class EffectCell(Counted):
    """At the requested terms: past applications that no cut-off and no price tells apart.

    An application to a line is in one cell for each limit of the grid, and in one without; its tier says which of them counts.
    """

    cube = models.ForeignKey(EffectCube, on_delete=models.CASCADE, related_name="cells")
    fixed_outcome = models.CharField(
        max_length=12, choices=OUTCOMES, blank=True, help_text="Set where no cut-off and no price matters."
    )
    rule_outcome = models.CharField(max_length=12, choices=OUTCOMES, help_text="Worst of all rules.")
    term_months = models.PositiveSmallIntegerField(null=True)
    limit_position = models.SmallIntegerField(
        help_text="Lines: which of the cube's limits this is; -1: no tier, so no limit. Loans: -1."
    )
    is_income_missing = models.BooleanField(help_text="A person looks, whatever the price.")
    fits_up_to_bps = models.IntegerField(
        help_text="Highest yearly rate whose payment fits the caps; -1: none, or a limit under the minimum."
    )


class EffectCounter(Counted):
    """Counteroffers that declined applications would get while the approve cut-off lies in (cut_off_over, cut_off_upto]."""

    cube = models.ForeignKey(EffectCube, on_delete=models.CASCADE, related_name="counters")
    fails_cap = models.BooleanField(help_text="Declined at the requested terms whatever the score.")
    cut_off_over = models.IntegerField()
    cut_off_upto = models.IntegerField()
