"""A mail all the way: a real worker sends it to a real server, whose bounce is piped back into the command that reads it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from django.utils import timezone

from tests.factories import make_application, make_lender, make_party, make_product
from tests.processes import RealProcesses
from underwriting.config.launch import processes
from underwriting.config.launch.places import ROOT
from underwriting.enums import ApplicationStatus, MailState
from underwriting.models import Mail, Party
from underwriting.outbox.mail import send_later

pytestmark = pytest.mark.django_db(transaction=True)


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(600):
        if is_so():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to pass")


def test_a_bounce_comes_back_from_the_mail_server_and_the_letter_goes_on_paper(
    real_processes: RealProcesses,
) -> None:
    port = processes.any_free_port()
    real_processes.environment |= {
        "UW_SMTP_HOST": processes.HOST, "UW_SMTP_PORT": str(port), "UW_SMTP_TLS": "none",
    }  # fmt: skip
    real_processes.start(processes.mail_sink(real_processes.data, real_processes.environment, port=port))
    real_processes.worker(concurrency=1)
    application = make_application(make_product(make_lender()), status=ApplicationStatus.INCOMPLETE)
    party = make_party(application, email="bounce@example.test", esign_consented_at=timezone.now())

    mail = send_later(
        application=application, party=party, subject="A letter", text="Open your page.", letter_id=7, letter_sha256="ab" * 32,
        attachment=b"%PDF", now=timezone.now(),
    )  # fmt: skip
    wait_until(lambda: Mail.objects.get(pk=mail.pk).state == MailState.BOUNCED)

    assert Mail.objects.get(on_paper=True).letter_id == 7
    assert Party.objects.get().mail_failed_at is not None
    assert len(list((real_processes.data.path / "mail").glob("*.eml"))) == 2  # the mail and its notification


def test_what_is_no_bounce_ends_the_command_with_an_error(real_processes: RealProcesses) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "read_bounce"], cwd=ROOT, env=real_processes.environment, input=b"Subject: hello\r\n\r\nhello",
        capture_output=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert b"left alone: this is no delivery status notification" in done.stderr
