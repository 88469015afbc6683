"""What time it is, where hosts may not agree: the database's clock is the one that all of them can ask."""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The database's clock at this moment, not at the beginning of its transaction; aware, UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    if row is None:
        raise RuntimeError("the database told no time")
    moment: datetime = row[0]
    return moment
