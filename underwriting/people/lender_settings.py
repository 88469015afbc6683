"""What a lender says about itself: address and agency on notices, calendar, time zone. Optimistic, audited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django.db import IntegrityError, transaction

from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.models import Holiday, Lender

# What notices print of `Lender.bureau`, each a setting of its own; how the bureau is reached is the installation's.
BUREAU_SETTINGS = {
    "bureau_name": "name", "bureau_address": "address", "bureau_telephone": "telephone", "bureau_score_range": "score_range",
    "bureau_score_ranks": "score_ranks",
}  # fmt: skip
SETTINGS = (
    "name", "legal_name", "address", "telephone", "agency_name", "agency_address", "time_zone",
    "working_day_starts", "working_day_ends", "working_weekdays", "hold_seconds", "country", "letter_paper", "mail_from",
    "reviews_notices", "incomplete_answer_days", "look_again_days", "look_again_answer_days", "retention_months",
    "assigns_automatically", "hides_names", *BUREAU_SETTINGS,
)  # fmt: skip


class SettingsChangedMeanwhile(Exception):
    """Somebody saved other settings since these were read; `current` is the lender as it is now."""

    def __init__(self, current: Lender) -> None:
        super().__init__("the settings were changed meanwhile")
        self.current = current


class HolidayThere(Exception):
    """This day is in the calendar already."""


def setting(lender: Lender, name: str) -> Any:
    """A setting as it is stored; text and list that were never said are empty."""
    if name not in BUREAU_SETTINGS:
        return getattr(lender, name)
    return lender.bureau.get(BUREAU_SETTINGS[name], [] if name == "bureau_score_ranks" else "")


def change_lender_settings(
    *, lender: Lender, values: Mapping[str, Any], seen_version: int, actor: Actor, now: datetime
) -> dict[str, tuple[Any, Any]]:
    """Save settings and return what changed: name -> (before, after); nothing is written when nothing changed.

    Args:
        seen_version: `settings_version` as the form showed it.

    Raises:
        SettingsChangedMeanwhile: another version is stored. KeyError: a name that is no setting.
    """
    unknown = set(values) - set(SETTINGS)
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    with transaction.atomic():
        row = Lender.objects.select_for_update().get(pk=lender.pk)
        if row.settings_version != seen_version:
            raise SettingsChangedMeanwhile(row)
        changed = {
            name: (setting(row, name), new) for name, new in values.items() if setting(row, name) != new
        }
        if not changed:
            return {}
        for name, (_, new) in changed.items():
            _put(row, name, new)
        row.settings_version += 1
        row.save(update_fields=[*({*changed} - {*BUREAU_SETTINGS}), "bureau", "settings_version"])
        _record(
            row, "lender.settings_changed", actor=actor, now=now,
            before={name: _plain(name, before) for name, (before, _) in changed.items()},
            after={name: _plain(name, after) for name, (_, after) in changed.items()},
        )  # fmt: skip
    return changed


def add_holiday(*, lender: Lender, on: date, name: str, actor: Actor, now: datetime) -> Holiday:
    """Put a day into the calendar. Raises HolidayThere."""
    try:
        with transaction.atomic():
            holiday = Holiday.objects.create(lender=lender, on=on, name=name)
            _record(lender, "lender.holiday_added", after={on.isoformat(): name}, actor=actor, now=now)
    except IntegrityError as error:
        raise HolidayThere(f"{on} is in the calendar already") from error
    return holiday


def remove_holiday(*, holiday: Holiday, actor: Actor, now: datetime) -> None:
    """Take a day out of the calendar; deadlines that were counted with it stay as they are."""
    with transaction.atomic():
        _record(
            holiday.lender,
            "lender.holiday_removed",
            before={holiday.on.isoformat(): holiday.name},
            actor=actor,
            now=now,
        )
        holiday.delete()


def _put(lender: Lender, name: str, value: Any) -> None:
    if name in BUREAU_SETTINGS:
        lender.bureau = {**lender.bureau, BUREAU_SETTINGS[name]: value}
    else:
        setattr(lender, name, value)


def _plain(name: str, value: Any) -> Any:
    """As the trail keeps it; ranks by their score, so that it shows which of them changed."""
    if name == "bureau_score_ranks":
        return {str(score): percent for score, percent in value}
    return value.strftime("%H:%M") if isinstance(value, time) else value


def _record(
    lender: Lender,
    action: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    record_entry(
        actor=actor, action=action, object_type="lender", object_id=str(lender.pk), object_label=lender.name,
        lender_id=lender.pk, before=before, after=after, now=now,
    )  # fmt: skip
