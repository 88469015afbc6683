"""The screen for personal data: found by reference alone, kept or held or erased with the consequences said, given out on request."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from tests.factories import make_application, make_lender, make_party, make_product, make_user
from tests.factories.personal import name_somebody
from underwriting.enums import ApplicationStatus, Role
from underwriting.models import Application, AuditEntry, Lender, Party

pytestmark = pytest.mark.django_db
PATH = "/admin-area/personal-data/"
RECEIVED = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
OVER = datetime(2033, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def lender() -> Lender:
    return make_lender()


@pytest.fixture
def application(lender: Lender) -> Application:
    found = make_application(
        make_product(lender), reference="A-7Q4M-2K", status=ApplicationStatus.DECLINED,
        received_at=RECEIVED, completed_at=RECEIVED, decided_at=RECEIVED,
    )  # fmt: skip
    name_somebody(make_party(found))
    return found


@pytest.fixture
def admin(client: Client, lender: Lender) -> Client:
    client.force_login(make_user("Sam Adeyemi", (lender, Role.ADMIN), password=None))
    return client


def page(client: Client, reference: str = "") -> str:
    return client.get(PATH, {"reference": reference} if reference else {}).content.decode()


def act(client: Client, application: Application, what: str, **typed: str) -> tuple[int, str]:
    response = client.post(f"{PATH}{application.public_id}/{what}/", typed, follow=True)
    return response.redirect_chain[0][
        1
    ] if response.redirect_chain else response.status_code, response.content.decode()


def test_an_application_is_found_by_its_reference_and_by_nothing_else(
    admin: Client, application: Application
) -> None:
    shown = page(admin, " a-7q4m-2k ")

    assert "Kept until" in shown
    assert "3 Nov 2033" in shown
    assert "It cannot be erased now. It has to be kept until 3 November 2033." in shown
    for other in ("A-7Q4M", "Quintessa", "Vandermolen", "%"):
        response = admin.get(PATH, {"reference": other})
        assert response.status_code == 422
        assert "Kept until</dt>" not in response.content.decode()
    assert "Quintessa" not in shown
    assert "Vandermolen" not in shown


def test_another_lenders_application_is_not_there(admin: Client) -> None:
    foreign = make_application(make_product(make_lender("northgate")), reference="A-FRGN-01")
    make_party(foreign)

    assert "There is no application with this reference" in page(admin, "A-FRGN-01")
    for what in ("hold", "erasure", "export"):
        assert admin.post(f"{PATH}{foreign.public_id}/{what}/").status_code == 404


def test_an_empty_list_says_so_and_what_falls_due_is_listed(admin: Client, application: Application) -> None:
    assert "No application falls due within 30 days." in page(admin)

    with time_machine.travel(datetime(2033, 10, 10, 12, 0, tzinfo=UTC), tick=False):
        admin.force_login(make_user("Ida Berg", (application.lender, Role.ADMIN), password=None))
        assert "?reference=A-7Q4M-2K" in page(admin)
    with time_machine.travel(datetime(2033, 10, 2, 12, 0, tzinfo=UTC), tick=False):
        admin.force_login(make_user("Ole Berg", (application.lender, Role.ADMIN), password=None))
        assert "?reference=A-7Q4M-2K" not in page(admin)


def test_a_hold_is_placed_and_lifted_with_a_reason(admin: Client, application: Application) -> None:
    status, shown = act(admin, application, "hold", wanted="place", reason="Suit 24-118")

    assert (status, "A-7Q4M-2K is held: nothing of it is erased." in shown) == (303, True)
    assert "A legal hold of" in shown
    application.refresh_from_db()
    assert application.legal_hold_at is not None
    # the same button pressed in an older window does not lift it
    status, shown = act(admin, application, "hold", wanted="place", reason="Suit 24-118")
    assert (status, "The application is held already." in shown) == (409, True)

    status, shown = act(admin, application, "hold", wanted="lift", reason="")
    assert (status, "Say why, in a few words" in shown) == (422, True)
    status, _ = act(admin, application, "hold", wanted="lift", reason="Settled")
    application.refresh_from_db()
    assert status == 303
    assert not Application.objects.filter(legal_hold_at__isnull=False).exists()


def test_it_is_erased_when_the_reference_is_typed_once_more(admin: Client, application: Application) -> None:
    with time_machine.travel(OVER, tick=False):
        admin.force_login(make_user("Ida Berg", (application.lender, Role.ADMIN), password=None))
        assert "Nothing brings this back." in page(admin, application.reference)

        status, shown = act(admin, application, "erasure", because="PERSON_ASKED", typed="A-0000-00")
        assert (status, "This is not the reference of the application above" in shown) == (422, True)
        assert Party.objects.get(application=application).sealing_key is not None

        status, shown = act(admin, application, "erasure", because="PERSON_ASKED", typed="A-7Q4M-2K")

    assert (status, "The people on A-7Q4M-2K are erased." in shown) == (303, True)
    assert Party.objects.get(application=application).sealing_key is None
    assert "Erase the people on it" not in shown
    entry = AuditEntry.objects.get(action="application.erased")
    assert (entry.actor_name, entry.reason) == (
        "Ida Berg",
        "The person asked for it, and retention has ended",
    )


def test_what_has_to_be_kept_is_not_erased_by_hand_either(admin: Client, application: Application) -> None:
    status, shown = act(admin, application, "erasure", because="PERSON_ASKED", typed="A-7Q4M-2K")

    assert (status, "Nothing was erased. It has to be kept until 3 November 2033." in shown) == (409, True)
    assert Party.objects.get(application=application).sealing_key is not None


def test_a_persons_data_is_saved_as_a_file(admin: Client, application: Application) -> None:
    response = admin.post(f"{PATH}{application.public_id}/export/", {"person": "1"})

    assert response["Content-Disposition"] == 'attachment; filename="A-7Q4M-2K-1.json"'
    assert response["Cache-Control"] == "private, no-store"
    assert json.loads(response.content)["you"]["name"] == "Quintessa Vandermolen"
    assert AuditEntry.objects.get(action="access.exported").actor_name == "Sam Adeyemi"
    assert admin.post(f"{PATH}{application.public_id}/export/", {"person": "2"}).status_code == 422


def test_an_auditor_looks_and_changes_nothing(
    client: Client, lender: Lender, application: Application
) -> None:
    client.force_login(make_user("Vera Auditor", (lender, Role.AUDITOR), password=None))

    shown = page(client, application.reference)

    assert "Kept until" in shown
    assert "Place the hold" not in shown
    assert "Save the data" not in shown
    for what in ("hold", "erasure", "export"):
        assert client.post(f"{PATH}{application.public_id}/{what}/").status_code == 403


def test_the_list_is_bounded(admin: Client, application: Application) -> None:
    for number in range(60):
        make_application(
            application.product, reference=f"A-MANY-{number:02d}", status=ApplicationStatus.DECLINED,
            received_at=RECEIVED, completed_at=RECEIVED,
        )  # fmt: skip
    with time_machine.travel(OVER, tick=False):
        admin.force_login(make_user("Ida Berg", (application.lender, Role.ADMIN), password=None))
        shown = page(admin)

    assert shown.count("?reference=A-") == 50
    assert "And more: the first 50 are shown." in shown
    assert "3 Nov 2033, over" in shown
