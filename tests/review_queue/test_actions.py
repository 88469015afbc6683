"""Claiming, deciding, taking back: who may, what is written, what is refused."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from explanations.officer_reasons import ReasonNotTrue
from review_queue.actions.claim import claim_case, extend_lease, release_claim
from review_queue.actions.content import Choice, DecisionIncomplete
from review_queue.actions.decide import decide_case
from review_queue.actions.drafts import save_draft
from review_queue.actions.take_next import take_next
from review_queue.actions.undo import undo_decision
from review_queue.models import HeldDecision, ReviewCase
from review_queue.permissions import AuthorityExceeded, MayNotDecide
from review_queue.queue import QueueQuery
from review_queue.transitions import CaseNotOpen, ClaimTaken, HoldOver, NotClaimed
from tests.factories import actor_of
from tests.factories.reviewing import Desk, make_case, make_desk, policy_document
from underwriting.decisions.transitions import ApplicationWithdrawn
from underwriting.enums import ApplicationStatus, CaseState, HeldState, Outcome, Role, WorkKind
from underwriting.models import Application, AuditEntry, Lender, User, WorkItem

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
OFFICER = frozenset({Role.CREDIT_OFFICER})


def claim(case: ReviewCase, user: User, now: datetime = NOW) -> ReviewCase:
    return claim_case(case_id=case.pk, user=user, actor=actor_of(user), now=now)


def decline(
    case: ReviewCase, user: User, *codes: str, now: datetime = NOW, roles: Collection[Role] = OFFICER
) -> HeldDecision:
    choice = Choice(outcome=Outcome.DECLINE, assessment_id=case.assessment_id, reasons=codes or ("UT01",))
    return decide_case(case_id=case.pk, user=user, roles=roles, choice=choice, actor=actor_of(user), now=now)


def approve(case: ReviewCase, user: User, **changes: Any) -> HeldDecision:
    values: dict[str, Any] = {
        "mitigating_factor": "verified_income",
        "sentence": "Payslips of three months seen.",
    } | changes
    choice = Choice(outcome=Outcome.APPROVE, assessment_id=case.assessment_id, **values)
    return decide_case(
        case_id=case.pk, user=user, roles=OFFICER, choice=choice, actor=actor_of(user), now=NOW
    )


def test_a_claim_lasts_thirty_minutes_and_names_its_holder_to_others(
    desk: Desk, ana: User, tom: User
) -> None:
    case = make_case(desk)
    claimed = claim(case, ana)
    with pytest.raises(ClaimTaken) as refusal:
        claim(case, tom, NOW + timedelta(minutes=29))
    assert (claimed.holder, claimed.lease_until) == (ana, NOW + timedelta(minutes=30))
    assert (refusal.value.holder, refusal.value.until) == ("Ana Ruiz", NOW + timedelta(minutes=30))


def test_an_expired_lease_can_be_taken_over(desk: Desk, ana: User, tom: User) -> None:
    case = make_case(desk)
    claim(case, ana)
    taken = claim(case, tom, NOW + timedelta(minutes=30))
    assert taken.holder == tom


def test_only_the_holder_gives_a_case_back_or_keeps_it(desk: Desk, ana: User, tom: User) -> None:
    case = make_case(desk)
    with pytest.raises(NotClaimed):
        extend_lease(case_id=case.pk, user=ana, now=NOW)
    claim(case, ana)
    with pytest.raises(ClaimTaken):
        release_claim(case_id=case.pk, user=tom, actor=actor_of(tom), now=NOW)
    kept = extend_lease(case_id=case.pk, user=ana, now=NOW + timedelta(minutes=10))
    assert kept.lease_until == NOW + timedelta(minutes=40)
    assert release_claim(case_id=case.pk, user=ana, actor=actor_of(ana), now=NOW).holder is None


def test_every_step_leaves_one_audit_entry(desk: Desk, ana: User) -> None:
    case = make_case(desk)
    claim(case, ana)
    claim(case, ana, NOW + timedelta(minutes=1))
    decline(case, ana)
    undo_decision(case_id=case.pk, user=ana, actor=actor_of(ana), now=NOW + timedelta(seconds=5))
    release_claim(case_id=case.pk, user=ana, actor=actor_of(ana), now=NOW + timedelta(seconds=6))
    entries = AuditEntry.objects.filter(object_type="case", object_id=str(case.number)).order_by("id")
    assert [(e.action, e.actor_name) for e in entries] == [
        ("case.opened", "System"), ("case.claimed", "Ana Ruiz"), ("case.decided", "Ana Ruiz"), ("case.decision_undone", "Ana Ruiz"),
        ("case.released", "Ana Ruiz"),
    ]  # fmt: skip


def test_a_decline_is_held_with_reasons_of_both_parts_that_said_no(desk: Desk, ana: User) -> None:
    case = make_case(desk)
    claim(case, ana)
    held = decline(case, ana, "EN01")
    item = WorkItem.objects.get(kind=WorkKind.RELEASE_DECISION)
    case.refresh_from_db()

    assert [(r["code"], r["rank"]) for r in held.reasons] == [("EN01", 1), ("UT01", 2), ("PH01", 3)]
    assert (held.stage, held.state, held.held_until) == (
        "grey_band",
        HeldState.HELD,
        NOW + timedelta(seconds=30),
    )
    assert (item.subject_id, item.not_before, item.application_id) == (
        held.pk,
        held.held_until,
        case.application_id,
    )
    assert (case.state, Application.objects.get().status) == (CaseState.DECIDED, ApplicationStatus.REFERRED)


def test_a_case_that_had_passed_the_score_is_declined_for_the_persons_reasons_alone(
    desk: Desk, ana: User
) -> None:
    case = make_case(desk, score=655)
    claim(case, ana)
    held = decline(case, ana, "EN01")
    assert ([r["code"] for r in held.reasons], held.stage) == (["EN01"], "judgement")


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        (("PR02",), "Bankruptcy"),  # no bankruptcy on file
        (("CP02",), "no worse than"),  # smaller loan for the income than usual
        (("XX99",), "not a reason that can be chosen"),
        (("UT01", "UT01"), "different reasons"),
        (("UT01", "EN01", "PH01", "CH01", "CP10"), "one to 4"),
    ],
)
def test_a_reason_that_is_not_true_of_the_case_is_refused(
    desk: Desk, ana: User, codes: tuple[str, ...], sentence: str
) -> None:
    case = make_case(desk)
    claim(case, ana)
    with pytest.raises(ReasonNotTrue, match=sentence):
        decline(case, ana, *codes)
    assert not HeldDecision.objects.exists()


def test_an_approval_in_spite_of_a_rule_needs_a_factor_and_a_sentence(desk: Desk, ana: User) -> None:
    case = make_case(desk)
    claim(case, ana)
    with pytest.raises(DecisionIncomplete) as no_factor:
        approve(case, ana, mitigating_factor="")
    with pytest.raises(DecisionIncomplete) as no_sentence:
        approve(case, ana, sentence="  ")
    held = approve(case, ana)

    assert (no_factor.value.field, no_sentence.value.field) == ("mitigating_factor", "sentence")
    assert held.offer == {
        "amount_minor": 1_000_000,
        "term_months": 36,
        "annual_rate_bps": 1599,
        "instalment_minor": 35_152,
        "price_tier": "D",
    }
    assert (held.reasons, held.stage) == ([], "")


def test_without_a_score_the_person_names_the_price_tier(desk: Desk, ana: User) -> None:
    case = make_case(desk, score=None)
    claim(case, ana)
    with pytest.raises(DecisionIncomplete, match="Choose the price tier"):
        approve(case, ana)
    offer = approve(case, ana, price_tier="C").offer
    assert offer is not None
    assert offer["annual_rate_bps"] == 1299


def test_an_expired_lease_still_decides_while_nobody_else_took_the_case(desk: Desk, ana: User) -> None:
    case = make_case(desk)
    claim(case, ana, NOW - timedelta(hours=3))
    assert decline(case, ana).state == HeldState.HELD


def test_an_expired_lease_does_not_decide_a_case_that_was_taken(desk: Desk, ana: User, tom: User) -> None:
    case = make_case(desk)
    claim(case, ana, NOW - timedelta(hours=3))
    claim(case, tom)
    with pytest.raises(ClaimTaken) as refusal:
        decline(case, ana)
    assert refusal.value.holder == "Tom Berg"


def test_a_case_nobody_claimed_and_a_decided_case_are_not_decided(desk: Desk, ana: User) -> None:
    case = make_case(desk)
    with pytest.raises(NotClaimed):
        decline(case, ana)
    claim(case, ana)
    decline(case, ana)
    with pytest.raises(CaseNotOpen):
        decline(case, ana)


def test_a_withdrawn_application_is_not_decided(desk: Desk, ana: User) -> None:
    case = make_case(desk)
    claim(case, ana)
    Application.objects.update(status=ApplicationStatus.WITHDRAWN)
    with pytest.raises(ApplicationWithdrawn):
        decline(case, ana)


def test_an_application_whose_offer_was_taken_is_not_decided(desk: Desk, ana: User) -> None:
    case = claim(make_case(desk), ana)
    Application.objects.update(status=ApplicationStatus.ACCEPTED)
    with pytest.raises(CaseNotOpen, match="accepted"):
        decline(case, ana)


def test_a_case_assessed_again_meanwhile_is_looked_at_again(desk: Desk, ana: User) -> None:
    case = make_case(desk)
    claim(case, ana)
    choice = Choice(outcome=Outcome.DECLINE, assessment_id=case.assessment_id + 1, reasons=("UT01",))
    with pytest.raises(DecisionIncomplete) as refusal:
        decide_case(case_id=case.pk, user=ana, roles=OFFICER, choice=choice, actor=actor_of(ana), now=NOW)
    assert refusal.value.field == "assessment"


@pytest.mark.parametrize(
    ("amount_minor", "roles", "refusal"),
    [
        (2_500_000, {Role.CREDIT_OFFICER}, None),
        (2_500_001, {Role.CREDIT_OFFICER, Role.SENIOR_OFFICER}, None),
        (5_000_001, {Role.SENIOR_OFFICER}, AuthorityExceeded),
        (100_000, {Role.TEAM_LEAD, Role.AUDITOR}, MayNotDecide),
    ],
)
def test_authority_ends_at_the_policys_amount_for_the_role(
    desk: Desk, ana: User, amount_minor: int, roles: set[Role], refusal: type[Exception] | None
) -> None:
    case = make_case(desk, requested_amount_minor=amount_minor)
    claim(case, ana)
    if refusal is None:
        assert decline(case, ana, roles=roles).state == HeldState.HELD
        return
    with pytest.raises(refusal):
        decline(case, ana, roles=roles)


def test_above_ones_own_amount_an_answer_waits_for_a_second_approver(desk: Desk, ana: User) -> None:
    case = make_case(desk, requested_amount_minor=2_500_001)
    claim(case, ana)
    held = decline(case, ana)
    assert (held.state, held.second_look) == (HeldState.WAITING, ["AMOUNT"])
    assert not WorkItem.objects.filter(kind=WorkKind.RELEASE_DECISION).exists()


def test_a_policy_that_sets_no_limit_for_a_role_sets_none(harbour: Lender, ana: User) -> None:
    desk = make_desk(harbour, document=policy_document() | {"authority_minor": {}})
    case = make_case(desk, requested_amount_minor=90_000_000)
    claim(case, ana)
    assert decline(case, ana).state == HeldState.HELD


def test_undo_gives_the_case_back_with_its_draft(desk: Desk, ana: User) -> None:
    case = make_case(desk)
    claim(case, ana)
    save_draft(case_id=case.pk, user=ana, form="decline", fields={"reasons": ["UT01"]}, now=NOW)
    held = decline(case, ana)
    back = undo_decision(case_id=case.pk, user=ana, actor=actor_of(ana), now=NOW + timedelta(seconds=29))
    held.refresh_from_db()
    assert (held.state, back.state, back.holder, back.draft) == (
        HeldState.CANCELLED, CaseState.OPEN, ana, {str(ana.pk): {"decline": {"reasons": ["UT01"]}}}
    )  # fmt: skip


def test_undo_is_the_deciders_own_and_ends_with_the_hold(desk: Desk, ana: User, tom: User) -> None:
    case = make_case(desk)
    claim(case, ana)
    decline(case, ana)
    with pytest.raises(NotClaimed):
        undo_decision(case_id=case.pk, user=tom, actor=actor_of(tom), now=NOW)
    with pytest.raises(HoldOver):
        undo_decision(case_id=case.pk, user=ana, actor=actor_of(ana), now=NOW + timedelta(seconds=30))


def test_after_an_undo_the_case_can_be_decided_again(desk: Desk, ana: User) -> None:
    case = make_case(desk)
    claim(case, ana)
    decline(case, ana)
    undo_decision(case_id=case.pk, user=ana, actor=actor_of(ana), now=NOW + timedelta(seconds=1))
    approve(case, ana)
    assert list(HeldDecision.objects.order_by("id").values_list("outcome", "state")) == [
        ("DECLINE", "CANCELLED"),
        ("APPROVE", "HELD"),
    ]


def test_next_hands_out_the_most_urgent_case_nobody_holds(
    desk: Desk, harbour: Lender, ana: User, tom: User
) -> None:
    late, soon, later = (make_case(desk, now=NOW - timedelta(days=n)) for n in (3, 2, 1))
    claim(late, tom)
    query = QueueQuery(lender_id=harbour.pk, user_id=ana.pk, today_ends=NOW + timedelta(hours=9), view="all")

    first = take_next(query=query, user=ana, actor=actor_of(ana), now=NOW)
    second = take_next(query=query, user=ana, after=soon.number, actor=actor_of(ana), now=NOW)
    third = take_next(query=query, user=tom, after=late.number, actor=actor_of(tom), now=NOW)
    assert ([first, second], third) == ([soon, later], None)
    assert first is not None
    assert first.holder == ana


def test_an_overlong_draft_is_refused(desk: Desk, ana: User) -> None:
    case = make_case(desk)
    claim(case, ana)
    with pytest.raises(ValueError, match="4,000"):
        save_draft(case_id=case.pk, user=ana, form="decline", fields={"sentence": ["x" * 4_001]}, now=NOW)
