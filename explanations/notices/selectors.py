"""The notice that stands, as its applicants may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from explanations.models import Notice
from underwriting.models import Application, Disclosure, Party


@dataclass(frozen=True, slots=True)
class StandingNotice:
    """`letter` is the party's own, None where the notice has none for them; reasons may be shown once `is_disclosed`."""

    content: Mapping[str, Any]
    letter: Mapping[str, Any] | None
    due_at: datetime | None
    is_disclosed: bool


def standing_notice(*, application: Application, party: Party) -> StandingNotice | None:
    """The frozen notice of the application's last decision; None while there is no decision. Never recomputed."""
    notice = (
        Notice.objects.filter(application=application, decision__isnull=False)
        .order_by("-decision__number", "-number")
        .first()
    )
    if notice is None or notice.decision_id is None:
        return None
    is_disclosed = Disclosure.objects.filter(
        decision_id=notice.decision_id, snapshot_sha256=notice.snapshot_sha256
    ).exists()
    letters = notice.snapshot["letters"] if is_disclosed else []
    return StandingNotice(
        content=notice.snapshot,
        letter=next((letter for letter in letters if letter["party"] == str(party.public_id)), None),
        due_at=notice.due_at,
        is_disclosed=is_disclosed,
    )
