"""A draft with a version in force to be backtested against, and the worker that does it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from scoring.pipeline.work import work_until_empty
from tests.scoring.pipeline.world import be_patient
from tests.underwriting.policy.conftest import Desk, acting, build_desk
from underwriting.enums import BacktestState, WorkState
from underwriting.models import Backtest, PolicyVersion, Product, WorkItem
from underwriting.policy.backtests import request_backtest

NOW = datetime(2026, 11, 10, 10, 0, tzinfo=UTC)
SINCE, UNTIL = date(2026, 6, 1), date(2026, 6, 30)


@dataclass
class World:
    desk: Desk
    draft: PolicyVersion

    @property
    def product(self) -> Product:
        return self.desk.policy.product

    def ask(self, **changes: Any) -> Backtest:
        values = {"since": SINCE, "until": UNTIL, "actor": acting(self.desk.manager), "now": NOW, **changes}
        WorkItem.objects.update(state=WorkState.DONE)  # what else a draft asks for is not the matter here
        return request_backtest(version=self.draft, **values)


def make_world() -> World:
    """In force: approve at 640, review from 600. The draft approves at 632."""
    desk = build_desk()
    return World(desk, desk.draft(632))


def work() -> None:
    WorkItem.objects.filter(state=WorkState.READY).update(not_before=NOW - timedelta(days=9))
    work_until_empty(worker="test", max_batches=30, clock=lambda: NOW)
    be_patient()


def done(backtest: Backtest) -> Any:
    backtest.refresh_from_db()
    assert backtest.state == BacktestState.DONE, backtest.error
    return backtest.summary
