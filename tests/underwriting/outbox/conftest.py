"""An application with one applicant, whose letters are sent."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.factories import (
    make_application,
    make_lender,
    make_product,
)
from underwriting.clocks.running import start_clock
from underwriting.enums import (
    ClockKind,
)
from underwriting.models import (
    Application,
)


@pytest.fixture
def application() -> Application:
    lender = make_lender(mail_from="letters@harbour.example")
    now = timezone.now()
    application = make_application(make_product(lender), received_at=now, completed_at=now)
    start_clock(application=application, kind=ClockKind.DECISION_NOTICE, began_at=now)
    return application
