"""The queue's search box: any id, or whole words about one person, and no word of it where addresses are kept."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from review_queue.models import ReviewCase
from review_queue.search import PEOPLE_MAX, people_with, read_search
from tests.factories import make_lender, make_party, make_user
from tests.factories.reviewing import Desk, make_case, make_desk
from underwriting.enums import CaseState, PartyRole, Role
from underwriting.models import Party

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.fixture
def lund(desk: Desk) -> ReviewCase:
    return named(desk, "Zoë", "O'Brien-Lund", email="zoe.lund@example.test")


def named(desk: Desk, given: str, family: str, email: str = "") -> ReviewCase:
    case = make_case(desk, now=timezone.now())
    Party.objects.filter(application=case.application).delete()
    make_party(case.application, given_name=given, family_name=family, email=email or f"{given}@example.test")
    return case


def found(client: Client, typed: str, **fields: str) -> list[str]:
    """The cases on the page that a search leads to."""
    page = client.post("/queue/search/", {"typed": typed, **fields}, follow=True).content.decode()
    return sorted(re.findall(r'id="case-(\d+)"', page))


def test_a_case_is_found_by_any_of_its_ids(officer: Client, case: ReviewCase, lund: ReviewCase) -> None:
    application = lund.application
    for typed in (
        str(lund), str(lund).lower(), str(lund.number), f" C{lund.number} ", application.reference,
        application.reference.lower(), application.reference.replace("-", "").replace("A", "A-", 1),
        str(application.public_id), str(application.public_id).upper(),
    ):  # fmt: skip
        assert (typed, found(officer, typed)) == (typed, [str(lund.number)])


@pytest.mark.parametrize(
    "typed",
    ["lund", "O'Brien", "OBRIEN zoe", "zoe lund", "zoe.lund@example.test", "ZOE.LUND@EXAMPLE.TEST lund"],
)
def test_a_case_is_found_by_whole_words_about_its_applicant(
    officer: Client, case: ReviewCase, lund: ReviewCase, typed: str
) -> None:
    assert found(officer, typed) == [str(lund.number)]


def test_a_telephone_number_is_found_however_it_is_written(officer: Client, case: ReviewCase) -> None:
    for typed in ("+1 207 555 0199", "(207) 555-0199", "2075550199"):
        assert found(officer, typed) == [str(case.number)]


@pytest.mark.parametrize("typed", ["Lun", "und", "zoe.lund@example", "C-99999", "A-ZZZZ-ZZ", "Okafor lund"])
def test_parts_of_words_and_words_of_two_people_find_nobody(
    officer: Client, case: ReviewCase, lund: ReviewCase, typed: str
) -> None:
    assert found(officer, typed) == []


def test_all_words_are_of_one_person_on_the_application(officer: Client, lund: ReviewCase) -> None:
    make_party(lund.application, ordinal=2, given_name="Per", family_name="Holm", email="per@example.test")

    assert found(officer, "per holm") == [str(lund.number)]
    assert found(officer, "per lund") == []


def test_a_search_goes_over_all_open_cases_and_says_what_else_matches(
    officer: Client, case: ReviewCase, desk: Desk
) -> None:
    ReviewCase.objects.filter(pk=case.pk).update(due_at=timezone.now() + timedelta(days=9))
    closed = make_case(desk, now=timezone.now())
    ReviewCase.objects.filter(pk=closed.pk).update(state=CaseState.CLOSED, closed_at=timezone.now())

    answer = officer.post("/queue/search/", {"typed": "okafor", "view": "due-today", "amount": "large"})
    page = officer.get(answer["Location"]).content.decode()

    assert re.findall(r'id="case-(\d+)"', page) == [str(case.number)]
    assert "1 case that is not open any more matches too." in page
    link = re.search(r'href="([^"]+)">Show it</a>', page)
    assert link is not None
    decided = officer.get(link[1].replace("&amp;", "&")).content.decode()
    assert re.findall(r'id="case-(\d+)"', decided) == [str(closed.number)]
    assert ("Closed</td>" in decided, f"/cases/{closed}/claim/" in decided) == (True, False)


def test_another_lenders_people_are_not_there(client: Client, case: ReviewCase) -> None:
    northgate = make_lender("northgate")
    theirs = make_case(make_desk(northgate), now=timezone.now())
    client.force_login(make_user("Tom Berg", (northgate, Role.CREDIT_OFFICER)))

    assert found(client, "okafor") == [str(theirs.number)]
    assert found(client, str(case)) == []
    assert found(client, case.application.reference) == []


@pytest.mark.parametrize("headers", [{}, HX])
def test_no_typed_word_is_in_an_address_a_log_or_the_database(
    officer: Client, lund: ReviewCase, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    typed = "Lund zoe.lund@example.test +1 207 555 0199"
    with caplog.at_level(logging.DEBUG):
        answer = officer.post("/queue/search/", {"typed": typed}, headers=headers)
        address = answer.get("Location") or answer["HX-Push-Url"]
        assert officer.get(address).status_code == 200

    with connection.cursor() as cursor:
        cursor.execute("SELECT session_data FROM django_session")
        sessions = cursor.fetchall()
    kept = (
        f"{address} {answer.headers} {caplog.text} {[r.__dict__ for r in caplog.records]} {sessions}".lower()
    )
    assert "/queue/search/" in kept, "nothing was logged, so this test looked at nothing"
    assert [word for word in ("lund", "zoe", "0199", "5550199") if word in kept] == []


def test_with_script_the_box_is_left_alone_and_the_tabs_follow(officer: Client, lund: ReviewCase) -> None:
    answer = officer.post("/queue/search/", {"typed": "lund", "view": "mine"}, headers=HX)
    page = answer.content.decode()

    assert 'id="search-typed"' not in page
    assert re.search(r'id="view-tabs"[^>]*hx-swap-oob="true"', page)
    assert re.search(r'view=all[^"]*" aria-current="page"', page)
    assert "<html" not in page


@pytest.mark.parametrize("headers", [{}, HX])
def test_more_words_than_a_search_takes_are_answered_with_what_was_typed(
    officer: Client, case: ReviewCase, headers: dict[str, str]
) -> None:
    typed = "one two three four five six seven eight nine"
    answer = officer.post("/queue/search/", {"typed": typed}, headers=headers)
    page = answer.content.decode()

    assert answer.status_code == 422
    assert (f'value="{typed}"' in page) is not bool(headers)  # with script the box is left as it is
    assert "Search for at most 8 words at a time" in page


def test_nothing_typed_leads_back_to_the_view(officer: Client, case: ReviewCase) -> None:
    answer = officer.post("/queue/search/", {"typed": "  ", "view": "mine"})

    assert (answer.status_code, answer["Location"]) == (303, "/queue/?view=mine")


@pytest.mark.parametrize(
    "junk", ["person=zz", "person=12", "words=Okafor", "view=decided", "person=" + "0" * 16]
)
def test_what_no_search_gave_is_no_search(officer: Client, case: ReviewCase, junk: str) -> None:
    assert officer.get(f"/queue/?{junk}").status_code == 200


def test_start_and_the_case_page_know_no_decided_view(officer: Client, case: ReviewCase) -> None:
    ReviewCase.objects.filter(pk=case.pk).update(state=CaseState.CLOSED)

    page = officer.get(f"/cases/{case}/?view=decided&words={case}").content.decode()
    start = officer.post("/queue/next/", {"view": "decided", "words": str(case)})

    assert "view=decided" not in page
    assert start["Location"] == f"/queue/?view=all&words={case}&clear=1"


@pytest.mark.parametrize("count", [1, 3])
def test_a_search_that_finds_costs_what_the_queue_costs(
    officer: Client, desk: Desk, count: int, django_assert_num_queries: Any
) -> None:
    for n in range(count):
        named(desk, f"Zoe{n}", "Lund")
    address = officer.post("/queue/search/", {"typed": "lund"})["Location"]
    officer.get(address)

    with django_assert_num_queries(8):
        officer.get(address)


def test_a_name_that_too_many_people_bear_asks_for_another_word(
    officer: Client, case: ReviewCase, lund: ReviewCase
) -> None:
    party = Party.objects.get(application=lund.application)
    namesakes = [
        Party(
            application=case.application, lender_id=party.lender_id, role=PartyRole.CO_APPLICANT, ordinal=n, identity=b"",
            person_index=b"", word_indexes=party.word_indexes, consent_id="", consented_at=party.consented_at,
        )
        for n in range(2, PEOPLE_MAX + 2)
    ]  # fmt: skip
    sentence = "More than 1,000 people have these words, and not all of them are listed. Add a word."

    def says_so() -> bool:
        return sentence in officer.post("/queue/search/", {"typed": "lund"}, follow=True).content.decode()

    Party.objects.bulk_create(namesakes[1:])
    at_the_bound = says_so()
    Party.objects.bulk_create(namesakes[:1])

    assert (at_the_bound, says_so()) == (False, True)


def test_hashes_of_one_lender_find_nobody_at_another(case: ReviewCase) -> None:
    theirs = make_case(make_desk(make_lender("northgate")), now=timezone.now())
    party = Party.objects.get(application=case.application)
    person = read_search("okafor", lender_id=case.lender_id).person

    assert Party.objects.filter(application=theirs.application).update(word_indexes=party.word_indexes) == 1

    assert list(people_with(person, lender_id=case.lender_id)) == [party]
