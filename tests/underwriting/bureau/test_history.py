"""The payment history of a report: what is read, that an unreadable one changes nothing, and that invented ones fit their reports."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.underwriting.bureau.test_answer import GOOD, MARIA
from underwriting.bureau.answer import read_answer
from underwriting.bureau.history import read_history, simulated_history
from underwriting.bureau.people import person
from underwriting.bureau.scripted import SCRIPTED
from underwriting.bureau.simulator.desk import Desk

HISTORY: dict[str, Any] = {"newest_month": "2026-10", "accounts": [{"type": " Cards ", "months": "0039"}]}
KEPT = {"newest_month": "2026-10", "accounts": [{"type": "Cards", "months": "0039" + "-" * 20}]}


def answer(**more: Any) -> Any:
    return read_answer(json.dumps(GOOD | more).encode(), identity=MARIA)


def test_a_history_is_kept_beside_the_facts_and_changes_none() -> None:
    with_one, without = answer(payment_history=HISTORY), answer()
    assert with_one.payment_history == KEPT
    assert replace(with_one, payment_history=None) == without


@pytest.mark.parametrize(
    "history",
    [
        None, [], "0000", {"newest_month": "2026-13", "accounts": HISTORY["accounts"]}, {"newest_month": 202610, "accounts": []},
        HISTORY | {"accounts": []}, HISTORY | {"accounts": HISTORY["accounts"] * 13}, HISTORY | {"accounts": [{"type": "Cards"}]},
        HISTORY | {"accounts": [{"type": "Cards", "months": "0" * 25}]}, HISTORY | {"accounts": [{"type": "Cards", "months": "00x"}]},
        HISTORY | {"accounts": [{"type": "Ca\x00rds", "months": "0"}]}, HISTORY | {"accounts": [{"type": " ", "months": "0"}]},
        HISTORY | {"accounts": [{"type": "x" * 41, "months": "0"}]}, HISTORY | {"accounts": ["Cards"]},
    ],
)  # fmt: skip
def test_one_that_cannot_be_read_is_left_away_and_the_report_stays(history: Any) -> None:
    assert read_history(history) is None
    assert answer(payment_history=history) == answer()


def late(history: dict[str, Any] | None) -> list[int]:
    assert history is not None
    return [place for place, code in enumerate(history["accounts"][0]["months"]) if code in "369"]


@pytest.mark.parametrize("shape", ["A", "B", "C"])
def test_an_invented_history_does_not_contradict_its_report(shape: Any) -> None:
    told = 0
    for index in range(300):
        report = person(7, index, shape).report
        history = simulated_history(report, seed=str(index), newest_month="2026-10")
        if history is None:
            assert not report.get("bureau_hit_flag") or not report.get("total_account_count")
            continue
        assert read_history(history) == history
        since = report.get("months_since_last_delinquency")
        count = report.get("delinquency_30d_count_24m", 0)
        if isinstance(since, int) and since < 24:
            told += 1
            assert late(history)[0] == since
            assert len(late(history)) == max(1, min(count, 24 - since))
        elif since is not None:
            assert late(history) == []
        if report.get("dpd90_count_12m"):
            assert "9" in history["accounts"][0]["months"][:12]
    assert told > 10 or shape == "B"


def test_the_simulated_bureau_sends_one_and_always_the_same() -> None:
    def sent(key: str) -> Any:
        one = SCRIPTED[key]
        subject = {
            "national_id": one.national_id, "birth_date": "1980-01-02", "given_name": one.given_name, "family_name": one.family_name,
        }  # fmt: skip
        return json.loads(Desk().pull({"reference": "r", "subject": subject}).content)["payment_history"]

    assert {row["months"] for row in sent("approve.clean")["accounts"]} <= {
        "0" * n + "-" * (24 - n) for n in range(25)
    }
    assert late(sent("decline.late_payments"))[0] == 1
    assert sent("decline.late_payments")["accounts"][0]["months"][1] == "9"
    assert sent("decline.late_payments") == sent("decline.late_payments")
    assert sent("no.file") is None
