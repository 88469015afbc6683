"""Versions of a lender's policies in their first day in force: the strip that stays on the list and on the monitoring screens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from underwriting.models import Lender, PolicyVersion
from underwriting.policy.selectors import version_before, versions_in_force
from underwriting.policy.watch import WATCHED_FOR, Watch, watch_of


@dataclass(frozen=True, slots=True)
class Watched:
    """A version, how its first day goes, and the version that it took the place of."""

    version: PolicyVersion
    watch: Watch
    before: PolicyVersion


def watched_versions(lender: Lender, now: datetime) -> list[Watched]:
    """Those that took the place of another, in the order of the policies. One statement, and three more for each in its first day."""
    young = [
        version
        for version in versions_in_force(lender.pk, now)
        if version.active_from is not None and version.active_from > now - WATCHED_FOR
    ]
    found: list[Watched] = []
    for version in young:
        watch, before = watch_of(version, now), version_before(version)
        if watch is not None and before is not None:
            found.append(Watched(version, watch, before))
    return found
