"""The test bench: one application under the version in force and under a draft, every rule's answer side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from frontend.risk.finding_words import matched, seen_name, seen_value
from frontend.risk.forms import WIDE
from frontend.risk.refusals import answering_refusals
from frontend.session.gate import screen
from frontend.session.staff import RISK, StaffRequest, actor_of
from underwriting.enums import WorkState
from underwriting.intake.payload import ContractViolated, NotOffered
from underwriting.intake.read import read_application
from underwriting.models import ApiClient, PolicyVersion, WorkItem
from underwriting.moment import database_now
from underwriting.policy.selectors import access_version, version_in_force
from underwriting.policy.trials import access_trial, ask_about_application, ask_about_body
from underwriting.policy.version_rows import LifecycleRefused, NotAllowed

BODY_CHARACTERS_MAX = 200_000


class BenchForm(forms.Form):
    """A reference or a body, never both."""

    reference = forms.CharField(
        label="Reference of a past application", required=False, max_length=40, widget=forms.TextInput(WIDE)
    )
    body = forms.CharField(
        label="Or paste an application as the API takes it",
        required=False,
        max_length=BODY_CHARACTERS_MAX,
        strip=False,
        help_text="JSON, with a credit report in it where there is one: a test asks no bureau. Names and numbers of people are not kept.",
        widget=forms.Textarea({**WIDE, "rows": 12, "spellcheck": "false", "class": "input mono"}),
    )
    channel = forms.ChoiceField(
        label="Channel of the pasted application", required=False, widget=forms.Select({"class": "select"})
    )

    def __init__(self, *args: Any, channels: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["channel"]
        choices.choices = [("", "Not stated"), *((channel, channel) for channel in channels)]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        reference, body = data.get("reference", ""), data.get("body", "")
        if not self.errors and bool(reference) == bool(body.strip()):
            self.add_error("reference", "Enter a reference or paste an application, one of the two.")
        return data


@screen(read=RISK, write=RISK)
@answering_refusals
def ask(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """Choose the application; asking puts it to work and leads to the page of its answer."""
    version = access_version(request.lender, slug, number)
    channels = ApiClient.objects.filter(lender=request.lender).order_by("channel")
    form = BenchForm(
        request.POST if request.method == "POST" else None,
        channels=list(channels.values_list("channel", flat=True).distinct()),
    )
    if request.method != "POST":
        return _form_page(request, version, form)
    if form.is_valid():
        item = _put(request, version, form)
        if item is not None:
            return HttpResponseRedirect(reverse("policy-test-answer", args=[slug, number, item.pk]))
    return _form_page(request, version, form, status=422)


def _put(request: StaffRequest, version: PolicyVersion, form: BenchForm) -> WorkItem | None:
    """The work put in line; None where the form says why not."""
    data, now = form.cleaned_data, database_now()
    asked: dict[str, Any] = {"version": version, "actor": actor_of(request), "now": now}
    field = "reference" if data["reference"] else "body"
    try:
        if data["reference"]:
            return ask_about_application(reference=data["reference"], **asked)
        body = json.loads(data["body"])
        payload = read_application(product=version.policy.product, body=body, now=now)
        return ask_about_body(payload=payload, channel=data["channel"], **asked)
    except NotAllowed:
        raise
    except (LifecycleRefused, NotOffered) as refused:
        form.add_error(field, str(refused))
    except ContractViolated as violated:
        for error in violated.errors[:20]:
            form.add_error(field, f"/{'/'.join(map(str, error.path))}: {error.message}")
    except (ValueError, RecursionError):
        form.add_error(field, "This is not JSON.")
    return None


def _form_page(
    request: StaffRequest, version: PolicyVersion, form: BenchForm, status: int = 200
) -> HttpResponse:
    live = version_in_force(version.policy, database_now())
    context = {
        "version": version,
        "policy": version.policy,
        "live": live,
        "form": form,
        "has_error": status == 422,
    }
    return render(request, "risk/test_bench.html", context, status=status)


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One rule's answers; a side is None where that version does not have the rule."""

    rule_id: str
    live: Mapping[str, Any] | None
    draft: Mapping[str, Any] | None
    seen: tuple[
        tuple[str, str, str], ...
    ]  # name, value, and the value under the version in force where that differs

    @property
    def sentence(self) -> str:
        return str((self.draft or self.live or {})["sentence"])

    @property
    def live_sentence(self) -> str:
        """What the version in force asks, where that is worded otherwise."""
        both = self.live is not None and self.draft is not None
        return (
            str(self.live["sentence"])
            if both and self.live and self.live["sentence"] != self.sentence
            else ""
        )

    @property
    def differs(self) -> bool:
        return self.live is None or self.draft is None or self.live["result"] != self.draft["result"]


@screen(read=RISK)
@answering_refusals
def answer(request: StaffRequest, slug: str, number: int, item_id: int) -> HttpResponse:
    """The answer, or that it is being worked out: the page asks again by itself, and by a link without scripts."""
    version = access_version(request.lender, slug, number)
    item = access_trial(version, item_id)
    result: Any = item.result if item.state == WorkState.DONE else None
    context: dict[str, Any] = {
        "version": version,
        "policy": version.policy,
        "item": item,
        "has_failed": item.state == WorkState.QUARANTINED,
        "result": result,
        "currency": request.lender.currency,
    }
    if result is not None:
        rows = finding_rows(result, request.lender.currency)
        context |= {
            "rows": rows,
            "different": sum(row.differs for row in rows),
            "is_old": result["document_sha256"] != version.document_sha256,
            "sides": [("In force", result["live"]), ("This version", result["draft"])],
            "is_same": _said(result["live"]) == _said(result["draft"]),
        }
    name = "risk/_test_answer.html" if request.headers.get("HX-Request") else "risk/test_answer.html"
    return render(request, name, context)


def _said(side: Mapping[str, Any]) -> tuple[Any, Any]:
    return side.get("outcome"), side.get("offer")


def finding_rows(result: Mapping[str, Any], currency: str) -> list[FindingRow]:
    """Findings of both versions matched by rule, in the order of the draft, with rules that only the other has after them."""
    live_findings, draft_findings = (result[side].get("findings", ()) for side in ("live", "draft"))
    return [
        FindingRow(rule_id, live, draft, _seen(live, draft, currency))
        for rule_id, live, draft in matched(live_findings, draft_findings, _rule_of)
    ]


def _rule_of(finding: Mapping[str, Any]) -> str:
    return str(finding["rule_id"])


def _seen(
    live: Mapping[str, Any] | None, draft: Mapping[str, Any] | None, currency: str
) -> tuple[tuple[str, str, str], ...]:
    before, after = ({} if side is None else side["values"] for side in (live, draft))
    rows = []
    for name in dict.fromkeys([*after, *before]):
        own, other = (
            seen_value(name, values[name], currency) if name in values else "" for values in (after, before)
        )
        differs = live is not None and draft is not None and own != other
        rows.append((seen_name(name), own or other, other if differs and own else ""))
    return tuple(rows)
