"""Collecting reports: the cache and its borders, one pull at most whatever dies in between, and what is written down."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from tests.factories import make_application, make_lender, make_party, make_product
from tests.underwriting.bureau.conftest import RunningBureau
from underwriting.bureau.collect import ReportRequest, ReportResult, collect_reports
from underwriting.bureau.scripted import SCRIPTED
from underwriting.enums import PullState
from underwriting.models import Alert, BureauPull, CreditReport, Lender, Party, Product
from underwriting.people.identity import Identity, person_index
from underwriting.policy.types import FaultKind

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)


@pytest.fixture
def product(bureau: RunningBureau) -> Product:
    return make_product(make_lender(bureau=http_settings(bureau)))


def http_settings(bureau: RunningBureau, deadline_ms: int = 400) -> dict[str, object]:
    return {"adapter": "HTTP", "name": "Demo Bureau", "base_url": bureau.address, "deadline_ms": deadline_ms}


def wish_of(party: Party, key: str = "approve.clean", **changes: object) -> ReportRequest:
    who = SCRIPTED[key]
    wish = ReportRequest(
        lender_id=party.lender_id,
        application_id=party.application_id,
        party_id=party.pk,
        party_public_id=party.public_id,
        person_index=person_index(
            lender_id=party.lender_id, national_id=who.national_id, birth_date=who.birth_date
        ),
        identity=Identity(
            who.given_name, who.family_name, who.birth_date, who.national_id, "", "", ("1 Elm",), "04101"
        ),
        consent_id="consent-1",
        inline=None,
    )
    return replace(wish, **changes)  # type: ignore[arg-type]


def applicant(product: Product, key: str = "approve.clean", **changes: object) -> ReportRequest:
    return wish_of(make_party(make_application(product)), key, **changes)


def collect(*wishes: ReportRequest, lender: Lender, now: datetime = NOW) -> list[ReportResult]:
    results = collect_reports(wishes, lender=lender, now=now)
    return [results[wish.party_id] for wish in wishes]


def kind(result: ReportResult) -> FaultKind | None:
    return result.fault.kind if result.fault else None


def test_a_pull_leaves_an_answered_intent_and_a_report_without_identity(
    bureau: RunningBureau, product: Product
) -> None:
    wish = applicant(product)
    (result,) = collect(wish, lender=product.lender)
    stored, intent = CreditReport.objects.get(), BureauPull.objects.get()
    assert (result.report, result.fault, result.from_cache) == (stored, None, False)
    assert (intent.state, intent.fault, intent.attempt_count, intent.answered_at) == (
        PullState.ANSWERED,
        "",
        1,
        NOW,
    )
    assert (stored.pull, stored.bureau, stored.bureau_score, stored.person_index) == (
        intent, "Demo Bureau", 790, wish.person_index,
    )  # fmt: skip
    assert stored.body == dict(SCRIPTED["approve.clean"].report)
    assert "TEST-0001" not in str(stored.body)


def test_a_batch_is_pulled_at_the_same_time(bureau: RunningBureau, product: Product) -> None:
    wishes = [applicant(product, consent_id=f"c-{n}") for n in range(32)]
    started = time.monotonic()
    results = collect(*wishes, lender=product.lender)
    took = time.monotonic() - started
    assert ([kind(result) for result in results], bureau.desk.stats()["pulls"]) == ([None] * 32, 32)
    assert took < 32 * 0.05


def test_one_late_party_costs_the_others_nothing(bureau: RunningBureau, product: Product) -> None:
    wishes = [
        applicant(product),
        applicant(product, "error.bureau_timeout"),
        applicant(product, "refer.card_use"),
    ]
    found = collect(*wishes, lender=product.lender)
    assert [kind(result) for result in found] == [None, FaultKind.BUREAU_TIMEOUT, None]


def test_the_same_person_and_consent_within_a_day_come_from_the_cache(
    bureau: RunningBureau, product: Product
) -> None:
    (first,) = collect(applicant(product), lender=product.lender)
    (later,) = collect(applicant(product), lender=product.lender, now=NOW + timedelta(hours=23))
    assert (later.report, later.from_cache, bureau.desk.stats()["pulls"]) == (first.report, True, 1)


@pytest.mark.parametrize("border", ["consent", "age", "person"])
def test_another_consent_another_day_or_another_person_is_pulled(
    bureau: RunningBureau, product: Product, border: str
) -> None:
    collect(applicant(product), lender=product.lender)
    wish = applicant(product, "refer.card_use" if border == "person" else "approve.clean")
    if border == "consent":
        wish = replace(wish, consent_id="consent-2")
    now = NOW + timedelta(hours=25) if border == "age" else NOW + timedelta(hours=1)
    (result,) = collect(wish, lender=product.lender, now=now)
    assert (result.from_cache, bureau.desk.stats()["pulls"]) == (False, 2)


def test_one_lenders_report_is_never_anothers(bureau: RunningBureau, product: Product) -> None:
    wish = applicant(product)
    collect(wish, lender=product.lender)
    other = make_product(make_lender("northgate", bureau=http_settings(bureau)))
    # even with the same index, which the lender's key normally makes impossible
    (result,) = collect(applicant(other, person_index=wish.person_index), lender=other.lender)
    assert (result.from_cache, bureau.desk.stats()["pulls"]) == (False, 2)


def test_an_application_keeps_its_own_report_however_old(bureau: RunningBureau, product: Product) -> None:
    wish = applicant(product)
    (first,) = collect(wish, lender=product.lender)
    (again,) = collect(wish, lender=product.lender, now=NOW + timedelta(days=30))
    assert (again, bureau.desk.stats()["pulls"]) == (first, 1)


def test_a_report_that_came_along_is_used_and_kept_once(bureau: RunningBureau, product: Product) -> None:
    wish = applicant(product, inline={"dpd30_count_12m": 2, "bureau_score": 640})
    (first,) = collect(wish, lender=product.lender)
    (again,) = collect(wish, lender=product.lender)
    stored = CreditReport.objects.get()
    assert (stored.body, stored.bureau_score, stored.pull, stored.reported_at) == (
        {"dpd30_count_12m": 2},
        640,
        None,
        NOW,
    )
    assert (first.report, again.report, bureau.desk.stats()["pulls"]) == (stored, stored, 0)


NOTHING_SAID: list[dict[str, object]] = [
    {},
    {"dpd30_count_12m": {"absence": "UNKNOWN"}, "bureau_score": {"absence": "NOT_ASKED"}},
]


@pytest.mark.parametrize("nothing", NOTHING_SAID)
def test_a_report_that_came_along_and_says_nothing_does_not_replace_the_pull(
    bureau: RunningBureau, product: Product, nothing: dict[str, object]
) -> None:
    (result,) = collect(applicant(product, inline=nothing), lender=product.lender)
    assert (result.report, result.fault) == (CreditReport.objects.get(), None)
    assert (result.report and result.report.bureau_score, bureau.desk.stats()["pulls"]) == (790, 1)


@pytest.mark.parametrize("nothing", NOTHING_SAID)
def test_an_inline_lender_with_a_report_that_says_nothing_refers(
    bureau: RunningBureau, nothing: dict[str, object]
) -> None:
    product = make_product(make_lender(bureau={"adapter": "INLINE", "name": "Demo Bureau"}))
    (result,) = collect(applicant(product, inline=nothing), lender=product.lender)
    assert (kind(result), CreditReport.objects.count()) == (FaultKind.BUREAU_EMPTY_FILE, 0)


def test_an_inline_lender_without_a_report_refers(bureau: RunningBureau) -> None:
    product = make_product(make_lender(bureau={"adapter": "INLINE", "name": "Demo Bureau"}))
    (result,) = collect(applicant(product), lender=product.lender)
    assert (kind(result), BureauPull.objects.count()) == (FaultKind.BUREAU_EMPTY_FILE, 0)


@pytest.mark.parametrize(
    ("key", "fault", "state"),
    [
        ("error.bureau_timeout", FaultKind.BUREAU_TIMEOUT, PullState.UNKNOWN),
        ("error.bureau_5xx", FaultKind.BUREAU_REFUSED, PullState.REFUSED),
        ("wrong.person", FaultKind.BUREAU_WRONG_PERSON, PullState.REFUSED),
        ("empty.file", FaultKind.BUREAU_EMPTY_FILE, PullState.REFUSED),
    ],
)
def test_a_failed_pull_is_a_fault_now_and_the_next_time_and_nothing_is_kept_of_it(
    bureau: RunningBureau, product: Product, key: str, fault: FaultKind, state: PullState
) -> None:
    wish = applicant(product, key)
    (first,) = collect(wish, lender=product.lender)
    (again,) = collect(wish, lender=product.lender)
    assert (kind(first), BureauPull.objects.get().state) == (fault, state)
    assert kind(again) in {fault, FaultKind.BUREAU_UNKNOWN}
    assert (CreditReport.objects.count(), bureau.desk.stats()["pulls"]) == (0, 1)


@pytest.mark.parametrize("key", ["wrong.person", "empty.file"])
def test_an_answer_about_somebody_else_or_without_a_report_raises_an_alert(
    bureau: RunningBureau, product: Product, key: str
) -> None:
    collect(applicant(product, key), lender=product.lender)
    alert = Alert.objects.get()
    assert (alert.kind, alert.lender_id) == (
        "bureau.wrong_person" if key == "wrong.person" else "bureau.empty_file", product.lender_id,
    )  # fmt: skip


def left_by_a_killed_worker(wish: ReportRequest) -> BureauPull:
    return BureauPull.objects.create(
        reference=uuid4(), lender_id=wish.lender_id, application_id=wish.application_id, party_id=wish.party_id,
        bureau="Demo Bureau", consent_id=wish.consent_id, state=PullState.INTENDED, intended_at=NOW,
    )  # fmt: skip


def test_after_a_kill_between_intent_and_answer_the_report_is_had_by_reference(
    bureau: RunningBureau, product: Product
) -> None:
    wish = applicant(product)
    intent = left_by_a_killed_worker(wish)
    bureau.desk.pull({
        "reference": str(intent.reference),
        "subject": {
            "national_id": wish.identity.national_id, "birth_date": wish.identity.birth_date.isoformat(),
            "given_name": "Approve", "family_name": "Clean",
        },
    })  # fmt: skip
    (result,) = collect(wish, lender=product.lender)
    intent.refresh_from_db()
    assert (result.report is not None, intent.state, bureau.desk.stats()["pulls"]) == (
        True,
        PullState.ANSWERED,
        1,
    )


def test_after_a_kill_before_the_bureau_heard_anything_the_outcome_stays_unknown(
    bureau: RunningBureau, product: Product
) -> None:
    wish = applicant(product)
    intent = left_by_a_killed_worker(wish)
    (result,) = collect(wish, lender=product.lender)
    intent.refresh_from_db()
    assert (kind(result), intent.state, bureau.desk.stats()["pulls"]) == (
        FaultKind.BUREAU_UNKNOWN, PullState.UNKNOWN, 0,
    )  # fmt: skip


def test_what_was_never_sent_may_be_pulled_when_the_bureau_is_back(
    bureau: RunningBureau, product: Product
) -> None:
    lender = product.lender
    wish = applicant(product)
    lender.bureau = http_settings(bureau) | {"base_url": "http://127.0.0.1:9"}
    (away,) = collect(wish, lender=lender)
    lender.bureau = http_settings(bureau)
    (back,) = collect(wish, lender=lender)
    assert (kind(away), kind(back), bureau.desk.stats()["pulls"]) == (FaultKind.BUREAU_REFUSED, None, 1)


def test_each_party_of_a_joint_application_is_pulled_once(bureau: RunningBureau, product: Product) -> None:
    application = make_application(product)
    wishes = [
        wish_of(make_party(application)),
        wish_of(make_party(application, ordinal=2), "refer.card_use"),
    ]
    results = collect(*wishes, lender=product.lender)
    assert [result.report.party_id for result in results if result.report] == [
        wish.party_id for wish in wishes
    ]
    assert sorted(bureau.desk.stats()["by_reference"].values()) == [1, 1]


def test_a_pull_inside_a_transaction_is_refused_before_anything_is_sent(
    bureau: RunningBureau, product: Product
) -> None:
    wish = applicant(product)
    with pytest.raises(RuntimeError, match="outside any transaction"), transaction.atomic():
        collect(wish, lender=product.lender)
    assert (bureau.desk.stats()["pulls"], BureauPull.objects.count()) == (0, 0)


def test_no_log_line_names_a_person(
    bureau: RunningBureau,
    product: Product,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with caplog.at_level(logging.DEBUG):
        collect(
            *[applicant(product, key) for key in ("approve.clean", "wrong.person")], lender=product.lender
        )
    written = caplog.text + "".join(capfd.readouterr())
    assert [word for word in ("TEST-00", "Approve", "Wrong Person", "1980-01") if word in written] == []
