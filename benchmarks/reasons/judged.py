"""What the pipeline wrote, counted: proofs as stored, and every printed sentence held against its source row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.checker.claims import Phrasebook
from benchmarks.checker.judge import Checker, Reference, Verdict, source_of
from benchmarks.reasons.recourse import has_way
from benchmarks.reasons.rows import Chosen
from benchmarks.reasons.shares import Tally
from explanations.models import Notice
from underwriting.enums import DecisionStage, Outcome
from underwriting.models import Assessment

CHUNK = 500
TOLD = (Outcome.DECLINE, Outcome.COUNTEROFFER)
CATALOGUE = "catalogue"


@dataclass
class Judged:
    """Tallies by lender, the same with each sentence held against another applicant's row, and what was found untrue."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    elsewhere: dict[str, Tally] = field(default_factory=dict)
    complaints: Counter[str] = field(default_factory=Counter)
    factors: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    declined: dict[int, Chosen] = field(default_factory=dict)


def judge_all(sent: Mapping[int, Chosen]) -> Judged:
    """Count everything that the score declined or countered among these applications."""
    found = Judged()
    checkers: dict[tuple[int, int], Checker] = {}
    others = _neighbours(sent)
    for row, printed in _assessed(list(sent)):
        chosen = sent[row.application_id]
        found.outcomes[f"{chosen.lender} {row.outcome} {row.stage}".strip()] += 1
        if row.stage != DecisionStage.SCORE or row.outcome not in TOLD:
            continue
        found.declined[row.application_id] = chosen
        tally = found.tallies.setdefault(chosen.lender, Tally())
        elsewhere = found.elsewhere.setdefault(chosen.lender, Tally())
        _count_proof(tally, row, chosen)
        for failure in row.proof.results["failed"]:
            found.held[f"{chosen.lender} {failure['test']}: {failure['sentence']}"] += 1
        checker = _checker(row, checkers)
        other = others[row.application_id]
        stranger = source_of(other.text, other.document)
        for reason in row.reasons:
            verdict = _verdict(checker, reason, chosen, printed)
            _count_sentence(tally, verdict)
            _count_sentence(elsewhere, checker.check(reason["text"], reason["detail"], stranger))
            if not verdict.is_true:
                found.complaints[f"{chosen.lender} {reason['code']}: {verdict.why}"] += 1
            if verdict.kind != CATALOGUE:
                found.factors[f"{chosen.lender} {reason['code']} {reason['text']}"] += 1
    return found


def _assessed(ids: Sequence[int]) -> Iterator[tuple[Assessment, str]]:
    """First assessments with their proof, and the text of the notice that was frozen for each."""
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        notices = dict(
            Notice.objects.filter(application_id__in=part)
            .order_by("number")
            .values_list("application_id", "snapshot")
        )
        rows = Assessment.objects.filter(application_id__in=part, number=1)
        for row in rows.select_related("proof", "reference_sample", "reason_catalogue").order_by("id"):
            yield row, json.dumps(notices.get(row.application_id, ""), ensure_ascii=False)


def _count_proof(tally: Tally, row: Assessment, chosen: Chosen) -> None:
    proof = row.proof
    tally.declines += 1
    tally.trained_on += chosen.was_training
    tally.additive += bool(proof.is_additive)
    tally.held += not proof.passed
    tally.shown_a_way += has_way(row)
    tally.tried += proof.tried_count
    tally.fell += proof.fell_count
    if proof.all_reaches is not None and proof.lot_reaches is not None:
        tally.repaired += 1
        tally.all_reach += proof.all_reaches
        tally.lot_reach += proof.lot_reaches


def _count_sentence(tally: Tally, verdict: Verdict) -> None:
    tally.sentences += 1
    tally.true += verdict.is_true
    tally.as_sentence += verdict.kind == CATALOGUE


def _verdict(checker: Checker, reason: Mapping[str, str], chosen: Chosen, printed: str) -> Verdict:
    """A sentence that the notice does not print has been checked for nothing."""
    if json.dumps(reason["text"], ensure_ascii=False)[1:-1] not in printed:
        return Verdict(False, "unread", "the notice does not print it")
    return checker.check(reason["text"], reason["detail"], source_of(chosen.text, chosen.document))


def _checker(row: Assessment, known: dict[tuple[int, int], Checker]) -> Checker:
    sample, catalogue = row.reference_sample, row.reason_catalogue
    if sample is None or catalogue is None:
        raise ValueError(f"assessment {row.pk} names no reference sample or no catalogue")
    key = (sample.pk, catalogue.pk)
    if key not in known:
        known[key] = Checker(Phrasebook(catalogue.document), Reference(sample.columns, sample.rows))
    return known[key]


def _neighbours(sent: Mapping[int, Chosen]) -> dict[int, Chosen]:
    """For each application the next one of the same lender: whose row a true sentence should mostly not fit."""
    by_lender: dict[str, list[int]] = {}
    for key, chosen in sent.items():
        by_lender.setdefault(chosen.lender, []).append(key)
    return {
        key: sent[keys[(place + 1) % len(keys)]]
        for keys in by_lender.values()
        for place, key in enumerate(keys)
    }
