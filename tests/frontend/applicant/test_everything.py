"""Everything that is kept about a person, as a page without script and as a file: only for who proved to be that person."""

from __future__ import annotations

import json
import re

import pytest

from review_queue.messages import send_message
from tests.frontend.applicant.conftest import Applicant, decide, make_applicant
from underwriting.enums import Outcome
from underwriting.models import AuditEntry, Lender
from underwriting.people.identity import open_identity

pytestmark = pytest.mark.django_db


def told(applicant: Applicant) -> str:
    return applicant.get("everything/").content.decode()


def test_whoever_has_not_proved_to_be_the_person_gets_nothing(applicant: Applicant) -> None:
    for path in ("everything/", "everything.json"):
        response = applicant.get(path)
        assert (response.status_code, response["Location"]) == (302, applicant.path)
    assert not AuditEntry.objects.filter(action="access.exported").exists()


def test_the_page_and_the_file_say_the_same(applicant: Applicant) -> None:
    application = applicant.party.application
    decide(application, Outcome.APPROVE)
    send_message(
        application=application,
        party=applicant.party,
        author=None,
        text="Blue <heron>",
        now=application.received_at,
    )
    applicant.answer()

    page = told(applicant)
    response = applicant.get("everything.json")
    file = json.loads(response.content)

    assert response["Content-Disposition"] == 'attachment; filename="A-7Q4M-2K.json"'
    assert "no-store" in response["Cache-Control"]
    assert file["you"]["name"] == "Maria Okafor"
    assert "<dd>Maria Okafor</dd>" in page
    assert "Blue &lt;heron&gt;" in page
    assert file["messages"][0]["text"] == "Blue <heron>"
    assert "<script" not in page
    headings = re.findall(r"<h2>([^<]+)</h2>", page)
    assert [name.replace("_", " ").capitalize() for name in file] == headings[: len(file)]
    for sentence in [*file["procedure"], *file["your_rights"]]:
        assert sentence.replace("'", "&#x27;") in page
    for row in file["stated"]:
        assert row["label"] in page
        assert row["in_words"] in page
    kinds = AuditEntry.objects.filter(action="access.exported").values_list("actor_kind", "actor_name")
    assert list(kinds) == [("APPLICANT", "Applicant")] * 2


def test_around_it_the_page_speaks_the_applicants_language(lender: Lender) -> None:
    applicant = make_applicant(lender, reference="A-ESPA-01", language="es")
    applicant.answer()

    page = told(applicant)

    assert '<html lang="es">' in page
    assert "Todo lo que guardamos sobre usted" in page
    assert '<div lang="en">' in page


def test_of_the_identity_number_only_the_end_is_shown(applicant: Applicant) -> None:
    number = open_identity(applicant.party).national_id
    applicant.answer()

    page = told(applicant)
    file = applicant.get("everything.json").content.decode()

    assert number not in page + file
    assert f"<dd>…{number[-4:]}</dd>" in page
    assert json.loads(file)["you"]["identity_number"] == f"…{number[-4:]}"


def test_the_status_leads_there(applicant: Applicant) -> None:
    applicant.answer()

    assert f'href="{applicant.path}everything/"' in applicant.get().content.decode()
