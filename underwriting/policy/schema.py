"""The policy document: one JSON object that says everything a lender's policy may say about one product.

Free text is not accepted anywhere a rule is meant: a condition is a fact, an operator, a value, and what an absent fact means.
Money is whole minor units, rates are basis points a year, ratios are plain numbers, scores are whole points.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from underwriting.enums import ProductKind, Role

MAX_RULES = 200
MAX_TIERS = 30
MAX_GROUP_MEMBERS = 30
MAX_DOCUMENT_BYTES = 1_000_000  # 200 rules of 30 conditions take about 900,000

Minor = Annotated[int, Field(ge=0, le=100_000_000_000)]
Ratio = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
Score = Annotated[int, Field(ge=-5_000, le=5_000)]
Bps = Annotated[int, Field(ge=0, le=100_000)]
Months = Annotated[int, Field(ge=1, le=600)]


class Part(BaseModel):
    """Base of all parts: unknown fields are errors, no silent conversion, frozen."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class IfAbsent(StrEnum):
    """What a condition says about a fact that is not there: `passes` counts for the applicant, `fails` against."""

    PASSES = "passes"
    FAILS = "fails"
    REFERS = "refers"


class RuleKind(StrEnum):
    KNOCKOUT = "KNOCKOUT"  # declines when its condition holds
    REVIEW = "REVIEW"  # refers when its condition holds


class RuleSource(StrEnum):
    LAW = "LAW"
    FRAUD = "FRAUD"
    RISK_APPETITE = "RISK_APPETITE"
    OPERATIONS = "OPERATIONS"


Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
OPERATORS: tuple[str, ...] = ("==", "!=", "<", "<=", ">", ">=", "in", "not in")


class Condition(Part):
    """Holds when `fact operator value`. An absent fact follows `if_absent`; one that never happened follows `if_never`."""

    fact: str
    operator: Operator
    value: int | float | str | Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]
    if_absent: IfAbsent
    if_never: IfAbsent = IfAbsent.PASSES


class AllOf(Part):
    """Holds when every member holds."""

    all: Annotated[tuple[Node, ...], Field(min_length=1, max_length=MAX_GROUP_MEMBERS)]


class AnyOf(Part):
    """Holds when at least one member holds."""

    any: Annotated[tuple[Node, ...], Field(min_length=1, max_length=MAX_GROUP_MEMBERS)]


def _node_kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "<all>" if "all" in value else "<any>" if "any" in value else "<condition>"
    return "<all>" if isinstance(value, AllOf) else "<any>" if isinstance(value, AnyOf) else "<condition>"


# There is no `not`: every operator has its opposite, and without it a tree is monotone in what its leaves say.
Node = Annotated[
    Annotated[AllOf, Tag("<all>")]
    | Annotated[AnyOf, Tag("<any>")]
    | Annotated[Condition, Tag("<condition>")],
    Discriminator(_node_kind),
]


class Rule(Part):
    """A knock-out or review rule. `priority`: the lower, the earlier among reasons and referral sentences.

    `review_on`: the day by which somebody looks whether the rule is still wanted; it decides nothing.
    """

    id: Annotated[str, Field(pattern=r"^[A-Z]{1,3}-[0-9]{2,4}$")]
    kind: RuleKind
    name: Annotated[str, Field(min_length=3, max_length=80)]
    when: Node
    reason_code: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}$")] | None = None
    priority: Annotated[int, Field(ge=1, le=999)] = 100
    owner: Annotated[str, Field(min_length=2, max_length=80)]
    source: RuleSource
    reason: Annotated[str, Field(max_length=400)] = ""
    review_on: date | None = None


class CutOffs(Part):
    """Score >= approve approves; refer <= score < approve refers; below refer declines. The grey band is empty when equal."""

    approve: Score
    refer: Score


class LineLimit(Part):
    """The limit of a line in one tier: a fixed amount, or a multiple of monthly income with a maximum."""

    amount_minor: Minor | None = None
    monthly_income_multiple: Ratio | None = None
    maximum_minor: Minor | None = None


class PriceTier(Part):
    """Price, and for lines the limit, from this score up to the next tier."""

    name: Annotated[str, Field(min_length=1, max_length=20)]
    score_from: Score
    annual_rate_bps: Bps
    limit: LineLimit | None = None


class Line(Part):
    """How a line's limit is fitted: rounded down to whole steps, declined with `reason_code` when it would be under the minimum."""

    minimum_minor: Minor
    step_minor: Annotated[int, Field(ge=1, le=10_000_000)]
    assumed_payment_ratio: Ratio | None = None  # monthly payment assumed on a full limit, as a share of it
    reason_code: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}$")]


class Affordability(Part):
    """Caps on the payment of the offer itself, after pricing, compared with monthly income."""

    instalment_to_income_max: Ratio | None = None
    debt_service_max: Ratio | None = None
    reason_code: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}$")]


class Counteroffer(Part):
    """Bounds within which a smaller or differently timed loan may be offered instead of a decline."""

    allowed: bool
    minimum_amount_minor: Minor = 0
    minimum_share_of_requested: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    terms_months: Annotated[
        tuple[Months, ...], Field(max_length=24)
    ] = ()  # empty: any term of the offer grid


class Segments(Part):
    """Where the product is offered at all. An empty list means everywhere."""

    channels: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    purposes: Annotated[tuple[str, ...], Field(max_length=50)] = ()


class Fallback(Part):
    """Answers when the model is late: approves inside these bounds at the named tier's price, else refers; never declines."""

    bureau_score_min: Annotated[int, Field(ge=300, le=900)]
    loan_to_income_max: Ratio
    amount_max_minor: Minor
    price_tier: str


class ServiceLevel(Part):
    working_minutes: Annotated[int, Field(ge=1, le=100_000)]


class Delegation(Part):
    """What beside the amount a role may decide alone.

    `price_tiers`: the tiers at which a role approves alone; a role that is not named, at every tier. `override_minor`: the largest
    amount at which a role may be the second approver of an override; a role that is not named, as far as its amount goes.
    `exception_rules`: review rules in spite of which an approval is an exception to the policy, and takes two people.
    """

    price_tiers: dict[Role, Annotated[tuple[str, ...], Field(max_length=MAX_TIERS)]] = {}
    override_minor: dict[Role, Minor] = {}
    exception_rules: Annotated[tuple[str, ...], Field(max_length=MAX_RULES)] = ()


class Steps(Part):
    """The largest step that one point of score may make: of the yearly rate, and of a line's limit. None: not bounded."""

    rate_bps_max: Bps | None = None
    limit_minor_max: Minor | None = None


class PolicyDocument(Part):
    """A whole policy. `authority_minor`: the largest amount each role may decide alone on a referral.

    Format 2 may carry `delegation` and `steps`; a document of format 1 reads as it always did.
    """

    format: Literal[1, 2]
    product_kind: ProductKind
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    cut_offs: CutOffs
    rules: Annotated[tuple[Rule, ...], Field(max_length=MAX_RULES)]
    price_grid: Annotated[tuple[PriceTier, ...], Field(min_length=1, max_length=MAX_TIERS)]
    line: Line | None = None
    affordability: Affordability | None = None
    counteroffer: Counteroffer
    segments: Segments = Segments()
    fallback: Fallback | None = None
    authority_minor: dict[Role, Minor]
    delegation: Delegation | None = None
    steps: Steps | None = None
    sla: ServiceLevel


class Fault(StrEnum):
    """What kind of mistake a complaint is about, where a person can show it."""

    DUPLICATE = "DUPLICATE"
    DEAD = "DEAD"
    GAP = "GAP"
    OVERLAP = "OVERLAP"
    ORDER = "ORDER"
    MISSING_CODE = "MISSING_CODE"
    FORBIDDEN = "FORBIDDEN"
    PRICE_AGAINST_RISK = "PRICE_AGAINST_RISK"
    INCOME_HURTS = "INCOME_HURTS"
    LATE_PAYMENT_HELPS = "LATE_PAYMENT_HELPS"
    SAFER_HURTS = "SAFER_HURTS"  # any other fact on its safer side: less debt, fewer enquiries
    CLIFF = "CLIFF"
    OVERRIDE_HOLE = "OVERRIDE_HOLE"


@dataclass(frozen=True, slots=True)
class ShownBy:
    """A person who shows a fault in the live engine.

    `facts` in the catalogue's units, an absence by its name; what is not listed is as safe as it can be. `score` at the terms
    asked for; None: the model scores the facts, which are complete then. `price_tier`: of an approval that a person makes.
    """

    facts: Mapping[str, int | float | str]
    score: int | None = None
    price_tier: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"facts": dict(self.facts), "score": self.score, "price_tier": self.price_tier}

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> ShownBy | None:
        return None if data is None else cls(data["facts"], data["score"], data["price_tier"])


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something wrong with a document. `place` is a JSON pointer; `blocks` False: a warning that needs a reason, no stop.

    `person` shows it, where one can; `other` is the person to compare with, who should not fare better. `about`: the ids of
    the rules, or the names of the price tiers, that have to do with it, first the one complained about.
    """

    place: str
    message: str
    blocks: bool = True
    fault: Fault | None = None
    person: ShownBy | None = None
    other: ShownBy | None = None
    about: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "place": self.place, "message": self.message, "blocks": self.blocks, "fault": self.fault and self.fault.value,
            "person": self.person and self.person.to_json(), "other": self.other and self.other.to_json(), "about": list(self.about),
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Complaint:
        return cls(
            place=data["place"],
            message=data["message"],
            blocks=data["blocks"],
            fault=Fault(data["fault"]) if data["fault"] else None,
            person=ShownBy.from_json(data["person"]),
            other=ShownBy.from_json(data["other"]),
            about=tuple(data["about"]),
        )


class PolicyRefused(ValueError):
    """A document that cannot be a policy. Holds every complaint, not only the first."""

    def __init__(self, complaints: list[Complaint]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("; ".join(f"{c.place}: {c.message}" for c in complaints))


_MESSAGES = {
    "missing": "This is required.",
    "extra_forbidden": "This field is not known here.",
    "int_type": "Enter a whole number.",
    "int_parsing": "Enter a whole number.",
    "float_type": "Enter a number.",
    "string_type": "Enter text.",
}


def parse_document(document: Mapping[str, Any]) -> PolicyDocument:
    """Read a document. Raises PolicyRefused with every place that is wrong."""
    try:
        text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise PolicyRefused([Complaint("", f"This is not a JSON document: {error}")]) from error
    if len(text) > MAX_DOCUMENT_BYTES:
        raise PolicyRefused([Complaint("", f"A policy document holds at most {MAX_DOCUMENT_BYTES:,} bytes.")])
    try:
        return PolicyDocument.model_validate_json(text)
    except ValidationError as error:
        raise PolicyRefused(list(_complaints(error))) from error


def _complaints(error: ValidationError) -> Iterator[Complaint]:
    seen = set()
    for item in error.errors(include_url=False, include_context=False):
        branches = [p for p in item["loc"] if isinstance(p, str) and _is_branch(p)]
        place = "/" + "/".join(str(p) for p in item["loc"] if p not in branches)
        if branches and not branches[-1].startswith("<"):
            # One complaint for the place, not one for each kind of value it could have been.
            message = "Enter a number, a word from the list, or a list of such words."
        else:
            message = _MESSAGES.get(item["type"], item["msg"].rstrip(".") + ".")
        if (place, message) not in seen:
            seen.add((place, message))
            yield Complaint(place, message)


def _is_branch(part: str) -> bool:
    """Names pydantic puts into a place for the member of a union it tried."""
    return part.startswith("<") or part in ("int", "float", "str") or "[" in part
