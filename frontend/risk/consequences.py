"""What putting a version in force does, as sentences that whoever does it ticks one by one."""

from __future__ import annotations

from collections.abc import Iterator

from explanations.reason_codes.catalogue import current_catalogue, policy_codes
from frontend.risk.words import changes_between, plural
from review_queue.models import ReviewCase
from underwriting.enums import CaseState
from underwriting.models import PolicyVersion
from underwriting.policy.check import KnownReasonCode
from underwriting.policy.schema import PolicyDocument, PolicyRefused, parse_document


def consequences(version: PolicyVersion, live: PolicyVersion | None) -> list[str]:
    """One sentence each, for exactly this change."""
    sentences = [f"From that moment new applications are assessed with v{version.number}."]
    if live is not None:
        changed = len(changes_between(live.document, version.document))
        sentences.append(
            f"v{live.number} ends then. Between the two there {'is' if changed == 1 else 'are'} {plural(changed, 'change', 'changes')}."
        )
        sentences.append(_open_cases_in_words(version))
    sentences.append("Going back means a new version that somebody approves again.")
    if live is not None:
        sentences += _reasons_in_words(version, live)
    return sentences


def _open_cases_in_words(version: PolicyVersion) -> str:
    count = ReviewCase.objects.filter(
        application__product_id=version.policy.product_id, state__in=(CaseState.OPEN, CaseState.DECIDED)
    ).count()
    if count == 0:
        return "There are no open cases."
    keep = (
        "1 open case keeps the version it was"
        if count == 1
        else f"{count:,} open cases keep the version they were"
    )
    return f"{keep} assessed with; a new assessment uses v{version.number}."


def _reasons_in_words(version: PolicyVersion, live: PolicyVersion) -> Iterator[str]:
    """What notices can say because of a rule that they could not before, and the other way round."""
    try:
        before, after = (reasons_of(parse_document(one.document)) for one in (live, version))
    except PolicyRefused:
        return  # nobody puts in force what cannot be read
    known = policy_codes(current_catalogue(version.policy.lender_id))
    if after - before:
        yield f"Rules give these reasons from then on: {_named(after - before, known)}."
    if before - after:
        yield f"Rules give these reasons no more: {_named(before - after, known)}."


def reasons_of(document: PolicyDocument) -> set[str]:
    """The reason codes that a policy can give by itself: of its rules, its caps and the fitting of a limit."""
    parts = [part for part in (document.affordability, document.line, *document.rules) if part is not None]
    return {part.reason_code for part in parts if part.reason_code is not None}


def _named(codes: set[str], known: dict[str, KnownReasonCode]) -> str:
    return ", ".join(f"“{known[code].name}” ({code})" if code in known else code for code in sorted(codes))
