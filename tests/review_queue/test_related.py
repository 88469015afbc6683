"""Other applications of the same person: found at this lender alone, summed in words of what was granted and what is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from review_queue.models import ReviewCase
from review_queue.related import Exposure, RelatedCases, related_cases
from tests.factories import make_application, make_lender, make_party
from tests.factories.appealing import make_appeal, make_decided
from tests.factories.applying import RECEIVED_AT
from tests.factories.reviewing import Desk, make_case, make_desk
from underwriting.enums import ApplicationStatus, Origin, Outcome, Role
from underwriting.models import Application, Party, User

pytestmark = pytest.mark.django_db
OFFICER, AUDITOR = frozenset({Role.CREDIT_OFFICER}), frozenset({Role.AUDITOR})


@pytest.fixture
def case(desk: Desk) -> ReviewCase:
    return make_case(desk)


def of_the_same_person(case: ReviewCase, application: Application) -> Application:
    index = Party.objects.get(application=case.application).person_index
    Party.objects.filter(application=application).update(person_index=index)
    return application


def found(case: ReviewCase, roles: frozenset[Role] = OFFICER) -> RelatedCases:
    parties = list(Party.objects.filter(application=case.application))
    return related_cases(Application.objects.get(pk=case.application_id), parties, roles=roles)


def test_what_was_granted_and_what_is_asked_for_are_summed(
    desk: Desk, case: ReviewCase, ana: User, django_assert_num_queries: Any
) -> None:
    open_one = make_case(desk, requested_amount_minor=500_000)
    offered = make_decided(desk, ana, outcome=Outcome.COUNTEROFFER, now=RECEIVED_AT)
    declined = make_decided(desk, ana, now=RECEIVED_AT)
    withdrawn = make_application(desk[0], status=ApplicationStatus.WITHDRAWN)
    make_party(withdrawn)
    for application in (open_one.application, offered.application, declined.application, withdrawn):
        of_the_same_person(case, application)
    parties = list(Party.objects.filter(application=case.application))

    with django_assert_num_queries(1):
        result = related_cases(case.application, parties, roles=OFFICER)

    assert result.exposures == [Exposure("USD", 700_000, 1, 500_000, 1)]
    assert [(row.reference, row.amount_minor, row.status, row.case_number) for row in result.rows] == [
        (withdrawn.reference, 1_000_000, ApplicationStatus.WITHDRAWN, None),
        (declined.application.reference, 1_000_000, ApplicationStatus.DECLINED, declined.number),
        (offered.application.reference, 700_000, ApplicationStatus.COUNTEROFFERED, offered.number),
        (open_one.application.reference, 500_000, ApplicationStatus.REFERRED, open_one.number),
    ]


def test_neither_another_person_nor_another_lender_is_found(desk: Desk, case: ReviewCase) -> None:
    make_case(desk)
    foreign = make_case(make_desk(make_lender("northgate")))
    of_the_same_person(case, foreign.application)

    assert found(case) == RelatedCases(rows=[], exposures=[], has_more=False)


def test_an_imported_past_is_no_related_application(desk: Desk, case: ReviewCase) -> None:
    imported = make_application(desk[0], status=ApplicationStatus.ACCEPTED, origin=Origin.IMPORTED)
    make_party(imported)
    of_the_same_person(case, imported)

    assert found(case).rows == []


def test_any_of_the_people_counts(desk: Desk, case: ReviewCase) -> None:
    other = make_case(desk)
    Party.objects.filter(application=other.application).update(person_index=b"second person".ljust(32))
    second = make_party(case.application, ordinal=2)
    Party.objects.filter(pk=second.pk).update(person_index=b"second person".ljust(32))

    assert [row.case_number for row in found(case).rows] == [other.number]


def test_the_answer_under_appeal_is_hidden_from_those_who_could_decide_it(
    desk: Desk, case: ReviewCase, ana: User
) -> None:
    appeal = make_appeal(desk, ana, outcome=Outcome.COUNTEROFFER)
    of_the_same_person(case, appeal.application)

    hidden, shown = found(case), found(case, AUDITOR)

    assert [(row.is_hidden, row.amount_minor) for row in hidden.rows] == [(True, None)]
    assert hidden.exposures == []
    assert [(row.is_hidden, row.amount_minor) for row in shown.rows] == [(False, 700_000)]
    assert shown.exposures == [Exposure("USD", 700_000, 1, 0, 0)]


def test_the_newest_fifty_are_listed_and_that_there_are_more_is_said(desk: Desk, case: ReviewCase) -> None:
    for _ in range(51):
        application = make_application(desk[0])
        make_party(application)
        of_the_same_person(case, application)

    result = found(case)

    assert (len(result.rows), result.has_more) == (50, True)
