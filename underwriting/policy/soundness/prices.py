"""Price grid, cut-offs and limits: order, gaps, tiers nobody reaches, prices against risk, cliffs. Pure; the live pricing works them out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from underwriting.enums import ProductKind
from underwriting.policy.pricing import fit_line, tier_for
from underwriting.policy.schema import Complaint, Fault, LineLimit, PolicyDocument, PriceTier, ShownBy
from underwriting.policy.soundness.persons import live_facts, top_score
from underwriting.policy.words import money_in_words, rate_in_words

LARGE_INCOME_MINOR = 10_000_000_000


def price_complaints(document: PolicyDocument) -> Iterator[Complaint]:
    """Of tiers, cut-offs, limits and the steps between them."""
    yield from _order(document)
    yield from _unreached(document)
    yield from _unpriced(document)
    yield from _against_risk(document)
    if document.line is not None:
        yield from _no_limit(document)
    yield from _cliffs(document)


def _order(document: PolicyDocument) -> Iterator[Complaint]:
    cut_offs = document.cut_offs
    if cut_offs.refer > cut_offs.approve:
        yield Complaint(
            "/cut_offs/refer",
            "The referral cut-off must not be above the approval cut-off.",
            True,
            Fault.ORDER,
            ShownBy({}, cut_offs.approve),
        )
    for index, (better, worse) in enumerate(pairwise(document.price_grid), start=1):
        if worse.score_from >= better.score_from:
            yield Complaint(
                f"/price_grid/{index}/score_from",
                f"Tiers go from the highest score down: it must be below {better.score_from}.",
                True,
                Fault.ORDER,
                ShownBy({}, worse.score_from),
                None,
                (worse.name, better.name),
            )


def _unreached(document: PolicyDocument) -> Iterator[Complaint]:
    """Tiers wholly below the scores that are declined."""
    refer = document.cut_offs.refer
    for index, (better, tier) in enumerate(pairwise(document.price_grid), start=1):
        if tier.score_from < better.score_from <= refer:
            yield Complaint(
                f"/price_grid/{index}",
                f"Tier {tier.name} is never reached: its scores, below {better.score_from}, are declined below {refer}.",
                False,
                Fault.DEAD,
                ShownBy({}, better.score_from - 1),
                None,
                (tier.name,),
            )


def _unpriced(document: PolicyDocument) -> Iterator[Complaint]:
    last = document.price_grid[-1]
    lowest = min(tier.score_from for tier in document.price_grid)
    if lowest > document.cut_offs.refer:
        yield Complaint(
            f"/price_grid/{len(document.price_grid) - 1}/score_from",
            f"There is a gap: scores from {document.cut_offs.refer} to {last.score_from - 1} can be approved but have no price.",
            True,
            Fault.GAP,
            ShownBy({}, lowest - 1),
            None,
            (last.name,),
        )


def _against_risk(document: PolicyDocument) -> Iterator[Complaint]:
    for index, (better, worse) in enumerate(pairwise(document.price_grid), start=1):
        if worse.score_from >= better.score_from:
            continue
        pair = (ShownBy({}, better.score_from), ShownBy({}, better.score_from - 1))
        about = (worse.name, better.name)
        if worse.annual_rate_bps < better.annual_rate_bps:
            yield Complaint(
                f"/price_grid/{index}/annual_rate_bps",
                "A lower score must not get a lower rate than the tier above.",
                True,
                Fault.PRICE_AGAINST_RISK,
                *pair,
                about,
            )
        income = _income_that_shows(document, better, worse)
        if income is not None:
            person, other = (ShownBy({"annual_income": income}, one.score) for one in pair)
            yield Complaint(
                f"/price_grid/{index}/limit",
                "A lower score must not get a higher limit than the tier above, nor another kind.",
                True,
                Fault.PRICE_AGAINST_RISK,
                person,
                other,
                about,
            )


def _income_that_shows(document: PolicyDocument, better: PriceTier, worse: PriceTier) -> int | None:
    """A yearly income at which the worse tier gives more; None where there is none."""
    for income in _incomes(document, better, worse):
        limits = [_limit(document, tier, income) for tier in (better, worse)]
        if limits[0] < limits[1]:
            return income
    return None


def _incomes(document: PolicyDocument, *tiers: PriceTier) -> list[int]:
    """Yearly incomes at which a limit changes how it grows, and a large one."""
    found = {LARGE_INCOME_MINOR, 1_200_000, 6_000_000}
    for tier in tiers:
        limit = tier.limit
        if limit is not None and limit.monthly_income_multiple and limit.maximum_minor:
            # A twelfth of it times the multiple is the maximum: from here on more income gives no more.
            found.add(int(12 * limit.maximum_minor / limit.monthly_income_multiple) + 12)
    line = document.line
    if line is not None:
        for tier in tiers:
            if tier.limit is not None and tier.limit.monthly_income_multiple:
                found.add(int(12 * line.minimum_minor / tier.limit.monthly_income_multiple) + 12)
    return sorted(income for income in found if income <= LARGE_INCOME_MINOR)


def _limit(document: PolicyDocument, tier: PriceTier, annual_income: int) -> int:
    """The live limit at an income, nothing owed: 0 where it is under the minimum, or this is no line."""
    if document.line is None or not _is_whole(tier.limit):
        return 0
    fit = fit_line(document, tier, live_facts(ShownBy({"annual_income": annual_income}), is_line=True))
    return 0 if fit.is_under_minimum else fit.limit_minor


def _is_whole(limit: LineLimit | None) -> bool:
    if limit is None:
        return False
    return limit.amount_minor is not None or (
        limit.monthly_income_multiple is not None and limit.maximum_minor is not None
    )


def _no_limit(document: PolicyDocument) -> Iterator[Complaint]:
    """Tiers whose limit is under the line's minimum whatever somebody earns."""
    if document.line is None:
        return
    smallest = money_in_words(document.line.minimum_minor, document.currency)
    for index, tier in enumerate(document.price_grid):
        if _is_whole(tier.limit) and not _limit(document, tier, LARGE_INCOME_MINOR):
            yield Complaint(
                f"/price_grid/{index}/limit",
                f"There is a gap: tier {tier.name} gives nobody a limit of {smallest} or more, so it only declines.",
                True,
                Fault.GAP,
                ShownBy({"annual_income": LARGE_INCOME_MINOR}, _score_in(document, tier)),
                None,
                (tier.name,),
            )


def _score_in(document: PolicyDocument, tier: PriceTier) -> int:
    """A score of this tier, above the cut-offs where it has one."""
    above = [other.score_from for other in document.price_grid if other.score_from > tier.score_from]
    best = top_score(document) if not above else min(above) - 1
    return max(best, tier.score_from)


def _cliffs(document: PolicyDocument) -> Iterator[Complaint]:
    allowed = document.steps
    if allowed is None:
        return
    for index, (better, worse) in enumerate(pairwise(document.price_grid), start=1):
        if better.score_from <= max(worse.score_from, document.cut_offs.refer):
            continue
        pair = (ShownBy({}, better.score_from - 1), ShownBy({}, better.score_from))
        about = (worse.name, better.name)
        step = worse.annual_rate_bps - better.annual_rate_bps
        if allowed.rate_bps_max is not None and step > allowed.rate_bps_max:
            yield Complaint(
                f"/price_grid/{index}/annual_rate_bps",
                f"One point below {better.score_from} the rate rises by {rate_in_words(step)} points; "
                f"the policy allows {rate_in_words(allowed.rate_bps_max)}.",
                True,
                Fault.CLIFF,
                *pair,
                about,
            )
        yield from _limit_cliff(document, index, pair, (better, worse))


def _limit_cliff(
    document: PolicyDocument, index: int, pair: tuple[ShownBy, ShownBy], tiers: tuple[PriceTier, PriceTier]
) -> Iterator[Complaint]:
    most = document.steps.limit_minor_max if document.steps is not None else None
    if most is None or document.product_kind is ProductKind.INSTALMENT:
        return
    better, worse = tiers
    steps = {i: _limit(document, better, i) - _limit(document, worse, i) for i in _incomes(document, *tiers)}
    income = max(steps, key=lambda i: (steps[i], -i))
    if steps[income] <= most or tier_for(document, better.score_from) is not better:
        return
    person, other = (ShownBy({"annual_income": income}, one.score) for one in pair)
    yield Complaint(
        f"/price_grid/{index}/limit",
        f"One point below {better.score_from} the limit falls by {money_in_words(steps[income], document.currency)}; "
        f"the policy allows {money_in_words(most, document.currency)}.",
        True,
        Fault.CLIFF,
        person,
        other,
        (worse.name, better.name),
    )
