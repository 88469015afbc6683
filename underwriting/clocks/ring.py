"""Clocks that have to be looked at become work. Asked by the sweep each second, so that no clock hangs on a message."""

from __future__ import annotations

from django.db import connection

RING_LIMIT = 200

# An application that somebody writes is left to the next sweep: the item's foreign key would wait for it while we hold its
# clock, for which that writer may wait.
# In one statement: a clock whose ring became work does not ring again until that work has set its next moment.
_PUT_RINGING = """
WITH ringing AS (
    SELECT n.id
      FROM underwriting_noticeclock n JOIN underwriting_application a ON a.id = n.application_id
     WHERE n.stopped_at IS NULL AND n.rings_at <= clock_timestamp()
     ORDER BY n.rings_at LIMIT %s
       FOR KEY SHARE OF a SKIP LOCKED FOR UPDATE OF n SKIP LOCKED
), silenced AS (
    UPDATE underwriting_noticeclock c SET rings_at = NULL FROM ringing WHERE c.id = ringing.id
    RETURNING c.id, c.lender_id, c.application_id
)
INSERT INTO underwriting_workitem
       (kind, lender_id, application_id, subject_id, payload, lane, state, not_before, claimed_by, attempt_count, phase,
        last_error, created_at)
SELECT 'NOTICE_DUE', lender_id, application_id, id, '{}'::jsonb, 'INTERACTIVE', 'READY', clock_timestamp(), '', 0, '', '',
       clock_timestamp()
  FROM silenced
"""


def put_ringing_clocks() -> int:
    """Put a NOTICE_DUE item, whose subject is the clock, for each clock whose moment has come. Returns how many. Commits."""
    with connection.cursor() as cursor:
        cursor.execute(_PUT_RINGING, [RING_LIMIT])
        return int(cursor.rowcount)
