"""An imported application is read and never acted on."""

from __future__ import annotations

import pytest

from tests.factories import make_application
from tests.underwriting.api.calling import Caller
from underwriting.documents.receive import require_room
from underwriting.documents.refusals import DocumentRefused
from underwriting.enums import ApplicationStatus, Origin
from underwriting.models import Application


@pytest.fixture
def imported(caller: Caller) -> Application:
    return make_application(
        caller.product, client=caller.client, origin=Origin.IMPORTED, status=ApplicationStatus.APPROVED
    )


def test_the_list_says_where_it_is_from(caller: Caller, imported: Application) -> None:
    received = make_application(caller.product, client=caller.client)

    page = caller.get("/applications").json()["data"]

    assert {row["reference"]: row["origin"] for row in page} == {
        imported.reference: "IMPORTED",
        received.reference: "RECEIVED",
    }


def test_it_is_neither_withdrawn_nor_added_to(caller: Caller, imported: Application) -> None:
    withdrawn = caller.post({}, path=f"/applications/{imported.public_id}/withdraw")
    taken = caller.post({"accepted": True}, path=f"/applications/{imported.public_id}/accept")
    more = caller.post({"items": {"/purpose": "car"}}, path=f"/applications/{imported.public_id}/items")

    assert [answer.status_code for answer in (withdrawn, taken, more)] == [409, 409, 422]
    with pytest.raises(DocumentRefused):
        require_room(imported)
    imported.refresh_from_db()
    assert imported.status == ApplicationStatus.APPROVED
