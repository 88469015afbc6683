"""S26: the credit bureau as notices print it, and what happens to notices until it is there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from explanations.notices.forms import FORMS
from explanations.notices.required import (
    LACKS,
    NO_FACTORS,
    NO_REASON,
    OTHER_BUREAU,
    SECOND_LOOK,
    setting_that_mends,
)
from frontend.admin.lender_forms import COUNTRIES
from tests.factories import make_lender
from tests.frontend.admin.test_lender import typed
from underwriting.models import AuditEntry, BureauPull, Lender

pytestmark = pytest.mark.django_db
PLACE = "/admin-area/lenders/"


def test_the_bureau_is_saved_for_notices_and_how_it_is_reached_stays(admin: Client, lender: Lender) -> None:
    Lender.objects.update(
        bureau={"adapter": "HTTP", "base_url": "https://bureau.example", "deadline_ms": 900}
    )

    saved = admin.post(
        PLACE, typed(bureau_score_range="300 to 850", bureau_score_ranks="300 1\n 580: 16%\n\n700, 52")
    )

    lender.refresh_from_db()
    assert saved.status_code == 303
    assert lender.bureau == {
        "adapter": "HTTP", "base_url": "https://bureau.example", "deadline_ms": 900, "name": "Demo Bureau",
        "address": "1 File Road\nDover, DE 19901", "telephone": "+1 800 555 0100", "score_range": "300-850",
        "score_ranks": [[300, 1], [580, 16], [700, 52]],
    }  # fmt: skip


def test_the_trail_has_what_changed_of_it_before_and_after(admin: Client, lender: Lender) -> None:
    saved = admin.post(
        PLACE,
        typed(
            bureau_telephone="+1 800 555 0199",
            bureau_score_ranks="300 1\n580 17\n620 27\n660 38\n700 52\n740 68",
        ),
    )

    entry = AuditEntry.objects.get(action="lender.settings_changed")
    ranks = {"300": 1, "580": 16, "620": 27, "660": 38, "700": 52, "740": 68}
    assert entry.before == {
        "bureau_telephone": "+1 800 555 0100",
        "bureau_score_ranks": {**ranks, "780": 84},
    }
    assert entry.after == {
        "bureau_telephone": "+1 800 555 0199",
        "bureau_score_ranks": {**ranks, "580": 17},
    }
    page = admin.get(saved["Location"]).content.decode()
    assert "Saved: Telephone of the credit bureau, How people&#x27;s scores are spread." in page
    for line in (
        "Bureau telephone: <del>+1 800 555 0100</del> → <ins>+1 800 555 0199</ins>",
        "Bureau score ranks.580: <del>16</del> → <ins>17</ins>",
        "Bureau score ranks.780: <del>84</del> → <ins>not set</ins>",
    ):
        assert line in page
    assert "ranks.700: <del>" not in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bureau_name": ""}, "Enter the name of the credit bureau"),
        ({"bureau_address": " \r\n "}, "Enter the address of the credit bureau"),
        ({"bureau_telephone": ""}, "Enter the telephone of the credit bureau"),
        ({"bureau_name": "x" * (1 + (BureauPull._meta.get_field("bureau").max_length or 0))}, "at most 80 characters"),
        ({"bureau_telephone": "call us"}, "Enter a telephone number, for instance +1 800 555 0100"),
        ({"bureau_score_range": "850"}, "Enter the lowest and the highest score, for instance 300-850"),
        ({"bureau_score_range": "850-300"}, "Enter the lowest score first"),
        ({"bureau_score_range": ""}, "Enter the range in which these scores lie"),
        ({"bureau_score_ranks": "300 1\n700"}, "Line 2: enter a score and a percent, for instance 700 52"),
        ({"bureau_score_ranks": "300 1\n700 100"}, "Line 2: enter a percent from 0 to 99"),
        ({"bureau_score_ranks": "300 1\n300 2"}, "Line 2: the score has to be higher than that of the line above"),
        ({"bureau_score_ranks": "300 9\n700 8"}, "Line 2: fewer people than on the line above cannot be below a higher score"),
        ({"bureau_score_ranks": "580 16\n700 52"}, "Begin with the lowest score of the range, 300"),
        ({"bureau_score_ranks": "300 1\n851 52"}, "Line 2: 851 lies above the range, 300-850"),
        ({"bureau_score_ranks": "\n".join(f"{300 + step} 1" for step in range(41))}, "Enter at most 40 lines"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_the_field(
    admin: Client, lender: Lender, changes: dict[str, Any], words: str
) -> None:
    page = admin.post(PLACE, typed(**changes))

    before = lender.bureau
    lender.refresh_from_db()
    assert (page.status_code, lender.settings_version, lender.bureau) == (422, 1, before)
    (field,) = changes
    said = page.content.decode().split(f'id="id_{field}_error"')[1].split("</div>")[0]
    assert words in said


def test_a_lender_that_asks_no_bureau_leaves_all_of_it_empty(admin: Client, lender: Lender) -> None:
    none = dict.fromkeys((name for name in typed() if name.startswith("bureau_")), "")

    assert admin.post(PLACE, typed(**none)).status_code == 303

    lender.refresh_from_db()
    assert [lender.bureau[key] for key in ("name", "address", "telephone", "score_range", "score_ranks")] == [
        "", "", "", "", [],
    ]  # fmt: skip


def test_a_form_on_old_settings_shows_ranks_as_they_are_typed(admin: Client, lender: Lender) -> None:
    admin.post(PLACE, typed(bureau_score_ranks="300 2"))

    stale = admin.post(PLACE, typed(bureau_score_ranks="300 3\n700 50"))

    assert stale.status_code == 409
    assert "<td><del>300 2</del></td><td><ins>300 3<br>700 50</ins></td>" in stale.content.decode()


def test_every_lack_of_a_setting_leads_to_its_field_on_this_screen(admin: Client) -> None:
    page = admin.get(PLACE).content.decode()
    led = {lack: setting_that_mends(f"Before. {lack} After.") for lack in LACKS}

    assert {lack for lack, setting in led.items() if not setting} == {
        NO_REASON, SECOND_LOOK, NO_FACTORS, OTHER_BUREAU,
    }  # fmt: skip
    for setting in filter(None, led.values()):
        assert f'id="id_{setting}"' in page


def test_every_country_that_can_be_chosen_has_its_notices() -> None:
    assert {code for code, _ in COUNTRIES} <= {country for country, _ in FORMS}


def test_the_bureau_of_another_lender_stays_as_it_is(admin: Client, lender: Lender) -> None:
    other = make_lender("northgate")

    admin.post(PLACE, typed(bureau_name="Other Bureau"))

    lender.refresh_from_db()
    theirs = Lender.objects.get(pk=other.pk)
    assert (lender.bureau["name"], theirs.bureau["name"]) == ("Other Bureau", "Demo Bureau")
