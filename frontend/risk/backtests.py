"""Backtests of a version that is not in force: ask, watch, read, open the people who would be answered otherwise."""

from __future__ import annotations

import csv
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from frontend.risk.backtest_trace import side_by_side
from frontend.risk.backtest_words import (
    WORDS,
    days,
    outcome_word,
    result_of,
    rule_name,
    rule_names,
)
from frontend.risk.pages import READERS
from frontend.risk.refusals import answering_refusals
from frontend.risk.staffing_words import staffing_of_backtest
from frontend.session.gate import screen
from frontend.session.staff import RISK, StaffRequest, actor_of
from scoring.simulation.trace import traces_of
from underwriting.enums import BacktestState
from underwriting.models import Backtest, BacktestFlip, PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.backtests import (
    ASKABLE,
    UNFINISHED,
    NoHistory,
    access_backtest,
    backtests_of,
    is_current,
    request_backtest,
    stop_backtest,
    usual_period,
)
from underwriting.policy.schema import PolicyRefused
from underwriting.policy.selectors import access_version, state_at, version_in_force

PAGE_SIZE = 50
RULE_ID_CHARACTERS_MAX = 40
POLL_SECONDS = 2


class PeriodForm(forms.Form):
    """The days on which the applications came, both included, at the lender."""

    since = forms.DateField(
        label="From",
        widget=forms.DateInput({"class": "input input--day", "type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose the first day.", "invalid": "Enter a day, like 2026-02-01."},
    )
    until = forms.DateField(
        label="To",
        widget=forms.DateInput({"class": "input input--day", "type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose the last day.", "invalid": "Enter a day, like 2026-07-31."},
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("since") and data.get("until") and data["since"] > data["until"]:
            self.add_error("until", "The period ends before it begins.")
        return data


def _context(request: StaffRequest, version: PolicyVersion) -> dict[str, Any]:
    live = version_in_force(version.policy, database_now())
    state = state_at(version, in_force=live)
    return {
        "version": version,
        "policy": version.policy,
        "live": live,
        "state": state,
        "may_ask": bool(request.roles & RISK) and state in ASKABLE,
        "zone": request.lender.time_zone,
    }


@screen(read=READERS, write=RISK)
@answering_refusals
def backtests(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """The backtests of a version, newest first, and the form that asks for another one."""
    version = access_version(request.lender, slug, number)
    period = usual_period(version, database_now())
    form = PeriodForm(request.POST) if request.method == "POST" else PeriodForm(initial=_initial(period))
    if request.method == "POST" and form.is_valid():
        try:
            backtest = request_backtest(
                version=version,
                since=form.cleaned_data["since"],
                until=form.cleaned_data["until"],
                actor=actor_of(request),
                now=database_now(),
            )
        except NoHistory as empty:
            form.add_error("since", str(empty))
        else:
            return HttpResponseRedirect(_url(version, backtest))
    context = _context(request, version)
    listed = [(one, days(one), is_current(one, version, context["live"])) for one in backtests_of(version)]
    context |= {"listed": listed, "form": form, "period": period, "has_error": bool(form.errors)}
    return render(request, "risk/backtests.html", context, status=422 if form.errors else 200)


def _initial(period: Any) -> dict[str, Any]:
    return {} if period is None else {"since": period[0], "until": period[1]}


def _url(version: PolicyVersion, backtest: Backtest, name: str = "policy-backtest", *more: object) -> str:
    return reverse(name, args=[version.policy.slug, version.number, backtest.pk, *more])


@screen(read=READERS)
def backtest_page(request: StaffRequest, slug: str, number: int, backtest_id: int) -> HttpResponse:
    """The progress of a backtest, then its result. A poll gets the progress alone, and the whole page once it has ended."""
    version = access_version(request.lender, slug, number)
    backtest = access_backtest(version, backtest_id)
    is_running = backtest.state in UNFINISHED
    context = _context(request, version) | {
        "backtest": backtest,
        "is_running": is_running,
        "days": days(backtest),
    }
    if request.headers.get("HX-Request"):
        if not is_running:
            response = HttpResponse(status=204)
            response["HX-Refresh"] = "true"
            return response
        return render(request, "risk/backtest.html#progress", context)
    context |= {
        "poll_seconds": POLL_SECONDS if is_running else 0,
        "is_current": is_current(backtest, version, context["live"]),
    }
    if backtest.state == BacktestState.DONE:
        names = rule_names(backtest.live_version, backtest.document)
        context["staffing"] = staffing_of_backtest(backtest, version.policy, database_now())
        context["result"] = result_of(backtest, currency=request.lender.currency, names=names)
    return render(request, "risk/backtest.html", context)


@screen(write=RISK)
@answering_refusals
def stop(request: StaffRequest, slug: str, number: int, backtest_id: int) -> HttpResponse:
    version = access_version(request.lender, slug, number)
    backtest = stop_backtest(
        backtest=access_backtest(version, backtest_id), actor=actor_of(request), now=database_now()
    )
    messages.success(request, "The backtest was stopped.")
    return HttpResponseRedirect(_url(version, backtest))


@screen(read=READERS)
def table_csv(request: StaffRequest, slug: str, number: int, backtest_id: int) -> HttpResponse:
    """The swap table, one line a cell, with what is known of the loans in it."""
    version = access_version(request.lender, slug, number)
    backtest = _finished(version, backtest_id)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"{version.policy.slug}-v{version.number}-backtest-{backtest.pk}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(["live", "draft", "applications", "settled", "bad", "bad_rate_low", "bad_rate_high"])
    for move in (backtest.summary or {})["moves"]:
        known = move["known"]
        interval = [f"{known['low']:.4f}", f"{known['high']:.4f}"] if known["settled"] else ["", ""]
        writer.writerow(
            [move["before"], move["after"], known["applications"], known["settled"], known["bad"], *interval]
        )
    return response


def _finished(version: PolicyVersion, backtest_id: int) -> Backtest:
    backtest = access_backtest(version, backtest_id)
    if backtest.state != BacktestState.DONE:
        raise Http404
    return backtest


@screen(read=READERS)
def cases(request: StaffRequest, slug: str, number: int, backtest_id: int) -> HttpResponse:
    """The applications that the draft answers otherwise, 50 a page; `before`, `after` and `rule` narrow them."""
    version = access_version(request.lender, slug, number)
    backtest = _finished(version, backtest_id)
    wanted = {
        key: request.GET.get(key, "").replace("\x00", "")[:RULE_ID_CHARACTERS_MAX]
        for key in ("before", "after", "rule")
    }
    flips = BacktestFlip.objects.filter(backtest=backtest).select_related("assessment__application")
    for key in ("before", "after"):
        if wanted[key]:
            flips = flips.filter(**{f"{key}__outcome": wanted[key]})
    if wanted["rule"]:
        flips = flips.filter(rule_id=wanted["rule"])
    page: Page[BacktestFlip] = Paginator(
        flips.order_by("ordinal").defer("assessment__facts", "assessment__findings", "assessment__scores"),
        PAGE_SIZE,
    ).get_page(request.GET.get("page"))
    names = rule_names(backtest.live_version, backtest.document)
    context = _context(request, version) | {
        "backtest": backtest,
        "page": page,
        "rows": [
            (flip, *_outcome_words(flip), rule_name(flip.rule_id, names), _known(flip)) for flip in page
        ],
        "narrowed": _narrowed(wanted, names),
        "query": "".join(f"&{key}={value}" for key, value in wanted.items() if value),
        "currency": request.lender.currency,
        "is_current": is_current(backtest, version, version_in_force(version.policy, database_now())),
    }
    return render(request, "risk/backtest_cases.html", context)


def _narrowed(wanted: dict[str, str], names: dict[str, str]) -> str:
    outcomes = {outcome.value: word for outcome, word in WORDS.items()}
    said = [
        f"{'live' if key == 'before' else 'draft'}: {outcomes.get(wanted[key], wanted[key]).lower()}"
        for key in ("before", "after")
        if wanted[key]
    ]
    if wanted["rule"]:
        said.append(rule_name(wanted["rule"], names))
    return ", ".join(said)


def _outcome_words(flip: BacktestFlip) -> tuple[str, str]:
    return outcome_word(flip.before["outcome"]), outcome_word(flip.after["outcome"])


def _known(flip: BacktestFlip) -> str:
    return "Not known" if flip.is_bad is None else "Went bad" if flip.is_bad else "Good"


@screen(read=READERS)
def case(request: StaffRequest, slug: str, number: int, backtest_id: int, ordinal: int) -> HttpResponse:
    """One application with both traces side by side, read-only."""
    version = access_version(request.lender, slug, number)
    backtest = _finished(version, backtest_id)
    flip = (
        BacktestFlip.objects.select_related("assessment__application")
        .filter(backtest=backtest, ordinal=ordinal)
        .first()
    )
    if flip is None:
        raise Http404
    names = rule_names(backtest.live_version, backtest.document)
    context = _context(request, version) | {
        "backtest": backtest,
        "flip": flip,
        "rule": rule_name(flip.rule_id, names),
        "known": _known(flip),
        "outcome_words": _outcome_words(flip),
        "currency": request.lender.currency,
        "after": ordinal + 1 if backtest.flips.filter(ordinal=ordinal + 1).exists() else None,
    }
    try:
        traces = traces_of(flip, backtest)
    except PolicyRefused as refused:
        return render(request, "risk/backtest_case.html", context | {"unreadable": str(refused)})
    context |= {"traces": traces, "rows": side_by_side(traces.live, traces.draft, request.lender.currency)}
    return render(request, "risk/backtest_case.html", context)
