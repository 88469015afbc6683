"""Lenders (tenants), what they offer, and the clients that may submit applications to them."""

from __future__ import annotations

from django.db import models

from underwriting.enums import ProductKind


class Lender(models.Model):
    """A tenant. Every row of the product but people belongs to exactly one."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    legal_name = models.CharField(max_length=200)
    address = models.TextField(help_text="Postal address printed on notices, one line a row.")
    telephone = models.CharField(max_length=40, blank=True)
    agency_name = models.CharField(
        max_length=200, blank=True, help_text="Federal agency that administers ECOA for this creditor."
    )
    agency_address = models.TextField(blank=True)
    currency = models.CharField(max_length=3, default="USD")
    time_zone = models.CharField(max_length=64, default="America/New_York")
    working_day_starts = models.TimeField(default="09:00")
    working_day_ends = models.TimeField(default="17:00")
    working_weekdays = models.JSONField(default=list, help_text="ISO weekday numbers, 1 Monday to 7 Sunday.")
    hold_seconds = models.PositiveSmallIntegerField(
        default=30, help_text="How long a person's decision can be taken back, 0 to 120 s."
    )
    bureau = models.JSONField(
        default=dict,
        help_text="Adapter (HTTP or INLINE), name, address, telephone, base URL, deadline in ms.",
    )
    country = models.CharField(
        max_length=2, default="US", help_text="ISO 3166; which law's notices are sent."
    )
    letter_paper = models.CharField(
        max_length=6, default="LETTER", choices=[(p, p) for p in ("LETTER", "A4")]
    )
    mail_from = models.EmailField(blank=True, help_text="Sender of e-mails to applicants.")
    reviews_notices = models.BooleanField(
        default=False, help_text="A second person looks at each adverse notice before it is sent."
    )
    incomplete_answer_days = models.PositiveSmallIntegerField(
        default=30, help_text="How long an applicant has to send what is missing."
    )
    look_again_days = models.PositiveSmallIntegerField(
        default=60,
        help_text="How long after the notice of a decision an applicant may dispute it or ask a person to look again.",
    )
    look_again_answer_days = models.PositiveSmallIntegerField(default=30)
    retention_months = models.PositiveSmallIntegerField(
        default=84, help_text="After the last notice; at least 25 (12 CFR 1002.12)."
    )
    assigns_automatically = models.BooleanField(
        default=False, help_text="New cases are given to people by skill, authority and load."
    )
    hides_names = models.BooleanField(
        default=False, help_text="Applicants go by initials and region until a decision is recorded."
    )
    settings_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hold_seconds__lte=120), name="lender_hold_at_most_120_s"
            ),
            models.CheckConstraint(
                condition=models.Q(retention_months__gte=25), name="lender_keeps_at_least_25_months"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Holiday(models.Model):
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="holidays")
    on = models.DateField()
    name = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lender", "on"], name="one_holiday_a_day")]


class Product(models.Model):
    """Something a lender offers, with the contract of its application (underwriting.intake.contract)."""

    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="products")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in ProductKind])
    contract = models.JSONField(
        help_text="Fields asked for: required to submit, required to decide, bounds, choices."
    )
    offer_grid = models.JSONField(
        default=list, help_text="At most 24 pairs [amount in minor units, term in months]."
    )
    reference_rate_bps = models.PositiveIntegerField(
        help_text="Yearly rate at which instalment facts are computed before pricing."
    )
    offer_valid_days = models.PositiveSmallIntegerField(default=30)
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lender", "code"], name="product_code_unique_in_lender"),
        ]

    def __str__(self) -> str:
        return f"{self.lender.code}/{self.code}"


class ApiClient(models.Model):
    """A partner channel of one lender."""

    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="api_clients")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=120)
    channel = models.CharField(max_length=40)
    requests_per_minute = models.PositiveIntegerField(default=600)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lender", "code"], name="client_code_unique_in_lender")
        ]

    def __str__(self) -> str:
        return f"{self.lender.code}/{self.code}"


class ApiKey(models.Model):
    """`uw_<env>_<prefix>_<secret><crc32>`; only the SHA-256 of the secret is stored. Two live keys a client, for rotation."""

    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="keys")
    prefix = models.CharField(max_length=12, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    last_four = models.CharField(max_length=4)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("underwriting.User", null=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class RateWindow(models.Model):
    """How many requests a key made since its minute began; one row a key, counted by one upsert (underwriting.api.throttles)."""

    api_key = models.OneToOneField(ApiKey, on_delete=models.CASCADE, primary_key=True, related_name="+")
    started_at = models.DateTimeField()
    request_count = models.PositiveIntegerField()
