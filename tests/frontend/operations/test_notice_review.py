"""A held notice over HTTP: seen as it would go out, sent where nothing but a look was missing, else decided again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from explanations.models import Notice
from review_queue.models import ReviewCase
from tests.factories import make_user
from tests.factories.appealing import make_held_notice
from tests.factories.reviewing import Desk
from tests.frontend.operations.conftest import claimed, url
from underwriting.enums import ApplicationStatus, CaseKind, CaseState, Outcome, Role
from underwriting.models import Application, AuditEntry, Decision, Disclosure, Lender, User

pytestmark = pytest.mark.django_db
FAILED = "Reason UT01 does not hold when it is repaired."


@pytest.fixture
def tom(harbour: Lender) -> User:
    return make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER))


@pytest.fixture
def second_look(desk: Desk, tom: User) -> ReviewCase:
    Lender.objects.update(reviews_notices=True)
    desk[0].lender.refresh_from_db()
    return make_held_notice(desk, tom)


def test_it_shows_why_it_is_held_the_letter_and_the_facts_behind_it(
    officer: Client, ana: User, second_look: ReviewCase
) -> None:
    claimed(second_look, ana)
    page = officer.get(url(second_look)).content.decode()
    assert "wants a second person to look at each adverse notice" in page
    assert "We cannot offer you this loan" in page
    assert "Equal Credit Opportunity Act" in page
    assert "Share of card and line limits in use: 84 %, from Credit report, Demo Bureau" in page
    for words in ('id="open-send"', 'id="open-again"'):
        assert words in page
    for words in ('id="open-approve"', 'id="open-correct"', "/admin-area/lenders/"):
        assert words not in page


def test_a_second_person_sends_it(officer: Client, ana: User, second_look: ReviewCase) -> None:
    claimed(second_look, ana)
    sent = officer.post(url(second_look, "notice/send/"))
    second_look.refresh_from_db()
    assert (sent.status_code, second_look.state) == (303, CaseState.CLOSED)
    assert Disclosure.objects.get().decision == Decision.objects.get()
    assert AuditEntry.objects.get(action="notice.disclosed").actor_name == "Ana Ruiz"


def test_nothing_is_sent_about_an_application_that_was_withdrawn(
    officer: Client, ana: User, second_look: ReviewCase
) -> None:
    claimed(second_look, ana)
    Application.objects.update(status=ApplicationStatus.WITHDRAWN)

    refused = officer.post(url(second_look, "notice/send/"))

    assert (refused.status_code, Disclosure.objects.exists()) == (409, False)


@pytest.mark.parametrize("step", ["send", "again"])
def test_not_by_who_decided_nor_by_who_does_not_hold_it(
    officer: Client, client: Client, tom: User, second_look: ReviewCase, step: str
) -> None:
    assert officer.post(url(second_look, f"notice/{step}/"), {"why": "x"}).status_code == 409
    ReviewCase.objects.update(holder=tom, lease_until=timezone.now())
    decider = Client()
    decider.force_login(tom)
    assert decider.post(url(second_look, f"notice/{step}/"), {"why": "x"}).status_code == 409
    assert "A different officer has to take it" in decider.get(url(second_look)).content.decode()
    assert not Disclosure.objects.exists()


def test_a_setting_that_is_there_now_lets_it_go_with_a_new_text(
    officer: Client, ana: User, desk: Desk
) -> None:
    Lender.objects.update(agency_name="")
    desk[0].lender.refresh_from_db()
    case = make_held_notice(desk, None)
    claimed(case, ana)

    assert 'href="/admin-area/lenders/#id_agency_name"' in officer.get(url(case)).content.decode()
    early = officer.post(url(case, "notice/send/"))
    assert (early.status_code, "do not name the federal agency" in early.content.decode()) == (422, True)
    assert Notice.objects.count() == 1

    Lender.objects.update(agency_name="Federal Trade Commission")
    assert officer.post(url(case, "notice/send/")).status_code == 303
    assert list(Notice.objects.order_by("number").values_list("number", "held_because"))[1] == (2, "")
    case.refresh_from_db()
    assert (case.state, Disclosure.objects.count()) == (CaseState.CLOSED, 1)


def test_reasons_that_failed_are_not_sent_by_anybody(officer: Client, ana: User, desk: Desk) -> None:
    case = make_held_notice(desk, None, failed=FAILED)
    claimed(case, ana)
    page = officer.get(url(case)).content.decode()
    refused = officer.post(url(case, "notice/send/"))
    assert (FAILED in page, 'id="open-send"' in page, 'id="cannot-send"' in page) == (True, False, True)
    assert (refused.status_code, "did not pass their test" in refused.content.decode()) == (422, True)
    assert not Disclosure.objects.exists()


def test_decided_again_by_a_person_with_reasons_of_their_own(
    officer: Client, ana: User, tom: User, desk: Desk
) -> None:
    case = make_held_notice(desk, tom, failed=FAILED)
    claimed(case, ana)

    assert officer.post(url(case, "notice/again/"), {"why": " "}).status_code == 422
    sent = officer.post(url(case, "notice/again/"), {"why": "Card use is not the reason."})

    referral = ReviewCase.objects.get(kind=CaseKind.REFERRAL, state=CaseState.OPEN)
    case.refresh_from_db()
    assert (sent.status_code, sent["Location"].split("?")[0]) == (303, url(referral))
    assert (case.state, referral.not_for, referral.application) == (CaseState.CLOSED, tom, case.application)
    assert "Card use is not the reason." in referral.why[0]
    assert Application.objects.get().status == ApplicationStatus.DECLINED
    claimed(referral, ana)
    officer.post(
        url(referral, "decide/decline/"), {"assessment": referral.assessment_id, "reasons": ["EN01"]}
    )
    referral.refresh_from_db()
    assert referral.state == CaseState.DECIDED


def test_who_sends_an_offer_late_is_told_which_day_it_gets(
    officer: Client, ana: User, tom: User, desk: Desk
) -> None:
    Lender.objects.update(reviews_notices=True)
    desk[0].lender.refresh_from_db()
    late = make_held_notice(
        desk, tom, outcome=Outcome.COUNTEROFFER, now=timezone.now() - timedelta(days=9)
    )  # fmt: skip
    claimed(late, ana)

    assert 'id="offer-until"' in officer.get(url(late, "notice/send/")).content.decode()

    Decision.objects.get().standing_offer.delete()
    assert 'id="offer-until"' not in officer.get(url(late, "notice/send/")).content.decode()
