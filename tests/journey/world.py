"""A lender at work in real processes, somebody who applies with a wrong income, and an officer who signs in with two steps."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import httpx
import typst
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from frontend.session.sign_in import enrol
from scoring.demo.payloads import body
from scoring.demo.roster import LENDERS
from tests.factories import make_client, make_user
from tests.factories.lending import PASSWORD
from tests.processes import RealProcesses
from tests.scoring.pipeline.world import good_applicant, make_world
from underwriting.api.keys import issue_key
from underwriting.audit.actor import SYSTEM
from underwriting.enums import Role, Scope

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
# What was typed by mistake, a zero or two short, and what the payslip says.
WRONG_INCOME_MINOR, RIGHT_INCOME = 120_000, 120_000
RIGHT_INCOME_WORDS = "My income is $120,000 a year, not $1,200. My payslip shows it."
PATIENCE_SECONDS = 60.0
Found = TypeVar("Found")


@dataclass(frozen=True)
class Story:
    """The address of the web process, a partner's key, and who is there."""

    base_url: str
    key: str
    birth_date: date
    officer_email: str

    def api(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        return httpx.request(
            method, f"{self.base_url}/api/v1{path}", headers=headers, timeout=20, **more
        ).raise_for_status()

    def apply(self) -> str:
        """Send an application with the wrong income; returns its public id."""
        someone = good_applicant()
        report = {
            **someone.report,
            **({} if someone.bureau_score is None else {"bureau_score": someone.bureau_score}),
        }
        sent = body(
            lender=LENDERS[0],
            identity=someone.identity,
            consented_at=datetime.now(tz=UTC),
            application=someone.stated_application,
            party={**someone.stated_party, "annual_income": WRONG_INCOME_MINOR},
            report=report,
        )
        answered = self.api(
            "POST", "/applications", json=sent, headers={"Idempotency-Key": str(uuid.uuid4())}
        )
        return str(answered.json()["id"])

    def application(self, public_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.api("GET", f"/applications/{public_id}").json()
        return found


def begin(real: RealProcesses) -> Story:
    """Web, worker and clock as processes of their own; a lender with model and policy; an officer who never decided here."""
    world = make_world(hold_seconds=1, working_weekdays=[1, 2, 3, 4, 5, 6, 7])
    lender = world.product.lender
    officer = make_user("Ana Ruiz", (lender, Role.SENIOR_OFFICER))
    yesterday = datetime.now(tz=UTC) - timedelta(days=1)
    enrol(user=officer, secret=SECRET, code=code_at(yesterday), now=yesterday)
    key = issue_key(client=make_client(lender), scopes=list(Scope), actor=SYSTEM, now=datetime.now(tz=UTC))
    base_url = real.web()
    real.worker()
    real.beat()
    return Story(
        base_url=base_url,
        key=key.text,
        birth_date=good_applicant().identity.birth_date,
        officer_email=officer.email,
    )


def code_at(moment: datetime) -> str:
    return str(format_hotp_value(hotp_value(SECRET, int(moment.timestamp()) // 30)))


def now_code() -> str:
    return code_at(datetime.now(tz=UTC))


def password() -> str:
    return PASSWORD


def payslip() -> bytes:
    """A payslip as a PDF of one page."""
    text = (
        "= Payslip October 2026\nGross pay of the month: 10,000.00 USD\n\nGross pay of a year: 120,000.00 USD"
    )
    made = typst.compile(text.encode())
    assert isinstance(made, bytes)
    return made


def wait_for(look: Callable[[], Found | None], what: str) -> Found:
    """Look again until something is there."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError(f"waited in vain for {what}")
