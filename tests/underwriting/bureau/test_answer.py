"""The door: an answer about somebody else, without a report, or unreadable goes no further."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from underwriting.bureau.answer import AnswerRefused, read_answer
from underwriting.bureau.protocol import PullFault, ReportedCredit
from underwriting.people.identity import Identity

MARIA = Identity("Maria", "Okafor", date(1988, 4, 17), "123-45-6789", "", "", ("12 Elm Street",), "04101")
GOOD: dict[str, Any] = {
    "reference": "r",
    "subject": {"national_id": "123 45 6789", "birth_date": "1988-04-17"},
    "file_found": True,
    "reported_at": "2026-11-02T14:30:00+00:00",
    "attributes": {
        "dpd30_count_12m": 1,
        "months_since_last_public_record": {"absence": "NEVER"},
        "shoe_size": 9,
    },
    "score": {"value": 702, "range": "300-850", "factors": ["Late payments"]},
}


def test_the_credit_part_goes_on_and_the_identity_stays_behind() -> None:
    assert read_answer(json.dumps(GOOD).encode(), identity=MARIA) == ReportedCredit(
        body={
            "bureau_hit_flag": 1,
            "dpd30_count_12m": 1,
            "months_since_last_public_record": {"absence": "NEVER"},
        },
        bureau_score=702,
        bureau_score_range="300-850",
        bureau_score_factors=("Late payments",),
        reported_at=datetime(2026, 11, 2, 14, 30, tzinfo=UTC),
    )


def test_a_person_without_a_file_is_an_answer() -> None:
    answer = read_answer(
        json.dumps(GOOD | {"file_found": False, "attributes": {}, "score": None}).encode(), identity=MARIA
    )
    assert (answer.body, answer.bureau_score) == ({"bureau_hit_flag": 0}, None)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", PullFault.EMPTY_FILE),
        (b"  \n", PullFault.EMPTY_FILE),
        (b"{}", PullFault.EMPTY_FILE),
        (json.dumps(GOOD | {"attributes": {}}).encode(), PullFault.EMPTY_FILE),
        (json.dumps({k: v for k, v in GOOD.items() if k != "attributes"}).encode(), PullFault.EMPTY_FILE),
        (json.dumps(GOOD | {"subject": None}).encode(), PullFault.WRONG_PERSON),
        (
            json.dumps(GOOD | {"subject": {"national_id": "123456780", "birth_date": "1988-04-17"}}).encode(),
            PullFault.WRONG_PERSON,
        ),
        (
            json.dumps(GOOD | {"subject": {"national_id": "123456789", "birth_date": "1988-04-18"}}).encode(),
            PullFault.WRONG_PERSON,
        ),
        (b"<html>", PullFault.MALFORMED),
        (b"[1]", PullFault.MALFORMED),
        (json.dumps(GOOD | {"attributes": [1]}).encode(), PullFault.MALFORMED),
        (json.dumps(GOOD | {"attributes": {"dpd30_count_12m": "1"}}).encode(), PullFault.MALFORMED),
        (json.dumps(GOOD | {"attributes": {"dpd30_count_12m": float("nan")}}).encode(), PullFault.MALFORMED),
        (json.dumps(GOOD | {"attributes": {"dpd30_count_12m": {"absence": "MAYBE"}}}).encode(), PullFault.MALFORMED),
        (json.dumps(GOOD | {"attributes": {"dpd30_count_12m": 10**400}}).encode(), PullFault.MALFORMED),
        (b"[" * 100_000, PullFault.MALFORMED),
        (b'{"attributes": ' * 100_000, PullFault.MALFORMED),
        (json.dumps(GOOD | {"score": {"value": 702, "factors": ["a\x00b"]}}).encode(), PullFault.MALFORMED),
        (json.dumps(GOOD | {"score": {"value": 702, "factors": [["a"]]}}).encode(), PullFault.MALFORMED),
        (json.dumps(GOOD | {"score": {"value": 702, "range": "\ud800"}}).encode(), PullFault.MALFORMED),
        (json.dumps(GOOD | {"score": {"value": "702"}}).encode(), PullFault.MALFORMED),
        (json.dumps(GOOD | {"score": 702}).encode(), PullFault.MALFORMED),
        (json.dumps(GOOD | {"reported_at": "yesterday"}).encode(), PullFault.MALFORMED),
        (json.dumps(GOOD | {"reported_at": "2026-11-02T14:30:00"}).encode(), PullFault.MALFORMED),
    ],
)  # fmt: skip
def test_what_must_not_be_used_is_refused_with_its_reason(content: bytes, fault: PullFault) -> None:
    with pytest.raises(AnswerRefused) as refused:
        read_answer(content, identity=MARIA)
    assert refused.value.fault is fault
