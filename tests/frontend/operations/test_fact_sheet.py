"""The sheet of one fact: what it means, where the value came from, and the way to correct it for whoever may."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from review_queue.models import ReviewCase
from tests.factories import make_user
from tests.factories.appealing import make_appeal
from tests.factories.reviewing import Desk
from tests.frontend.operations.conftest import claimed, url
from underwriting.enums import Role
from underwriting.models import Lender, User

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


def words(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page).split())


def test_a_bar_opens_what_the_fact_means_and_where_it_came_from(officer: Client, case: ReviewCase) -> None:
    bars = officer.get(url(case, "?fragment=explain"), headers=HX).content.decode()
    assert f'hx-get="/cases/{case}/facts/revolving_utilisation_ratio/" hx-target="#fact-sheet"' in bars

    sheet = words(officer.get(url(case, "facts/revolving_utilisation_ratio/"), headers=HX).content.decode())

    assert sheet.startswith(
        "Share of card and line limits in use Revolving balance / revolving limit; UNKNOWN where there is no limit. "
        "The model may only take points away for a higher value. This application 84 % , −18 points Typical 34 % "
        "among people just above the approve line Where it came from Credit report, Demo Bureau,"
    )


def test_without_script_the_page_comes_with_the_sheet_open(officer: Client, case: ReviewCase) -> None:
    page = officer.get(url(case, "facts/annual_income/")).content.decode()
    assert page.startswith("<!doctype html>")
    assert '<h3 id="fact-sheet-title" tabindex="-1" autofocus>Yearly income</h3>' in page


def test_whoever_holds_the_case_reports_a_wrong_value(officer: Client, ana: User, case: ReviewCase) -> None:
    assert "Report wrong value" not in officer.get(url(case, "facts/annual_income/")).content.decode()
    claimed(case, ana)
    assert (
        f'href="/cases/{case}/correct/?fact=annual_income'
        in officer.get(url(case, "facts/annual_income/")).content.decode()
    )

    panel = officer.get(url(case, "correct/?fact=annual_income"), headers=HX).content.decode()
    assert '<option value="annual_income" selected>' in panel


@pytest.mark.parametrize("fact", ["requested_amount", "loan_to_income_ratio"])
def test_what_cannot_be_corrected_has_no_way_to(
    officer: Client, ana: User, case: ReviewCase, fact: str
) -> None:
    claimed(case, ana)
    page = officer.get(url(case, f"facts/{fact}/"), headers=HX).content.decode()
    assert "Report wrong value" not in page
    assert "Where it came from" in page


@pytest.mark.parametrize("fact", ["no_such_fact", "tax_lien_count"])
def test_a_fact_that_was_not_weighed_is_not_there(officer: Client, case: ReviewCase, fact: str) -> None:
    assert officer.get(url(case, f"facts/{fact}/")).status_code == 404


def test_on_a_blind_look_the_sheet_tells_nothing_of_the_earlier_answer(
    officer: Client, harbour: Lender, desk: Desk
) -> None:
    case = make_appeal(desk, make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    for headers in ({}, HX):
        page = officer.get(url(case, "facts/annual_income/"), headers=headers).content.decode()
        assert "Where it came from" in page
        assert [
            word for word in ("Canary", "Declined", "Tom Berg", "Needs you", "points short") if word in page
        ] == []
