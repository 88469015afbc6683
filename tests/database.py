"""Two roles in tests: everything runs as the application's role; set-up, flush and tampering are the owner's."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql
from psycopg.errors import DeadlockDetected, LockNotAvailable

from underwriting.config.database_guards import append_only_tables, disable_statements, guard_statements
from underwriting.config.env import parse_database_url

LOCK_TIMEOUT = "5s"
FLUSH_ATTEMPTS = 3


def owner_credentials() -> dict[str, str]:
    """Return the owner's settings for Django's dictionary."""
    url = parse_database_url(os.environ["DATABASE_OWNER_URL"], variable="DATABASE_OWNER_URL")
    return {"USER": url.user, "PASSWORD": url.password}


@contextlib.contextmanager
def as_owner() -> Iterator[None]:
    """Let Django's default connection be the owner's inside the block."""
    # The dictionary is the same in every thread, the connection object is not.
    connection = connections["default"]
    application = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}
    connection.close()
    connection.settings_dict.update(owner_credentials())
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(application)


def owner_connection(*, autocommit: bool = False) -> psycopg.Connection[Any]:
    """Open a connection of its own to the current test database, as the owner."""
    settings = connections["default"].settings_dict
    owner = owner_credentials()
    return psycopg.connect(
        dbname=settings["NAME"],
        user=owner["USER"],
        password=owner["PASSWORD"] or None,
        host=settings["HOST"] or None,
        port=settings["PORT"] or None,
        autocommit=autocommit,
    )


@contextlib.contextmanager
def unguarded() -> Iterator[psycopg.Connection[Any]]:
    """Give the owner a committing transaction in which append-only triggers are off, then switch them on again.

    What somebody with the owner's password could do: tests that find tampering use it.
    """
    tables = append_only_tables()
    with owner_connection() as connection:
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        for statement in disable_statements(tables):
            connection.execute(statement)
        yield connection
        for statement in guard_statements(tables):
            connection.execute(statement)


def owner_flush(statements: Iterable[str]) -> None:
    """Run Django's flush as the owner: the application's role may not truncate.

    A request of a browser that is closing may hold rows for a moment more, and wait for others: then it is tried again.
    """
    listed = list(statements)
    for attempt in range(FLUSH_ATTEMPTS):
        try:
            with unguarded() as connection:
                for statement in listed:
                    connection.execute(sql.SQL(statement))
        except (DeadlockDetected, LockNotAvailable):
            if attempt == FLUSH_ATTEMPTS - 1:
                raise
        else:
            return


def database_url(*, owner: bool = False) -> str:
    """Return the address of the test database, for processes started by a test."""
    settings = connections["default"].settings_dict
    user = owner_credentials()["USER"] if owner else settings["USER"]
    password = owner_credentials()["PASSWORD"] if owner else settings["PASSWORD"]
    credentials = f"{user}:{password}" if password else user
    if str(settings["HOST"]).startswith("/"):
        return f"postgresql://{credentials}@/{settings['NAME']}?host={settings['HOST']}"
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    return f"postgresql://{credentials}@{settings['HOST']}{port}/{settings['NAME']}"
