"""slider_p95_ms: a threshold or a price is typed on the screen, until the effect of what is typed is there as HTML.

What the screen sends: all sections as they are typed, nothing saved. The control is the same of a lender without past applications.
"""

from __future__ import annotations

import re
import time

from benchmarks.figures import Figure, figure, percentile
from benchmarks.policy.screens import HTMX, NotOnTheScreen, fields, signed_in, url
from underwriting.models import PolicyVersion

EDITS = 60
PRICE_EVERY = 4
RATE_STEP = 0.25  # percent a year


def slider(draft: PolicyVersion, empty: PolicyVersion, *, application_count: int, rounds: int) -> Figure:
    """`application_count` has to stand in the answer, and another effect for other edits: a screen that says nothing is quick."""
    shown = re.compile(rf"\b{application_count}\b|\b{application_count:,}\b")
    values, control = [], []
    for _ in range(rounds):
        values.append(percentile(_edits(draft, shown), 95))
        control.append(percentile(_edits(empty, re.compile("")), 95))
    return figure("slider_p95_ms", unit="ms", rounds=values, control=control)


def _edits(draft: PolicyVersion, shown: re.Pattern[str]) -> list[float]:
    """Milliseconds of each edit: the approve cut-off a point further, and every fourth time the price of the last tier too."""
    client, took, answers = signed_in(draft), [], set()
    page = client.get(url("policy-draft", draft)).content.decode()
    typed = fields(page, form_class="part__form")
    for number in range(EDITS):
        values = _changed(typed, number)
        began = time.perf_counter()
        answer = client.post(url("policy-effect", draft), values, headers=HTMX)
        took.append((time.perf_counter() - began) * 1000)
        told = answer.content.decode()
        if answer.status_code != 200 or not shown.search(told) or "is being weighed" in told:
            raise NotOnTheScreen(f"the effect answers {answer.status_code}, and not {shown.pattern!r}")
        answers.add(told)
    if shown.pattern and len(answers) < EDITS // 3:
        raise NotOnTheScreen(f"{EDITS} edits have {len(answers)} answers")
    return took


def _changed(typed: dict[str, str], number: int) -> dict[str, str]:
    values = dict(typed)
    values["cut-approve"] = str(int(values["cut-approve"]) + number % 20)
    rates = [name for name, value in values.items() if re.fullmatch(r"tier-\d+-rate", name) and value]
    if number % PRICE_EVERY == PRICE_EVERY - 1:
        values[rates[-1]] = f"{float(values[rates[-1]]) + RATE_STEP * (number % 8):.2f}"
    return values
