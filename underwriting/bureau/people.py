"""Invented people with a known true risk, for demonstrations, for tests and for training where real rows may not be used.

`person(seed, index, shape)` is a pure function: the same three arguments give the same person anywhere, and any person can
be had without the others. Quantities come from people_statistics.json (quantiles, shares, rank correlations of three data
sets; see scoring.training.statistics) by a Gaussian copula; the true risk is the logistic formula stated there. The national
id carries shape, seed and index, so a simulated bureau can rebuild the person from it.

Shapes: A instalment loans, B unsecured lines, C lines on the credit report alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Literal, get_args

from underwriting.bureau.people_draw import NORMAL, UNKNOWN, Population, draw_quantities, population
from underwriting.bureau.people_names import FAMILY_NAMES, GIVEN_NAMES, STREETS, TOWNS
from underwriting.bureau.people_report import STATED, complete_report
from underwriting.bureau.people_risk import probability, true_log_odds

Shape = Literal["A", "B", "C"]
SHAPE_OF_LENDER: dict[str, Shape] = {"harbour": "A", "northgate": "B", "quarry": "C"}

NO_HIT_SHARE = 0.012
THIN_SHARE = 0.015
# A person's age is counted from here, so that people do not change from day to day.
ANCHOR = date(2026, 1, 1)
NATIONAL_ID = re.compile(r"G([ABC])-(\d{5})-(\d{8})-(\d{2})")
EMPLOYMENT = (
    ("salaried", 72),
    ("self_employed", 12),
    ("contract", 6),
    ("temporary", 3),
    ("casual", 2),
    ("retired", 3),
    ("benefit", 1),
    ("not_employed", 1),
)
APPLICATION_FACTS = ("requested_amount", "requested_term_months", "purpose")
PARTY_FACTS = ("annual_income", "employment_tenure_months", "housing")
AMOUNT_STEP = 2_500  # minor units: people ask for round amounts
# Bureau score at the shape's average risk, what one unit of log-odds costs, and the spread that the score does not explain.
SCORE_CENTRE, SCORE_SLOPE, SCORE_NOISE = 665.0, 42.0, 22.0


class NotAGeneratedPerson(ValueError):
    """The national id is not one that `national_id_for` makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedIdentity:
    given_name: str
    family_name: str
    birth_date: date
    national_id: str
    email: str
    telephone: str
    address_lines: tuple[str, ...]
    postcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedPerson:
    """Money in whole minor units. `report` is a credit report's body: fact -> number or {"absence": "NEVER" or
    "UNKNOWN"}. `bureau_score` is None without a record. `true_probability` is of default within
    the horizon of the shape's lender."""

    shape: Shape
    seed: int
    index: int
    identity: InventedIdentity
    stated_party: dict[str, int | str]
    stated_application: dict[str, int | str]
    report: dict[str, Any]
    bureau_score: int | None
    true_log_odds: float

    @property
    def true_probability(self) -> float:
        return probability(self.true_log_odds)

    def defaults(self, *, draw_seed: int, log_odds_shift: float = 0.0) -> bool:
        """An outcome drawn from the true risk; the shift makes a sample with more bads than the portfolio has."""
        drawn = Random(f"outcome|{draw_seed}|{self.shape}|{self.seed}|{self.index}").random()
        return drawn < probability(self.true_log_odds + log_odds_shift)


def person(seed: int, index: int, shape: Shape, *, people: Population | None = None) -> GeneratedPerson:
    """The person number `index` of the population `seed`; `people` replaces the committed statistics.

    Raises ValueError for arguments an id cannot carry.
    """
    national_id = national_id_for(seed, index, shape)
    people = people or population(shape)
    random = Random(f"person|{shape}|{seed}|{index}")
    values = draw_quantities(people, random)
    hit = random.random() >= NO_HIT_SHARE
    thin = random.random() < THIN_SHARE
    _round_off(values)
    report = complete_report(shape, values, random, is_hit=hit, is_thin=thin)
    log_odds = _log_odds(people, values, report) if hit else people.statistics["risk"]["no_record"]
    return GeneratedPerson(
        shape=shape,
        seed=seed,
        index=index,
        identity=invented_identity(
            seed,
            index,
            shape,
            oldest_account_months=report.get("oldest_account_age_months"),
            national_id=national_id,
        ),
        stated_party=_statements(shape, values, random),
        stated_application={name: values[name] for name in APPLICATION_FACTS if name in values},
        report=report,
        bureau_score=_bureau_score(people.statistics["mean_log_odds"], log_odds, random) if hit else None,
        true_log_odds=log_odds,
    )


def _log_odds(people: Population, values: dict[str, Any], report: dict[str, Any]) -> float:
    known = {name: None if value == UNKNOWN else value for name, value in report.items()}
    seen = {name: value if name in STATED else known.get(name) for name, value in values.items()}
    return true_log_odds(people.statistics["risk"], seen)


def national_id_for(seed: int, index: int, shape: Shape) -> str:
    """Shape, seed (0 to 99,999), index (0 to 99,999,999) and two check digits."""
    if shape not in get_args(Shape) or not 0 <= seed < 10**5 or not 0 <= index < 10**8:
        raise ValueError("a person has shape A, B or C, a seed below 100,000 and an index below 100,000,000")
    return f"G{shape}-{seed:05d}-{index:08d}-{_check_digits(seed, index, shape):02d}"


def person_from_national_id(national_id: str) -> GeneratedPerson:
    """Rebuild the person. Spaces, hyphens and case do not matter. Raises NotAGeneratedPerson."""
    plain = re.sub(r"[^0-9A-Z]", "", national_id.upper())
    match = NATIONAL_ID.fullmatch(f"{plain[:2]}-{plain[2:7]}-{plain[7:15]}-{plain[15:]}")
    if match is None:
        raise NotAGeneratedPerson("not the id of a generated person")
    shape, seed, index = _shape(match[1]), int(match[2]), int(match[3])
    if int(match[4]) != _check_digits(seed, index, shape):
        raise NotAGeneratedPerson("the check digits of the id do not fit")
    return person(seed, index, shape)


def invented_identity(
    seed: int,
    index: int,
    shape: Shape,
    *,
    oldest_account_months: object = None,
    national_id: str | None = None,
) -> InventedIdentity:
    """A name, an address and so on that belong to nobody; the birth date leaves room for the oldest account at 18."""
    random = Random(f"identity|{shape}|{seed}|{index}")
    given, family = random.choice(GIVEN_NAMES), random.choice(FAMILY_NAMES)
    youngest = 21 + (
        int(oldest_account_months) // 12 - 3 if isinstance(oldest_account_months, int | float) else 0
    )
    age_days = int(
        365.25 * random.triangular(max(21, youngest), max(78, youngest + 5), max(36, youngest + 2))
    )
    town, postcode = random.choice(TOWNS)
    return InventedIdentity(
        given_name=given,
        family_name=family,
        birth_date=ANCHOR - timedelta(days=age_days),
        national_id=national_id or national_id_for(seed, index, shape),
        email=f"{given}.{family}.{shape}{seed}-{index}@example.test".lower(),
        telephone=f"+1 555 01{random.randrange(100):02d} {random.randrange(1000):03d}",
        address_lines=(f"{random.randrange(1, 400)} {random.choice(STREETS)}", town),
        postcode=postcode,
    )


def _shape(letter: str) -> Shape:
    if letter == "A":
        return "A"
    return "B" if letter == "B" else "C"


def _check_digits(seed: int, index: int, shape: Shape) -> int:
    return 97 - (ord(shape) * 10**13 + seed * 10**8 + index) % 97


def _round_off(values: dict[str, Any]) -> None:
    if "requested_amount" in values:
        values["requested_amount"] = max(
            50_000, round(values["requested_amount"] / AMOUNT_STEP) * AMOUNT_STEP
        )
    if values.get("annual_income") is not None:
        values["annual_income"] = max(120_000, round(values["annual_income"] / 10_000) * 10_000)


def _statements(shape: Shape, values: dict[str, Any], random: Random) -> dict[str, int | str]:
    """What the person says of themselves. A shape that decides on the report alone asks for nothing."""
    if shape == "C":
        return {}
    stated: dict[str, int | str] = {
        name: values[name] for name in PARTY_FACTS if values.get(name) is not None
    }
    kinds, weights = zip(*EMPLOYMENT, strict=True)
    stated["employment_type"] = random.choices(kinds, weights)[0]
    housing_share = random.uniform(0.12, 0.28)
    income = values.get("annual_income")
    if shape == "B":
        stated |= {"housing": random.choices(("own", "mortgage", "rent", "other"), (20, 40, 37, 3))[0]}
        stated["employment_tenure_months"] = int(random.expovariate(1 / 70)) + 1
        if income is not None and values.get("debt_to_income_ratio") is not None:
            stated["monthly_obligations"] = round(values["debt_to_income_ratio"] * income / 12)
    elif income is not None:
        without = round((values.get("debt_to_income_without_mortgage_ratio") or 0) * income / 12)
        home = round(housing_share * income / 12) if stated.get("housing") in ("rent", "mortgage") else 0
        stated |= {"monthly_obligations_without_mortgage": without, "monthly_obligations": without + home}
    return stated


def _bureau_score(mean_log_odds: float, log_odds: float, random: Random) -> int:
    noise = NORMAL.inv_cdf(min(max(random.random(), 1e-9), 1 - 1e-9)) * SCORE_NOISE
    return int(min(850, max(300, round(SCORE_CENTRE - SCORE_SLOPE * (log_odds - mean_log_odds) + noise))))
