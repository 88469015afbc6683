"""The payment history of a credit report: 24 months an account or account type, for the eye of an officer alone. Pure.

    {"newest_month": "2026-10", "accounts": [{"type": "Cards", "months": "00030-..."}]}

`months` has one character a month, the newest first: 0 paid on time, 3 up to 59 days late, 6 up to 89, 9 later still, - no data.
No fact, rule or model reads it: a bureau that sends none, or one that cannot be read, changes no assessment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any

MONTHS = 24
ACCOUNTS_MAX = 12
TYPE_CHARACTERS_MAX = 40
ON_TIME, DAYS_30, DAYS_60, DAYS_90, NO_DATA = "0", "3", "6", "9", "-"
_MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])")
_MONTHS = re.compile(r"[0369-]{1,24}")


def read_history(given: Any) -> dict[str, Any] | None:
    """The history as it is kept, padded to 24 months; None where there is none, or it is not the document described above."""
    if not isinstance(given, Mapping) or not _fits(_MONTH, given.get("newest_month")):
        return None
    accounts = given.get("accounts")
    if not isinstance(accounts, list) or not 1 <= len(accounts) <= ACCOUNTS_MAX:
        return None
    if not all(_is_account(account) for account in accounts):
        return None
    rows = [
        {"type": account["type"].strip(), "months": account["months"].ljust(MONTHS, NO_DATA)}
        for account in accounts
    ]
    return {"newest_month": given["newest_month"], "accounts": rows}


def _is_account(account: Any) -> bool:
    if not isinstance(account, Mapping) or not _fits(_MONTHS, account.get("months")):
        return False
    kind = account.get("type")
    return isinstance(kind, str) and kind.isprintable() and 1 <= len(kind.strip()) <= TYPE_CHARACTERS_MAX


def _fits(pattern: re.Pattern[str], text: Any) -> bool:
    return isinstance(text, str) and pattern.fullmatch(text) is not None


def simulated_history(report: Mapping[str, Any], *, seed: str, newest_month: str) -> dict[str, Any] | None:
    """A history that does not contradict an invented report: as many late months, the newest where it says, as bad as it says.

    Always the same for a seed. Without accounts there is none.
    """
    if not report.get("bureau_hit_flag") or not _whole(report, "total_account_count", 1):
        return None
    random = Random(f"history|{seed}")
    late_on, other = random.sample(["Cards", "Instalment loans"], 2)
    types = [late_on, other] if _whole(report, "total_account_count", 2) > 1 else [late_on]
    if _whole(report, "real_estate_account_count", 0):
        types.append("Mortgage")
    oldest = min(_whole(report, "oldest_account_age_months", MONTHS), MONTHS)
    rows = []
    for place, kind in enumerate(types):
        age = oldest if place == 0 else random.randint(max(1, oldest // 2), max(1, oldest))
        months = [ON_TIME] * age + [NO_DATA] * (MONTHS - age)
        if place == 0:
            for month, code in _late_months(report, random).items():
                months[month] = code
        rows.append({"type": kind, "months": "".join(months)})
    return {"newest_month": newest_month, "accounts": rows}


def _late_months(report: Mapping[str, Any], random: Random) -> dict[int, str]:
    """Month (0 is the newest) -> how late. The worst of twelve months stands on the newest."""
    count = _whole(report, "delinquency_30d_count_24m", 0)
    since = report.get("months_since_last_delinquency", random.randrange(MONTHS) if count else None)
    if not isinstance(since, int) or since >= MONTHS:
        return {}
    earlier = range(since + 1, MONTHS)
    months = [since, *random.sample(earlier, min(max(count - 1, 0), len(earlier)))]
    late = dict.fromkeys(months, DAYS_30)
    severity = _whole(report, "worst_delinquency_severity_12m", 0)
    if _whole(report, "dpd90_count_12m", 0) or severity >= 3:
        late[since] = DAYS_90
    elif severity == 2:
        late[since] = DAYS_60
    return late


def _whole(report: Mapping[str, Any], name: str, usual: int) -> int:
    value = report.get(name)
    return int(value) if isinstance(value, int | float) else usual
