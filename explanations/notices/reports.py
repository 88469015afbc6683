"""Which credit report of each party an assessment used: the notice speaks of that one and of no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from explanations.notices.snapshot import BureauScore, ReportUsed
from underwriting.facts.values import Facts, FactSource, FactValue
from underwriting.models import Application, Assessment, BureauPull, CreditReport, Lender, Party
from underwriting.policy.types import FindingResult

CACHE_LIFETIME = timedelta(hours=24)


def reports_found(
    *, assessment: Assessment, application: Application, parties: Sequence[Party], facts: Facts
) -> dict[str, CreditReport]:
    """The stored report each party was assessed with, by public id; a party without one is left out.

    It is the application's own, or one kept from an earlier application under the same consent. Nothing that came after the
    assessment counts, nor a report of another moment than the frozen facts name; where they name none for a party, the
    bureau must not have been asked for this application in vain.
    """
    rows = CreditReport.objects.filter(
        lender_id=assessment.lender_id,
        person_index__in=[bytes(party.person_index) for party in parties],
        received_at__lte=assessment.created_at,
    ).order_by("-received_at", "-pk")
    newest_first = list(rows)
    pulled = set(
        BureauPull.objects.filter(
            application=application, intended_at__lte=assessment.created_at
        ).values_list("party_id", flat=True)
    )
    since = assessment.created_at - CACHE_LIFETIME
    found = {}
    for party in parties:
        own = [
            row for row in newest_first if row.party_id == party.pk and row.application_id == application.pk
        ]
        kept = [
            row
            for row in newest_first
            if bytes(row.person_index) == bytes(party.person_index)
            and row.consent_id == party.consent_id
            and row.received_at > since
        ]
        made_at = {fact.known_at for fact in _bureau_facts_of(party, facts)}
        report = _named(own or (kept if made_at or party.pk not in pulled else []), made_at=made_at)
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
    found: Mapping[str, CreditReport],
    *,
    application: Application,
    parties: Sequence[Party],
    facts: Facts,
    lender: Lender,
) -> dict[str, ReportUsed]:
    """What the notice says of each party's report, by public id; a party on whom no report was weighed is left out."""
    used = {}
    for party in parties:
        public_id = str(party.public_id)
        report = found.get(public_id)
        if report is not None:
            used[public_id] = ReportUsed(
                bureau=report.bureau,
                sent_along=report.pull_id is None,
                is_earlier=report.application_id != application.pk,
            )
        elif _weighed(facts, public_id):
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
    found: Mapping[str, CreditReport], *, assessment: Assessment, facts: Facts
) -> list[BureauScore]:
    """Each party's bureau score where a score played any part: the fallback rule, or a rule that read it."""
    read_by_rule = any(
        "bureau_score" in finding["values"] and finding["result"] != FindingResult.NOT_CHECKED
        for finding in assessment.findings
    )
    score = facts.get("bureau_score")
    if score is None or score.value is None or not (assessment.used_fallback or read_by_rule):
        return []
    return [
        BureauScore(
            party=party,
            value=report.bureau_score,
            score_range=report.bureau_score_range,
            factors=tuple(str(factor) for factor in report.bureau_score_factors[:5]),
            made_at=report.reported_at,
            source=report.bureau,
        )
        for party, report in found.items()
        if report.bureau_score is not None
    ]
