"""Every URL pattern and API operation, asked for by every role of another lender, by nobody, and by another lender's keys.

What is not public answers 403 or 404 (to nobody: a redirect to sign-in, or 401), and nothing of the other lender is in any
answer. A route with a parameter for which there is no sample fails the walk, so a new screen cannot slip past it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.test import Client

from tests.contracts.access_world import (
    EVERY_LENDERS,
    PUBLIC,
    AccessWorld,
    NoSample,
    all_routes,
    build_world,
    path_of,
    signed_in,
)
from underwriting.enums import Role
from underwriting.models import Application, Policy

METHODS = ("get", "post")
REFUSED = frozenset({403, 404})
NO_HEADERS: Mapping[str, str] = {}
NO_SUCH_METHOD = 405  # nobody may, at any lender


@pytest.fixture
def world(db: None) -> AccessWorld:
    return build_world()


def answers(client: Client, world: AccessWorld, headers: Mapping[str, str]) -> Iterator[tuple[str, str, Any]]:
    """(route, method, response) for every route and method, with harbour's ids in the path."""
    for route, _ in all_routes():
        path = path_of(route, world.samples)
        for method in METHODS:
            yield route, method, getattr(client, method)(path, headers=headers)


def leaks(
    client: Client, world: AccessWorld, *, refused: frozenset[int], headers: Mapping[str, str] = NO_HEADERS
) -> list[str]:
    """What went wrong, one line each: an answer that should have been a refusal, or a word of harbour in an answer."""
    found = []
    for route, method, response in answers(client, world, headers):
        where = f"{method.upper()} {route}"
        body = response.getvalue().decode(errors="replace") if hasattr(response, "getvalue") else ""
        found += [f"{where}: says {word}" for word in world.canaries if word in body]
        without_key = {401} if route.startswith("api/") and not headers else set()  # a session is no key
        allowed = {*refused, *without_key, NO_SUCH_METHOD}
        if route not in (PUBLIC | EVERY_LENDERS) and "<" in route and response.status_code not in allowed:
            found.append(f"{where}: {response.status_code}")
    return found


def test_every_parameter_has_a_sample_of_the_other_lender(world: AccessWorld) -> None:
    missing = []
    for route, _ in all_routes():
        try:
            path_of(route, world.samples)
        except NoSample:
            missing.append(route)

    assert missing == []


@pytest.mark.parametrize("role", list(Role))
def test_no_role_of_another_lender_sees_or_does_anything_here(world: AccessWorld, role: Role) -> None:
    assert leaks(signed_in(world.people[role]), world, refused=REFUSED) == []


def test_nobody_sees_or_does_anything_without_signing_in(world: AccessWorld) -> None:
    client = Client()

    found = leaks(client, world, refused=frozenset({302, 401}))

    assert found == []
    for route, method, response in answers(client, world, NO_HEADERS):
        if route in PUBLIC or response.status_code == NO_SUCH_METHOD:
            continue
        assert response.status_code in {302, 401}, f"{method} {route}: {response.status_code}"
        if response.status_code == 302:
            assert response["Location"].startswith("/sign-in/"), f"{method} {route}"


def test_keys_of_another_lender_open_nothing(world: AccessWorld) -> None:
    found = leaks(
        Client(),
        world,
        refused=frozenset({302, 400, 404}),
        headers={"Authorization": f"Bearer {world.api_key}"},
    )
    listed = Client().get("/api/v1/applications", headers={"Authorization": f"Bearer {world.api_key}"})

    assert found == []
    assert listed.json() == {"data": [], "has_more": False}


def test_a_key_that_has_ended_opens_nothing(world: AccessWorld) -> None:
    api = [route for route, _ in all_routes() if route.startswith("api/v1/")]

    codes = {
        Client()
        .get(path_of(route, world.samples), headers={"Authorization": f"Bearer {world.narrow_key}"})
        .status_code
        for route in api
    }

    assert len(api) >= 7
    assert codes <= {401, NO_SUCH_METHOD}


def test_the_other_lenders_own_people_do_see_it(world: AccessWorld) -> None:
    """Without this the walk could pass because nothing works at all."""
    insider = signed_in(world.case.application.lender.memberships.get().user)

    page = insider.get(f"/cases/{world.case}/")

    assert page.status_code == 200
    assert world.case.application.reference in page.content.decode()


def test_the_walk_fails_when_the_gate_of_the_api_is_taken_out(
    world: AccessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "underwriting.api.applications.access_application",
        lambda _client, public_id: Application.objects.get(public_id=public_id),
    )

    found = leaks(
        Client(),
        world,
        refused=frozenset({302, 400, 404}),
        headers={"Authorization": f"Bearer {world.api_key}"},
    )

    assert any("applications/<uuid:public_id>" in line for line in found)


def test_the_walk_fails_when_the_gate_of_a_screen_is_taken_out(
    world: AccessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "frontend.risk.pages.access_policy", lambda _lender_id, slug: Policy.objects.get(slug=slug)
    )

    found = leaks(signed_in(world.people[Role.RISK_MANAGER]), world, refused=REFUSED)

    assert any("policies/<slug:slug>/" in line for line in found)
