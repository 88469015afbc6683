"""For a day after it came into force a version is watched on the list of policies and on the monitoring screen, too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from tests.factories import make_lender, make_user
from tests.frontend.risk.screens import SLUG, signed_in, text
from tests.underwriting.policy.conftest import Desk, build_desk
from underwriting.enums import Role
from underwriting.models import PolicyVersion
from underwriting.moment import database_now

pytestmark = pytest.mark.django_db
PLACES = ("/policies/", "/monitoring/reasons/")
SAID = "No application has been assessed with it yet."


def began(desk: Desk, hours: float) -> PolicyVersion:
    """The version in force, so many hours ago, with one before it."""
    moment = database_now() - timedelta(hours=hours)
    before = {"state": "RETIRED", "active_from": moment - timedelta(days=9), "retired_at": moment}
    PolicyVersion.objects.filter(pk=desk.live.pk).update(**before)
    live = desk.draft()
    PolicyVersion.objects.filter(pk=live.pk).update(state="ACTIVE", active_from=moment)
    return live


@pytest.mark.parametrize("place", PLACES)
def test_the_strip_stays_for_a_day_with_the_way_back(manager: Client, desk: Desk, place: str) -> None:
    live = began(desk, 23)
    page = manager.get(place)
    assert SAID in text(page)
    assert f"{live.policy.name} v{live.number} in force since" in text(page)
    assert f"/policies/{live.policy.slug}/versions/1/rollback/" in page.content.decode()
    PolicyVersion.objects.filter(pk=live.pk).update(active_from=database_now() - timedelta(hours=25))
    assert SAID not in text(manager.get(place))


def test_who_may_not_open_policies_is_given_no_link_to_one(desk: Desk) -> None:
    began(desk, 1)
    lead = signed_in(make_user("Lee Lead", (desk.policy.lender, Role.TEAM_LEAD)))
    page = lead.get("/monitoring/reasons/")
    assert SAID in text(page)
    assert f"/policies/{desk.policy.slug}/" not in page.content.decode()


def test_a_first_version_took_the_place_of_none(manager: Client, desk: Desk) -> None:
    PolicyVersion.objects.filter(pk=desk.live.pk).update(active_from=database_now() - timedelta(hours=1))
    assert SAID not in text(manager.get("/policies/"))
    assert SAID in text(manager.get(f"/policies/{SLUG}/"))


def test_another_lenders_is_not_watched(desk: Desk) -> None:
    began(build_desk("summit"), 1)
    other = signed_in(make_user("Nora Risk", (make_lender("northgate"), Role.RISK_MANAGER)))
    for place in PLACES:
        assert SAID not in text(other.get(place))
