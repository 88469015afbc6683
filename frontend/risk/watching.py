"""Versions of a lender's policies in their first day in force: the strip that stays on the list and on the monitoring screens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from underwriting.models import Lender, PolicyVersion
from underwriting.policy.selectors import version_before, versions_in_force
from underwriting.policy.watch import WATCHED_FOR, Watch, watch_of


@dataclass(frozen=True, slots=True)
class Watched:
    """A version, how its first day goes, and the version to go back to, where there is one."""

    version: PolicyVersion
    watch: Watch
    before: PolicyVersion | None


def watched_versions(lender: Lender, now: datetime) -> list[Watched]:
    """In the order of the policies. One statement where none is in its first day, and three more for each that is."""
    young = [
        version
        for version in versions_in_force(lender.pk, now)
        if version.active_from is not None and version.active_from > now - WATCHED_FOR
    ]
    found = ((version, watch_of(version, now)) for version in young)
    return [Watched(version, watch, version_before(version)) for version, watch in found if watch is not None]
