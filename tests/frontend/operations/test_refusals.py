"""The same refusals as the answer to a form: a sentence on the page, nothing held, and what was typed still there."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.models import HeldDecision, ReviewCase
from tests.factories import make_user
from tests.factories.appealing import make_appeal
from tests.factories.reviewing import Desk
from tests.frontend.operations.conftest import claimed, url
from tests.frontend.operations.test_desk import decline_form
from underwriting.enums import Role
from underwriting.models import Lender, User

pytestmark = pytest.mark.django_db
TYPED = {"sentence": "Both cards have been full since spring."}


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_nobody_sends_a_second_decision_on_what_they_decided(
    client: Client, harbour: Lender, desk: Desk, headers: dict[str, str]
) -> None:
    tom = make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER))
    case = make_appeal(desk, tom)
    ReviewCase.objects.filter(pk=case.pk).update(holder=tom, lease_until=timezone.now())
    client.force_login(tom)
    refused = client.post(url(case, "decide/decline/"), decline_form(case) | TYPED, headers=headers)

    page = refused.content.decode()
    said = re.search(r'role="alert"[^>]*><p>(.*?)</p>', page)
    assert (refused.status_code, said and said[1]) == (
        409, "You made the decision that this case looks at again. A different officer has to take it.",
    )  # fmt: skip
    assert TYPED["sentence"] in page
    assert not HeldDecision.objects.filter(case=case).exists()


def test_who_is_named_on_the_application_is_told_and_decides_nothing(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    claimed(case, ana)
    User.objects.filter(pk=ana.pk).update(email="Maria@example.test")
    refused = officer.post(url(case, "decide/decline/"), decline_form(case) | TYPED)
    page = refused.content.decode()

    assert refused.status_code == 409
    assert "You are named on this application yourself. Another officer has to take it." in page
    assert TYPED["sentence"] in page
    assert not HeldDecision.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_decision_without_a_claim_is_refused_with_the_text_kept(
    officer: Client, case: ReviewCase, headers: dict[str, str]
) -> None:
    refused = officer.post(url(case, "decide/decline/"), decline_form(case) | TYPED, headers=headers)
    page = refused.content.decode()

    assert refused.status_code == 409
    assert "Nobody holds this case. Claim it to decide; your text is kept below." in page
    assert TYPED["sentence"] in page
    assert not HeldDecision.objects.exists()
