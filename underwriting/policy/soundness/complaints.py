"""All that is wrong with a document that reads well, and who shows it; also of what the plain checks say already. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from underwriting.facts.catalogue import catalogue
from underwriting.policy.conditions import leaves
from underwriting.policy.schema import Complaint, Fault, PolicyDocument, ShownBy
from underwriting.policy.soundness.directions import capped_person, direction_complaints, somebody_of
from underwriting.policy.soundness.persons import top_score
from underwriting.policy.soundness.prices import price_complaints
from underwriting.policy.soundness.rules import rule_complaints
from underwriting.policy.soundness.stand_ins import stand_in_complaints


def with_soundness(document: PolicyDocument, found: Sequence[Complaint]) -> list[Complaint]:
    """What the plain checks found, each with who shows it where somebody can, and what they cannot see."""
    ours = [
        *rule_complaints(document),
        *price_complaints(document),
        *stand_in_complaints(document),
        *direction_complaints(document),
    ]
    by_place = {complaint.place: complaint for complaint in ours if complaint.blocks}
    told = [_shown(document, complaint, by_place.get(complaint.place)) for complaint in found]
    places = {complaint.place for complaint in found}
    return told + [complaint for complaint in ours if not (complaint.blocks and complaint.place in places)]


def _shown(document: PolicyDocument, complaint: Complaint, same: Complaint | None) -> Complaint:
    """A plain complaint with its person: of the finding about the same place, or of what the place is."""
    if same is not None:
        return replace(complaint, fault=same.fault, person=same.person, other=same.other, about=same.about)
    parts = complaint.place.split("/")[1:]
    rule = document.rules[int(parts[1])] if parts[0] == "rules" and len(parts) > 1 else None
    if rule is not None and parts[-1] == "reason_code":
        person = somebody_of(document, int(parts[1]))
        return replace(complaint, fault=Fault.MISSING_CODE, person=person, about=(rule.id,))
    if rule is not None and parts[-1] == "fact":
        return _forbidden(document, complaint, rule.id)
    if complaint.place in ("/affordability/reason_code", "/line/reason_code"):
        return replace(complaint, fault=Fault.MISSING_CODE, person=capped_person(document))
    if parts[0] == "delegation":
        person = ShownBy({}, document.cut_offs.refer)
        return replace(complaint, fault=Fault.OVERRIDE_HOLE, person=person)
    return complaint


def _forbidden(document: PolicyDocument, complaint: Complaint, rule_id: str) -> Complaint:
    """Somebody whose file holds the field, beside the same person without it."""
    index, rule = next((i, rule) for i, rule in enumerate(document.rules) if rule.id == rule_id)
    fields = {c.fact: c.value for c in leaves(rule.when) if c.fact not in catalogue()}
    if fields:
        values = {name: value[0] if isinstance(value, tuple) else value for name, value in fields.items()}
        person: ShownBy | None = ShownBy(values, top_score(document))
    else:
        person = somebody_of(document, index)
    return replace(
        complaint,
        fault=Fault.FORBIDDEN,
        person=person,
        other=ShownBy({}, top_score(document)),
        about=(rule_id,),
    )
