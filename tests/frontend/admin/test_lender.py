"""S26: settings and calendar, saved with before and after, and safe against two administrators at once."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from django.test import Client

from tests.factories import make_lender, make_user
from underwriting.audit.actor import SYSTEM
from underwriting.enums import Role
from underwriting.models import AuditEntry, Holiday, Lender
from underwriting.people.lender_settings import change_lender_settings

pytestmark = pytest.mark.django_db


def typed(**changes: Any) -> dict[str, Any]:
    """The form of an untouched lender of the factory, with changes."""
    values = {
        "name": "Harbour", "legal_name": "Harbour, Inc.", "address": "40 Quay Street\r\nPortland, ME 04101",
        "telephone": "+1 207 555 0140", "agency_name": "Federal Trade Commission, Equal Credit Opportunity",
        "agency_address": "Washington, DC 20580", "time_zone": "America/New_York", "working_weekdays": ["1", "2", "3", "4", "5"],
        "working_day_starts": "09:00", "working_day_ends": "17:00", "hold_seconds": "30", "seen_version": "1",
        "country": "US", "letter_paper": "LETTER", "mail_from": "", "incomplete_answer_days": "30", "look_again_days": "60",
        "look_again_answer_days": "30", "retention_months": "84", "bureau_name": "Demo Bureau",
        "bureau_address": "1 File Road\r\nDover, DE 19901", "bureau_telephone": "+1 800 555 0100", "bureau_score_range": "300-850",
        "bureau_score_ranks": "300 1\r\n580 16\r\n620 27\r\n660 38\r\n700 52\r\n740 68\r\n780 84",
    }  # fmt: skip
    return {**values, **changes}


def test_a_save_changes_what_was_changed_and_shows_before_and_after(admin: Client, lender: Lender) -> None:
    response = admin.post(
        "/admin-area/lenders/",
        typed(time_zone="America/Chicago", working_weekdays=["1", "2"], working_day_starts="08:30"),
    )

    lender.refresh_from_db()
    assert response.status_code == 303
    assert (lender.time_zone, lender.working_weekdays, lender.working_day_starts, lender.settings_version) == (
        "America/Chicago", [1, 2], time(8, 30), 2,
    )  # fmt: skip
    entry = AuditEntry.objects.get(action="lender.settings_changed")
    assert entry.before == {
        "time_zone": "America/New_York",
        "working_weekdays": [1, 2, 3, 4, 5],
        "working_day_starts": "09:00",
    }
    assert entry.after == {
        "time_zone": "America/Chicago",
        "working_weekdays": [1, 2],
        "working_day_starts": "08:30",
    }
    page = admin.get(response["Location"]).content.decode()
    assert "Saved: Time zone, Work begins, Working days." in page
    assert "Time zone: <del>America/New_York</del> → <ins>America/Chicago</ins>" in page


def test_blind_mode_is_a_setting_with_before_and_after_in_the_trail(admin: Client, lender: Lender) -> None:
    """C-6."""
    assert admin.post("/admin-area/lenders/", typed(hides_names="on")).status_code == 303
    lender.refresh_from_db()
    assert lender.hides_names
    entry = AuditEntry.objects.get(action="lender.settings_changed")
    assert (entry.before, entry.after) == ({"hides_names": False}, {"hides_names": True})


def test_how_letters_go_out_is_the_lenders_to_say_and_each_change_is_in_the_trail(
    admin: Client, lender: Lender
) -> None:
    changes = {
        "country": "IN", "letter_paper": "A4", "mail_from": "letters@harbour.example", "reviews_notices": "on",
        "incomplete_answer_days": "21", "look_again_days": "90", "look_again_answer_days": "14", "retention_months": "60",
    }  # fmt: skip

    response = admin.post("/admin-area/lenders/", typed(**changes))

    lender.refresh_from_db()
    stored = {
        "country": "IN", "letter_paper": "A4", "mail_from": "letters@harbour.example", "reviews_notices": True,
        "incomplete_answer_days": 21, "look_again_days": 90, "look_again_answer_days": 14, "retention_months": 60,
    }  # fmt: skip
    assert response.status_code == 303
    assert {name: getattr(lender, name) for name in stored} == stored
    entry = AuditEntry.objects.get(action="lender.settings_changed")
    assert entry.after == stored
    assert entry.before == {
        "country": "US", "letter_paper": "LETTER", "mail_from": "", "reviews_notices": False, "incomplete_answer_days": 30,
        "look_again_days": 60, "look_again_answer_days": 30, "retention_months": 84,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("country", "XX", "Select a valid choice"),
        ("country", "GB", "Select a valid choice"),
        ("letter_paper", "A5", "Select a valid choice"),
        ("mail_from", "letters", "Enter a valid email address"),
        ("incomplete_answer_days", "6", "Enter 7 to 90 days"),
        ("incomplete_answer_days", "91", "Enter 7 to 90 days"),
        ("look_again_days", "29", "Enter 30 to 365 days"),
        ("look_again_answer_days", "0", "Enter 7 to 90 days"),
        ("retention_months", "24", "Enter 25 to 240 months"),
        ("retention_months", "241", "Enter 25 to 240 months"),
    ],
)
def test_a_setting_out_of_bounds_is_refused(
    admin: Client, lender: Lender, field: str, value: str, message: str
) -> None:
    response = admin.post("/admin-area/lenders/", typed(**{field: value}))

    lender.refresh_from_db()
    assert (response.status_code, lender.settings_version) == (422, 1)
    assert message in response.content.decode()


def test_saving_the_form_untouched_changes_nothing(admin: Client, lender: Lender) -> None:
    assert admin.post("/admin-area/lenders/", typed()).status_code == 303

    lender.refresh_from_db()
    assert (lender.settings_version, AuditEntry.objects.count()) == (1, 0)


def test_a_form_on_old_settings_is_409_keeps_its_text_and_lists_the_differences(
    admin: Client, lender: Lender
) -> None:
    change_lender_settings(
        lender=lender,
        values={"telephone": "+1 207 555 0111"},
        seen_version=1,
        actor=SYSTEM,
        now=lender.created_at,
    )

    stale = admin.post("/admin-area/lenders/", typed(address="1 New Street\nPortland"))

    lender.refresh_from_db()
    page = stale.content.decode()
    assert (stale.status_code, lender.address, lender.telephone) == (
        409,
        "40 Quay Street\nPortland, ME 04101",
        "+1 207 555 0111",
    )
    assert "1 New Street\nPortland</textarea>" in page
    assert (
        '<th scope="row">Telephone</th><td><del>+1 207 555 0111</del></td><td><ins>+1 207 555 0140</ins></td>'
        in page
    )
    assert 'name="seen_version" value="2"' in page
    assert (
        admin.post(
            "/admin-area/lenders/", typed(address="1 New Street\nPortland", seen_version="2")
        ).status_code
        == 303
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"time_zone": "Mars/Olympus"}, "There is no time zone of this name"),
        ({"hold_seconds": "121"}, "A hold lasts at most 120 seconds"),
        ({"working_weekdays": []}, "Choose at least one working day"),
        ({"working_day_ends": "08:00"}, "Work ends after it begins"),
        ({"working_weekdays": ["9"]}, "9 is not one of the available choices"),
        ({"legal_name": ""}, "This field is required"),
        ({"seen_version": "x"}, "Enter a whole number"),
    ],
)
def test_what_cannot_be_is_said_at_the_field(
    admin: Client, lender: Lender, changes: dict[str, Any], words: str
) -> None:
    page = admin.post("/admin-area/lenders/", typed(**changes))

    assert (page.status_code, words in page.content.decode()) == (422, True)
    lender.refresh_from_db()
    assert lender.settings_version == 1


def test_a_holiday_is_added_once_and_removed(admin: Client, lender: Lender) -> None:
    added = admin.post("/admin-area/holidays/", {"on": "2026-12-25", "name": "Christmas Day"})
    twice = admin.post("/admin-area/holidays/", {"on": "2026-12-25", "name": "Again"})
    holiday = Holiday.objects.get()
    removed = admin.post(f"/admin-area/holidays/{holiday.pk}/removal/")

    assert (added.status_code, twice.status_code, removed.status_code) == (303, 422, 303)
    assert (holiday.on, holiday.name, Holiday.objects.count()) == (date(2026, 12, 25), "Christmas Day", 0)
    assert [(e.action, e.before, e.after) for e in AuditEntry.objects.order_by("pk")] == [
        ("lender.holiday_added", None, {"2026-12-25": "Christmas Day"}),
        ("lender.holiday_removed", {"2026-12-25": "Christmas Day"}, None),
    ]


def test_a_holiday_of_another_lender_is_not_there(admin: Client) -> None:
    theirs = Holiday.objects.create(
        lender=make_lender("northgate"), on=date(2026, 12, 24), name="Their feast"
    )

    assert admin.post(f"/admin-area/holidays/{theirs.pk}/removal/").status_code == 404
    assert b"Their feast" not in admin.get("/admin-area/holidays/").content
    assert Holiday.objects.count() == 1


def test_an_auditor_reads_settings_in_a_form_that_cannot_be_sent(client: Client, lender: Lender) -> None:
    client.force_login(make_user("Viktor Sorensen", (lender, Role.AUDITOR), password=None))

    page = client.get("/admin-area/lenders/").content.decode()

    assert "Save settings" not in page
    assert page.count("disabled") >= 2
    assert client.post("/admin-area/lenders/", typed(name="Mine")).status_code == 403
