"""Every screen, asked for by every role of the lender it belongs to: who may read and who may write, as a table.

The table is written out here and not read from the screens' gates, so that a gate opened by mistake is a difference between
the two. A screen that is not in the table fails the walk.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse

from frontend.session import gate
from tests.contracts.access_world import (
    PUBLIC,
    AccessWorld,
    all_routes,
    build_world,
    insiders,
    path_of,
    signed_in,
)
from underwriting.enums import Role

ROLES = frozenset({
    "credit_officer", "senior_officer", "team_lead", "risk_manager", "risk_approver", "model_owner", "compliance",
    "auditor", "partner_engineer", "admin",
})  # fmt: skip
NOBODY: frozenset[str] = frozenset()
OFFICERS = frozenset({"credit_officer", "senior_officer"})
POSTERS = frozenset({"credit_officer", "senior_officer", "team_lead"})
LEAD = frozenset({"team_lead"})
DESK = frozenset({"credit_officer", "senior_officer", "team_lead", "auditor"})
RISK = frozenset({"risk_manager", "risk_approver"})
POLICIES = frozenset({"risk_manager", "risk_approver", "compliance", "auditor"})
LOOKING_ON = frozenset({"risk_manager", "risk_approver", "team_lead"})
MANAGER = frozenset({"risk_manager"})
APPROVER = frozenset({"risk_approver"})
SIGNING = frozenset({"risk_approver", "compliance"})
MODELS = frozenset({"risk_manager", "risk_approver", "model_owner", "auditor", "admin"})
TRAIL = frozenset({"risk_manager", "risk_approver", "auditor", "admin"})
RECORDS = frozenset({
    "credit_officer", "senior_officer", "team_lead", "risk_manager", "risk_approver", "model_owner", "auditor", "admin",
})  # fmt: skip
ADMIN = frozenset({"admin"})
ADMIN_AREA = frozenset({"admin", "auditor"})
WORDING = frozenset({"admin", "auditor", "risk_approver"})

DRAFT = "policies/<slug:slug>/drafts/<int:number>"
CHANGE = "policies/<slug:slug>/changes/<int:number>"
BACKTESTS = f"{CHANGE}/backtests"
BACKTEST = f"{BACKTESTS}/<int:backtest_id>"
CASE = "cases/<case:number>"

# Route -> the roles that may read it, the roles that may write. Nobody: there is no such method at all.
TABLE: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "": (ROLES, NOBODY),
    "me/settings/": (ROLES, ROLES),
    "me/lender/": (NOBODY, ROLES),
    "me/stay/": (NOBODY, ROLES),
    "letters/": (DESK, NOBODY),
    "letters/reasons/": (NOBODY, POSTERS),
    "letters/<uuid:mail_id>/letter/": (POSTERS, NOBODY),
    "letters/<uuid:mail_id>/posted/": (NOBODY, POSTERS),
    "queue/": (DESK, NOBODY),
    "queue/next/": (NOBODY, OFFICERS),
    "queue/search/": (NOBODY, DESK),
    "queue/views/": (NOBODY, POSTERS),
    "queue/views/<int:key>/": (NOBODY, POSTERS),
    "queue/views/<int:key>/delete/": (NOBODY, POSTERS),
    "team/": (LEAD, NOBODY),
    "team/skills/": (NOBODY, LEAD),
    "queue/assign/": (NOBODY, LEAD),
    "queue/assigned/<uuid:batch>/": (LEAD, LEAD),
    f"{CASE}/": (DESK, NOBODY),
    f"{CASE}/claim/": (NOBODY, OFFICERS),
    f"{CASE}/release/": (NOBODY, OFFICERS),
    f"{CASE}/heartbeat/": (NOBODY, OFFICERS),
    f"{CASE}/draft/<draft:outcome>/": (NOBODY, OFFICERS),
    f"{CASE}/decide/<panel:outcome>/": (OFFICERS, OFFICERS),
    f"{CASE}/decide/decline/preview/": (OFFICERS, NOBODY),
    f"{CASE}/decide/counteroffer/terms/": (OFFICERS, NOBODY),
    f"{CASE}/second-look/": (OFFICERS, OFFICERS),
    f"{CASE}/assess-again/": (NOBODY, OFFICERS),
    f"{CASE}/own-answer/": (OFFICERS, OFFICERS),
    f"{CASE}/correct/": (OFFICERS, OFFICERS),
    f"{CASE}/condition/": (OFFICERS, OFFICERS),
    f"{CASE}/wait/": (NOBODY, OFFICERS),
    f"{CASE}/notice/<step:what>/": (OFFICERS, OFFICERS),
    f"{CASE}/messages/": (NOBODY, OFFICERS),
    f"{CASE}/notes/": (NOBODY, POSTERS),
    f"{CASE}/notes/draft/": (NOBODY, POSTERS),
    f"{CASE}/notes/people/": (POSTERS, NOBODY),
    f"{CASE}/notes/<int:note_id>/": (POSTERS, POSTERS),
    "mentions/<int:mention_id>/": (NOBODY, DESK),
    f"{CASE}/ask/": (OFFICERS, OFFICERS),
    f"{CASE}/ask/preview/": (NOBODY, OFFICERS),
    f"{CASE}/escalate/": (OFFICERS, OFFICERS),
    f"{CASE}/skip/": (OFFICERS, OFFICERS),
    f"{CASE}/snooze/": (POSTERS, POSTERS),
    f"{CASE}/give/": (LEAD, LEAD),
    f"{CASE}/due/": (LEAD, LEAD),
    f"{CASE}/reopen/": (LEAD, LEAD),
    f"{CASE}/tags/": (NOBODY, POSTERS),
    f"{CASE}/watch/": (NOBODY, OFFICERS),
    f"{CASE}/freed/": (OFFICERS, NOBODY),
    f"{CASE}/documents/<uuid:document_id>/": (DESK, NOBODY),
    f"{CASE}/documents/<uuid:document_id>/file/": (DESK, NOBODY),
    f"{CASE}/documents/<uuid:document_id>/page/": (DESK, NOBODY),
    f"{CASE}/documents/<uuid:document_id>/verify/": (NOBODY, OFFICERS),
    f"{CASE}/undo/": (NOBODY, OFFICERS),
    f"{CASE}/explain/": (DESK, DESK),
    f"{CASE}/advice/": (NOBODY, OFFICERS),
    f"{CASE}/facts/<slug:fact>/": (DESK, NOBODY),
    "policies/": (POLICIES, NOBODY),
    "policies/outcomes/": (POLICIES | ADMIN, MANAGER | ADMIN),
    "policies/history/": (POLICIES | ADMIN, MANAGER | ADMIN),
    "policies/history/<int:import_id>/again/": (NOBODY, MANAGER | ADMIN),
    "policies/exceptions/": (POLICIES | OFFICERS, NOBODY),
    "policies/exceptions/<int:number>/": (POLICIES | OFFICERS, NOBODY),
    "policies/exceptions/<int:number>/approve/": (NOBODY, APPROVER),
    "policies/exceptions/<int:number>/turn-down/": (NOBODY, APPROVER),
    "policies/exceptions/<int:number>/end/": (NOBODY, RISK),
    "policies/<slug:slug>/exceptions/new/": (MANAGER, MANAGER),
    "policies/<slug:slug>/": (POLICIES, NOBODY),
    "policies/<slug:slug>/drafts/": (NOBODY, MANAGER),
    f"{DRAFT}/edit/": (MANAGER, NOBODY),
    f"{DRAFT}/edit/<slug:section>/": (NOBODY, MANAGER),
    f"{DRAFT}/effect/": (MANAGER, MANAGER),
    f"{DRAFT}/table/": (MANAGER, NOBODY),
    f"{DRAFT}/table/<slug:rule_id>/": (MANAGER, MANAGER),
    f"{DRAFT}/checks/": (MANAGER, NOBODY),
    f"{DRAFT}/lease/<slug:section>/": (MANAGER, MANAGER),
    f"{DRAFT}/undo/<int:revision_id>/": (NOBODY, MANAGER),
    f"{DRAFT}/rules/<slug:rule_id>/": (MANAGER, MANAGER),
    f"{DRAFT}/rules/<slug:rule_id>/close/": (NOBODY, MANAGER),
    f"{DRAFT}/rules/<slug:rule_id>/remove/": (NOBODY, MANAGER),
    f"{DRAFT}/rules/<slug:rule_id>/move/": (NOBODY, MANAGER),
    f"{DRAFT}/import/": (MANAGER, MANAGER),
    f"{DRAFT}/baseline/": (MANAGER, MANAGER),
    "policies/<slug:slug>/baseline/": (POLICIES, NOBODY),
    "policies/<slug:slug>/baseline/choose/": (NOBODY, MANAGER),
    "policies/<slug:slug>/baseline/reason/": (NOBODY, MANAGER),
    f"{DRAFT}/test/": (RISK, RISK),
    f"{DRAFT}/test/<int:item_id>/": (RISK, NOBODY),
    "policies/<slug:slug>/versions/<int:number>/export/<slug:form>/": (POLICIES, NOBODY),
    "policies/<slug:slug>/compare/<int:before>...<int:after>/": (POLICIES, NOBODY),
    f"{CHANGE}/": (POLICIES, NOBODY),
    f"{CHANGE}/submit/": (NOBODY, MANAGER),
    f"{CHANGE}/check/": (NOBODY, MANAGER),
    f"{CHANGE}/approve/": (NOBODY, SIGNING),
    f"{CHANGE}/turn-down/": (NOBODY, SIGNING),
    f"{CHANGE}/activate/": (NOBODY, APPROVER),
    f"{CHANGE}/draw-again/": (NOBODY, RISK),
    f"{BACKTESTS}/": (POLICIES, RISK),
    f"{BACKTEST}/": (POLICIES, NOBODY),
    f"{BACKTEST}/stop/": (NOBODY, RISK),
    f"{BACKTEST}/table.csv": (POLICIES, NOBODY),
    f"{BACKTEST}/cases/": (POLICIES, NOBODY),
    f"{BACKTEST}/cases/<int:ordinal>/": (POLICIES, NOBODY),
    f"{CHANGE}/take-back/": (NOBODY, MANAGER),
    f"{CHANGE}/unschedule/": (NOBODY, APPROVER),
    f"{CHANGE}/stop-trial/": (NOBODY, APPROVER),
    f"{CHANGE}/review/": (NOBODY, SIGNING | frozenset({"auditor"})),
    f"{CHANGE}/rebase/": (MANAGER, MANAGER),
    f"{CHANGE}/comments/": (NOBODY, POLICIES),
    f"{CHANGE}/comments/<int:comment_id>/resolve/": (NOBODY, POLICIES),
    "policies/<slug:slug>/versions/<int:number>/decided/": (POLICIES, NOBODY),
    "policies/<slug:slug>/versions/<int:number>/": (POLICIES, NOBODY),
    "policies/<slug:slug>/versions/<int:number>/rollback/": (MANAGER, MANAGER),
    "monitoring/reasons/": (LOOKING_ON, NOBODY),
    "audit/": (TRAIL, NOBODY),
    "audit/<int:entry_id>/": (TRAIL, NOBODY),
    "assessments/<int:assessment_id>/": (RECORDS, NOBODY),
    "models/": (MODELS, NOBODY),
    "models/<slug:name>/versions/<str:version>/": (MODELS, NOBODY),
    "admin-area/": (ADMIN_AREA, NOBODY),
    "admin-area/users/": (ADMIN_AREA, ADMIN),
    "admin-area/users/<uuid:person_id>/": (ADMIN_AREA, ADMIN),
    "admin-area/users/<uuid:person_id>/suspension/": (ADMIN_AREA, ADMIN),
    "admin-area/users/<uuid:person_id>/invitation/": (NOBODY, ADMIN),
    "admin-area/users/<uuid:person_id>/second-step-reset/": (NOBODY, ADMIN),
    "admin-area/roles/": (ADMIN_AREA, NOBODY),
    "admin-area/keys/": (ADMIN_AREA, NOBODY),
    "admin-area/keys/clients/": (NOBODY, ADMIN),
    "admin-area/keys/clients/<slug:code>/new-key/": (ADMIN, ADMIN),
    "admin-area/keys/<slug:prefix>/revocation/": (ADMIN, ADMIN),
    "admin-area/lenders/": (ADMIN_AREA, ADMIN),
    "admin-area/holidays/": (ADMIN_AREA, ADMIN),
    "admin-area/holidays/<int:holiday_id>/removal/": (NOBODY, ADMIN),
    "admin-area/phrases/": (ADMIN_AREA, ADMIN),
    "admin-area/phrases/<int:phrase_id>/removal/": (NOBODY, ADMIN),
    "admin-area/personal-data/": (ADMIN_AREA, NOBODY),
    "admin-area/personal-data/<uuid:application_id>/hold/": (NOBODY, ADMIN),
    "admin-area/personal-data/<uuid:application_id>/erasure/": (NOBODY, ADMIN),
    "admin-area/personal-data/<uuid:application_id>/export/": (NOBODY, ADMIN),
    "admin-area/reasons/": (WORDING, NOBODY),
    "admin-area/reasons/own-wording/": (WORDING, NOBODY),
    "admin-area/reasons/own-wording/submit/": (NOBODY, ADMIN),
    "admin-area/reasons/own-wording/discard/": (NOBODY, ADMIN),
    "admin-area/reasons/own-wording/approve/": (NOBODY, APPROVER),
    "admin-area/reasons/own-wording/send-back/": (NOBODY, APPROVER),
    "admin-area/reasons/<slug:code>/": (WORDING, ADMIN),
}
FORBIDDEN, NO_SUCH_METHOD = 403, 405


@pytest.fixture
def world(db: None) -> AccessWorld:
    return build_world()


def screens() -> list[str]:
    """Every route that is no operation of the API and not open to everybody."""
    return [route for route, _ in all_routes() if route not in PUBLIC and not route.startswith("api/v1/")]


def differences(world: AccessWorld, role: Role) -> list[str]:
    """Where a person of this role at harbour is answered otherwise than the table says, one line each."""
    client = signed_in(insiders(world)[role])
    found = []
    for route in screens():
        path = path_of(route, world.samples)
        for method, roles in zip(("get", "post"), TABLE[route], strict=True):
            status = getattr(client, method)(path).status_code
            if not roles:
                is_right = status == NO_SUCH_METHOD
            elif role.value in roles:
                is_right = status not in (FORBIDDEN, NO_SUCH_METHOD)
            else:
                is_right = status == FORBIDDEN
            if not is_right:
                found.append(f"{method.upper()} {route}: {status} for {role.value}")
    return found


def test_the_table_names_every_screen_and_every_role() -> None:
    assert set(screens()) == set(TABLE)
    assert set(Role) == ROLES


@pytest.mark.parametrize("role", list(Role))
def test_each_role_reads_and_writes_what_the_table_says_and_no_more(world: AccessWorld, role: Role) -> None:
    assert differences(world, role) == []


def test_the_walk_fails_when_a_screen_is_open_to_everybody(
    world: AccessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = gate._refusal

    def open_to_all(request: Any, methods: list[str], needed: frozenset[Role]) -> HttpResponse | None:
        return closed(request, methods, frozenset(Role) if request.path == "/audit/" else needed)

    monkeypatch.setattr(gate, "_refusal", open_to_all)

    assert differences(world, Role.CREDIT_OFFICER) == ["GET audit/: 200 for credit_officer"]
