"""Answering an offer over the API."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from tests.factories import disclose, make_application, make_assessment
from tests.factories.applying import RECEIVED_AT
from tests.underwriting.api.calling import Caller
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.record import record_decision
from underwriting.enums import Outcome
from underwriting.models import Application, AuditEntry, Decision

OFFER = {
    "amount_minor": 500_000, "term_months": 36, "annual_rate_bps": 1299, "instalment_minor": 16_850, "price_tier": "B",
}  # fmt: skip


@pytest.fixture
def untold(caller: Caller) -> Application:
    application = make_application(caller.product, client=caller.client)
    record_decision(
        application=application, assessment=make_assessment(application), outcome=Outcome.COUNTEROFFER, stage=None,
        offer=OFFER, reasons=[], decided_by=None, note="", actor=SYSTEM, now=RECEIVED_AT,
    )  # fmt: skip
    return application


@pytest.fixture
def offered(untold: Application) -> Application:
    disclose(Decision.objects.get())
    return untold


def path_of(application: Application) -> str:
    return f"/applications/{application.public_id}/accept"


@time_machine.travel(RECEIVED_AT, tick=False)
def test_taken_with_the_callers_name_in_the_trail_and_the_same_answer_to_the_same_key(
    caller: Caller, offered: Application
) -> None:
    first = caller.post({"accepted": True}, path=path_of(offered), key="take-it")
    again = caller.post({"accepted": True}, path=path_of(offered), key="take-it")
    anew = caller.post({"accepted": True}, path=path_of(offered))

    assert (first.status_code, first.json()["status"], first.json()["offer"]["state"]) == (
        200,
        "ACCEPTED",
        "ACCEPTED",
    )
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert (anew.status_code, anew.json()["status"]) == (200, "ACCEPTED")
    (entry,) = AuditEntry.objects.filter(action="offer.accepted")
    assert entry.actor_name == f"Web (…{caller.key.last_four})"


@time_machine.travel(RECEIVED_AT, tick=False)
def test_turned_down_and_then_over(caller: Caller, offered: Application) -> None:
    refused = caller.post({"accepted": False}, path=path_of(offered))
    late = caller.post({"accepted": True}, path=path_of(offered))

    assert (refused.status_code, refused.json()["offer"]["state"]) == (200, "REFUSED")
    assert (late.status_code, late.json()["code"], late.json()["detail"]) == (
        409,
        "offer_over",
        "The offer is refused.",
    )


@time_machine.travel(RECEIVED_AT, tick=False)
def test_not_while_its_conditions_are_open_but_it_can_be_turned_down(caller: Caller) -> None:
    application = make_application(caller.product, client=caller.client)
    record_decision(
        application=application, assessment=make_assessment(application), outcome=Outcome.COUNTEROFFER, stage=None, offer=OFFER,
        reasons=[], decided_by=None, note="", conditions=["payslips"], actor=SYSTEM, now=RECEIVED_AT,
    )  # fmt: skip
    disclose(Decision.objects.get())

    early = caller.post({"accepted": True}, path=path_of(application))
    shown = caller.get(f"/applications/{application.public_id}").json()["offer"]
    refused = caller.post({"accepted": False}, path=path_of(application))

    assert (early.status_code, early.json()["code"]) == (409, "offer_conditional")
    assert (shown["conditional"], shown["conditions"]) == (
        True,
        [{"code": "payslips", "text": "Your payslips of the last three months.", "met_at": None}],
    )
    assert (refused.status_code, refused.json()["offer"]["state"]) == (200, "REFUSED")


@time_machine.travel(RECEIVED_AT, tick=False)
def test_not_before_its_notice_is_told(caller: Caller, untold: Application) -> None:
    early = caller.post({"accepted": True}, path=path_of(untold))

    assert (early.status_code, early.json()["code"]) == (409, "offer_untold")
    untold.refresh_from_db()
    assert untold.status == "COUNTEROFFERED"


@time_machine.travel("2026-12-03T12:00:00Z", tick=False)
def test_after_its_last_day(caller: Caller, offered: Application) -> None:
    late = caller.post({"accepted": True}, path=path_of(offered))

    assert (late.status_code, late.json()["detail"]) == (409, "The offer is expired.")


def test_where_nothing_was_offered(caller: Caller) -> None:
    application = make_application(caller.product, client=caller.client)

    answer = caller.post({"accepted": True}, path=path_of(application))

    assert (answer.status_code, answer.json()["detail"]) == (409, "There is no offer.")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/accepted"]),
        ({"accepted": "yes"}, ["/accepted"]),
        ({"accepted": 1}, ["/accepted"]),
        ({"accepted": True, "why": "x"}, ["/why"]),
        ({"accepted": True, "decision": "1"}, ["/decision"]),
        ({"accepted": True, "decision": True}, ["/decision"]),
        ({"accepted": True, "decision": 0}, ["/decision"]),
        ({"accepted": True, "decision": None}, ["/decision"]),
    ],
)
def test_anything_else_is_named(
    caller: Caller, offered: Application, body: dict[str, Any], pointers: list[str]
) -> None:
    answer = caller.post(body, path=path_of(offered))

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers
    offered.refresh_from_db()
    assert offered.status == "COUNTEROFFERED"


@time_machine.travel(RECEIVED_AT, tick=False)
def test_who_names_the_decision_takes_no_other_offer_that_took_its_place(
    caller: Caller, offered: Application
) -> None:
    better = record_decision(
        application=offered, assessment=make_assessment(offered, number=2), outcome=Outcome.APPROVE, stage=None,
        offer={**OFFER, "amount_minor": 900_000}, reasons=[], decided_by=None, note="", actor=SYSTEM, now=RECEIVED_AT,
    )  # fmt: skip
    disclose(better)

    unread = caller.post({"accepted": True, "decision": 1}, path=path_of(offered))
    read = caller.post({"accepted": True, "decision": 2}, path=path_of(offered))

    assert (unread.status_code, unread.json()["detail"]) == (409, "The offer is replaced.")
    assert (read.status_code, read.json()["offer"]["amount"]) == (200, "9000.00")
