"""The sections of a draft beside its rules: which there are, the form of each, and what a template draws of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explanations.reason_codes.catalogue import current_catalogue, policy_codes
from frontend.risk.forms import CutOffsForm, PartForm
from frontend.risk.limit_forms import (
    AffordabilityForm,
    AuthorityForm,
    CounterofferForm,
    FallbackForm,
    LineForm,
    SegmentsForm,
    ServiceForm,
)
from frontend.risk.step_form import StepsForm
from frontend.risk.tier_forms import BaseTiers, TiersForm
from frontend.session.staff import StaffRequest
from underwriting.enums import ProductKind
from underwriting.models import PolicyVersion
from underwriting.moment import database_now
from underwriting.policy.leases import Held, leases_of
from underwriting.policy.parts import PARTS, part_complaints, part_sha256, with_format
from underwriting.policy.schema import PolicyDocument, parse_document


@dataclass(frozen=True, slots=True)
class Section:
    """`noun` completes "Save …" and "… saved."; `kinds` are the products whose policies have it."""

    key: str
    title: str
    noun: str
    prefix: str
    form: type[PartForm] | None
    hint: str = ""
    kinds: frozenset[ProductKind] = frozenset(ProductKind)

    @property
    def keys(self) -> tuple[str, ...]:
        """What of the document it is."""
        return PARTS[self.key]


LINES = frozenset(ProductKind) - {ProductKind.INSTALMENT}
SECTIONS: Mapping[str, Section] = {
    section.key: section
    for section in (
        Section("cut-offs", "Thresholds", "thresholds", "cut", CutOffsForm),
        Section("prices", "Price tiers", "price tiers", "tier", None, "From the highest score down"),
        Section("line", "Fitting a limit", "the fitting of limits", "line", LineForm, kinds=LINES),
        Section(
            "steps", "Largest steps", "largest steps", "step", StepsForm,
            "Between two people one point of score apart",
        ),
        Section(
            "affordability", "Affordability", "affordability", "cap", AffordabilityForm,
            "Of the offer itself, after pricing",
        ),
        Section(
            "counteroffer", "Counteroffer", "counteroffer", "counter", CounterofferForm,
            kinds=frozenset({ProductKind.INSTALMENT}),
        ),
        Section("fallback", "Fallback", "fallback", "late", FallbackForm),
        Section("authority", "Authority", "authority", "people", AuthorityForm, "How far officers decide alone"),
        Section("sla", "Service level", "service level", "sla", ServiceForm),
        Section("segments", "Approved segments", "segments", "segment", SegmentsForm, "Where the product is offered"),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section as a template draws it; `held` is the lease of whoever works on it, `is_mine` where that is the reader."""

    section: Section
    form: Any
    sha256: str
    held: Held | None = None
    is_mine: bool = False
    is_changed: bool = False

    @property
    def has_error(self) -> bool:
        return self.is_changed or has_errors(self.form)

    @property
    def error_forms(self) -> list[Any]:
        return list(self.form.forms) if isinstance(self.form, BaseTiers) else [self.form]


def readable_parts(document: Mapping[str, Any]) -> PolicyDocument:
    """The document without its rules: what the forms of the sections are filled from. Raises PolicyRefused."""
    return parse_document({**document, "rules": []})


def section_form(section: Section, document: PolicyDocument, data: Any = None) -> Any:
    """The form of a section, filled from the document or from what was posted."""
    if section.form is None:
        is_line = document.product_kind is not ProductKind.INSTALMENT
        return TiersForm(
            data,
            initial=BaseTiers.values_of(document),
            prefix=section.prefix,
            form_kwargs={"is_line": is_line},
        )
    values_of: Any = section.form
    return section.form(data, initial=values_of.values_of(document), prefix=section.prefix)


def read_into(
    section: Section, form: Any, document: Mapping[str, Any], lender_id: int
) -> dict[str, Any] | None:
    """The document with what was typed in a section; None where it cannot be read or makes no sense, which the form then says."""
    if not form.is_valid():
        return None
    changed: dict[str, Any] = dict(document)
    form.write(changed)
    changed = with_format(changed)
    codes = policy_codes(current_catalogue(lender_id))
    for complaint in part_complaints(changed, section.key, reason_codes=codes):
        form.add_complaint(complaint.place, complaint.message)
    return None if has_errors(form) else changed


def has_errors(form: PartForm | BaseTiers) -> bool:
    """Whether any field, row or the form itself complains."""
    if isinstance(form, BaseTiers):
        return any(row.errors for row in form.forms) or bool(form.non_form_errors())
    return bool(form.errors)


def section_views(
    request: StaffRequest, draft: PolicyVersion, given: SectionView | None = None
) -> list[SectionView]:
    """Every section the draft has, in order; `given` takes the place of its own."""
    document = readable_parts(draft.document)
    leases = leases_of(draft, database_now())
    return [
        given
        if given is not None and given.section is section
        else section_view(request, draft, section, section_form(section, document), leases)
        for section in SECTIONS.values()
        if document.product_kind in section.kinds
    ]


def section_view(
    request: StaffRequest, draft: PolicyVersion, section: Section, form: Any, leases: Mapping[str, Held]
) -> SectionView:
    held = leases.get(section.key)
    return SectionView(
        section=section,
        form=form,
        sha256=part_sha256(draft.document, section.key),
        held=held,
        is_mine=held is not None and held.holder_id == request.user.pk,
        is_changed=form.is_bound
        and request.POST.get("sha256", "") != part_sha256(draft.document, section.key),
    )
