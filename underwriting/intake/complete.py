"""What an incomplete application misses arrives, in one go or piece by piece; and what becomes of it when it never does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from pydantic import TypeAdapter, ValidationError

from underwriting.audit.actor import SYSTEM, Actor
from underwriting.audit.record import record_entry
from underwriting.clocks.running import last_moment, start_clock, stop_clocks
from underwriting.clocks.selectors import today_of
from underwriting.decisions.record import lock_applications
from underwriting.enums import ApplicationStatus, ClockKind, WorkKind
from underwriting.intake.contract import FieldRule, check_contract, field_type
from underwriting.intake.payload import ContractError, ContractViolated
from underwriting.models import Application, NoticeClock, Party
from underwriting.outbox.results import void_waiting
from underwriting.work.put import put

INCOMPLETE_CLOCKS = (ClockKind.INCOMPLETENESS_NOTICE, ClockKind.MISSING_ITEMS)


class NothingMissing(Exception):
    """The application waits for nothing: it was complete already, or is decided or ended."""


class ItemsTooLate(Exception):
    """The time that the notice of incompleteness gave is over; a new application is needed (comment 9(c)(2)-1)."""


@transaction.atomic
def complete_application(
    *, application: Application, given: Mapping[str, Any], actor: Actor, now: datetime
) -> Application:
    """Take what was missing. With the last of it the application is complete: it is assessed, and its thirty days begin.

    Some of it may come now and the rest later. What is given again in the same words is no error, so that a request may be
    repeated.

    Args:
        given: by JSON pointer as `missing_fields` names them, in the form of the API (money as decimal text).

    Returns:
        The application as it stands now.

    Raises:
        ContractViolated: a field that is not missing, or a value out of bounds; the path of each is its pointer as given.
        NothingMissing, ItemsTooLate.
    """
    locked = lock_applications([application.pk])[application.pk]
    values = _checked(locked, given, now=now)
    new = {pointer: value for pointer, value in values.items() if pointer in locked.missing_fields}
    _require_waiting(locked, has_new=bool(new), now=now)
    if not new:
        return locked
    before = list(locked.missing_fields)
    for pointer, value in new.items():
        _store(locked, pointer, value)
    locked.missing_fields = [pointer for pointer in before if pointer not in new]
    if not locked.missing_fields:
        _complete(locked, by=list(new)[-1], now=now)
        void_waiting([locked], actor=actor, now=now)
    locked.save()
    record_entry(
        actor=actor,
        action="application.completed" if not locked.missing_fields else "application.items_received",
        object_type="application",
        object_id=str(locked.public_id),
        object_label=locked.reference,
        lender_id=locked.lender_id,
        application_id=locked.pk,
        before={"missing_fields": before},
        after={"missing_fields": locked.missing_fields, "status": locked.status},
        now=now,
    )
    return locked


@transaction.atomic
def close_incomplete(*, application_id: int, now: datetime) -> bool:
    """Close an application whose missing items did not come in the time that its notice gave. False where it does not wait.

    Silence ends the matter only for somebody who was told so: the caller has seen that the notice went out.
    """
    application = lock_applications([application_id])[application_id]
    if application.status != ApplicationStatus.INCOMPLETE:
        return False
    application.status = ApplicationStatus.CLOSED_INCOMPLETE
    application.save(update_fields=["status"])
    stop_clocks(application, by="closed: the missing items did not come", now=now)
    record_entry(
        actor=SYSTEM,
        action="application.closed_incomplete",
        object_type="application",
        object_id=str(application.public_id),
        object_label=application.reference,
        lender_id=application.lender_id,
        application_id=application.pk,
        before={"status": ApplicationStatus.INCOMPLETE},
        after={"status": application.status, "missing_fields": application.missing_fields},
        now=now,
    )
    return True


def notice_was_sent(application: Application) -> bool:
    """Whether the notice of incompleteness went out: its clock runs no more."""
    clocks = NoticeClock.objects.filter(application=application, kind=ClockKind.INCOMPLETENESS_NOTICE)
    return not clocks.filter(stopped_at__isnull=True).exists()


def last_day_for_items(waits: NoticeClock, application: Application) -> date:
    """The last day for what is missing, of a notice that went out: as many days from its sending as it gave when written."""
    told = NoticeClock.objects.filter(application=application, kind=ClockKind.INCOMPLETENESS_NOTICE)
    sent_at = told.aggregate(last=Max("stopped_at"))["last"]
    if sent_at is None:
        return waits.due_on
    given = waits.due_on - today_of(application.lender, waits.began_at)
    return max(waits.due_on, today_of(application.lender, sent_at) + given)


def _require_waiting(application: Application, *, has_new: bool, now: datetime) -> None:
    if application.status == ApplicationStatus.CLOSED_INCOMPLETE:
        raise ItemsTooLate("the application was closed")
    if application.status != ApplicationStatus.INCOMPLETE:
        if has_new or not application.completed_at:
            raise NothingMissing(f"the application is {application.status}")
        return
    waits = NoticeClock.objects.filter(
        application=application, kind=ClockKind.MISSING_ITEMS, stopped_at__isnull=True
    ).first()
    if waits is None or not notice_was_sent(application):
        return
    if today_of(application.lender, now) > last_day_for_items(waits, application):
        raise ItemsTooLate("the time to send it is over")


def _checked(application: Application, given: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """The values in domain terms. A pointer that is not missing is known only with the value that is on file."""
    errors, values = [], {}
    contract = check_contract(application.product.contract)
    rules: dict[str, FieldRule] = {**dict(contract.application.items()), **contract.party}
    for pointer, value in given.items():
        name = pointer.rpartition("/")[2]
        on_file = _on_file(application, pointer)
        # what is on file beside the contract's fields (a report sent along) was never missing
        if name not in rules or (pointer not in application.missing_fields and on_file is None):
            errors.append(ContractError((pointer,), "unknown_field", "This is not missing."))
            continue
        try:
            checked = TypeAdapter(field_type(name, rules[name])).validate_python(
                value, strict=True, context={"now": now}
            )
        except ValidationError as error:
            detail = error.errors(include_url=False, include_context=False, include_input=False)[0]
            errors.append(ContractError((pointer,), detail["type"], detail["msg"]))
            continue
        if on_file is not None and on_file != checked:
            errors.append(ContractError((pointer,), "unknown_field", "Another value is on file."))
        values[pointer] = checked
    if errors:
        raise ContractViolated(tuple(errors))
    return values


def _on_file(application: Application, pointer: str) -> Any:
    """The value that was stated under this pointer; None where there is none, or no such field."""
    stated = _statements(application, pointer)
    return None if stated is None else stated.get(pointer.rpartition("/")[2])


def _statements(application: Application, pointer: str) -> dict[str, Any] | None:
    place = pointer.split("/")[1:-1]
    if pointer.startswith("/") and not place:
        return dict(application.stated)
    party = _party(application, place)
    return None if party is None else dict(party.stated)


def _party(application: Application, place: list[str]) -> Party | None:
    """The person that `/applicant/...` or `/co_applicants/0/...` speaks of."""
    match place:
        case ["applicant"]:
            ordinal = 1
        case ["co_applicants", ("0" | "1" | "2") as index]:
            ordinal = int(index) + 2
        case _:
            return None
    return Party.objects.filter(application=application, ordinal=ordinal).first()


def _store(application: Application, pointer: str, value: Any) -> None:
    """Put a value where submission would have put it. The application itself is saved by the caller."""
    *place, name = pointer.split("/")[1:]
    if place:
        party = _party(application, place)
        if party is None:
            raise KeyError(pointer)
        party.stated = {**party.stated, name: value}
        party.save(update_fields=["stated"])
        return
    application.stated = {**application.stated, name: value}
    match name:
        case "requested_amount":
            application.requested_amount_minor = value
        case "requested_term_months":
            application.requested_term_months = value
        case "purpose":
            application.purpose = value


def _complete(application: Application, *, by: str, now: datetime) -> None:
    application.status = ApplicationStatus.SUBMITTED
    application.completed_at, application.completed_by = now, by[:80]
    application.notice_due_at = last_moment(ClockKind.DECISION_NOTICE, now, application.lender.time_zone)
    stop_clocks(application, by="the missing items came", now=now, kinds=INCOMPLETE_CLOCKS)
    start_clock(application=application, kind=ClockKind.DECISION_NOTICE, began_at=now)
    put(
        kind=WorkKind.ASSESS,
        lender_id=application.lender_id,
        application_id=application.pk,
        now=now,
    )
