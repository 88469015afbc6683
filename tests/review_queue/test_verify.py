"""Verifying a fact against a document: who may, what is kept, what is refused, and that nothing is assessed again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from review_queue.actions.claim import claim_case
from review_queue.actions.correct import CorrectionRefused, correct_fact
from review_queue.actions.verify import facts_to_compare, verify_fact
from review_queue.models import ReviewCase
from review_queue.permissions import MayNotDecide
from review_queue.transitions import CaseNotOpen, ClaimTaken, NotClaimed
from tests.factories import actor_of, make_party, make_user
from tests.factories.reviewing import Desk, make_case
from tests.underwriting.documents.files import pdf
from underwriting.audit.actor import SYSTEM
from underwriting.decisions.transitions import ApplicationWithdrawn
from underwriting.documents.receive import receive_document
from underwriting.enums import CaseState, DocumentKind, Role
from underwriting.facts.corrections import on_file
from underwriting.models import (
    Application,
    AuditEntry,
    Document,
    FactCorrection,
    Lender,
    Party,
    User,
    WorkItem,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
OFFICER = frozenset({Role.CREDIT_OFFICER})
INCOME = 5_220_000


@pytest.fixture
def case(desk: Desk, ana: User) -> ReviewCase:
    return claim_case(case_id=make_case(desk).pk, user=ana, actor=actor_of(ana), now=NOW)


def sent(case: ReviewCase, kind: DocumentKind = DocumentKind.PAYSLIP, party: Party | None = None) -> Document:
    return receive_document(
        application=case.application, party=party or case.application.parties.get(), kind=kind, name="paper.pdf", content=pdf(),
        actor=SYSTEM, now=NOW,
    )  # fmt: skip


def verify(case: ReviewCase, user: User, document: Document, **changes: Any) -> FactCorrection:
    values: dict[str, Any] = {
        "fact": "annual_income", "seen": INCOME, "source": "Payslip received 3 Nov 2026", "roles": OFFICER,
    } | changes  # fmt: skip
    return verify_fact(case=case, document=document, user=user, actor=actor_of(user), now=NOW, **values)


def test_it_is_kept_with_document_and_person_and_nothing_is_assessed_again(
    case: ReviewCase, ana: User
) -> None:
    document = sent(case)
    WorkItem.objects.all().delete()

    row = verify(case, ana, document)

    assert (row.value, row.before, row.is_verification, row.document, row.corrected_by) == (
        INCOME, INCOME, True, document, ana,
    )  # fmt: skip
    assert not WorkItem.objects.exists()
    entry = AuditEntry.objects.get(action="fact.verified")
    assert (entry.actor_name, entry.before) == ("Ana Ruiz", None)
    assert entry.after is not None
    assert (entry.after["annual_income"], entry.after["document"]) == (INCOME, str(document.public_id))
    found = on_file(application=case.application, party=document.party)["annual_income"]
    assert (found.value, found.origin) == (INCOME, "Verified against: Payslip received 3 Nov 2026")


def test_done_twice_the_second_changes_nothing(case: ReviewCase, ana: User) -> None:
    document = sent(case)
    assert verify(case, ana, document) == verify(case, ana, document)
    assert FactCorrection.objects.count() == 1
    assert AuditEntry.objects.filter(action="fact.verified").count() == 1
    verify(case, ana, sent(case, DocumentKind.TAX_RETURN))
    assert FactCorrection.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        (DocumentKind.IDENTITY, {}, "does not bear"),
        (DocumentKind.PAYSLIP, {"fact": "housing", "seen": "rent"}, "does not bear"),
        (DocumentKind.PAYSLIP, {"fact": "no such fact"}, "does not bear"),
        (DocumentKind.PAYSLIP, {"seen": INCOME + 1}, "has changed meanwhile"),
        (DocumentKind.PAYSLIP, {"seen": None}, "has changed meanwhile"),
    ],
)
def test_what_will_not_do_is_said_and_nothing_is_kept(
    case: ReviewCase, ana: User, kind: DocumentKind, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(CorrectionRefused, match=words):
        verify(case, ana, sent(case, kind), **changes)
    assert not FactCorrection.objects.exists()


def test_only_the_holder_who_may_decide(case: ReviewCase, ana: User, desk: Desk, harbour: Lender) -> None:
    tom, other = make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)), make_case(desk)
    with pytest.raises(ClaimTaken):
        verify(case, tom, sent(case))
    with pytest.raises(NotClaimed):
        verify(other, ana, sent(other))
    with pytest.raises(MayNotDecide):
        verify(case, ana, sent(case), roles=frozenset({Role.TEAM_LEAD}))
    with pytest.raises(CorrectionRefused, match="documents of this application"):
        verify(case, ana, sent(other))
    document = sent(case)
    Application.objects.filter(pk=case.application_id).update(status="WITHDRAWN")
    with pytest.raises(ApplicationWithdrawn):
        verify(case, ana, document)
    ReviewCase.objects.filter(pk=case.pk).update(state=CaseState.CLOSED)
    with pytest.raises(CaseNotOpen):
        verify(case, ana, document)
    assert not FactCorrection.objects.exists()


def test_a_value_set_right_meanwhile_is_not_the_one_that_was_seen(case: ReviewCase, ana: User) -> None:
    document = sent(case)
    correct_fact(
        case=case, fact="annual_income", value="60,000", source="Payslip", reason="The bonus.", document=document,
        person=document.party, user=ana, roles=OFFICER, actor=actor_of(ana), now=NOW,
    )  # fmt: skip
    WorkItem.objects.all().delete()
    with pytest.raises(CorrectionRefused, match="has changed meanwhile"):
        verify(case, ana, document)
    assert verify(case, ana, document, seen=6_000_000).is_verification


def test_a_co_applicants_paper_bears_out_their_own_amounts_alone(case: ReviewCase, ana: User) -> None:
    second = make_party(case.application, ordinal=2)
    paper = sent(case, party=second)
    assert facts_to_compare(case, paper) == ["annual_income"]
    row = verify(case, ana, paper, seen=second.stated["annual_income"])
    assert row.party == second


def test_a_credit_report_bears_out_what_a_bureau_told_and_no_more(case: ReviewCase) -> None:
    names = facts_to_compare(case, sent(case, DocumentKind.CREDIT_REPORT))
    assert "revolving_utilisation_ratio" in names
    assert "annual_income" not in names
