"""Which credit report of each party an assessment used: the notice speaks of that one and of no other."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from explanations.notices.subject import BureauScore, ReportUsed
from underwriting.enums import DecisionStage
from underwriting.facts.values import Facts, FactSource, FactValue
from underwriting.models import Application, Assessment, BureauPull, CreditReport, Lender, Party
from underwriting.policy.types import FindingResult

CACHE_LIFETIME = timedelta(hours=24)
KEY_FACTORS_MAX = 4
ENQUIRY = re.compile(r"\b[ei]nquir", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """An assessment, and of whom and what it was made."""

    assessment: Assessment
    application: Application
    parties: Sequence[Party]
    facts: Facts


def reports_found(assessed: Sequence[Assessed]) -> list[dict[str, CreditReport]]:
    """For each assessment the stored report each party was assessed with, by public id; a party without one is left out.

    It is the application's own, or one kept from an earlier application under the same consent. Nothing that came after the
    assessment counts, nor a report of another moment than the frozen facts name; where they name none for a party, the
    bureau must not have been asked for this application in vain. Two queries, however many assessments.
    """
    if not assessed:
        return []
    rows = CreditReport.objects.filter(
        lender_id__in={one.assessment.lender_id for one in assessed},
        person_index__in={bytes(party.person_index) for one in assessed for party in one.parties},
        received_at__lte=max(one.assessment.created_at for one in assessed),
    ).order_by("-received_at", "-pk")
    of_person: dict[tuple[int, bytes], list[CreditReport]] = defaultdict(list)
    for row in rows:
        of_person[row.lender_id, bytes(row.person_index)].append(row)
    pulls = BureauPull.objects.filter(application__in={one.application.pk for one in assessed})
    # of several pulls on one party the first
    asked_at = dict(pulls.order_by("-intended_at").values_list("party_id", "intended_at"))
    return [_found(one, of_person=of_person, asked_at=asked_at) for one in assessed]


def _found(
    one: Assessed,
    *,
    of_person: Mapping[tuple[int, bytes], Sequence[CreditReport]],
    asked_at: Mapping[int, datetime],
) -> dict[str, CreditReport]:
    """`of_person` are the reports by lender and person, newest first; `asked_at` when the bureau was asked, by party."""
    made = one.assessment.created_at
    found = {}
    for party in one.parties:
        newest_first = [
            row
            for row in of_person.get((one.assessment.lender_id, bytes(party.person_index)), ())
            if row.received_at <= made
        ]
        own = [
            row
            for row in newest_first
            if row.party_id == party.pk and row.application_id == one.application.pk
        ]
        kept = [
            row
            for row in newest_first
            if row.consent_id == party.consent_id and row.received_at > made - CACHE_LIFETIME
        ]
        made_at = {fact.known_at for fact in _bureau_facts_of(party, one.facts)}
        was_asked = party.pk in asked_at and asked_at[party.pk] <= made
        report = _named(own or (kept if made_at or not was_asked else []), made_at=made_at)
        if report is not None:
            found[str(party.public_id)] = report
    return found


def _bureau_facts_of(party: Party, facts: Facts) -> Iterable[FactValue]:
    return (
        fact
        for fact in facts.values()
        if fact.source is FactSource.BUREAU and fact.party_id == str(party.public_id)
    )


def _named(newest_first: Sequence[CreditReport], *, made_at: set[datetime]) -> CreditReport | None:
    """The newest made at a moment the facts name; facts that all stem from the other party name none."""
    return next((row for row in newest_first if not made_at or row.reported_at in made_at), None)


def reports_used(
    found: Mapping[str, CreditReport], assessed: Assessed, *, lender: Lender
) -> dict[str, ReportUsed]:
    """What the notice says of each party's report, by public id; a party on whom no report was weighed is left out."""
    used = {}
    for party in assessed.parties:
        public_id = str(party.public_id)
        report = found.get(public_id)
        if report is not None:
            used[public_id] = ReportUsed(
                bureau=report.bureau,
                sent_along=report.pull_id is None,
                is_earlier=report.application_id != assessed.application.pk,
                has_file=report.body.get("bureau_hit_flag") != 0,
            )
        elif _weighed(assessed.facts, public_id):
            used[public_id] = ReportUsed(
                bureau=str(lender.bureau.get("name", "")), sent_along=False, is_earlier=False
            )
    return used


def _weighed(facts: Facts, party: str) -> bool:
    """Whether a fact of a report on this party is on file; one that names nobody may be anybody's."""
    return any(
        fact.source is FactSource.BUREAU and fact.value is not None and fact.party_id in (None, party)
        for fact in facts.values()
    )


def scores_used(
    found: Mapping[str, CreditReport], *, assessment: Assessment, facts: Facts, lender: Lender
) -> list[BureauScore]:
    """Each party's bureau score where a score played any part: the fallback rule, a rule that read it, or the model.

    The model plays none where a rule knocked the application out, although its score is explained there, too.
    """
    read_by_rule = any(
        "bureau_score" in finding["values"] and finding["result"] != FindingResult.NOT_CHECKED
        for finding in assessment.findings
    )
    contributions: Mapping[str, Any] = assessment.contributions or {}
    read_by_model = assessment.stage != DecisionStage.KNOCKOUT and any(
        share["fact"] == "bureau_score" for share in contributions.get("features", ())
    )
    score = facts.get("bureau_score")
    if (
        score is None
        or score.value is None
        or not (assessment.used_fallback or read_by_rule or read_by_model)
    ):
        return []
    return scores_on_file(found, lender=lender)


def scores_on_file(found: Mapping[str, CreditReport], *, lender: Lender) -> list[BureauScore]:
    """Each party's bureau score, whether or not it was used: what Form H-4 tells everybody who is approved.

    The range and how people rank are the bureau's model's: where the report does not say, the lender's settings do.
    """
    settings: Mapping[str, Any] = lender.bureau
    return [
        BureauScore(
            party=party,
            value=report.bureau_score,
            score_range=report.bureau_score_range or str(settings.get("score_range", "")),
            factors=key_factors(report.bureau_score_factors),
            made_at=report.reported_at,
            source=report.bureau,
            ranks_above=_rank(report.bureau_score, settings.get("score_ranks", ())),
        )
        for party, report in found.items()
        if report.bureau_score is not None
    ]


def key_factors(factors: Sequence[Any]) -> tuple[str, ...]:
    """At most four, as ordered by the bureau; enquiries further down are told as a fifth (15 USC 1681g(f)(9))."""
    told = [str(factor) for factor in factors]
    first, rest = told[:KEY_FACTORS_MAX], told[KEY_FACTORS_MAX:]
    if any(ENQUIRY.search(factor) for factor in first):
        return tuple(first)
    return (*first, *[factor for factor in rest if ENQUIRY.search(factor)][:1])


def _rank(value: int, ranks: Sequence[tuple[int, int]]) -> int | None:
    """Percent of scored people below this score: that of the highest step not above it."""
    return next((percent for score, percent in sorted(ranks, reverse=True) if score <= value), None)
