"""Hints reach the broker after the commit, and a broker that is away costs nobody anything but a log line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import transaction
from kombu import pools

from tests.factories import make_lender
from underwriting.enums import WorkKind
from underwriting.models import Lender, WorkItem
from underwriting.work.nudge import forget_failures, nudge
from underwriting.work.put import NewItem, put, put_many
from underwriting.work.sweep import sweep

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.broker]
NOW = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def empty_broker() -> Iterator[Any]:
    forget_failures()
    with current_app.connection_for_write() as connection:
        client = connection.default_channel.client  # type: ignore[attr-defined]
        client.flushdb()
        yield client
        client.flushdb()
    forget_failures()


@pytest.fixture
def broker_away() -> Iterator[None]:
    app: Any = current_app
    address = app.conf.broker_write_url
    app.conf.broker_write_url = "redis+socket:///nowhere/s.sock?virtual_host=0"
    forget_connections()
    yield
    app.conf.broker_write_url = address
    forget_connections()


def forget_connections() -> None:
    app: Any = current_app
    pools.reset()  # closes them, and forgets that they were there
    app._pool = app.amqp._producer_pool = None


def hints(client: Any) -> list[str]:
    return [json.loads(message)["headers"]["task"] for message in client.lrange("celery", 0, -1)]


def put_one(lender: Lender, kind: WorkKind = WorkKind.TRIAL) -> None:
    put(kind=kind, lender_id=lender.pk, now=NOW)


def test_a_hint_is_sent_after_the_commit_and_not_before(empty_broker: Any) -> None:
    lender = make_lender()
    with transaction.atomic():
        put_one(lender)
        before = hints(empty_broker)
    assert (before, hints(empty_broker)) == ([], ["scoring.work"])


def test_many_items_are_one_hint_for_each_task(empty_broker: Any, django_assert_num_queries: Any) -> None:
    lender = make_lender()
    kinds = [WorkKind.RENDER_NOTICE, WorkKind.TRIAL, WorkKind.RENDER_NOTICE, WorkKind.NOTICE_DUE]
    new = [NewItem(kind=kind, lender_id=lender.pk, subject_id=n) for n, kind in enumerate(kinds)]
    later = NewItem(kind=WorkKind.DELIVER, lender_id=lender.pk, not_before=NOW + timedelta(minutes=1))

    with transaction.atomic(), django_assert_num_queries(1):
        items = put_many([*new, later], now=NOW)

    assert hints(empty_broker) == ["scoring.work", "explanations.work"]  # the newest first
    assert [(item.pk, item.kind) for item in items] == list(
        WorkItem.objects.order_by("pk").values_list("pk", "kind")
    )
    assert [item.subject_id for item in items] == [0, 1, 2, 3, None]
    assert [item.not_before for item in items] == [NOW] * 4 + [NOW + timedelta(minutes=1)]


def test_no_hint_is_sent_for_work_that_was_rolled_back(empty_broker: Any) -> None:
    lender = make_lender()
    with transaction.atomic():
        put_one(lender)
        transaction.set_rollback(True)
    assert (hints(empty_broker), WorkItem.objects.count()) == ([], 0)


def test_the_sweep_says_again_what_a_lost_hint_said(empty_broker: Any) -> None:
    put_one(make_lender(), WorkKind.RELEASE_DECISION)
    empty_broker.flushdb()
    sweep()
    assert hints(empty_broker) == ["review_queue.work"]


@pytest.mark.usefixtures("broker_away")
def test_work_is_stored_while_the_broker_is_away_and_nobody_waits_for_it() -> None:
    lender = make_lender()
    started = time.monotonic()
    for _ in range(20):
        with transaction.atomic():
            put_one(lender)
    assert (WorkItem.objects.count(), time.monotonic() - started < 2.0) == (20, True)


@pytest.mark.usefixtures("broker_away")
def test_after_a_failure_the_broker_is_left_in_peace_for_a_while() -> None:
    first = nudge("scoring.work")
    started = time.monotonic()
    second = nudge("scoring.work")
    assert (first, second, time.monotonic() - started < 0.1) == (False, False, True)
