"""A lender with a policy in force and the people who change it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from explanations.reason_codes.catalogue import current_catalogue, policy_codes
from tests.factories import (
    actor_of,
    make_backtest,
    make_lender,
    make_model_version,
    make_policy_version,
    make_product,
    make_reference_sample,
    make_user,
)
from tests.properties.policy_cases import demo_document
from underwriting.audit.actor import Actor
from underwriting.enums import Role
from underwriting.models import ModelVersion, Policy, PolicyVersion, User
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.lifecycle import create_draft, submit_version

NOW = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
REASON = "Losses in this band are lower than planned."


def desk_document(approve: int = 640) -> dict[str, Any]:
    """The demo's instalment policy at cut-offs of its own, so that fitting the demo to its models changes no test."""
    document: dict[str, Any] = copy.deepcopy(demo_document("harbour"))
    document["cut_offs"] = {"approve": approve, "refer": 600}
    document["price_grid"][-1]["score_from"] = 600
    return document


@dataclass
class Desk:
    """The policy of a lender, its version 1 in force, its champion, and its people."""

    policy: Policy
    live: PolicyVersion
    model: ModelVersion
    manager: User
    approver: User
    codes: Any

    def document(self, approve: int = 640) -> dict[str, Any]:
        return desk_document(approve)

    def draft(self, approve: int = 632) -> PolicyVersion:
        return create_draft(
            policy=self.policy, document=self.document(approve), actor=acting(self.manager), now=NOW
        )

    def submitted(self, approve: int = 632) -> PolicyVersion:
        draft = self.draft(approve)
        make_backtest(draft, self.live)
        return submit_version(
            version=draft,
            reason=REASON,
            ticket="none",
            reason_codes=self.codes,
            actor=acting(self.manager),
            now=NOW,
        )

    def with_sample(self, approve: int = 632, **changes: Any) -> PolicyVersion:
        """A submitted version whose reference sample was drawn."""
        version = self.submitted(approve)
        values = {"approve_cut_off": approve, "seed": version.number, **changes}
        version.reference_sample = make_reference_sample(values.pop("model", self.model), **values)
        version.save()
        return version


def acting(user: User) -> Actor:
    return actor_of(user)


def build_desk(code: str = "harbour") -> Desk:
    lender = make_lender(code)
    product = make_product(lender)
    document = desk_document()
    live = make_policy_version(product, document, document_sha256=canonical_sha256(document))
    return Desk(
        policy=live.policy,
        live=live,
        model=make_model_version(lender),
        manager=make_user(f"Priya{code} Shah", (lender, Role.RISK_MANAGER), password=None),
        approver=make_user(f"Tom{code} Reed", (lender, Role.RISK_APPROVER), password=None),
        codes=policy_codes(current_catalogue()),
    )


@pytest.fixture
def desk(db: None) -> Desk:
    return build_desk()
