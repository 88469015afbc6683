"""What happens between an applicant and the lender after the application: documents, corrections, offers, mail."""

from __future__ import annotations

import uuid

from django.db import models

from underwriting.enums import ClockKind, DocumentKind, MailState, OfferState

CLOCKS = [(kind.value, kind.value) for kind in ClockKind]


class Document(models.Model):
    """A file that somebody sent. Content and name are sealed under the party's key; at most 10 MB."""

    append_only = True

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="documents"
    )
    party = models.ForeignKey("underwriting.Party", on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in DocumentKind])
    name = models.BinaryField(help_text="File name as sent, sealed.")
    content = models.BinaryField(help_text="Sealed (underwriting.people.sealing).")
    media_type = models.CharField(max_length=40, help_text="By its content, not by its name.")
    byte_count = models.PositiveIntegerField()
    page_count = models.PositiveSmallIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Of the content before it was sealed.")
    received_from = models.CharField(max_length=12, help_text="ActorKind of who sent it.")
    received_at = models.DateTimeField()


class FactCorrection(models.Model):
    """A fact set right by a person, with its source; the newest of a fact is what the next assessment reads.

    Where `value` is what stood `before`, nothing was set right: the person found it again in the document.
    """

    append_only = True

    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="corrections"
    )
    party = models.ForeignKey("underwriting.Party", on_delete=models.PROTECT, related_name="+")
    fact = models.CharField(max_length=60)
    value = models.JSONField(help_text="In the catalogue's unit.")
    before = models.JSONField(null=True)
    document = models.ForeignKey(Document, null=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=200, help_text="Where the right value was read, in words.")
    corrected_by = models.ForeignKey("underwriting.User", on_delete=models.PROTECT, related_name="+")
    corrected_at = models.DateTimeField()

    @property
    def is_verification(self) -> bool:
        return bool(self.value == self.before)


class StandingOffer(models.Model):
    """An approval or counteroffer that the applicant can take until a date, whatever the policy becomes meanwhile."""

    decision = models.OneToOneField(
        "underwriting.Decision", on_delete=models.PROTECT, related_name="standing_offer"
    )
    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="offers"
    )
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField(null=True)
    term_months = models.PositiveSmallIntegerField(null=True)
    annual_rate_bps = models.PositiveIntegerField()
    instalment_minor = models.BigIntegerField(null=True)
    conditions = models.JSONField(
        default=list,
        help_text="The decision's, each with when it was met, null until then (underwriting.decisions.conditions).",
    )
    is_conditional = models.BooleanField(
        default=False,
        help_text="It cannot be taken until its conditions are met and it was assessed with what they showed.",
    )
    valid_until = models.DateField(help_text="Last day, where the lender is, on which it can be taken.")
    state = models.CharField(
        max_length=8, choices=[(s.value, s.value) for s in OfferState], default=OfferState.HELD
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=models.Q(state="OPEN"), name="one_open_offer_an_application"
            )
        ]


class Mail(models.Model):
    """A message or letter on its way to one party: by e-mail, or on paper where there is no consent to the other."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    lender = models.ForeignKey("underwriting.Lender", on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(
        "underwriting.Application", on_delete=models.PROTECT, related_name="mails"
    )
    party = models.ForeignKey("underwriting.Party", on_delete=models.PROTECT, related_name="+")
    on_paper = models.BooleanField()
    subject = models.CharField(max_length=200)
    body = models.BinaryField(help_text="Text of the e-mail, sealed; empty on paper.")
    letter_id = models.BigIntegerField(null=True, help_text="explanations.Letter that it carries.")
    letter_sha256 = models.CharField(max_length=64, blank=True)
    attachment = models.BinaryField(
        default=bytes, help_text="The letter, sealed, while the e-mail is on its way; empty before and after."
    )
    decision = models.ForeignKey(
        "underwriting.Decision",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The decision that it tells; null where it tells none.",
    )
    meets = models.CharField(
        max_length=24, blank=True, choices=CLOCKS, help_text="The clock that stops when this is sent."
    )
    begins = models.CharField(
        max_length=24, blank=True, choices=CLOCKS, help_text="The clock that starts when this is sent."
    )
    state = models.CharField(max_length=8, choices=[(s.value, s.value) for s in MailState])
    message_id = models.CharField(max_length=120, blank=True)
    proof = models.CharField(
        max_length=200, blank=True, help_text="The mail server's answer, or who posted it."
    )
    posted_by = models.ForeignKey("underwriting.User", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    attempted_at = models.DateTimeField(
        null=True, help_text="When it was given to the mail server, while it is unknown what became of that."
    )
    sent_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)
    bounce = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            # the print list
            models.Index(
                fields=["lender", "created_at", "id"],
                name="mail_to_print",
                condition=models.Q(on_paper=True, state="WAITING"),
            ),
            models.Index(fields=["application", "-id"], name="mail_by_application"),
        ]
