"""Applications, their parties, and the memory of what was asked for under which idempotency key."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from underwriting.enums import ApplicationStatus, Origin, PartyRole


class Application(models.Model):
    """A request for credit. Three identifiers: internal key, public id in the API, reference on letters and screens."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=12, unique=True, help_text="A-7Q4M-2K: no 0/O, no 1/I.")
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="applications")
    product = models.ForeignKey("underwriting.Product", on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey("underwriting.ApiClient", on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=40)
    status = models.CharField(max_length=20, choices=[(s.value, s.value) for s in ApplicationStatus])
    origin = models.CharField(
        max_length=10, choices=[(o.value, o.value) for o in Origin], default=Origin.RECEIVED
    )
    as_of = models.DateTimeField(
        null=True, help_text="Of an imported application: the moment it is assessed as of; null: the clock."
    )
    currency = models.CharField(max_length=3)
    requested_amount_minor = models.BigIntegerField(null=True, help_text="Minor units; null for a line.")
    requested_term_months = models.PositiveSmallIntegerField(null=True)
    purpose = models.CharField(max_length=40, blank=True)
    stated = models.JSONField(
        default=dict, help_text="What was stated, without identity: keys are the contract's field names."
    )
    missing_fields = models.JSONField(
        default=list, help_text="Fields required to decide that were not given."
    )
    possible_duplicate_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    completed_by = models.CharField(
        max_length=80, blank=True, help_text="The item that completed the application."
    )
    decided_at = models.DateTimeField(null=True)
    notice_due_at = models.DateTimeField(null=True)
    notified_at = models.DateTimeField(null=True)
    language = models.CharField(
        max_length=5, default="en", help_text="In which the applicants are told (Language)."
    )
    legal_hold_at = models.DateTimeField(null=True, help_text="Nothing of it is erased while this is set.")
    erased_at = models.DateTimeField(null=True)
    request_id = models.CharField(max_length=64)

    class Meta:
        indexes = [
            # the API's list: newest first, keyset by (received_at, id)
            models.Index(fields=["lender", "-received_at", "-id"], name="application_list"),
        ]

    def __str__(self) -> str:
        return self.reference


class Party(models.Model):
    """A person on an application. Identity is sealed (underwriting.people.identity); the rest are statements."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="parties")
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=12, choices=[(r.value, r.value) for r in PartyRole])
    ordinal = models.PositiveSmallIntegerField()
    sealing_key = models.BinaryField(
        null=True, help_text="The data key of everything sealed about this person, wrapped; null: erased."
    )
    identity = models.BinaryField(
        help_text="Sealed: name, birth date, national id, e-mail, telephone, address."
    )
    person_index = models.BinaryField(
        max_length=32, help_text="HMAC of national id and birth date: the same person at the same lender."
    )
    word_indexes = ArrayField(
        models.BigIntegerField(),
        default=list,
        help_text="HMACs of the words of name, e-mail and telephone: found by whole words (underwriting.people.finding).",
    )
    stated = models.JSONField(
        default=dict, help_text="Income, obligations, employment, housing of this party, as stated."
    )
    consent_id = models.CharField(max_length=64)
    consented_at = models.DateTimeField()
    esign_consented_at = models.DateTimeField(
        null=True,
        help_text="When this person agreed to be told electronically (15 USC 7001(c)); null: paper.",
    )
    mail_failed_at = models.DateTimeField(
        null=True, help_text="When e-mail to this person bounced; paper from then on."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "ordinal"], name="party_ordinal_unique"),
            models.UniqueConstraint(
                fields=["application"], condition=models.Q(role="PRIMARY"), name="one_primary_party"
            ),
        ]
        indexes = [
            models.Index(fields=["lender", "person_index"], name="party_same_person"),
            GinIndex(fields=["word_indexes"], name="party_words"),
        ]


class IdempotencyKey(models.Model):
    """The first answer to a key, kept 90 days, unique for each client across endpoints (draft-ietf-httpapi-idempotency-key)."""

    client = models.ForeignKey("underwriting.ApiClient", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=255)
    endpoint = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, endpoint and canonical body.")
    attempt = models.UUIDField(
        default=uuid.uuid4, help_text="Which request holds the key while it is unanswered."
    )
    started_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    application = models.ForeignKey(Application, null=True, on_delete=models.PROTECT, related_name="+")
    status_code = models.PositiveSmallIntegerField(null=True)
    location = models.CharField(max_length=200, blank=True)
    body = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="idempotency_key_unique_for_client")
        ]
        indexes = [
            models.Index(fields=["started_at"], name="idempotency_key_age")
        ]  # forgetting after 90 days


class ApplicantLink(models.Model):
    """A way for an applicant to see their application: a 128-bit token in the path, and one more fact they know."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="links")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    serial = models.PositiveSmallIntegerField(
        default=1, help_text="1 for a party's first link, then 2, 3, ..."
    )
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    failed_count = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "serial"], name="link_serial_unique")]


class TryWindow(models.Model):
    """How many tries of one kind came from one place since its window began; one upsert counts (underwriting.people.tries)."""

    subject = models.CharField(max_length=64, primary_key=True, help_text="HMAC of the kind and the place.")
    started_at = models.DateTimeField(db_index=True)
    try_count = models.PositiveIntegerField()
