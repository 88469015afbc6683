"""`python -m underwriting.outbox.sink`: a mail server for demonstrations and tests. It speaks SMTP and sends nothing on.

Each message is kept as an .eml file. What becomes of one hangs on the part of the address before the @: `refused...` is
refused at once (550), `busy...` for now (451), `vanish...` is taken and the connection broken without an answer, and `bounce...`
is taken and comes back as a delivery status notification, which is piped into a command as a real mail server would.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import shlex
import signal
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, make_msgid
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
SIZE_LIMIT_BYTES = 20 * 1_048_576
BOUNCE_AFTER_SECONDS = 1.0
NO_SUCH_MAILBOX = "550 5.1.1 There is no such mailbox"

_REPORT = """From: Mail system <mailer-daemon@sink.invalid>\r
To: {sender}\r
Subject: Your message could not be delivered\r
Date: {date}\r
Message-ID: {own_id}\r
MIME-Version: 1.0\r
Auto-Submitted: auto-replied\r
Content-Type: multipart/report; report-type=delivery-status; boundary="=_report"\r
\r
--=_report\r
Content-Type: text/plain; charset=us-ascii\r
\r
There is no such mailbox: {recipient}\r
\r
--=_report\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; sink.invalid\r
\r
Final-Recipient: rfc822; {recipient}\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; {diagnosis}\r
\r
--=_report\r
Content-Type: text/rfc822-headers\r
\r
{headers}\r
--=_report--\r
"""


class Sink:
    """What aiosmtpd asks at each recipient and each message."""

    def __init__(self, directory: Path, *, bounces_to: str, bounce_after: float) -> None:
        self.directory = directory
        self.bounces_to = bounces_to
        self.bounce_after = bounce_after
        self.tasks: set[asyncio.Task[None]] = set()
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if _local_part(address).startswith("refused"):
            return NO_SUCH_MAILBOX
        if _local_part(address).startswith("busy"):
            return "451 4.2.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del session
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        kept = self._keep(content)
        for recipient in envelope.rcpt_tos:
            if _local_part(recipient).startswith("vanish") and isinstance(
                server.transport, asyncio.WriteTransport
            ):
                server.transport.abort()
            if _local_part(recipient).startswith("bounce"):
                report = _report(content, sender=envelope.mail_from or "", recipient=recipient)
                task = asyncio.create_task(self._send_back(report, kept))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
        return f"250 2.0.0 Kept as {kept.name}"

    def _keep(self, content: bytes) -> Path:
        own_id = str(message_from_bytes(content).get("Message-ID", ""))
        name = re.sub(r"[^A-Za-z0-9.-]", "", own_id.partition("@")[0]) or "message"
        path = self.directory / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{name}.eml"
        path.write_bytes(content)
        return path

    async def _send_back(self, report: bytes, kept: Path) -> None:
        await asyncio.sleep(self.bounce_after)
        kept.with_suffix(".bounce.eml").write_bytes(report)
        if not self.bounces_to:
            return
        program = await asyncio.create_subprocess_exec(
            *shlex.split(self.bounces_to), stdin=asyncio.subprocess.PIPE
        )
        await program.communicate(report)


def _report(content: bytes, *, sender: str, recipient: str) -> bytes:
    headers = message_from_bytes(content, policy=SMTP_POLICY)
    returned = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    text = _REPORT.format(
        sender=sender,
        recipient=recipient,
        date=format_datetime(datetime.now(UTC)),
        own_id=make_msgid(domain="sink.invalid"),
        diagnosis=NO_SUCH_MAILBOX,
        headers=returned,
    )
    return text.encode(errors="replace")


def _local_part(address: str) -> str:
    return address.partition("@")[0].lower()


async def serve(sink: Sink, *, port: int) -> None:
    """Listen until a signal comes."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(sink, hostname="sink.invalid", data_size_limit=SIZE_LIMIT_BYTES), HOST, port
    )
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with server:
        await stopped.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--directory", type=Path, required=True, help="where the messages are kept")
    parser.add_argument("--bounces-to", default="", help="a command that reads a notification")
    parser.add_argument("--bounce-after", type=float, default=BOUNCE_AFTER_SECONDS, help="seconds")
    options = parser.parse_args()
    sink = Sink(options.directory, bounces_to=options.bounces_to, bounce_after=options.bounce_after)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(sink, port=options.port))


if __name__ == "__main__":
    main()
