"""Events of loans as a CSV file: by line, all or nothing."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.factories import make_application, make_lender, make_product
from underwriting.audit.actor import SYSTEM
from underwriting.enums import ApplicationStatus
from underwriting.models import Application, AuditEntry, LoanEvent
from underwriting.outcomes.file import FileUnreadable, read_outcome_file, sentence_of
from underwriting.outcomes.record import OutcomesRefused, RecordedOutcomes, record_outcomes

HEADER = "application,kind,occurred_on,days_late,amount\n"
DECIDED_AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


@pytest.fixture
def loan(db: None) -> Application:
    return make_application(
        make_product(make_lender()),
        status=ApplicationStatus.ACCEPTED,
        received_at=DECIDED_AT,
        decided_at=DECIDED_AT,
    )


def take(loan: Application, text: str) -> RecordedOutcomes:
    told, unread = read_outcome_file(text.encode())
    return record_outcomes(lender=loan.lender, told=told, unread=unread, client=None, actor=SYSTEM, now=NOW)


def test_lines_become_events(loan: Application) -> None:
    name = loan.reference
    taken = take(
        loan,
        f"kind, application ,occurred_on,amount,days_late\r\nPAID,{name},2026-04-01,301.08,\r\n\r\nLATE,{name},2026-06-01,,30\r\n",
    )

    assert taken == RecordedOutcomes(new=2, known=0, applications=1)
    assert list(LoanEvent.objects.values_list("kind", "days_late", "amount_minor", "client")) == [
        ("PAID", None, 30_108, None),
        ("LATE", 30, None, None),
    ]


def test_every_fault_has_its_line_and_nothing_is_kept(loan: Application) -> None:
    name = loan.reference
    text = (
        f"{HEADER}{name},PAID,2026-04-01,,\n{name},LATE,2026-04-01,thirty,\n{name},PAID,2026-04-01,,12\n{name},PAID,,,\n"
        f"{name},PAID,2026-04-02,,,more\nA-ZZZZ-ZZ,PAID,2026-04-01,,\n"
    )

    with pytest.raises(OutcomesRefused) as refused:
        take(loan, text)

    assert [(error.place, error.fault.field) for error in refused.value.errors] == [
        (3, "days_late"), (4, "amount"), (5, "occurred_on"), (6, ""), (7, "application"),
    ]  # fmt: skip
    assert (
        sentence_of(refused.value.errors[-1])
        == "Line 7, application: There is no application with this id or reference."
    )
    assert not LoanEvent.objects.exists()


@pytest.mark.parametrize(
    "content",
    [b"", HEADER.encode(), b"application,kind\nA,PAID\n", b"application,kind,occurred_on,colour\nA,PAID,x,red\n",
     b"application,kind,occurred_on,kind\nA,PAID,x,PAID\n", b"\xff\xfe\x00", b"application,kind,occurred_on\nA,\x00,x\n",
     b'application,kind,occurred_on\n"A,PAID,x\n'],
)  # fmt: skip
def test_what_is_no_table_of_events_is_refused_whole(content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        read_outcome_file(content)


def test_the_command(loan: Application, tmp_path: Path) -> None:
    file = tmp_path / "outcomes.csv"
    file.write_text(f"{HEADER}{loan.reference},PAID_OFF,2026-04-01,,\n")
    said = io.StringIO()
    arguments: dict[str, Any] = {"lender": loan.lender.code, "file": file}

    call_command("import_outcomes", **arguments, stdout=said)

    assert said.getvalue() == "1 events recorded of 1 loans; 0 were known already\n"
    (entry,) = AuditEntry.objects.filter(action="loan_events.recorded")
    assert (entry.actor_name, entry.application_id) == ("System", loan.pk)
    file.write_text(f"{HEADER}{loan.reference},LATE,2026-04-01,,\n")
    with pytest.raises(CommandError, match="Line 2, days_late: LATE says"):
        call_command("import_outcomes", **arguments)
    for wrong in ({"lender": "nobody"}, {"file": tmp_path / "none.csv"}):
        with pytest.raises(CommandError):
            call_command("import_outcomes", **{**arguments, **wrong})
