"""How the tests of the policy screens sign in, read a page's fields and start a draft."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client
from django.utils import timezone

from tests.underwriting.policy.conftest import Desk, acting
from underwriting.models import PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.approvals import current_backtest
from underwriting.policy.compile import canonical_sha256
from underwriting.policy.lifecycle import create_draft
from underwriting.policy.parts import part_sha256
from underwriting.policy.selectors import version_in_force

SLUG = "instalment-loan-core"


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(answer: Any) -> str:
    """The page's words, without mark-up."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())).strip()


def field_values(page: str) -> dict[str, str]:
    """What a browser would send back for every form field of a page, untouched."""
    values = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        is_box = 'type="checkbox"' in tag or 'type="radio"' in tag
        if name and (not is_box or " checked" in tag):
            values[unescape(name[1])] = value[1].replace("&#x27;", "'") if value else ("on" if is_box else "")
    for name_, body in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', body) or re.search(
            r'<option value="([^"]*)"', body
        )
        values[name_] = chosen[1] if chosen else ""
    return {
        name: value.replace("&amp;", "&").replace("&gt;", ">").replace("&lt;", "<")
        for name, value in values.items()
    }


def section_values(page: str, section: str) -> dict[str, str]:
    """What a browser would send back of one section of the editor, untouched."""
    return field_values(page[page.index(f'id="form-{section}"') :].split("</form>")[0])


def seen(version: PolicyVersion) -> dict[str, str]:
    """What the forms of a change request carry of what is on the screen: the document and the backtest that stands for it."""
    version.refresh_from_db()
    backtest = current_backtest(version, version_in_force(version.policy, database_now()))
    is_shown = backtest is not None and not version.is_emergency
    return {"sha256": version.document_sha256, "backtest": str(backtest.pk) if backtest and is_shown else ""}


def edit_url(number: int, *rest: str) -> str:
    return "/".join([f"/policies/{SLUG}/drafts/{number}", *rest, ""])


def own_draft(desk: Desk) -> PolicyVersion:
    return create_draft(policy=desk.policy, actor=acting(desk.manager), now=timezone.now())


def typed_cut_offs(draft: PolicyVersion, approve: object, refer: object = 600) -> dict[str, str]:
    """What is sent for the thresholds of a draft as this window knows it."""
    sha256 = part_sha256(draft.document, "cut-offs")
    return {"sha256": sha256, "cut-approve": str(approve), "cut-refer": str(refer)}


def rule_sha256(draft: PolicyVersion, rule_id: str) -> str:
    """What the row of a rule carries."""
    return canonical_sha256(next(rule for rule in draft.document["rules"] if rule["id"] == rule_id))


def rule_values(rule_id: str = "new", **changes: str) -> dict[str, str]:
    """What a person typed for a review rule of two conditions; `changes` by the rest of a field's name."""
    own = {
        "id": "R-20", "kind": "REVIEW", "name": "Many enquiries", "reason_code": "", "priority": "70", "owner": "Credit risk",
        "source": "RISK_APPETITE", "reason": "",
    }  # fmt: skip
    rows = {
        "TOTAL_FORMS": "2", "INITIAL_FORMS": "0", "0-joined": "and", "0-fact": "past_due_amount", "0-operator": ">", "0-value": "250.50",
        "0-if_absent": "passes", "0-if_never": "passes", "1-joined": "or", "1-fact": "revolving_utilisation_ratio", "1-operator": ">=",
        "1-value": "92.5", "1-if_absent": "refers", "1-if_never": "passes",
    }  # fmt: skip
    values = {f"{rule_id}-rule-{k}": v for k, v in own.items()} | {
        f"{rule_id}-when-{k}": v for k, v in rows.items()
    }
    return {**values, **{f"{rule_id}-{k}": v for k, v in changes.items()}}
