"""Past applications drawn from a seed, as assessments hold them: facts as assembled, scores of the requested terms and the grid."""

from __future__ import annotations

import copy
import random
from datetime import UTC, datetime
from typing import Any

from scoring.simulation.columns import RawRow, encode
from scoring.simulation.past import case_of
from scoring.simulation.store import Past, past_from
from tests.properties.policy_cases import demo_document, random_facts, value_fact
from underwriting.facts.arithmetic import ratios_before_the_loan, ratios_with_the_loan
from underwriting.facts.catalogue import catalogue
from underwriting.facts.values import Absence, FactSource, FactValue, facts_to_json
from underwriting.models import Application, Assessment, Product
from underwriting.policy.types import PolicyCase, Terms

KNOWN_AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
RATE = 1200
GRID = [(amount, term) for amount in (100_000, 300_000, 500_000, 800_000, 1_200_000) for term in (24, 36, 60)]
PURPOSES = ("car", "medical", "wedding")


def people_facts(draw: random.Random, *, terms: Terms) -> dict[str, FactValue]:
    """Every fact of the catalogue, the derived ones worked out as intake works them out."""
    facts = random_facts(draw.getrandbits(40))
    for name in catalogue():
        facts.setdefault(name, _absent(draw))
    income = _absent(draw) if draw.random() < 0.08 else value_fact(draw.choice([0, draw.randrange(500_000, 30_000_000)]) if draw.random() < 0.1 else draw.randrange(900_000, 12_000_000))  # fmt: skip
    debts = _absent(draw) if draw.random() < 0.2 else value_fact(draw.randrange(200_000))
    facts |= {"annual_income": income, "monthly_obligations": debts}
    facts["purpose"] = value_fact(draw.choice(PURPOSES)) if draw.random() < 0.9 else _absent(draw)
    for name, value in (
        ("requested_amount", terms.amount_minor),
        ("requested_term_months", terms.term_months),
    ):
        facts[name] = _not_asked() if value is None else value_fact(value)
    facts |= ratios_before_the_loan(facts)
    return facts | ratios_with_the_loan(facts, reference_rate_bps=RATE)


def _absent(draw: random.Random) -> FactValue:
    return FactValue(None, draw.choice(list(Absence)), FactSource.BUREAU, KNOWN_AT)


def _not_asked() -> FactValue:
    return FactValue(None, Absence.NOT_ASKED, FactSource.APPLICATION, KNOWN_AT)


def stored_row(draw: random.Random, number: int, *, is_line: bool) -> RawRow:
    """An assessment as the database gives it."""
    asked = Terms(None, None) if is_line else Terms(draw.choice([450_000, 800_000, 1_000_000, 1_200_000]), draw.choice([24, 36, 48, 60]))  # fmt: skip
    pairs = [asked, *(Terms(*pair) for pair in GRID if Terms(*pair) != asked)] if not is_line else [asked]
    base = draw.randint(600, 690)
    scores = [_score(base + draw.choice([0, 0, 0, 1]), terms, asked) for terms in pairs]
    return RawRow(
        assessment_id=number,
        application_id=number,
        number=1,
        facts=facts_to_json(people_facts(draw, terms=asked)),
        scores=scores,
        technical=[],
        inputs={"channel": draw.choice(["web", "branch"]), "reference_rate_bps": RATE},
    )


def _score(base: int, terms: Terms, asked: Terms) -> dict[str, Any]:
    """Higher for a smaller loan, as the model has it; lower over a longer term."""
    less = 0 if terms.amount_minor is None else ((asked.amount_minor or 0) - terms.amount_minor) // 20_000
    score = base + less - ((terms.term_months or 0) - (asked.term_months or 0)) // 6
    probability = round(1 / (1 + 2 ** ((score - 560) / 30)), 6)
    return {
        "amount_minor": terms.amount_minor, "term_months": terms.term_months, "margin": 0.0, "points": score + 0.5,
        "score": score, "probability_of_default": probability,
    }  # fmt: skip


def stored_rows(count: int, *, seed: int, is_line: bool = False) -> list[RawRow]:
    draw = random.Random(seed)
    return [stored_row(draw, number + 1, is_line=is_line) for number in range(count)]


def past_rows_of(rows: list[RawRow]) -> Past:
    return past_from(encode(rows))


def case_of_row(row: RawRow) -> PolicyCase:
    """The live engine's case, by the same function that a backtest uses."""
    asked = row.scores[0] if row.scores else {"amount_minor": None, "term_months": None}
    assessment = Assessment(
        pk=row.assessment_id,
        application=Application(
            requested_amount_minor=asked["amount_minor"], requested_term_months=asked["term_months"]
        ),
        facts=row.facts,
        scores=row.scores,
        technical=row.technical,
        hashes={"inputs": dict(row.inputs)},
    )
    return case_of(assessment, Product())


def changed(name: str, **parts: Any) -> dict[str, Any]:
    """A demo document with some of its parts replaced."""
    document: dict[str, Any] = copy.deepcopy(demo_document(name))
    return document | parts
