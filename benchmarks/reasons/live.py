"""The live pipeline: lenders set up as in the demo, applications through the door of intake, worked by the real worker."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.utils import timezone

from benchmarks.reasons.rows import Chosen
from scoring.demo.credentials import Credentials
from scoring.demo.payloads import real_submission
from scoring.demo.roster import LENDERS
from scoring.demo.setup import set_up
from scoring.pipeline.work import work_until_empty
from underwriting.audit.actor import Actor
from underwriting.enums import ActorKind, Lane
from underwriting.intake.payload import ContractViolated
from underwriting.intake.read import read_application
from underwriting.intake.submit import submit_application
from underwriting.models import ApiClient, Product

PARTNER = Actor(kind=ActorKind.CLIENT, user_id=None, name="Bench partner")
BATCHES = 1_000_000


def set_up_lenders(folder: Path, models: Path) -> None:
    """The demo's lenders, people and policies, with the models of this folder."""
    set_up(credentials=Credentials(folder / "demo.json"), clock=timezone.now, models=models)


def submit(chosen: Sequence[Chosen]) -> dict[int, Chosen]:
    """Send every row in; application -> row. A row that does not fit the product's contract is nobody's application."""
    sent: dict[int, Chosen] = {}
    lenders = {lender.code: lender for lender in LENDERS}
    products = {
        p.lender.code: p for p in Product.objects.select_related("lender") if p.lender.code in lenders
    }
    clients = {c.lender.code: c for c in ApiClient.objects.select_related("lender")}
    for number, one in enumerate(chosen):
        lender, now = lenders[one.lender], timezone.now()
        # the checker reads English; the other languages say the same by tests of their own
        body = real_submission(one.row, lender=lender, months=0, now=now).body | {"language": "en"}
        try:
            payload = read_application(product=products[one.lender], body=body, now=now)
        except ContractViolated:
            continue
        application = submit_application(
            client=clients[one.lender],
            payload=payload,
            actor=PARTNER,
            now=now,
            request_id=f"bench-{number}",
            lane=Lane.BATCH,
        )
        sent[application.pk] = one
    return sent


def work() -> int:
    """Work until nothing waits. Returns how many items were worked."""
    return work_until_empty(worker="bench", max_batches=BATCHES).items
