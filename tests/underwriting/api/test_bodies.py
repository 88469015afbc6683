"""Bytes nobody should send: refused with problem details, never a 5xx, nothing stored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.underwriting.api.calling import Caller, body
from underwriting.api.body import unique_object, without_strings
from underwriting.api.problems import Problem
from underwriting.models import Application

GOOD = json.dumps(body()).encode()


def with_name(raw: bytes) -> bytes:
    return GOOD.replace(b'"Zebulon"', raw)


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "body_missing"),
        (b"   ", 400, "body_missing"),
        (b"{", 400, "malformed_json"),
        (b"[]", 400, "malformed_json"),
        (b"null", 400, "malformed_json"),
        (b'"text"', 400, "malformed_json"),
        (b"\xff\xfe", 400, "malformed_json"),
        (b"\xef\xbb\xbf" + GOOD, 400, "malformed_json"),
        (GOOD + b"x", 400, "malformed_json"),
        (GOOD[:-1] + b', "currency": "USD"}', 400, "malformed_json"),
        (with_name(b'"a", "given_name": "b"'), 400, "malformed_json"),
        (with_name(b"NaN"), 400, "malformed_json"),
        (with_name(b"-Infinity"), 400, "malformed_json"),
        (with_name(b"1e999"), 400, "malformed_json"),
        (with_name(b"9" * 5000), 400, "malformed_json"),
        (with_name(b'"a\\u0000b"'), 400, "malformed_json"),
        (with_name(b'"\\ud800"'), 400, "malformed_json"),
        (with_name(b'"a\x00b"'), 400, "malformed_json"),
        (b'{"\\u0000": 1}', 400, "malformed_json"),
        (b'{"\\udfff": 1}', 400, "malformed_json"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, 400, "malformed_json"),
        (b"[" * 100_000, 400, "malformed_json"),
        (b'{"a":"' + b"x" * 300_000 + b'"}', 413, "body_too_large"),
        (with_name(b'"' + b"x" * 10_000 + b'"'), 422, "contract_violated"),
        (with_name(b'"=HYPERLINK(1)\\u0007"'), 422, "contract_violated"),
        (b"{}", 422, "contract_violated"),
    ],
)
def test_garbage_is_refused_with_its_own_code(caller: Caller, raw: bytes, status: int, code: str) -> None:
    response = caller.post(raw)

    problem = response.json()
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code), problem
    assert response["Content-Type"] == "application/problem+json"
    assert problem["instance"] == response["Request-Id"]
    assert not Application.objects.exists()


def test_a_surrogate_pair_is_one_character_and_is_fine(caller: Caller) -> None:
    assert caller.post(with_name(b'"\\ud83d\\ude00"')).status_code == 202


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", ""],
)
def test_other_media_types_are_refused(caller: Caller, content_type: str) -> None:
    response = caller.post(GOOD, content_type=content_type)

    assert (response.status_code, response.json()["code"]) == (415, "media_type_unsupported")


def test_all_errors_are_told_at_once_with_their_places_and_without_their_values(caller: Caller) -> None:
    content: dict[str, Any] = body(
        requested_amount=12000, requested_term_months=37, colour="red", purpose="yacht~/boat"
    )
    identity = content["applicant"]["identity"]
    identity["birth_date"] = "2077-01-01"
    identity["national_id"] = "SECRET\u00e9"
    identity["address"]["lines"] = []
    content["applicant"]["consent"]["given_at"] = "2031-01-01T00:00:00Z"
    content["applicant"]["annual_income"] = "NaN"
    content["applicant"]["employment_tenure_months"] = 36.0
    content["applicant"]["credit_report"] = {"facts": {
        "enquiry_count_6m": -1, "bureau_score": "700", "thin_file_flag": True, "revolving_balance": 12.5,
        "months_since_last_delinquency": {"absence": "SOMETIMES"}, "annual_income": 5, "a/b~c": 1,
    }}  # fmt: skip

    problem = caller.post(content).json()

    assert {error["pointer"]: error["code"] for error in problem["errors"]} == {
        "/requested_amount": "string_type",
        "/requested_term_months": "choice_invalid",
        "/purpose": "choice_invalid",
        "/applicant/identity/birth_date": "date_out_of_range",
        "/applicant/identity/national_id": "string_pattern_mismatch",
        "/applicant/identity/address/lines": "too_short",
        "/applicant/consent/given_at": "instant_in_future",
        "/applicant/annual_income": "string_pattern_mismatch",
        "/applicant/employment_tenure_months": "int_type",
        "/applicant/credit_report/facts/enquiry_count_6m": "out_of_range",
        "/applicant/credit_report/facts/bureau_score": "number_invalid",
        "/applicant/credit_report/facts/thin_file_flag": "number_invalid",
        "/applicant/credit_report/facts/revolving_balance": "amount_invalid",
        "/applicant/credit_report/facts/months_since_last_delinquency": "absence_invalid",
        "/applicant/credit_report/facts/annual_income": "unknown_field",
        "/applicant/credit_report/facts/a~1b~0c": "unknown_field",
        "/colour": "unknown_field",
    }
    assert "SECRET" not in json.dumps(problem)
    assert "yacht" not in json.dumps(problem)


@pytest.mark.parametrize(
    "amount",
    [
        "499.99",
        "40000.01",
        "12000",
        "12000.0",
        "1e4",
        "-5000.00",
        " 5000.00",
        "05000.00",
        "5,000.00",
        "\u0665\u0660\u0660\u0660.00",
    ],
)
def test_amounts_are_exact_decimal_strings_within_the_contract(caller: Caller, amount: str) -> None:
    assert [error["pointer"] for error in caller.post(body(requested_amount=amount)).json()["errors"]] == [
        "/requested_amount"
    ]


def test_null_is_not_a_way_to_leave_a_field_out(caller: Caller) -> None:
    content = body(purpose=None)
    content["applicant"]["annual_income"] = None

    errors = caller.post(content).json()["errors"]

    assert [error["pointer"] for error in errors] == ["/purpose", "/applicant/annual_income"]


def test_the_same_person_cannot_be_two_parties(caller: Caller) -> None:
    content = body(co_applicants=[body()["applicant"]])

    assert [error["pointer"] for error in caller.post(content).json()["errors"]] == [
        "/co_applicants/0/identity"
    ]


@pytest.mark.parametrize(
    ("raw", "left"),
    [
        (b'{"a": "[\\"["}', b"{: }"),
        (b'{"a": "\\\\"[', b"{: ["),
        (b'{"a": "[[', b"{: "),
        (b'{"a": "[[\\', b"{: "),
        (b'{"' + b'\\"' * 50 + b"\\", b"{"),
    ],
)
def test_no_quote_is_tried_twice_when_brackets_are_counted(raw: bytes, left: bytes) -> None:
    """Where a quote starts no match, every quote behind it is tried up to the end: quadratic in the body."""
    assert without_strings(raw) == left


class CountedName(str):
    """A name that counts how often it is compared."""

    comparisons = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        CountedName.comparisons += 1
        return str.__eq__(self, other)


def test_a_key_that_comes_twice_is_found_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CountedName, "comparisons", 0)
    names = [CountedName(f"name-{number}") for number in range(2_000)]
    pairs: list[tuple[str, Any]] = [(name, 1) for name in (*names, CountedName("name-1999"))]

    with pytest.raises(Problem, match="occurs twice"):
        unique_object(pairs)

    assert CountedName.comparisons < 10 * len(pairs)
