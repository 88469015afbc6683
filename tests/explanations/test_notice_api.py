"""The notice over the API: as text or as PDF, each party's own, and nothing before it is disclosed."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from explanations.models import Letter, Notice
from explanations.notices.disclosing import disclose
from explanations.notices.letters.opening import letter_pdf
from explanations.notices.letters.store import render_letters
from tests.explanations import situations
from tests.explanations.situations import by_score, declined, party_of
from tests.explanations.test_compose import DECIDED_AT
from tests.underwriting.api.calling import Caller, make_caller
from underwriting.api.keys import issue_key
from underwriting.audit.actor import SYSTEM
from underwriting.enums import Scope
from underwriting.models import Application

pytestmark = pytest.mark.django_db
PDF = "application/pdf"


def caller_of(application: Application, *scopes: Scope) -> Caller:
    """The application's own client."""
    client = application.client
    issued = issue_key(client=client, scopes=list(scopes or Scope), actor=SYSTEM, now=datetime.now(tz=UTC))
    return Caller(
        lender=client.lender, product=application.product, client=client, key=issued.row, key_text=issued.text
    )


def path_of(application: Application) -> str:
    return f"/applications/{application.public_id}/notice"


def test_the_text_lists_each_partys_letter() -> None:
    notice = situations.joint()
    letters = render_letters(notice, now=DECIDED_AT)

    answer = caller_of(notice.application).get(path_of(notice.application))

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert "Accept" in answer["Vary"]
    found = answer.json()
    assert (found["kind"], found["heading"], found["decision_number"], found["language"]) == (
        "ADVERSE_ACTION", "We cannot offer you this loan", 1, "en",
    )  # fmt: skip
    assert [(one["role"], one["is_sent"], one["pdf"]) for one in found["letters"]] == [
        (letter.party.role, True, {"sha256": letter.pdf_sha256, "page_count": 2}) for letter in letters
    ]
    assert [one["blocks"] for one in found["letters"]] == [
        one["blocks"] for one in notice.snapshot["letters"]
    ]


def test_the_pdf_is_the_primarys_unless_another_party_is_asked_for() -> None:
    notice = situations.joint()
    primary, other = render_letters(notice, now=DECIDED_AT)
    caller, path = caller_of(notice.application), path_of(notice.application)

    first, second = (
        caller.get(path, Accept=PDF),
        caller.get(f"{path}?party={other.party.public_id}", Accept=PDF),
    )

    assert (first.status_code, first["Content-Type"], first.content) == (200, PDF, letter_pdf(primary))
    assert second.content == letter_pdf(other)
    assert first["Content-Disposition"] == 'attachment; filename="A-7Q4M-2K-1.pdf"'


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [("*/*", "application/json"), ("application/pdf;q=0.1, application/json", "application/json"), ("application/*;q=0.1, application/pdf", PDF)],
)  # fmt: skip
def test_the_accept_header_is_weighed(accept: str, content_type: str) -> None:
    notice = situations.cap()
    render_letters(notice, now=DECIDED_AT)

    answer = caller_of(notice.application).get(path_of(notice.application), Accept=accept)

    assert (answer.status_code, answer["Content-Type"]) == (200, content_type)


def refused(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]  # type: ignore[attr-defined]


def test_what_is_not_there_or_not_ones_own_is_refused_in_words() -> None:
    notice = situations.cap()
    caller, path = caller_of(notice.application), path_of(notice.application)

    assert refused(caller.get(path, Accept="image/png")) == (406, "not_acceptable")
    assert refused(caller.get(path, Accept=PDF)) == (404, "no_letter_yet")
    assert refused(caller.get(f"{path}?party=x")) == (400, "parameter_invalid")
    assert refused(caller.get(f"{path}?other=x")) == (400, "parameter_invalid")
    assert refused(make_caller("northgate", "credit-line").get(path)) == (404, "not_found")
    unscoped = caller_of(notice.application, Scope.APPLICATIONS_READ)
    assert refused(unscoped.get(path)) == (403, "scope_missing")


def test_another_applications_party_has_no_letter_here() -> None:
    notice = situations.cap()
    [own] = render_letters(notice, now=DECIDED_AT)
    caller, path = caller_of(notice.application), path_of(notice.application)

    assert refused(caller.get(f"{path}?party={uuid.uuid4()}", Accept=PDF)) == (404, "no_letter_yet")
    assert caller.get(f"{path}?party={own.party.public_id}", Accept=PDF).status_code == 200


def test_a_held_notice_is_read_by_nobody_until_it_is_disclosed() -> None:
    made = situations.application()
    notice = declined(made, by_score(made), held_because="The risk would not fall.")
    caller, path = caller_of(made), path_of(made)

    before = [caller.get(path), caller.get(path, Accept=PDF)]
    disclose(notice, actor=SYSTEM, now=DECIDED_AT)
    after = caller.get(path)

    assert [refused(answer) for answer in before] == [(404, "no_notice_yet")] * 2
    assert after.json()["letters"][0]["party"] == str(party_of(made).public_id)


def test_a_letter_that_does_not_open_is_told_without_its_content() -> None:
    notice = situations.cap()
    [letter] = render_letters(notice, now=DECIDED_AT)
    copy = Notice.objects.create(
        application=notice.application, decision=notice.decision, number=2, kind=notice.kind, snapshot=notice.snapshot,
        snapshot_sha256=notice.snapshot_sha256, created_at=DECIDED_AT,
    )  # fmt: skip
    Letter.objects.create(
        notice=copy,
        party=letter.party,
        pdf=b"\x01damaged",
        pdf_sha256="0" * 64,
        page_count=1,
        renderer="",
        rendered_at=DECIDED_AT,
    )

    answer = caller_of(notice.application).get(path_of(notice.application), Accept=PDF)

    assert refused(answer) == (404, "letter_unavailable")
