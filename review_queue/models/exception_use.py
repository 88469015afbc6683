"""Which decisions rest on an exception to the policy."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class ExceptionUse(models.Model):
    """A person's decision that named an exception. It counts as a use unless that decision was taken back, overruled or refused."""

    append_only: ClassVar[bool] = True

    exception = models.ForeignKey(
        "underwriting.PolicyException", on_delete=models.PROTECT, related_name="uses"
    )
    held = models.OneToOneField(
        "review_queue.HeldDecision", on_delete=models.PROTECT, related_name="exception_use"
    )
    used_at = models.DateTimeField()
