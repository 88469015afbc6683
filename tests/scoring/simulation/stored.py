"""Drawn people as rows of the database: applications, assessments, loan events, a policy in force."""

from __future__ import annotations

import copy
import random
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from scoring.simulation.columns import RawRow
from scoring.simulation.past import case_of
from tests.factories import make_application, make_lender, make_policy_version, make_product
from tests.scoring.simulation.past_people import stored_rows
from underwriting.clocks.selectors import today_of
from underwriting.enums import LoanEventKind, Outcome, PolicyState, ProductKind
from underwriting.models import Application, Assessment, LoanEvent, PolicyVersion, Product
from underwriting.outcomes.known import is_old_enough, outcomes_in_window, window_end
from underwriting.outcomes.losses import ASSUMED_SHARE
from underwriting.policy.compile import CompiledPolicy, canonical_sha256, compile_policy
from underwriting.policy.evaluate import evaluate
from underwriting.policy.types import FaultKind

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
# Young, years old, and at the lender's midnight between the last day that is old enough and the first that is not.
RECEIVED = (
    datetime(2026, 9, 1, 12, 0, tzinfo=UTC),
    datetime(2025, 9, 3, 3, 0, tzinfo=UTC),
    datetime(2025, 9, 3, 5, 0, tzinfo=UTC),
    datetime(2024, 2, 29, 12, 0, tzinfo=UTC),
    datetime(2023, 5, 31, 12, 0, tzinfo=UTC),
)


@dataclass(frozen=True)
class PastWorld:
    product: Product
    live: PolicyVersion

    def draft(self, document: dict[str, Any]) -> PolicyVersion:
        last = PolicyVersion.objects.filter(policy=self.live.policy).order_by("-number").first()
        assert last is not None
        return make_policy_version(
            self.product,
            document,
            number=last.number + 1,
            state=PolicyState.DRAFT,
            active_from=None,
            document_sha256=canonical_sha256(document),
        )


def make_past(document: dict[str, Any], *, count: int, seed: int = 1, faults: int = 12) -> PastWorld:
    """Applications of drawn people under a policy; some with technical faults, one quarantined, half with
    a loan, of all ages, of which servicing told this or that."""
    is_line = document["line"] is not None
    product = make_product(make_lender(), kind=ProductKind(document["product_kind"]))
    live = make_policy_version(product, document, document_sha256=canonical_sha256(document))
    draw = random.Random(seed)
    rows = stored_rows(count, seed=seed, is_line=is_line)
    assess(product, rows, faulty=set(draw.sample(range(count), faults)))
    quarantined = make_application(product)
    Assessment.objects.create(
        application=quarantined, lender=product.lender, number=1, claim_token=uuid.uuid4(), outcome=Outcome.REFER,
        facts={}, scores=[], findings=[], hashes={}, created_at=NOW,
    )  # fmt: skip
    for application in Application.objects.filter(product=product).order_by("pk"):
        Application.objects.filter(pk=application.pk).update(received_at=draw.choice(RECEIVED))
    for application in Application.objects.filter(product=product).order_by("pk")[::2]:
        serve(application, draw)
    return PastWorld(product, live)


def serve(application: Application, draw: random.Random) -> None:
    """One to three events of a loan, in its window, on the day on which that ends, and after it."""
    applied = today_of(application.lender, application.received_at)
    ends = window_end(applied)
    days = [applied + timedelta(days=100), ends - timedelta(days=1), ends, ends + timedelta(days=1), ends + timedelta(days=40)]  # fmt: skip
    # none both 90 days late and paid off: such a loan has a known end, from which losses are measured
    kinds = draw.choice([["LATE", "LATE_30", "PAID", "CHARGED_OFF"], ["LATE_30", "PAID", "PAID_OFF"]])
    for on in draw.sample(days, draw.randint(1, 3)):
        add_event(application.product, application.pk, draw.choice(kinds), on)


def assess(product: Product, rows: list[RawRow], *, faulty: set[int] = frozenset()) -> list[Assessment]:  # type: ignore[assignment]
    """One application and one assessment a row; the faulty ones with a fault of each kind that takes a way of its own."""
    kinds = [
        [{"kind": FaultKind.BUREAU_TIMEOUT.value, "detail": "The bureau did not answer in time."}],
        [{"kind": FaultKind.MODEL_TIMEOUT.value, "detail": "The model did not answer in time."}],
    ]
    made = []
    for at, row in enumerate(rows):
        asked = row.scores[0]
        technical = kinds[at % 2] if at in faulty else []
        is_late = bool(technical) and at % 2 == 1
        application = make_application(
            product,
            requested_amount_minor=asked["amount_minor"],
            requested_term_months=asked["term_months"],
            channel=row.inputs["channel"],
        )
        made.append(
            Assessment(
                application=application, lender=product.lender, number=1, claim_token=uuid.uuid4(), outcome=Outcome.REFER,
                facts=dict(row.facts), scores=[] if is_late else list(row.scores), technical=technical, findings=[],
                hashes={"inputs": dict(row.inputs)}, created_at=NOW,
            )
        )  # fmt: skip
    return Assessment.objects.bulk_create(made)


def add_event(product: Product, application_id: int, kind: str, on: date = date(2026, 10, 1)) -> None:
    LoanEvent.objects.create(
        application_id=application_id, lender=product.lender, kind=LoanEventKind(kind.removesuffix("_30")), occurred_on=on,
        days_late={"LATE": 90, "LATE_30": 30}.get(kind), recorded_at=NOW - timedelta(days=1),
    )  # fmt: skip


def one_by_one(product: Product, live: dict[str, Any], draft: dict[str, Any]) -> list[dict[str, Any]]:
    """Each past application under both documents, by the live engine alone: what every other way has to equal."""
    policies = {"before": compile_policy(copy.deepcopy(live)), "after": compile_policy(copy.deepcopy(draft))}
    assessments = Assessment.objects.filter(application__product=product, hashes__has_key="inputs")
    today = NOW.date()
    applied = {one.pk: today_of(product.lender, one.received_at) for one in Application.objects.all()}
    old = {key: day for key, day in applied.items() if is_old_enough(day, until=today)}
    known = outcomes_in_window(old, until=today)
    found = []
    for assessment in assessments.select_related("application").order_by("pk"):
        case = case_of(assessment, Product())
        flag = case.facts.get("thin_file_flag")
        outcome = known.get(assessment.application_id)
        row: dict[str, Any] = {
            "channel": case.channel,
            "thin_file": "not known"
            if flag is None or flag.value is None
            else ["not thin", "thin"][int(flag.value)],
            "is_known": outcome is not None,
            "is_bad": outcome is not None and outcome.is_bad,
        }
        found.append(row | {name: _side(policy, case) for name, policy in policies.items()})
    return found


def _side(policy: CompiledPolicy, case: Any) -> dict[str, Any]:
    result = evaluate(policy, case)
    offer = result.offer
    if offer is None:
        return {"outcome": result.outcome, "offered": 0, "loss": 0, "interest": 0}
    at_pair = [s for s in case.scores if (s.terms.amount_minor, s.terms.term_months) == (offer.amount_minor, offer.term_months)]  # fmt: skip
    scored = at_pair[0] if at_pair else result.score
    loss = 0 if scored is None else round(scored.probability_of_default * offer.amount_minor * ASSUMED_SHARE)  # fmt: skip
    if offer.term_months is None or offer.instalment_minor is None:
        interest = int(offer.amount_minor * offer.annual_rate_bps / 10_000 + 0.5)
    else:
        interest = offer.instalment_minor * offer.term_months - offer.amount_minor
    return {
        "outcome": result.outcome,
        "offered": offer.amount_minor,
        "loss": loss,
        "interest": interest,
    }
