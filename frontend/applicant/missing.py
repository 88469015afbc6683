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
from frontend.applicant.tasks import MissingItem, answerable, missing_items
from underwriting.enums import ApplicationStatus
from underwriting.facts.catalogue import FactDefinition, Unit, catalogue
from underwriting.intake.contract import check_contract
from underwriting.intake.fields import money_text

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
    notice = incompleteness_notice(application=visit.application, party=visit.party)
    context = {
        "fields": fields,
        "errors": errors,
        "until": notice.content["answer_by"] if notice is not None else "",
    }
    return visit.page("missing.html", context, status=UNPROCESSABLE if errors else 200)


def _fields(visit: Visit) -> Iterator[Field]:
    items = missing_items(visit.application.missing_fields)
    rules = check_contract(visit.application.product.contract)
    for item in answerable(items, visit.party):
        definition = catalogue()[item.name]
        rule = {**rules.application, **rules.party}[item.name]  # type: ignore[dict-item]
        choices: Sequence[Any] = rule.choices or definition.values
        yield Field(
            name=item.pointer.strip("/"),
            pointer=item.pointer,
            label=item.label(visit),
            hint=_hint(visit, item, definition),
            choices=[(str(one), _choice(visit, one)) for one in choices],
            definition=definition,
        )


def _choice(visit: Visit, value: str | int) -> str:
    return visit.texts.word(value) if isinstance(value, str) else str(value)


def _hint(visit: Visit, item: MissingItem, definition: FactDefinition) -> str:
    del item
    if definition.unit is Unit.MONEY:
        return visit.say("missing.money_hint", currency=visit.application.currency)
    return visit.say("missing.months_hint") if definition.unit is Unit.MONTHS else ""


def _errors(visit: Visit, fields: Sequence[Field]) -> dict[str, str]:
    errors = {}
    for field in fields:
        if not field.typed:
            errors[field.name] = visit.say("missing.required", label=field.label)
        elif field.value() is None:
            errors[field.name] = visit.say("missing.wrong", label=field.label)
    return errors


def _complete(visit: Visit, fields: Sequence[Field]) -> dict[str, str]:
    """Hand the answers over; what is out of bounds comes back as errors of the fields."""
    from underwriting.intake.complete import complete_application  # noqa: PLC0415

    complete_application(
        application=visit.application,
        given={field.pointer: field.value() for field in fields},
        actor=visit.actor,
        now=visit.now,
    )
    return {}
