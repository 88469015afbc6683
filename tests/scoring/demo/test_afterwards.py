"""What partners and applicants of a demo do after the first answers, against real processes: every screen has something in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from review_queue.models import Appeal
from scoring.demo.afterwards import carry_on
from scoring.demo.payloads import applicant_of, body
from scoring.demo.roster import LENDERS
from scoring.demo.stream import (
    Partner,
    Submission,
    SubmissionRefused,
    submit_all,
    totals,
    wait_until_assessed,
    wait_until_told,
)
from scoring.demo.variety import without_purpose
from tests.factories import make_client
from tests.processes import RealProcesses
from tests.scoring.pipeline.world import make_world
from underwriting.api.keys import issue_key
from underwriting.audit.actor import SYSTEM
from underwriting.bureau.people import GeneratedPerson, person
from underwriting.enums import ActorKind, AppealKind, ApplicationStatus, DocumentKind, Language, Scope
from underwriting.models import Application, AuditEntry, Decision, Document

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.broker]
PEOPLE = 30


def report_of(someone: GeneratedPerson) -> dict[str, Any]:
    return {
        **someone.report,
        **({} if someone.bureau_score is None else {"bureau_score": someone.bureau_score}),
    }


def submission(index: int) -> Submission:
    """A generated person with the report sent along, told in English."""
    someone = person(7, index, "A")
    found = body(
        lender=LENDERS[0], identity=someone.identity, consented_at=datetime.now(tz=UTC), report=report_of(someone),
        application=someone.stated_application, party=someone.stated_party,
    )  # fmt: skip
    return Submission(LENDERS[0].code, {**found, "language": Language.ENGLISH})


def with_second_person(one: Submission) -> Submission:
    someone = person(8, 1, "A")
    second = applicant_of(
        identity=someone.identity, consented_at=datetime.now(tz=UTC), party=someone.stated_party, report=report_of(someone)
    )  # fmt: skip
    return Submission(one.lender_code, {**one.body, "co_applicants": [second]})


def totals_once_told(public_ids: list[str]) -> dict[str, Any]:
    wait_until_assessed(public_ids)
    wait_until_told(public_ids)
    return totals(public_ids)


def test_every_screen_has_something_in_it_and_the_totals_are_exact(real_processes: RealProcesses) -> None:
    lender = make_world().product.lender
    key = issue_key(client=make_client(lender), scopes=list(Scope), actor=SYSTEM, now=datetime.now(tz=UTC))
    base_url, keys = real_processes.web(), {lender.code: key.text}
    real_processes.worker()
    real_processes.beat()
    to_send = [submission(index) for index in range(PEOPLE)]
    to_send[0] = without_purpose(to_send[0], language=Language.SPANISH, is_sent_later=True)
    to_send[1] = without_purpose(to_send[1], language=Language.HINDI, is_sent_later=False)
    to_send[2] = with_second_person(to_send[2])

    public_ids = submit_all(iter(to_send), total=PEOPLE, base_url=base_url, keys=keys)
    before = totals_once_told(public_ids)
    partner = Partner(base_url=base_url, keys=keys)
    carry_on(list(zip(to_send, public_ids, strict=True)), partner=partner, base_url=base_url)
    after = totals_once_told(public_ids)

    assert (before["incomplete"], before["submitted"]) == (2, PEOPLE - 2)
    assert (after["incomplete"], after["submitted"]) == (1, PEOPLE - 1)
    for found in (before, after):
        assert found["decided"] + found["referred"] == found["submitted"]
        assert found["approved"] + found["counteroffered"] + found["declined"] == found["decided"]
    assert (before["counteroffered"], before["declined"], before["referred"]) >= (1, 1, 1)
    statuses = dict(Application.objects.values_list("public_id", "status"))
    completed, left = (statuses[UUID(one)] for one in public_ids[:2])
    assert completed not in (ApplicationStatus.SUBMITTED, ApplicationStatus.INCOMPLETE)
    assert left == ApplicationStatus.INCOMPLETE
    assert Application.objects.get(public_id=public_ids[2]).parties.count() == 2

    taken = Application.objects.get(status=ApplicationStatus.ACCEPTED)
    assert Decision.objects.get(application=taken).outcome == "COUNTEROFFER"
    appeal = Appeal.objects.get()
    assert (appeal.kind, appeal.application.status) == (AppealKind.DISPUTE, ApplicationStatus.DECLINED)
    newest_declined = [one for one in public_ids if statuses[UUID(one)] == ApplicationStatus.DECLINED][-1]
    assert str(appeal.application.public_id) == newest_declined
    kinds = Document.objects.values_list("kind", "application__status")
    assert set(kinds) == {
        (DocumentKind.PAYSLIP, ApplicationStatus.DECLINED),
        (DocumentKind.PAYSLIP, ApplicationStatus.REFERRED),
    }
    done = ("application.completed", "offer.accepted", "appeal.received", "document.received")
    assert set(AuditEntry.objects.filter(action__in=done).values_list("action", "actor_kind")) == {
        ("application.completed", ActorKind.CLIENT),
        ("offer.accepted", ActorKind.CLIENT),
        ("appeal.received", ActorKind.APPLICANT),
        ("document.received", ActorKind.CLIENT),
        ("document.received", ActorKind.APPLICANT),
    }


def test_what_the_api_refuses_ends_the_demo_with_its_words(real_processes: RealProcesses) -> None:
    lender = make_world().product.lender
    key = issue_key(client=make_client(lender), scopes=list(Scope), actor=SYSTEM, now=datetime.now(tz=UTC))
    partner = Partner(base_url=real_processes.web(), keys={lender.code: key.text})

    with pytest.raises(SubmissionRefused, match="404"):
        partner.application(lender.code, "7d1f0f2e-3b5c-4d8e-9c47-0b2a6f2f9a11")
    with pytest.raises(SubmissionRefused, match="422"):
        partner.post(lender.code, "applications", {})
