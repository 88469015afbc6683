"""What every test gets: the application's database role, and real processes where a test asks for them."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test.utils import setup_databases, teardown_databases

from tests.database import as_owner, owner_flush

SESSION_ENDS_TRIES = 20
pytest_plugins = ["tests.processes", "tests.browsing", "tests.mail"]

# Playwright's event loop runs in the tests' thread from the first browser test to the end of the session, and Django would
# refuse the database to every test after it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        _serialize_rollback(item)
        if (
            item.get_closest_marker("slow")
            and not config.getoption("--slow")
            and not config.getoption("markexpr")
        ):
            item.add_marker(pytest.mark.skip(reason="slow: runs with --slow"))


def _serialize_rollback(item: pytest.Item) -> None:
    """Make every transactional test restore what migrations left: else content types come back with other ids."""
    for marker in item.iter_markers("django_db"):
        if marker.kwargs.get("transaction"):
            marker.kwargs["serialized_rollback"] = True  # type: ignore[index]


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    keep = django_db_keepdb and not django_db_createdb
    with django_db_blocker.unblock(), as_owner():
        created = setup_databases(verbosity=0, interactive=False, keepdb=keep)
    # On the class: a browser test's event loop gives Django another connection object.
    original = DatabaseOperations.execute_sql_flush

    def execute_sql_flush(self: BaseDatabaseOperations, sql_list: Iterable[str]) -> None:
        owner_flush(sql_list)

    DatabaseOperations.execute_sql_flush = execute_sql_flush  # type: ignore[method-assign]
    yield
    DatabaseOperations.execute_sql_flush = original  # type: ignore[method-assign]
    if not django_db_keepdb:
        with django_db_blocker.unblock(), as_owner():
            _drop(created)


def _drop(created: list[Any]) -> None:
    """Drop the test databases. No test is to blame for a session that outlives it: the server goes with the run, or says so.

    A browser test's event loop has a connection of its own, which Django closes nowhere; and the server may still be ending
    the session of a process that a test killed.
    """
    for one in gc.get_objects():
        if issubclass(type(one), psycopg.Connection):  # isinstance would wake lazy objects
            one.close()
    for _ in range(SESSION_ENDS_TRIES):
        try:
            teardown_databases(created, verbosity=0)
        except OperationalError as error:
            print(f"the test database stays: {error}", file=sys.stderr)
            time.sleep(0.5)
        else:
            return


@pytest.fixture
def application_role(db: None) -> str:
    """The name of the role the test runs as."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        row = cursor.fetchone()
    assert row is not None
    return str(row[0])


@pytest.fixture(scope="session")
def real_data() -> Any:
    """The directory of the real data sets; the test is skipped, and says so, where they are not."""
    from pathlib import Path

    place = Path(
        os.environ.get("UW_REAL_DATA") or Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
    ).resolve()
    if not place.is_dir():
        pytest.skip(f"real data: there is no {place}; set UW_REAL_DATA")
    return place
