"""One message to the mail server, and exactly what is known of it afterwards."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend


class Outcome(Enum):
    """ACCEPTED: the server took it over. NOT_YET: it did not, and may later. UNKNOWN: nobody can tell.

    REFUSED: no mail will arrive at this address. MESSAGE_REFUSED: this one will not; the address may be good.
    """

    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    MESSAGE_REFUSED = "MESSAGE_REFUSED"
    NOT_YET = "NOT_YET"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt; `text` is the server's own answer where there was one."""

    outcome: Outcome
    text: str


@dataclass(slots=True)
class _Handover:
    """How far the handing over of the message got, and how the server answered it."""

    has_begun: bool = False
    answer: tuple[int, bytes] | None = None


@dataclass(slots=True)
class _Watched:
    """Makes connections that write down in `handover` what smtplib forgets: the server's answer to the message."""

    base: type[smtplib.SMTP]
    handover: _Handover = field(default_factory=_Handover)

    def __call__(self, *args: Any, **options: Any) -> smtplib.SMTP:
        handover = self.handover

        class Connection(self.base):  # type: ignore[name-defined,misc]
            def data(self, msg: Any) -> tuple[int, bytes]:
                handover.has_begun = True
                handover.answer = super().data(msg)
                return handover.answer

        return Connection(*args, **options)


class AnsweringBackend(EmailBackend):
    """Django's own SMTP backend, which also tells how the server answered the message."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.handover = _Handover()

    @property
    def connection_class(self) -> Callable[..., smtplib.SMTP]:  # type: ignore[override]  # called, never subclassed
        return _Watched(smtplib.SMTP_SSL if self.use_ssl else smtplib.SMTP, self.handover)

    def hand_over(self, message: EmailMessage) -> Answer:
        """Send one message to its one recipient. Never raises what a mail server or a network can bring about."""
        self.handover = _Handover()
        try:
            self.send_messages([message])
        except (OSError, smtplib.SMTPException) as error:
            if self._is_accepted():
                return self._accepted()  # it failed afterwards, while saying goodbye
            return _judge(error, handed_over=self.handover.has_begun)
        return self._accepted() if self._is_accepted() else Answer(Outcome.UNKNOWN, "there was no answer")

    def _is_accepted(self) -> bool:
        return self.handover.answer is not None and self.handover.answer[0] == 250

    def _accepted(self) -> Answer:
        code, text = self.handover.answer or (0, b"")
        return Answer(Outcome.ACCEPTED, _words(code, text))


def _judge(error: Exception, *, handed_over: bool) -> Answer:
    """A server's no is final from 500 on, unless it is about ourselves; silence after the message was sent is the unknown."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return Answer(Outcome.REFUSED if code >= 500 else Outcome.NOT_YET, _words(code, text))
    if isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500:
        return Answer(Outcome.MESSAGE_REFUSED, _words(error.smtp_code, error.smtp_error))
    if isinstance(
        error, smtplib.SMTPResponseException
    ):  # greeting, sign-in, our own sender: the installation's fault, which can be mended
        return Answer(Outcome.NOT_YET, _words(error.smtp_code, error.smtp_error))
    outcome = Outcome.UNKNOWN if handed_over else Outcome.NOT_YET
    return Answer(outcome, f"{type(error).__name__}: {error}"[:200])


def _words(code: int, text: bytes | str) -> str:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(said.split())}"[:200]
