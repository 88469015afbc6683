"""Whether there is anybody who could be the second approver of what a policy demands."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from review_queue.authority import Need
from review_queue.second_approvers import needs_without_confirmer, unconfirmed
from tests.factories import make_user
from tests.factories.reviewing import make_desk, policy_document
from underwriting.enums import Role
from underwriting.models import Lender, Membership

OFFICER, SENIOR = frozenset({Role.CREDIT_OFFICER}), frozenset({Role.SENIOR_OFFICER})
AMOUNT, GRADE, OVERRIDE, EXCEPTION = Need


def policy(**delegation: Any) -> dict[str, Any]:
    return policy_document() | {"format": 2, "delegation": delegation}


@pytest.mark.parametrize(
    ("document", "people", "missing"),
    [
        (policy_document(), [OFFICER, SENIOR], ()),
        (policy_document(), [SENIOR, SENIOR], ()),
        # nobody reaches above an officer's own amount, up to which two officers are enough
        (policy_document(), [OFFICER, OFFICER], (AMOUNT,)),
        # one person cannot confirm their own decision
        (policy_document(), [SENIOR], (OVERRIDE, EXCEPTION)),
        (policy_document(), [OFFICER | SENIOR], (OVERRIDE, EXCEPTION)),
        (policy_document() | {"authority_minor": {}}, [OFFICER, OFFICER], ()),
        (policy(price_tiers={"credit_officer": ["A", "B"]}) | {"authority_minor": {}}, [OFFICER, OFFICER], (GRADE,)),
        (policy(price_tiers={"credit_officer": ["A", "B"]}) | {"authority_minor": {}}, [OFFICER, SENIOR], ()),
        (policy(override_minor={"credit_officer": 0}) | {"authority_minor": {}}, [OFFICER, OFFICER], (OVERRIDE,)),
        # where the policy lets nobody confirm it, such a decision is refused and waits for nobody
        (policy(override_minor={"credit_officer": 0, "senior_officer": 0}), [OFFICER, SENIOR], ()),
    ],
)  # fmt: skip
def test_what_no_two_people_can_decide(
    document: dict[str, Any], people: list[frozenset[Role]], missing: tuple[Need, ...]
) -> None:
    assert needs_without_confirmer(document, people) == missing


@pytest.mark.django_db
def test_administrator_and_lead_are_warned_until_there_is_somebody(client: Client, harbour: Lender) -> None:
    make_desk(harbour)
    make_user("Ana Ruiz", (harbour, Role.CREDIT_OFFICER))
    make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER))
    client.force_login(make_user("Sam Adeyemi", (harbour, Role.ADMIN), (harbour, Role.TEAM_LEAD)))
    warning = "Under Instalment Loan core nobody here can be the second approver of an amount above one officer&#x27;s authority"
    for path in ("/team/", "/admin-area/lenders/"):
        assert warning in client.get(path).content.decode()
    assert 'href="/admin-area/users/">Invite somebody' in client.get("/admin-area/lenders/").content.decode()

    sue = make_user("Sue Lam", (harbour, Role.SENIOR_OFFICER))
    for path in ("/team/", "/admin-area/lenders/"):
        assert "second approver" not in client.get(path).content.decode()
    assert unconfirmed(lender_id=harbour.pk, now=timezone.now()) == []

    sue.is_active = False
    sue.save(update_fields=["is_active"])
    assert Membership.objects.filter(user=sue).exists()
    assert warning in client.get("/team/").content.decode()
