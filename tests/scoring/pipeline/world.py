"""A lender at work: the committed instalment model, the demo policy, its reference people, and generated applicants."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection

from scoring.registry.bundle import ModelBundle, Pool, read_bundle
from scoring.registry.reference import draw_reference
from tests.factories import make_application, make_lender, make_party, make_policy_version, make_product
from underwriting.bureau.people import GeneratedPerson, person
from underwriting.enums import Lane, ModelState, WorkKind
from underwriting.models import Application, ModelVersion, PolicyVersion, Product, ReferencePool, WorkItem
from underwriting.policy.compile import canonical_sha256
from underwriting.work.claim import ClaimedItem, claim
from underwriting.work.put import put

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
GRID = [[amount, term] for term in (36, 60) for amount in (200_000, 500_000, 1_000_000, 1_500_000, 2_500_000)]


def clock() -> datetime:
    return NOW


@cache
def harbour_bundle() -> ModelBundle:
    return read_bundle(ROOT / "scoring" / "models" / "harbour")


@cache
def small_pool() -> Pool:
    """The first 1,200 people of the bundle's pool: quicker to store, and enough of them pass."""
    pool = harbour_bundle().pool
    return Pool(pool.columns, pool.rows[:1200], pool.points[:1200])


@cache
def _harbour_policy() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        (ROOT / "underwriting" / "policy" / "demo" / "harbour.json").read_text()
    )
    return document


def harbour_policy() -> dict[str, Any]:
    """A copy, to be changed at will."""
    return copy.deepcopy(_harbour_policy())


@dataclass(frozen=True)
class World:
    product: Product
    model: ModelVersion
    policy: PolicyVersion

    @property
    def lender_id(self) -> int:
        return self.product.lender_id


def make_model(lender_id: int, *, version: str = "", state: ModelState = ModelState.CHAMPION) -> ModelVersion:
    """The committed bundle as registration stores it, without the child process that opens the text for the first time."""
    bundle = harbour_bundle()
    row = ModelVersion.objects.create(
        lender_id=lender_id,
        name=bundle.manifest.name,
        version=version or bundle.manifest.version,
        state=state,
        text=bundle.text,
        text_sha256=bundle.manifest.text_sha256,
        manifest=bundle.manifest.to_json(),
        manifest_sha256=bundle.manifest.sha256,
        created_at=NOW,
    )
    pool = small_pool()
    ReferencePool.objects.create(
        model_version=row,
        columns=list(pool.columns),
        rows=list(pool.rows),
        points=list(pool.points),
        sha256=pool.sha256,
    )
    return row


def make_world(*, change_policy: Callable[[dict[str, Any]], None] | None = None, **lender: Any) -> World:
    """Lender A with an inline bureau."""
    product = make_product(
        make_lender(**lender),
        offer_grid=GRID,
        contract=json.loads((ROOT / "underwriting/intake/demo_contracts/instalment-loan.json").read_text()),
    )
    model = make_model(product.lender_id)
    document = harbour_policy()
    if change_policy is not None:
        change_policy(document)
    sample = draw_reference(
        model_version=model, approve_cut_off=document["cut_offs"]["approve"], seed=1, now=NOW
    )
    policy = make_policy_version(
        product,
        document,
        document_sha256=canonical_sha256(document),
        reference_sample=sample,
        model_version=model,
    )
    return World(product=product, model=model, policy=policy)


def apply(
    world: World,
    someone: GeneratedPerson | int | None = None,
    *,
    report: dict[str, Any] | None = None,
    asked: tuple[int, int] | None = None,
    **changes: Any,
) -> Application:
    """An application of the good applicant, a generated person, or the person of that index, with its work item.

    `report` changes the report that is sent along; `asked` is another amount (minor units) and term.
    """
    who = person(7, someone, "A") if isinstance(someone, int) else someone or good_applicant()
    body = {**who.report, **({} if who.bureau_score is None else {"bureau_score": who.bureau_score})}
    stated = who.stated_application
    application = make_application(
        world.product,
        requested_amount_minor=asked[0] if asked else stated["requested_amount"],
        requested_term_months=asked[1] if asked else stated["requested_term_months"],
        purpose=stated["purpose"],
        stated={**stated, "inline_report": {"1": {**body, **(report or {})}}},
        **changes,
    )
    make_party(application, stated=who.stated_party, national_id=who.identity.national_id)
    put_to_work(application)
    return application


def good_applicant() -> GeneratedPerson:
    """Somebody whom any sensible model and policy approve: a small loan, a high income, nothing but good on file."""
    someone = person(7, 0, "A")
    return replace(
        someone,
        stated_application={**someone.stated_application, "requested_amount": 300_000, "requested_term_months": 36, "purpose": "car"},
        stated_party={**someone.stated_party, "annual_income": 12_000_000, "monthly_obligations": 40_000,
                      "monthly_obligations_without_mortgage": 20_000, "employment_tenure_months": 120, "housing": "own"},
        report={
            **someone.report,
            **dict.fromkeys(("bankruptcy_count", "dpd30_count_12m", "dpd90_count_12m", "past_due_amount", "thin_file_flag", "delinquency_30d_count_24m", "enquiry_count_6m_without_auto_and_mortgage", "public_record_count"), 0),
            "bureau_hit_flag": 1, "revolving_utilisation_ratio": 0.1, "revolving_balance": 150_000, "oldest_account_age_months": 240,
            "open_account_count": 8, "total_account_count": 20, "months_since_last_delinquency": {"absence": "NEVER"},
            "months_since_last_public_record": {"absence": "NEVER"},
        },
    )  # fmt: skip


def put_to_work(application: Application) -> WorkItem:
    return put(
        kind=WorkKind.ASSESS,
        lender_id=application.lender_id,
        now=NOW,
        application_id=application.pk,
        lane=Lane.BATCH,
    )


def claimed(limit: int = 64) -> list[ClaimedItem]:
    items = claim(kinds=[WorkKind.ASSESS], worker="test", limit=limit)
    be_patient()
    return items


def be_patient() -> None:
    """Claims and writes bound how long their transaction may idle; in a test that transaction is the test's own."""
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
