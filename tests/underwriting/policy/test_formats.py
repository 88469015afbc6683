"""Files of a policy: what is read, what an edited cell does, and what is refused with which reason."""

from __future__ import annotations

import copy
import csv
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.properties.policy_cases import demo_document
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.formats.as_csv import cell_text, csv_table, csv_zip, from_csv
from underwriting.policy.formats.as_yaml import from_yaml, yaml_text
from underwriting.policy.formats.from_jdm import from_jdm
from underwriting.policy.formats.text import MAX_FILE_BYTES, MAX_LEVELS, text_of
from underwriting.policy.formats.to_jdm import jdm_text
from underwriting.policy.schema import PolicyRefused

LENDERS = ("harbour", "northgate", "quarry")


def reasons(read: Callable[[], Any]) -> list[tuple[str, str]]:
    with pytest.raises(PolicyRefused) as caught:
        read()
    return [(c.place, c.message) for c in caught.value.complaints]


@pytest.fixture
def document() -> Any:
    return copy.deepcopy(demo_document("harbour"))


@pytest.mark.parametrize("lender", LENDERS)
def test_the_demo_policies_come_back_with_their_hash(lender: str) -> None:
    document = demo_document(lender)
    sha = canonical_sha256(document)

    assert canonical_sha256(from_yaml(yaml_text(document))) == sha
    assert canonical_sha256(from_csv(csv_zip(document), onto=demo_document("harbour"))) == sha
    assert canonical_sha256(from_jdm(jdm_text(document))) == sha


# YAML ---------------------------------------------------------------------------------------------------------------------


def test_the_yaml_reads_like_the_schema(document: Any) -> None:
    assert yaml_text(document).splitlines()[:16] == [
        "format: 1", "product_kind: INSTALMENT", "currency: USD", "cut_offs:", "  approve: 660", "  refer: 630", "rules:", "  - id: K-01",
        "    kind: KNOCKOUT", "    name: Bankruptcy on file", "    when:", "      fact: bankruptcy_count", '      operator: ">="', "      value: 1",
        "      if_absent: passes", "      if_never: passes",
    ]  # fmt: skip


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (BOMB, "line 1", "Anchors and aliases are not accepted"),
        ("a: *b", "line 1", "Anchors and aliases are not accepted"),
        ("x: 1\na: !!python/object/apply:os.system ['true']", "line 2", "is not accepted: plain data only"),
        ("a: !!str 1", "line 1", "is not accepted: plain data only"),
        ("a: 1\na: 2", "line 2", "a is there twice"),
        ("a: 1\n---\nb: 2", "line 2", "One YAML document is expected"),
        ("", "", "One YAML document is expected"),
        ("[" * (MAX_LEVELS + 1) + "]" * (MAX_LEVELS + 1), "line 1", "nested at most"),
        ("[" * 100_000, "line 1", "nested at most"),
        ("? [a, b]\n: 1", "line 1", "A name is expected"),
        ("a: 'open", "line 1", "This is not YAML"),
        ("a: 1e999", "line 1", "no number"),
        ("x" * (MAX_FILE_BYTES + 1), "", "at most 2,000,000 bytes"),
        ("a: \x00", "", "NUL"),
    ],
)  # fmt: skip
def test_yaml_that_is_more_than_data_is_refused(text: str, place: str, message: str) -> None:
    (found,) = reasons(lambda: from_yaml(text))

    assert found[0] == place
    assert message in found[1]


def test_words_that_older_yaml_takes_for_something_else_stay_words() -> None:
    read = from_yaml("a: no\nb: 2026-11-02\nc: 12:30\nd: 0o17\ne: 1e-3\nf: True\ng: ~\n<<: x")

    assert read == {
        "a": "no",
        "b": "2026-11-02",
        "c": "12:30",
        "d": "0o17",
        "e": 0.001,
        "f": True,
        "g": None,
        "<<": "x",
    }


# Encodings ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_in_the_encodings_spreadsheets_write(encoding: str) -> None:
    assert text_of("Überfällig".encode(encoding)) == "Überfällig"


def test_other_encodings_are_refused() -> None:
    assert reasons(lambda: text_of("Überfällig".encode("latin-1"))) == [
        ("", "The file is not text in UTF-8. Save it as UTF-8 and try again.")
    ]


# CSV ------------------------------------------------------------------------------------------------------------------------


def test_a_cell_of_the_rules_table_is_read(document: Any) -> None:
    rows = list(csv.reader(io.StringIO(csv_table(document, "rules"), newline="")))
    column, row = rows[0].index("past_due_amount > passes passes 1"), [r[0] for r in rows].index("K-03")
    assert rows[row][column] == "50000"
    rows[row][column] = "75000"
    changed = io.StringIO(newline="")
    csv.writer(changed, delimiter=";").writerows(rows)

    read = from_csv(("﻿" + changed.getvalue()).encode(), onto=document)

    assert read["rules"][2]["when"]["value"] == 75_000
    read["rules"][2]["when"]["value"] = 50_000
    assert canonical_sha256(read) == canonical_sha256(document)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1+1", "|calc", "-2", "'x", "null", "TRUE", "007", "7", "[x", ""]
)  # fmt: skip
def test_text_that_a_spreadsheet_would_run_or_misread_is_guarded(document: Any, text: str) -> None:
    document["rules"][0]["reason"] = text
    cell = cell_text(text)

    assert cell.startswith("'") or text == "007"
    assert canonical_sha256(from_csv(csv_zip(document), onto=document)) == canonical_sha256(document)


def test_one_table_leaves_the_others_as_they_are(document: Any) -> None:
    prices = csv_table(document, "price_grid").replace(",749,", ",699,")
    rules = csv_table(document, "rules").split("\r\n")
    without = "\r\n".join(line for line in rules if not line.startswith("R-04"))

    cheaper, fewer = from_csv(prices.encode(), onto=document), from_csv(without.encode(), onto=document)

    assert cheaper["price_grid"][0]["annual_rate_bps"] == 699
    assert {**cheaper, "price_grid": document["price_grid"]} == document
    assert [rule["id"] for rule in fewer["rules"]] == [
        r["id"] for r in document["rules"] if r["id"] != "R-04"
    ]


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a,b\r\n1,2\r\n", "its headings are not known"),
        (b"name,score_from,annual_rate_bps\r\nA,700,749,9\r\n", "more cells than the heading"),
        (b"name,score_from,colour\r\nA,700,red\r\n", "This column is not known here."),
        (b"name,score_from,score_from\r\nA,700,700\r\n", "This column is there twice."),
        (b'name,score_from\r\nA,"[1\r\n', "This is not CSV"),
        (b'name,score_from\r\nA,"[1"\r\n', "cannot be read"),
        (b"rule_id,conditions,past_due > passes\r\nK-01,one,5\r\n", "headed by fact, operator"),
        (b"rule_id,conditions\r\nK-01,one\r\n", "Rule K-01: the rule has no condition."),
        (b"rule_id,conditions\r\nK-01,perhaps\r\n", "Rule K-01: "),
        (b"rule_id,conditions\r\nK-99,tree\r\n", "stand in the table rule_conditions"),
        (b"rule_id,path,fact,operator,value,if_absent\r\nK-01,all/0,x,>,1,passes\r\n", "There is no rule K-01 marked"),
        (b"rule_id,path,fact\r\nR-04,all/1,x\r\n", "does not follow from the one before"),
        (b"rule_id,path,fact\r\nR-04,some/0,x\r\n", "is not a path such as"),
        (b"setting,value\r\nsla,1\r\nsla/working_minutes,1\r\n", "lies inside a value"),
        (b"setting,value\r\nsla/working_minutes,1\r\nsla/working_minutes,2\r\n", "is there twice"),
        (b"setting,value\r\nrules,1\r\n", "A setting has a name and a value."),
        (b"PK\x03\x04rubbish", "damaged or locked"),
        (zipped({"rules.exe": b""}), "nothing else"),
        (zipped({"a/rules.csv": b"", "b/rules.csv": b""}), "nothing else"),
        (zipped({f"{n}.csv": b"" for n in range(11)}), "at most 10 files"),
        (zipped({"rules.csv": b"x" * (MAX_FILE_BYTES + 1)}), "unpacks to at most"),
        (zipped({}), "holds no table"),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_read_are_refused(document: Any, data: bytes, message: str) -> None:
    found = reasons(lambda: from_csv(data, onto=document))

    assert any(message in text for _, text in found), found


def test_a_zip_is_unpacked_no_further_than_its_limit(document: Any) -> None:
    bomb = zipped({"rules.csv": b"0" * 40_000_000})
    tracemalloc.start()
    try:
        reasons(lambda: from_csv(bomb, onto=document))
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
