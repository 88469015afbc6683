"""slider_p95_ms: a threshold or a price is edited on the screen, until the section and its effect are there as HTML.

Both requests that the screen makes are counted. The control is the same edit of a lender without past applications.
"""

from __future__ import annotations

import re
import time

from benchmarks.figures import Figure, figure, percentile
from benchmarks.policy.screens import HTMX, NotOnTheScreen, fields, signed_in, url
from underwriting.models import PolicyVersion

EDITS = 40
PRICE_EVERY = 5


def slider(draft: PolicyVersion, empty: PolicyVersion, *, application_count: int, rounds: int) -> Figure:
    """`application_count` has to stand in the answer: a screen that says nothing is quick."""
    values, control = [], []
    for _ in range(rounds):
        values.append(percentile(_edits(draft, f"{application_count:,}"), 95))
        control.append(percentile(_edits(empty, ""), 95))
    return figure("slider_p95_ms", unit="ms", rounds=values, control=control)


def _edits(draft: PolicyVersion, shown: str) -> list[float]:
    """Milliseconds of each edit: the approve cut-off by a point, and every fifth time the price of the last tier."""
    client, took = signed_in(draft), []
    for number in range(EDITS):
        section = "prices" if number % PRICE_EVERY == PRICE_EVERY - 1 else "cut-offs"
        save = url("policy-section", draft, section)
        values = fields(client.get(url("policy-draft", draft)).content.decode(), save)
        _change(values, number)
        began = time.perf_counter()
        saved = client.post(save, values, headers=HTMX)
        effect = client.get(url("policy-effect", draft), headers=HTMX)
        took.append((time.perf_counter() - began) * 1000)
        if saved.status_code != 200 or effect.status_code != 200 or shown not in effect.content.decode():
            raise NotOnTheScreen(f"{section}: {saved.status_code}, {effect.status_code}, and no {shown!r}")
    return took


def _change(values: dict[str, str], number: int) -> None:
    for name, value in list(values.items()):
        if name.endswith("-approve"):
            values[name] = str(int(value) + (1 if number % 2 else -1))
    rates = [name for name, value in values.items() if re.fullmatch(r"tier-\d+-rate", name) and value]
    if rates:
        values[rates[-1]] = f"{float(values[rates[-1]]) + 0.25:.2f}"
