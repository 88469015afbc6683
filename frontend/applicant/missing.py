"""What an incomplete application still needs, answered on one page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from explanations.notices.selectors import incompleteness_notice
from frontend.applicant.access import Visit, own_page
from frontend.applicant.entry import UNPROCESSABLE
from frontend.applicant.tasks import answerable, missing_items
from underwriting.enums import ApplicationStatus
from underwriting.facts.catalogue import FactDefinition, Unit, catalogue
from underwriting.intake.complete import ItemsTooLate, NothingMissing, complete_application
from underwriting.intake.contract import FieldRule, check_contract
from underwriting.intake.fields import money_text
from underwriting.intake.payload import ContractViolated

TYPED_CHARACTERS_MAX = 16
_SUM = re.compile(r"^[0-9]{1,11}(\.[0-9]{1,2})?$")
_WHOLE = re.compile(r"^[0-9]{1,6}$")


@dataclass(frozen=True, slots=True)
class Field:
    """A question. `name` is the pointer without its first slash; `choices` are values with their words."""

    name: str
    pointer: str
    label: str
    hint: str
    choices: Sequence[tuple[str, str]]
    definition: FactDefinition
    typed: str = ""

    def value(self) -> Any:
        """What was typed as the API takes it; None where it cannot be that."""
        typed = re.sub(r"[\s,$]", "", self.typed) if not self.choices else self.typed
        if self.choices:
            found = typed if typed in {value for value, _ in self.choices} else None
            return int(found) if found and self.definition.unit is not Unit.CATEGORY else found
        if self.definition.unit is Unit.MONEY:
            if not _SUM.fullmatch(typed):
                return None
            whole, _, cents = typed.partition(".")
            return money_text(int(whole) * 100 + int(cents.ljust(2, "0") or 0))
        return int(typed) if _WHOLE.fullmatch(typed) else None


@require_http_methods(["GET", "HEAD", "POST"])
@own_page()
def missing(visit: Visit) -> HttpResponseBase:
    """The questions that this person may answer, and what becomes of the answers."""
    if visit.application.status != ApplicationStatus.INCOMPLETE:
        return visit.page("missing.html", {"fields": []})
    fields = list(_fields(visit))
    errors: dict[str, str] = {}
    if visit.request.method == "POST":
        fields = [
            replace(field, typed=visit.request.POST.get(field.name, "").strip()[:TYPED_CHARACTERS_MAX].replace("\x00", ""))
            for field in fields
        ]  # fmt: skip
        errors = _errors(visit, fields)
        if not errors:
            errors = _complete(visit, fields)
        if not errors:
            return visit.go("status")
    context = {"fields": fields, "errors": errors, "until": last_day_to_send(visit)}
    return visit.page("missing.html", context, status=UNPROCESSABLE if errors else 200)


def last_day_to_send(visit: Visit) -> str:
    """The day that the letter names, for what is missing. None before it is told: silence ends nothing for who was not told so."""
    if visit.application.status != ApplicationStatus.INCOMPLETE:
        return ""
    notice = incompleteness_notice(application=visit.application, party=visit.party)
    return notice.content["answer_by"] if notice is not None and notice.is_disclosed else ""


def _fields(visit: Visit) -> Iterator[Field]:
    items = missing_items(visit.application.missing_fields)
    contract = check_contract(visit.application.product.contract)
    rules: dict[str, FieldRule] = {str(name): rule for name, rule in contract.application.items()}
    rules |= contract.party
    for item in answerable(items, visit.party):
        definition = catalogue()[item.name]
        choices: Sequence[Any] = rules[item.name].choices or definition.values
        yield Field(
            name=item.pointer.strip("/"),
            pointer=item.pointer,
            label=item.label(visit),
            hint=_hint(visit, definition),
            choices=[(str(one), _choice(visit, one)) for one in choices],
            definition=definition,
        )


def _choice(visit: Visit, value: str | int) -> str:
    return visit.texts.word(value) if isinstance(value, str) else str(value)


def _hint(visit: Visit, definition: FactDefinition) -> str:
    if definition.unit is Unit.MONEY:
        return visit.say("missing.money_hint", currency=visit.application.currency)
    return visit.say("missing.months_hint") if definition.unit is Unit.MONTHS else ""


def _errors(visit: Visit, fields: Sequence[Field]) -> dict[str, str]:
    """Some may come now and the rest later; nothing at all is no answer."""
    if not any(field.typed for field in fields):
        return {fields[0].name: visit.say("missing.required", label=fields[0].label)} if fields else {}
    return {
        field.name: visit.say("missing.wrong", label=field.label)
        for field in fields
        if field.typed and field.value() is None
    }


def _complete(visit: Visit, fields: Sequence[Field]) -> dict[str, str]:
    """Hand the answers over; what is out of bounds comes back as errors of the fields."""
    labels = {field.name: field.label for field in fields}
    try:
        complete_application(
            application=visit.application,
            given={field.pointer: field.value() for field in fields if field.typed},
            actor=visit.actor,
            now=visit.now,
        )
    except ContractViolated as refused:
        names = [str(error.path[0]).strip("/") for error in refused.errors]
        return {name: visit.say("missing.wrong", label=labels[name]) for name in names}
    except (NothingMissing, ItemsTooLate):
        return {}  # the status says how it stands
    return {}
