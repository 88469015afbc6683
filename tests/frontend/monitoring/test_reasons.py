"""The page of published rates: what it says with nothing, with little, and where a test failed."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from explanations.proof import FailedTest, ProofTest
from tests.factories import make_application, make_assessment, make_lender, make_product, make_user
from tests.factories.proving import make_proof
from underwriting.enums import Outcome, Role
from underwriting.models import Product

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return make_product(make_lender())


@pytest.fixture
def risk(client: Client, product: Product) -> Client:
    user = make_user("Ravi Menon", (product.lender, Role.RISK_MANAGER))
    client.force_login(user)
    return client


def page(client: Client) -> str:
    return client.get("/monitoring/reasons/").content.decode()


def test_with_nothing_proven(risk: Client) -> None:
    shown = page(risk)

    assert "No decline or counteroffer has been proven in the last twelve months." in shown
    assert "No reason has failed a test." in shown


def test_with_one_that_failed(risk: Client, product: Product) -> None:
    assessment = make_assessment(make_application(product), outcome=Outcome.DECLINE)
    sentence = "'utilisation' weighs more in the score than a stated reason and is left out."
    make_proof(assessment, at=timezone.now(), failed=[FailedTest(ProofTest.OMITTED, sentence)])

    shown = page(risk)

    assert "1 of 1 notice this month is held because a test failed." in shown
    assert "0 of 1, below its level" in shown
    assert "3 of 4" in shown  # sentences, below 30 as they are
    assert f'href="/assessments/{assessment.pk}/"' in shown
    assert "weighs more in the score than a stated reason" in shown


def test_another_lenders_are_not_shown(risk: Client) -> None:
    elsewhere = make_product(make_lender("northgate"))
    make_proof(make_assessment(make_application(elsewhere), outcome=Outcome.DECLINE), at=timezone.now())

    assert "No decline or counteroffer has been proven" in page(risk)
