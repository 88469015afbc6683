"""The register of exceptions: asked by one, approved by another, ended, and every refusal written down."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.factories import make_user
from tests.underwriting.policy.conftest import NOW, Desk, acting, build_desk
from underwriting.enums import ExceptionState, Role
from underwriting.models import Alert, AuditEntry, PolicyException, User
from underwriting.policy.exceptions import (
    Terms,
    approve_exception,
    ask_exception,
    end_exception,
    tell_expired,
    turn_down_exception,
)
from underwriting.policy.version_rows import (
    AuthorCannotApprove,
    LifecycleRefused,
    NotAllowed,
    WrongState,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 10)
WHY = "A campaign for teachers, whose first card is new."


@pytest.fixture
def desk() -> Desk:
    return allowing(build_desk())


def allowing(desk: Desk) -> Desk:
    """The same desk whose policy in force lets R-04 be set aside."""
    desk.live.document = {
        **desk.live.document,
        "format": 2,
        "delegation": {"exception_rules": [rule_of(desk)]},
    }
    desk.live.save(update_fields=["document"])
    return desk


def rule_of(desk: Desk) -> str:
    rules: list[dict[str, str]] = desk.live.document["rules"]
    return next(rule["id"] for rule in rules if rule["kind"] == "REVIEW")


def terms(desk: Desk, **changes: Any) -> Terms:
    values: dict[str, Any] = {
        "rule_id": rule_of(desk), "uses_max": 5, "until": TODAY + timedelta(days=30), "owner": desk.manager, "reason": WHY,
        "ticket": "RISK-31",
    }  # fmt: skip
    return Terms(**{**values, **changes})


def asked(desk: Desk, **changes: Any) -> PolicyException:
    return ask_exception(
        policy=desk.policy, terms=terms(desk, **changes), actor=acting(desk.manager), now=NOW
    )


def opened(desk: Desk, **changes: Any) -> PolicyException:
    return approve_exception(exception=asked(desk, **changes), actor=acting(desk.approver), now=NOW)


def last_entry() -> tuple[str, str]:
    entry = AuditEntry.objects.latest("pk")
    return entry.action, entry.reason


def test_one_asks_another_approves_and_each_step_is_in_the_trail(desk: Desk) -> None:
    exception = asked(desk)
    assert (exception.state, str(exception)) == (ExceptionState.ASKED, "E-1")
    approved = approve_exception(exception=exception, actor=acting(desk.approver), now=NOW)
    assert (approved.state, approved.answered_by) == (ExceptionState.OPEN, desk.approver)
    ended = end_exception(
        exception=exception, reason="The campaign is over.", actor=acting(desk.manager), now=NOW
    )
    assert (ended.state, ended.ended_by) == (ExceptionState.ENDED, desk.manager)
    entries = AuditEntry.objects.filter(object_type="policy_exception").order_by("pk")
    assert [entry.action for entry in entries] == [
        "exception.asked",
        "exception.approved",
        "exception.ended",
    ]


def test_who_asked_does_not_approve_and_the_attempt_is_written_down(desk: Desk) -> None:
    both = make_user(
        "Both Roles", (desk.policy.lender, Role.RISK_MANAGER), (desk.policy.lender, Role.RISK_APPROVER)
    )
    exception = ask_exception(policy=desk.policy, terms=terms(desk), actor=acting(both), now=NOW)
    with pytest.raises(AuthorCannotApprove):
        approve_exception(exception=exception, actor=acting(both), now=NOW)
    assert last_entry() == (
        "exception.refused",
        "You asked for this exception, so somebody else answers it.",
    )
    with pytest.raises(AuthorCannotApprove):
        turn_down_exception(
            exception=exception, reason="No longer needed by anybody.", actor=acting(both), now=NOW
        )
    exception.refresh_from_db()
    assert exception.state == ExceptionState.ASKED


def test_each_step_needs_its_role_at_the_same_lender(desk: Desk) -> None:
    other = build_desk("summit")
    exception = asked(desk)
    for person in (desk.manager, other.approver):
        with pytest.raises(NotAllowed):
            approve_exception(exception=exception, actor=acting(person), now=NOW)
    with pytest.raises(NotAllowed):
        ask_exception(policy=desk.policy, terms=terms(desk), actor=acting(desk.approver), now=NOW)
    with pytest.raises(NotAllowed):
        end_exception(
            exception=exception, reason="Not for us any more.", actor=acting(other.manager), now=NOW
        )
    assert AuditEntry.objects.filter(action="exception.refused").count() == 4


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rule_id": "K-01"}, "names no rule K-01"),
        ({"until": TODAY - timedelta(days=1)}, "last day"),
        ({"until": TODAY + timedelta(days=181)}, "last day"),
        ({"uses_max": 0}, "uses"),
        ({"amount_max_minor": 0}, "more than nothing"),
        ({"reason": "short"}, "Say why"),
        ({"ticket": " "}, "ticket"),
    ],
)
def test_terms_that_are_no_exception_are_refused_and_written_down(
    desk: Desk, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(LifecycleRefused, match=said):
        asked(desk, **changes)
    assert said in last_entry()[1]
    assert not PolicyException.objects.exists()


def test_its_owner_is_a_person_of_the_lender(desk: Desk) -> None:
    stranger: User = build_desk("summit").manager
    with pytest.raises(LifecycleRefused, match="owner"):
        asked(desk, owner=stranger)


def test_an_answer_is_given_once_and_what_ended_stays_ended(desk: Desk) -> None:
    exception = opened(desk)
    for _ in range(2):
        with pytest.raises(WrongState):
            approve_exception(exception=exception, actor=acting(desk.approver), now=NOW)
    end_exception(exception=exception, reason="The campaign is over.", actor=acting(desk.approver), now=NOW)
    with pytest.raises(WrongState):
        end_exception(
            exception=exception, reason="The campaign is over.", actor=acting(desk.approver), now=NOW
        )


def test_a_request_whose_day_is_over_is_not_approved(desk: Desk) -> None:
    exception = asked(desk, until=TODAY)
    with pytest.raises(LifecycleRefused, match="last day is over"):
        approve_exception(exception=exception, actor=acting(desk.approver), now=NOW + timedelta(days=1))


def test_it_is_renewed_only_as_a_new_one(desk: Desk) -> None:
    first = opened(desk)
    new = ask_exception(
        policy=desk.policy, terms=terms(desk), actor=acting(desk.manager), now=NOW, renews=first
    )
    assert (new.state, new.renews, str(new)) == (ExceptionState.ASKED, first, "E-2")
    with pytest.raises(LifecycleRefused, match="was answered"):
        ask_exception(policy=desk.policy, terms=terms(desk), actor=acting(desk.manager), now=NOW, renews=new)


def test_numbers_are_each_lenders_own(desk: Desk) -> None:
    other = allowing(build_desk("summit"))
    assert [str(asked(desk)), str(asked(desk)), str(asked(other))] == ["E-1", "E-2", "E-1"]


def test_an_alert_tells_once_that_one_expired(desk: Desk) -> None:
    exception = opened(desk, until=TODAY)
    asked(desk, until=TODAY)
    assert tell_expired(now=NOW) == 0
    tomorrow = NOW + timedelta(days=1)
    assert (tell_expired(now=tomorrow), tell_expired(now=tomorrow)) == (1, 0)
    alert = Alert.objects.get()
    assert (alert.kind, alert.lender, alert.details["exception"]) == (
        "policy.exception_expired",
        desk.policy.lender,
        exception.number,
    )
