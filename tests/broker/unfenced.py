"""A worker without the claim-token predicate, for the control: `celery -A tests.broker.unfenced`.

The product has no switch for this. Here the two statements of the fence are replaced, in this process, by ones that believe
whoever asks; everything else is the product's.
"""

from __future__ import annotations

from typing import Any

from celery.signals import worker_process_init

from underwriting.config.celery import app

__all__ = ["app"]

HOLD = """
SELECT w.id FROM underwriting_workitem w JOIN unnest(%s::bigint[], %s::uuid[]) AS mine (id, token) ON mine.id = w.id
 ORDER BY w.id FOR UPDATE OF w
"""
FINISH = """
UPDATE underwriting_workitem w SET state = 'DONE', finished_at = clock_timestamp(), leased_until = NULL
  FROM unnest(%s::bigint[], %s::uuid[]) AS mine (id, token) WHERE mine.id = w.id RETURNING w.id
"""


@worker_process_init.connect
def take_the_fence_away(**_: Any) -> None:
    """In each child, once Django is there."""
    from underwriting.work import finish

    finish._HOLD, finish._FINISH = HOLD, FINISH
