"""The backtest's pages: asking, watching, reading, opening the people; who may, and what is not theirs."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from frontend.risk import backtests as pages
from frontend.risk.bad_rate_words import ENOUGH, WHY_NOT
from scoring.pipeline.work import work_until_empty
from scoring.simulation.calibration import BAD_MIN, SETTLED_MIN, Why
from tests.factories import make_application, make_lender, make_user
from tests.factories.past import LONG_PAST, PAST, make_past, settle
from tests.frontend.risk.screens import SLUG, own_draft, signed_in, text
from tests.scoring.pipeline.world import be_patient
from tests.underwriting.policy.conftest import Desk, acting
from underwriting.enums import ApplicationStatus, BacktestState, Role, WorkState
from underwriting.models import Backtest, BacktestFlip, PolicyVersion, WorkItem
from underwriting.policy.backtests import request_backtest
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.lifecycle import save_draft

pytestmark = pytest.mark.django_db
ROOT = f"/policies/{SLUG}/changes/2/backtests/"
PERIOD = {"since": "2026-06-01", "until": "2026-06-30"}


def work() -> None:
    WorkItem.objects.filter(state=WorkState.READY).update(not_before=timezone.now() - timedelta(days=9))
    work_until_empty(worker="test", max_batches=30)
    be_patient()


def draft_at(desk: Desk, approve: int = 632) -> PolicyVersion:
    draft = own_draft(desk)
    return save_draft(
        version=draft,
        document=desk.document(approve),
        expected_sha256=draft.document_sha256,
        actor=acting(desk.manager),
        now=timezone.now(),
    )


def done(
    desk: Desk, *, scores: tuple[int, ...] = (700,) * 40 + (635, 634, 610, 590), **past: Any
) -> Backtest:
    """A draft that approves at 632 instead of 640, backtested; of those approved in force the first went bad, nine were paid."""
    draft = draft_at(desk)
    past = {"received_at": LONG_PAST, **past}
    rows = [make_past(desk.policy.product, score, **past) for score in scores]
    for index, row in enumerate(rows[:10]):
        settle(row, bad=index == 0)
    backtest = request_backtest(
        version=draft,
        since=rows[0].application.received_at.date(),
        until=rows[0].application.received_at.date(),
        actor=acting(desk.manager),
        now=timezone.now(),
    )
    work()
    backtest.refresh_from_db()
    assert backtest.state == BacktestState.DONE
    return backtest


def place(backtest: Backtest, *rest: str) -> str:
    return "/".join([f"{ROOT}{backtest.pk}", *rest]) + ("" if rest and "." in rest[-1] else "/")


def test_from_asking_to_the_result(manager: Client, desk: Desk) -> None:
    draft_at(desk)
    make_past(desk.policy.product, 635)

    asked = manager.post(ROOT, PERIOD)

    backtest = Backtest.objects.get()
    assert (asked.status_code, asked["Location"]) == (302, place(backtest))
    page = manager.get(place(backtest))
    assert "Waiting for a worker" in text(page)
    assert 'data-poll-seconds="2"' in page.content.decode()
    fragment = manager.get(place(backtest), headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    assert 'id="progress"' in fragment.content.decode()

    work()

    over = manager.get(place(backtest), headers={"HX-Request": "true"})
    assert (over.status_code, over["HX-Refresh"]) == (204, "true")
    result = text(manager.get(place(backtest)))
    assert "approvals rise from 0 of 1 to 1 of 1. People who move: 1 from review to approve." in result
    assert "What this means for staffing is not known: 1 application came in this period" in result
    assert "1 Jun to 30 Jun 2026" in text(manager.get(ROOT))


def test_the_result_says_rates_with_n_and_range_and_counts_where_they_are_few(
    manager: Client, desk: Desk
) -> None:
    page = text(manager.get(place(done(desk))))

    assert "On 44 applications from 10 Jun to 10 Jun 2025 (100% had every field this draft needs)" in page
    assert "approvals rise from 90.9% to 95.5%. People who move: 2 from review to approve." in page
    assert "Approved by the version in force (40): known result for 10. Bad 1 of 10." in page
    assert "Swap-ins (2): no known result." in page
    assert "Results are of those we lent to." in page
    assert "Referrals fall from 3 to 1 a day. What people clear a day is not known" in page
    assert "Counted on 44 past applications." in page
    assert "Group too small" in page
    assert "90.9% (78.8 to 96.4%)" in page
    assert (
        "Bad is 90 days late or charged off within 12 months of applying. Of 10 loans of this period (accepted, told of by servicing, or approved in a past of which only ends are told) 10 are counted: their 12 months "
        "have been over for 62 days or longer, and servicing told how they stood."
    ) in page
    assert (
        "no rate, only bounds: of 42 approved 2.4% to 78.6% go bad within 12 months, whatever one assumes."
        in page
    )
    assert "Nothing is inferred of people without a known result. Too few loans are counted" in page
    assert "no protected attribute is held" in page
    assert "Cut-offs on the score 2 0" in page


def test_staffing_is_of_the_whole_period_where_the_newest_alone_were_weighed(
    manager: Client, desk: Desk
) -> None:
    """44 of 132 were weighed, all of one working day: three times the referrals came on it."""
    backtest = done(desk)
    backtest.summary = {**(backtest.summary or {}), "left_out": 88, "rows_max": 44}
    backtest.save()

    page = text(manager.get(place(backtest)))

    assert "Referrals fall from 9 to 3 a day." in page
    assert (
        "Counted on the newest 44 of 132 past applications, as if the older ones were referred as often."
        in page
    )


def test_young_loans_are_said_to_be_too_young_and_are_in_no_rate(manager: Client, desk: Desk) -> None:
    page = text(manager.get(place(done(desk, received_at=PAST))))

    assert (
        "Of 10 loans of this period (accepted, told of by servicing, or approved in a past of which only ends are told) 0 are counted"
        in page
    )
    assert "10 are too young and not counted, bad or not: of young loans the bad ones show first." in page
    assert "Approved by the version in force (40): no known result." in page
    assert "no rate, only bounds: of 42 approved 2.4% to 78.6% go bad within 12 months" in page


def test_every_reason_for_bounds_alone_has_its_words() -> None:
    assert set(WHY_NOT) == {why.value for why in Why}
    assert f"at least {SETTLED_MIN}, of which {BAD_MIN} went bad and {BAD_MIN} did not" == ENOUGH


def test_old_loans_of_which_nothing_was_told_are_not_taken_for_paid(manager: Client, desk: Desk) -> None:
    backtest = done(desk, application={"status": ApplicationStatus.ACCEPTED})

    page = text(manager.get(place(backtest)))

    assert (
        "Of 44 loans of this period (accepted, told of by servicing, or approved in a past of which only ends are told) 10 are counted"
        in page
    )
    assert (
        "34 are old enough, but servicing told neither of a pay-off nor of anything after the 12 months"
        in page
    )
    assert (
        "Of more than one in twenty loans that are old enough servicing did not tell how they stood" in page
    )


def test_under_95_per_cent_coverage_the_headline_says_that(manager: Client, desk: Desk) -> None:
    page = manager.get(place(done(desk, facts={"bankruptcy_count": None})))

    lead = page.content.decode().split('<p class="lead">')[1].split("</p>")[0]
    assert lead.startswith("Only 0% of 44 applications had every field this draft needs")
    assert "Missing most often: Bankruptcies" in lead


def test_what_could_not_be_weighed_is_not_covered(manager: Client, desk: Desk) -> None:
    """Sixty of a hundred were never assessed: the other forty say nothing of them."""
    for _ in range(60):
        make_application(desk.policy.product, received_at=LONG_PAST)
    backtest = done(desk, scores=(700,) * 40)

    page = manager.get(place(backtest))

    lead = text(page)
    assert "Only 40% of 100 applications had every field this draft needs" in lead
    assert "60 of them could not be weighed." in lead
    assert (
        "On 40 of 100 applications from 10 Jun to 10 Jun 2025 (40% had every field this draft needs, 60 could not be weighed)"
        in lead
    )
    assert "40 of 100 applications had every field the draft needs." in lead
    assert "60 of these 100 could not be weighed: they are not covered." in lead
    assert "Too little" in lead
    assert "100% had every field" not in lead


def test_the_people_are_listed_and_each_opens_with_both_traces(manager: Client, desk: Desk) -> None:
    backtest = done(desk)

    listed = text(manager.get(place(backtest, "cases")))
    first = BacktestFlip.objects.get(backtest=backtest, ordinal=1)
    assert "2 applications" in listed
    assert first.assessment.application.reference in listed
    assert "No application matches: live: decline" in text(
        manager.get(place(backtest, "cases") + "?before=DECLINE")
    )
    assert "2 applications, live: review, draft: approve" in text(
        manager.get(place(backtest, "cases") + "?before=REFER&after=APPROVE")
    )
    assert "2 applications, Cut-offs on the score" in text(
        manager.get(place(backtest, "cases") + "?rule=CUT-OFF")
    )

    opened = text(manager.get(place(backtest, "cases", "1")))
    assert "Approve at 640 and above. Review 600 to 639. Decline below 600." in opened
    assert "Approve at 632 and above. Review 600 to 631. Decline below 600." in opened
    assert "CUT-OFF Differs" in opened
    assert "does not give the outcomes" not in opened
    assert (
        "<form"
        not in manager.get(place(backtest, "cases", "1"))
        .content.decode()
        .split("<main")[1]
        .split("</main")[0]
    )


def test_an_edited_draft_still_opens_as_it_was_simulated(manager: Client, desk: Desk) -> None:
    backtest = done(desk)
    draft = PolicyVersion.objects.get(number=2)
    assert "Out of date" not in text(manager.get(place(backtest)))
    PolicyVersion.objects.filter(pk=draft.pk).update(
        document=desk.document(700), document_sha256=canonical_sha256(desk.document(700))
    )

    assert "v2 was edited after this ran." in text(manager.get(place(backtest)))
    assert "Out of date" in text(manager.get(ROOT))
    assert "Out of date" in text(manager.get(place(backtest, "cases")))
    opened = text(manager.get(place(backtest, "cases", "1")))
    assert "Approve at 632 and above." in opened
    assert "does not give the outcomes" not in opened


def test_another_version_in_force_puts_it_out_of_date(manager: Client, desk: Desk) -> None:
    backtest = done(desk)
    now = timezone.now()
    PolicyVersion.objects.filter(pk=desk.live.pk).update(state="RETIRED", retired_at=now)
    PolicyVersion.objects.create(
        policy=desk.policy, number=3, state="ACTIVE", document=desk.document(), document_sha256="f" * 64, created_at=now, active_from=now,
    )  # fmt: skip

    assert "v3 is in force now; this compared with v1." in text(manager.get(place(backtest)))


def test_fifty_a_page(manager: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    backtest = done(desk)
    assert pages.PAGE_SIZE == 50
    monkeypatch.setattr(pages, "PAGE_SIZE", 1)

    first, second = (manager.get(place(backtest, "cases") + f"?page={n}&rule=CUT-OFF") for n in (1, 2))

    assert "Page 1 of 2" in text(first)
    assert 'href="?page=1&amp;rule=CUT-OFF"' in second.content.decode()


def test_the_table_as_csv(manager: Client, desk: Desk) -> None:
    answer = manager.get(place(done(desk), "table.csv"))

    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert rows[0][:5] == ["live", "draft", "applications", "settled", "bad"]
    assert [row[:5] for row in rows[1:]] == [
        ["APPROVE", "APPROVE", "40", "10", "1"],
        ["REFER", "APPROVE", "2", "0", "0"],
        ["REFER", "REFER", "1", "0", "0"],
        ["DECLINE", "DECLINE", "1", "0", "0"],
    ]


def test_an_empty_history_says_what_to_do(manager: Client, desk: Desk) -> None:
    draft_at(desk)

    assert "Import your history" in text(manager.get(ROOT))


def test_what_was_typed_comes_back_with_what_is_wrong(manager: Client, desk: Desk) -> None:
    draft_at(desk)
    make_past(desk.policy.product, 635)

    for typed, said in (
        ({"since": "2026-06-30", "until": "2026-06-01"}, "The period ends before it begins."),
        ({"since": "soon", "until": "2026-06-01"}, "Enter a day, like"),
        ({"since": "2020-01-01", "until": "2020-06-01"}, "No application of this period was assessed."),
    ):
        answer = manager.post(ROOT, typed)
        assert answer.status_code == 422
        assert said in text(answer)
        assert f'value="{typed["since"]}"' in answer.content.decode()
    assert not Backtest.objects.exists()


def test_a_stopped_run_says_so(manager: Client, desk: Desk) -> None:
    draft_at(desk)
    make_past(desk.policy.product, 635)
    manager.post(ROOT, PERIOD)
    backtest = Backtest.objects.get()

    assert manager.post(place(backtest, "stop")).status_code == 302

    page = text(manager.get(place(backtest)))
    assert "This backtest did not finish. Stopped by" in page
    assert manager.post(place(backtest, "stop")).status_code == 409
    assert manager.get(place(backtest, "cases")).status_code == 404


def test_a_draft_with_errors_is_refused(manager: Client, desk: Desk) -> None:
    draft = own_draft(desk)
    make_past(desk.policy.product, 635)
    broken = {**draft.document, "cut_offs": {"approve": 500, "refer": 600}}
    PolicyVersion.objects.filter(pk=draft.pk).update(document=broken)

    answer = manager.post(ROOT, PERIOD)

    assert answer.status_code == 422
    assert "The checks below have to pass first." in text(answer)


@pytest.mark.parametrize("role", Role)
def test_who_reads_and_who_asks(desk: Desk, role: Role) -> None:
    backtest = done(desk, received_at=PAST)
    client = signed_in(make_user("Some Body", (desk.policy.lender, role), password=None))
    reads = (
        ROOT,
        place(backtest),
        place(backtest, "cases"),
        place(backtest, "cases", "1"),
        place(backtest, "table.csv"),
    )

    may_read = role in (Role.RISK_MANAGER, Role.RISK_APPROVER, Role.AUDITOR, Role.COMPLIANCE)
    assert {client.get(url).status_code for url in reads} == {200 if may_read else 403}
    may_ask = role in (Role.RISK_MANAGER, Role.RISK_APPROVER)
    asked = client.post(ROOT, PERIOD)
    assert asked.status_code == (302 if may_ask else 403)
    assert client.post(place(backtest, "stop")).status_code == (409 if may_ask else 403)
    if may_read:
        assert ("Run the backtest" in text(client.get(ROOT))) == may_ask


def test_another_lenders_backtest_is_not_there(desk: Desk) -> None:
    backtest = done(desk)
    stranger = signed_in(
        make_user("Other Body", (make_lender("northgate"), Role.RISK_MANAGER), password=None)
    )

    for url in (
        ROOT,
        place(backtest),
        place(backtest, "cases"),
        place(backtest, "cases", "1"),
        place(backtest, "table.csv"),
    ):
        answer = stranger.get(url)
        assert answer.status_code == 404, url
        assert "harbour" not in answer.content.decode().lower()
    assert {stranger.post(url).status_code for url in (ROOT, place(backtest, "stop"))} == {404}


def test_a_backtest_of_another_version_is_not_this_versions(manager: Client, desk: Desk) -> None:
    backtest = done(desk)
    own_draft(desk)

    other = place(backtest).replace("/changes/2/", "/changes/3/")
    assert manager.get(other).status_code == 404
