"""Files of a policy on the screen: named exports, an import shown before it is applied, and nothing applied by halves."""

from __future__ import annotations

import copy
import io
import json
import re
import zipfile
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import make_lender, make_user
from tests.frontend.risk.screens import SLUG, edit_url, own_draft, signed_in, text
from tests.underwriting.policy.conftest import Desk, desk_document
from underwriting.enums import Role
from underwriting.models import AuditEntry, PolicyVersion
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.formats.as_csv import csv_table, csv_zip
from underwriting.policy.formats.as_yaml import from_yaml, yaml_text
from underwriting.policy.formats.text import MAX_FILE_BYTES
from underwriting.policy.formats.to_jdm import jdm_text

pytestmark = pytest.mark.django_db
IMPORT = edit_url(2, "import")
EXPORT = f"/policies/{SLUG}/versions/1/export"


def hidden(answer: Any) -> dict[str, str]:
    """What the form under the diff sends."""
    page = answer.content.decode()
    fields = {
        n: re.search(rf'name="{n}"[^>]*value="([^"]*)"', page)
        for n in ("sha256", "document", "content_sha256")
    }
    return {"apply": "yes", **{name: unescape(found[1]) for name, found in fields.items() if found}}


def cheaper() -> Any:
    document = copy.deepcopy(desk_document())
    document["price_grid"][0]["annual_rate_bps"] = 699
    return document


# Export ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "name"),
    [("yaml", ".yaml"), ("csv", "-tables.zip"), ("jdm", ".jdm.json"), ("rules", "-rules.csv"), ("settings", "-settings.csv")],
)  # fmt: skip
def test_files_are_named_after_policy_and_version(manager: Client, desk: Desk, form: str, name: str) -> None:
    answer = manager.get(f"{EXPORT}/{form}/")

    assert answer["Content-Disposition"] == f'attachment; filename="{SLUG}-v1{name}"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_what_is_exported_is_the_version(manager: Client, desk: Desk) -> None:
    answer = manager.get(f"{EXPORT}/yaml/")
    tables = zipfile.ZipFile(io.BytesIO(manager.get(f"{EXPORT}/csv/").content))

    assert canonical_sha256(from_yaml(answer.content.decode())) == desk.live.document_sha256
    assert tables.namelist() == [
        "rules.csv",
        "rule_conditions.csv",
        "price_grid.csv",
        "authority.csv",
        "settings.csv",
    ]


def test_only_readers_of_the_lender_get_a_file(desk: Desk) -> None:
    stranger = signed_in(make_user("Un Known", (make_lender("northgate"), Role.RISK_MANAGER), password=None))
    officer = signed_in(make_user("Of Ficer", (desk.policy.lender, Role.CREDIT_OFFICER), password=None))

    assert stranger.get(f"{EXPORT}/yaml/").status_code == 404
    assert officer.get(f"{EXPORT}/yaml/").status_code == 403
    assert signed_in(desk.manager).get(f"{EXPORT}/docx/").status_code == 404


def test_a_version_that_the_engine_would_refuse_says_so(manager: Client, desk: Desk) -> None:
    document = desk_document()
    document["rules"][0]["when"]["fact"] = "shoe_size"
    PolicyVersion.objects.filter(pk=desk.live.pk).update(document=document)

    answer = manager.get(f"{EXPORT}/jdm/")

    assert answer.status_code == 422
    assert "shoe_size is not a known fact." in text(answer)


# Import ---------------------------------------------------------------------------------------------------------------------


def uploaded(content: bytes, name: str = "policy.yaml") -> Any:
    return {"file": SimpleUploadedFile(name, content), "text": ""}


@pytest.mark.parametrize("kind", ["yaml", "pasted", "zip", "table", "jdm"])
def test_a_file_is_shown_as_a_diff_and_applied_only_by_its_button(
    manager: Client, desk: Desk, kind: str
) -> None:
    draft, document = own_draft(desk), cheaper()
    sent: dict[str, Any] = {
        "yaml": uploaded(yaml_text(document).encode()),
        "pasted": {"text": yaml_text(document).replace("\n", "\r\n")},
        "zip": uploaded(csv_zip(document), "tables.zip"),
        "table": uploaded(csv_table(document, "price_grid").encode(), "prices.csv"),
        "jdm": uploaded(jdm_text(document).encode(), "policy.json"),
    }

    shown = manager.post(IMPORT, sent[kind])

    assert shown.status_code == 200
    assert "Tier A: from 720: 7.49 % a year from 720: 6.99 % a year" in text(shown)
    assert "1 change" in text(shown)
    draft.refresh_from_db()
    assert draft.document == desk.live.document

    applied = manager.post(IMPORT, hidden(shown))

    assert (applied.status_code, applied["Location"]) == (302, edit_url(2, "edit"))
    draft.refresh_from_db()
    assert draft.document_sha256 == canonical_sha256(document)
    assert AuditEntry.objects.filter(action="policy.draft_saved").count() == 1


def test_the_same_content_has_nothing_to_apply(manager: Client, desk: Desk) -> None:
    own_draft(desk)

    shown = manager.post(IMPORT, uploaded(yaml_text(desk.live.document).encode()))

    assert "It says exactly what the draft says already." in text(shown)
    assert "Apply to this draft" not in text(shown)


def test_complaints_of_the_checks_stand_beside_the_diff(manager: Client, desk: Desk) -> None:
    own_draft(desk)
    document = cheaper()
    document["cut_offs"] = {"approve": 600, "refer": 640}

    shown = text(manager.post(IMPORT, uploaded(yaml_text(document).encode())))

    assert "Stops The referral cut-off must not be above the approval cut-off." in shown


REFUSED: list[tuple[Any, str]] = [
    ({"text": ""}, "Choose a file or paste the text, one of the two."),
    ({**uploaded(b"format: 1"), "text": "format: 1"}, "one of the two"),
    (uploaded(b"x" * (MAX_FILE_BYTES + 1)), "at most 2,000,000 bytes"),
    (uploaded(b"\xff\xfe\x00"), "not text in UTF-8"),
    (uploaded(b"   "), "There is nothing in it."),
    (uploaded(b"- 1"), "This is no policy"),
    (uploaded(b"format: 1"), "/cut_offs : This is required."),
    (uploaded(b"a: &x 1"), "line 1 : Anchors and aliases are not accepted"),
    (uploaded(b"setting,value\r\nsla/working_minutes,soon\r\n"), "/sla/working_minutes : Enter a whole number."),
    (uploaded(json.dumps({"nodes": [{"id": "f", "type": "functionNode", "name": "Fees"}], "edges": []}).encode()), "node “Fees” : Code is not accepted"),
    (uploaded(yaml_text({**desk_document(), "currency": "EUR"}).encode()), "This policy is for currency EUR, the draft for USD."),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "message"), REFUSED)
def test_a_file_that_cannot_be_read_changes_nothing_and_says_why(
    manager: Client, desk: Desk, sent: Any, message: str
) -> None:
    draft = own_draft(desk)
    if sent.get("file"):
        sent["file"].seek(0)

    answer = manager.post(IMPORT, sent)

    assert answer.status_code == 422
    assert message in text(answer)
    draft.refresh_from_db()
    assert draft.document == desk.live.document


def test_pasted_text_with_a_mistake_is_kept(manager: Client, desk: Desk) -> None:
    own_draft(desk)

    assert "format: one &lt;" in manager.post(IMPORT, {"text": "format: one <"}).content.decode()


def test_only_what_was_shown_is_applied(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)
    shown = hidden(manager.post(IMPORT, uploaded(yaml_text(cheaper()).encode())))

    for wrong in (
        {"document": shown["document"].replace("699", "600")},
        {"content_sha256": ""},
        {"document": "["},
        {"document": "[]"},
    ):
        answer = manager.post(IMPORT, {**shown, **wrong})
        assert answer.status_code == 422
        assert "What was sent is not what was shown." in text(answer)
    draft.refresh_from_db()
    assert draft.document == desk.live.document


def test_a_draft_saved_meanwhile_is_shown_again_before_it_is_written_over(
    manager: Client, desk: Desk
) -> None:
    draft = own_draft(desk)
    shown = hidden(manager.post(IMPORT, uploaded(yaml_text(cheaper()).encode())))
    other = desk_document(650)
    PolicyVersion.objects.filter(pk=draft.pk).update(document=other, document_sha256=canonical_sha256(other))

    again = manager.post(IMPORT, shown)

    assert again.status_code == 409
    assert "saved from another window" in text(again)
    assert "Approve at: 650 640" in text(again)
    assert manager.post(IMPORT, hidden(again)).status_code == 302


def test_risk_managers_of_the_lender_alone_import_into_a_draft(desk: Desk) -> None:
    own_draft(desk)
    other = signed_in(make_user("Other Manager", (desk.policy.lender, Role.RISK_MANAGER), password=None))
    approver = signed_in(make_user("No Manager", (desk.policy.lender, Role.RISK_APPROVER), password=None))
    stranger = signed_in(make_user("Un Known", (make_lender("northgate"), Role.RISK_MANAGER), password=None))

    assert other.post(IMPORT, {"text": "format: 1"}).status_code == 422
    assert approver.post(IMPORT, {"text": "format: 1"}).status_code == 403
    assert stranger.post(IMPORT, {"text": "format: 1"}).status_code == 404
