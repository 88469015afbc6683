"""Histories as files: all or nothing, every fault by line, and assessed in parts by the workers."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from scoring.history import failed, parts
from scoring.history import work as job
from scoring.history.assess import weigh_past
from scoring.history.file import read_file
from scoring.history.put import HistoryRefused, TakenBefore, put_history
from scoring.pipeline.work import work_claimed, work_until_empty
from tests.factories import make_lender
from tests.scoring.history.past import AS_OF, row
from tests.scoring.pipeline.world import NOW, World, apply, clock, make_world
from underwriting.audit.actor import SYSTEM
from underwriting.enums import ApplicationStatus, Origin, WorkKind, WorkState
from underwriting.models import (
    Application,
    Assessment,
    AuditEntry,
    EffectCube,
    HistoryImport,
    LoanEvent,
    WorkItem,
)
from underwriting.outcomes.file import FileUnreadable
from underwriting.people.access import NotYours
from underwriting.work.claim import MAX_ATTEMPTS, claim

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return make_world(time_zone="America/New_York")


def line(index: int, **more: Any) -> dict[str, Any]:
    return {**row(index).body, "as_of": AS_OF.isoformat(), **more}


def jsonl(*lines: Any) -> bytes:
    return b"\n".join(json.dumps(one).encode() for one in lines)


def put(world: World, content: bytes, name: str = "past.jsonl") -> HistoryImport:
    return put_history(product=world.product, name=name, content=content, actor=SYSTEM, now=NOW)


def test_stored_at_once_and_assessed_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ROWS_AT_ONCE", 2)
    events = [{"kind": "PAID", "occurred_on": "2026-03-01", "amount": "10.00"}]

    started = put(world, jsonl(*(line(index, events=events, outcome="APPROVE") for index in range(5))))

    assert (started.row_count, started.event_count, LoanEvent.objects.count()) == (5, 5, 5)
    assert WorkItem.objects.filter(kind=WorkKind.IMPORT_HISTORY).count() == 3
    assert not Assessment.objects.exists()

    tally = work_until_empty(worker="test", max_batches=2, clock=clock)
    started.refresh_from_db()
    assert (tally.items, started.assessed_count, started.finished_at) == (2, 4, None)

    work_until_empty(worker="test", max_batches=9, clock=clock)
    started.refresh_from_db()
    assert (started.assessed_count, started.finished_at) == (5, NOW)
    assert Assessment.objects.count() == 5
    assert AuditEntry.objects.filter(action="history.import_started").count() == 1


def test_a_history_that_is_assessed_is_counted_in_the_effect_of_an_edit(world: World) -> None:
    put(world, jsonl(*(line(index) for index in range(3))))
    work_until_empty(worker="test", max_batches=9, clock=clock)
    assert EffectCube.objects.get().application_count == 3


def work_until_left_to_a_person() -> None:
    for _ in range(MAX_ATTEMPTS + 1):
        WorkItem.objects.filter(state=WorkState.READY).update(not_before=NOW - timedelta(days=9))
        work_until_empty(worker="test", max_batches=50, clock=clock)


def test_what_failed_every_time_is_said_and_run_again_in_pieces(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One application breaks the part it is in: the first time six of them wait, then it alone."""
    monkeypatch.setattr(parts, "ROWS_AT_ONCE", 6)
    monkeypatch.setattr(failed, "PIECES", 2)
    started = put(world, jsonl(*(line(index) for index in range(7))))
    poison = Application.objects.order_by("pk")[1].pk
    weigh = weigh_past

    def breaks(keys: Any, **values: Any) -> Any:
        if poison in keys:
            raise ValueError("not this one")
        return weigh(keys, **values)

    def run_again() -> int:
        return failed.run_again(lender=world.product.lender, import_id=started.pk, actor=SYSTEM, now=NOW)

    def progress() -> tuple[int, bool, int]:
        started.refresh_from_db()
        (one,) = failed.progress_of([started])
        return started.assessed_count, one.is_at_work, one.failed_count

    monkeypatch.setattr(job, "weigh_past", breaks)
    with pytest.raises(failed.NothingFailed):
        run_again()
    work_until_left_to_a_person()
    assert progress() == (1, False, 6)
    assert Application.objects.filter(status=ApplicationStatus.IN_ASSESSMENT).count() == 6

    assert run_again() == 6
    assert progress() == (1, True, 0)
    work_until_left_to_a_person()
    assert progress() == (4, False, 3)
    monkeypatch.setattr(job, "weigh_past", weigh)
    assert run_again() == 3
    work_until_empty(worker="test", max_batches=50, clock=clock)

    assert progress() == (7, False, 0)
    assert started.finished_at == NOW
    assert Assessment.objects.count() == 7
    assert not Application.objects.filter(status=ApplicationStatus.IN_ASSESSMENT).exists()
    assert AuditEntry.objects.filter(action="history.failed_parts_run_again").count() == 2
    with pytest.raises(NotYours):
        failed.run_again(lender=make_lender("quarry"), import_id=started.pk, actor=SYSTEM, now=NOW)


def test_an_application_of_today_goes_before_a_part_of_the_past(world: World) -> None:
    put(world, jsonl(line(1)))
    today = apply(world)

    work_until_empty(worker="test", max_batches=1, clock=clock)

    assert list(Assessment.objects.values_list("application_id", flat=True)) == [today.pk]


def test_a_part_that_was_taken_over_is_not_written_by_who_lost_it(world: World) -> None:
    put(world, jsonl(line(1), line(2)))
    lost = claim(kinds=[WorkKind.IMPORT_HISTORY], worker="slow", limit=1, lease_seconds=0)
    work_claimed(lost, clock=clock)
    assert not Assessment.objects.exists()

    WorkItem.objects.update(state="READY", claim_token=None, leased_until=None)
    work_until_empty(worker="quick", max_batches=9, clock=clock)
    WorkItem.objects.update(state="READY", claim_token=None, leased_until=None)
    work_until_empty(worker="again", max_batches=9, clock=clock)

    assert Assessment.objects.count() == 2


def test_every_fault_by_its_line_and_nothing_stored(world: World) -> None:
    content = b"\n".join([
        jsonl(line(0)),
        b'{"as_of": ',
        jsonl({**line(1), "as_of": "2026-01-15T15:00:00", "outcome": "MAYBE", "channel": 7, "events": [{"kind": "LOST"}, 1]}),
        b"",
        jsonl(line(2, purpose="yacht")),
        jsonl(line(3, events=[{"kind": "PAID", "occurred_on": "2025-01-01"}])),
    ])  # fmt: skip

    with pytest.raises(HistoryRefused) as refused:
        put(world, content)

    assert [(fault.line, fault.pointer) for fault in refused.value.faults] == [
        (2, ""), (3, "/as_of"), (3, "/outcome"), (3, "/channel"), (3, "/events/0/kind"), (3, "/events/0/occurred_on"), (3, "/events/1"),
        (5, "/purpose"), (6, "/events/0/occurred_on"),
    ]  # fmt: skip
    assert not Application.objects.exists()
    assert not HistoryImport.objects.exists()


def test_the_same_file_is_taken_once(world: World) -> None:
    put(world, jsonl(line(0)))

    with pytest.raises(TakenBefore):
        put(world, jsonl(line(0)), name="other.jsonl")

    assert Application.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("past.xlsx", b"x"),
        ("past.jsonl", b"\n\n"),
        ("past.csv", b"as_of\n"),
        ("past.csv", b"a,b\n1,2\n"),
        ("past.csv", b"\xff\xfe"),
    ],
)
def test_what_is_no_history_is_refused_whole(world: World, name: str, content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        put(world, content, name=name)


def test_a_table_says_the_same_as_json_lines(world: World) -> None:
    whole = line(0)
    flat = dict(_flat(whole))
    table = f"{','.join(flat)}\n{','.join(_cell(value) for value in flat.values())}\n"

    (of_table,), unread = read_file("past.csv", table.encode())
    (of_json,), _ = read_file("past.jsonl", jsonl(whole))

    assert unread == []
    assert (of_table.body, of_table.as_of) == (of_json.body, of_json.as_of)
    assert put(world, table.encode(), name="past.csv").row_count == 1


def _flat(value: dict[str, Any], place: str = "") -> Any:
    for name, part in value.items():
        if isinstance(part, dict) and "absence" not in part:
            yield from _flat(part, f"{place}{name}.")
        else:
            yield f"{place}{name}", part


def _cell(value: Any) -> str:
    text = (
        value["absence"]
        if isinstance(value, dict)
        else "|".join(value)
        if isinstance(value, list)
        else str(value)
    )
    return '"' + text.replace('"', '""') + '"'


def test_the_command(world: World, tmp_path: Path) -> None:
    file = tmp_path / "past.jsonl"
    file.write_bytes(jsonl(line(0), line(1)))
    said = io.StringIO()
    arguments = {"lender": world.product.lender.code, "product": world.product.code, "file": file}

    call_command("import_history", **arguments, stdout=said)

    assert said.getvalue().startswith("2 applications and 0 events")
    assert Application.objects.filter(origin=Origin.IMPORTED).count() == 2
    for wrong in ({"lender": "nobody"}, {"product": "nothing"}, {"file": tmp_path / "none.jsonl"}, {}):
        with pytest.raises(CommandError):
            call_command("import_history", **{**arguments, **wrong})
