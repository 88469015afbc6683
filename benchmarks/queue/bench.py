"""The queue page at a million applications beside the same page at ten thousand, and its page 5,000 beside its first.

Two databases of one server, asked in turn: whatever else the machine does meets both. Each round gives one ratio of two
medians; the control is the ratio of a page to itself, measured in the same way, so it says how much of a ratio is noise.
"""

from __future__ import annotations

import argparse
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from statistics import median

import psycopg
from django.conf import settings
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg import sql

from benchmarks.figures import Figure, figure
from benchmarks.queue.rows import World, fill, make_world
from frontend.operations.params import write_cursor
from review_queue.models import ReviewCase
from review_queue.queue import PLACE_COLUMNS, QueueQuery, matching, place_in_order, sorted_cases
from review_queue.selectors import PAGE_ROWS, queue_page
from underwriting.models import Party
from underwriting.people.identity import Identity, seal_identity
from underwriting.people.sealing import new_sealing_key

SMALL_DATABASE = "uw_small"
REQUESTS_A_ROUND = 9
PATH = "/queue/?view=all"


def main(arguments: list[str]) -> list[Figure]:
    """Fill two databases, measure, and drop the one that was added."""
    parser = argparse.ArgumentParser(prog="./run bench queue")
    parser.add_argument("--applications", type=int, default=1_000_000)
    parser.add_argument("--open", type=int, default=300_000, help="how many of them wait in the queue")
    parser.add_argument("--small", type=int, default=10_000, help="applications of the smaller database")
    parser.add_argument("--page", type=int, default=5_000, help="the page that is held against the first")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args(arguments)
    logging.getLogger("django_structlog").setLevel(
        logging.WARNING
    )  # a line for each request would bury the table
    with _second_database() as small_connection:
        with _on(small_connection):
            small = open_desk(applications=options.small, open_cases=options.small * 3 // 10)
        big = open_desk(applications=options.applications, open_cases=options.open, far_page=options.page)
        return measure(big, small, rounds=options.rounds)


@dataclass(frozen=True, slots=True)
class Desk:
    """A database with a queue, an officer signed in to it, and the address of its page far down."""

    connection: BaseDatabaseWrapper
    client: Client
    far: str

    def get(self, path: str) -> float:
        """Milliseconds until the page is there. Raises ValueError for a page that is not full."""
        with _on(self.connection):
            started = time.perf_counter()
            response = self.client.get(path)
            took_ms = (time.perf_counter() - started) * 1000
        if response.content.count(b"data-row=") != PAGE_ROWS:
            raise ValueError(f"{path} answered {response.status_code}, and not {PAGE_ROWS} rows")
        return took_ms


def open_desk(*, applications: int, open_cases: int, far_page: int = 1) -> Desk:
    """Fill the present database, sign somebody in, and seal an identity for whoever stands on the pages to be measured."""
    world = make_world()
    fill(applications=applications, open_cases=open_cases)
    if "DATABASE_OWNER_URL" in os.environ and not connection.in_atomic_block:
        _analyse()
    query = QueueQuery(world.lender.pk, world.officer.pk, today_ends=timezone.now(), view="all")
    place = _place_before(far_page, query)
    for after in (None, place):
        rows = queue_page(query, now=timezone.now(), after=after).rows
        _name_people(world, [row.number for row in rows])
    client = Client()
    client.force_login(world.officer)
    far = f"{PATH}&after={write_cursor(place)}" if place else PATH
    return Desk(connections["default"], client, far)


def measure(big: Desk, small: Desk, *, rounds: int, requests: int = REQUESTS_A_ROUND) -> list[Figure]:
    """The figures of two desks, asked in turn."""
    for desk, path in ((big, PATH), (big, big.far), (small, PATH)):
        desk.get(path)
    asked = {
        "first": (big, PATH),
        "far": (big, big.far),
        "few": (small, PATH),
        "first again": (big, PATH),
        "few again": (small, PATH),
    }
    took: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(rounds):
        for name, typical in _round(asked, requests).items():
            took[name].append(typical)
    first, few = took["first"], took["few"]
    return [
        figure("queries", unit="statements", rounds=[_queries(big, PATH), _queries(big, big.far)], control=[_queries(big, "/queue/?view=mine")]),
        figure("page_5000_vs_1", unit="ratio", rounds=_ratios(took["far"], first), control=_ratios(took["first again"], first)),
        figure("million_vs_10k", unit="ratio", rounds=_ratios(first, few), control=_ratios(took["few again"], few)),
        figure("page_1_ms", unit="ms", rounds=first, control=few),
    ]  # fmt: skip


def _round(asked: Mapping[str, tuple[Desk, str]], requests: int) -> dict[str, float]:
    """The median of each page, the pages asked one after the other, over and over."""
    took = [{name: desk.get(path) for name, (desk, path) in asked.items()} for _ in range(requests)]
    return {name: median(one[name] for one in took) for name in asked}


def _ratios(measured: Sequence[float], beside: Sequence[float]) -> list[float]:
    return [one / other for one, other in zip(measured, beside, strict=True)]


def _queries(desk: Desk, path: str) -> int:
    with _on(desk.connection), CaptureQueriesContext(connection) as captured:
        desk.client.get(path)
    return len(captured)


def _place_before(page: int, query: QueueQuery) -> tuple[object, ...] | None:
    """What a person carries who went from page to page; asked for at once, or this would take an hour."""
    now = timezone.now()
    cases = sorted_cases(matching(query, now=now), query.sort).values(*PLACE_COLUMNS)
    full_pages = cases.count() // PAGE_ROWS
    before = (min(page, full_pages) - 1) * PAGE_ROWS
    return place_in_order(cases[before - 1], query.sort) if before > 0 else None


def _name_people(world: World, numbers: Sequence[int]) -> None:
    """A row shows a name, and to open a sealed one is a part of what a page costs."""
    applications = ReviewCase.objects.filter(number__in=numbers).values("application_id")
    for party in Party.objects.filter(application_id__in=applications):
        party.sealing_key = new_sealing_key(lender_id=world.lender.pk, party_public_id=party.public_id)
        party.identity = seal_identity(replace(_SOMEBODY, family_name=f"Person {party.pk}"), party=party)
        party.save(update_fields=["sealing_key", "identity"])


_SOMEBODY = Identity(
    given_name="Maria", family_name="", birth_date=date(1988, 4, 17), national_id="900-00-1234", email="maria@example.test",
    telephone="+1 207 555 0199", address_lines=("12 Elm Street",), postcode="04101",
)  # fmt: skip


@contextmanager
def _second_database() -> Iterator[BaseDatabaseWrapper]:
    """A copy of the still empty database beside it, and a connection to it."""
    name, own = sql.Identifier(SMALL_DATABASE), str(settings.DATABASES["default"]["NAME"])
    connections.close_all()
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname="postgres", autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(own)))
        copy = connections["default"].copy()
        copy.settings_dict = {**copy.settings_dict, "NAME": SMALL_DATABASE}
        try:
            yield copy
        finally:
            copy.close()
            owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@contextmanager
def _on(other: BaseDatabaseWrapper) -> Iterator[None]:
    usual = connections["default"]
    connections["default"] = other
    try:
        yield
    finally:
        connections["default"] = usual


def _analyse() -> None:
    """What autovacuum would do a minute later, done now."""
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=name, autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE)")
