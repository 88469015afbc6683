"""Saying again that work waits, taking back what a dead or frozen worker left behind, and hearing the clocks that ring."""

from __future__ import annotations

from django.db import connection

from underwriting.clocks.ring import put_ringing_clocks
from underwriting.enums import WorkKind
from underwriting.work.nudge import TASK_OF_KIND, nudge
from underwriting.work.reclaim import reclaim_expired

_KINDS_WAITING = """
SELECT k.kind FROM unnest(%s::text[]) AS k (kind)
 WHERE EXISTS (SELECT 1 FROM underwriting_workitem w
                WHERE w.state = 'READY' AND w.kind = k.kind AND w.not_before <= clock_timestamp())
"""


def tasks_with_work() -> list[str]:
    """Return the names of the tasks for whose kinds something is claimable, each once."""
    with connection.cursor() as cursor:
        cursor.execute(_KINDS_WAITING, [[kind.value for kind in TASK_OF_KIND]])
        return sorted({TASK_OF_KIND[WorkKind(row[0])] for row in cursor.fetchall()})


def sweep() -> int:
    """One sweep: reclaim, hear the clocks, then nudge each task that has work waiting. Returns the number of reclaimed items."""
    reclaimed = reclaim_expired()
    put_ringing_clocks()
    for task in tasks_with_work():
        nudge(task)
    return reclaimed
