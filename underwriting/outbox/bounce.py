"""Reading delivery status notifications (RFC 3464): which of our e-mails came back, and why."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage, Message
from uuid import UUID

from django.db import transaction

from underwriting.audit.actor import SYSTEM
from underwriting.models import Mail
from underwriting.outbox.results import lock_mail, record_bounced

SIZE_LIMIT_BYTES = 1_048_576
_OURS = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^<>\s]+>")


class NoBounce(ValueError):
    """The message is no notification that an e-mail failed for good, or names none; the text says which."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A failed e-mail, by its Message-ID, and the reason in the mail server's words."""

    message_id: str
    because: str


def parse_bounce(raw: bytes) -> Bounce:
    """Read a notification. Raises NoBounce, also for a delay, which is no failure."""
    message = email.message_from_bytes(raw[:SIZE_LIMIT_BYTES], policy=email.policy.default)
    if message.get_content_type() != "multipart/report":
        raise NoBounce("this is no delivery status notification")
    parts = list(message.walk())
    because = next((text for part in parts if (text := _failure(part))), "")
    if not because:
        raise NoBounce("it reports no failure")
    message_id = next((found for part in parts if (found := _original_id(part))), "")
    if not message_id:
        raise NoBounce("it does not name the e-mail that failed")
    return Bounce(message_id, because)


@transaction.atomic
def read_bounce(raw: bytes, *, now: datetime) -> bool:
    """Mark the e-mail of a notification as bounced. False where that was known already.

    Raises:
        NoBounce: nothing bounced, or it was none of ours.
    """
    bounce = parse_bounce(raw)
    found = _OURS.fullmatch(bounce.message_id)
    mail = (
        Mail.objects.filter(public_id=UUID(found[1]), message_id=bounce.message_id).first() if found else None
    )
    if mail is None:
        raise NoBounce("the e-mail that failed is none of ours")
    return record_bounced(lock_mail(mail.pk), because=bounce.because, actor=SYSTEM, now=now)


def _failure(part: Message) -> str:
    """Status and diagnosis of the first recipient whose delivery failed for good; empty where none did."""
    if part.get_content_type() != "message/delivery-status":
        return ""
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else []:
        if isinstance(block, Message) and str(block.get("Action", "")).strip().lower() == "failed":
            said = [str(block.get(name, "")).strip() for name in ("Status", "Diagnostic-Code")]
            return " ".join(filter(None, said))[:200] or "failed"
    return ""


def _original_id(part: Message) -> str:
    """The Message-ID of the e-mail that is sent back along, whole or as headers alone."""
    kind = part.get_content_type()
    if kind == "text/rfc822-headers" and isinstance(part, EmailMessage):
        returned: Message | None = email.message_from_string(part.get_content(), policy=email.policy.default)
    elif kind == "message/rfc822":
        payload = part.get_payload()
        returned = payload[0] if isinstance(payload, list) and payload else None  # type: ignore[assignment]
    else:
        return ""
    return str(returned.get("Message-ID", "")).strip() if isinstance(returned, Message) else ""
