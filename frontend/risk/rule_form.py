"""The sentence builder of one rule: rows of fact, operator, value, joined by "and" or "or", each saying what an absent fact means.

"or" binds to the row above: the rule holds when at least one row of every such group holds. A deeper tree is shown in words only.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from frontend.risk.forms import SHORT, WIDE, PartForm, drop_errors_if_removed, whole_field
from underwriting.facts.catalogue import FactDefinition, Unit, catalogue
from underwriting.policy.schema import MAX_GROUP_MEMBERS, OPERATORS, AllOf, AnyOf, Condition, Rule

MAX_CONDITIONS = MAX_GROUP_MEMBERS
NOT_IN_RULES = ("bureau_score",)
UNIT_WORDS = {Unit.MONEY: "amount", Unit.RATIO: "%", Unit.FLAG: "yes or no", Unit.CATEGORY: "choice"}
OPERATOR_WORDS = {
    "==": "is",
    "!=": "is not",
    "<": "is under",
    "<=": "is at most",
    ">": "is over",
    ">=": "is at least",
    "in": "is one of",
    "not in": "is none of",
}
IF_ABSENT = (("passes", "the rule passes"), ("refers", "a person looks"), ("fails", "the rule fails"))
TIMES = ("loan_to_income_ratio",)  # told in times of income, not per cent


@cache
def fact_choices() -> list[tuple[str, str]]:
    """Every fact a rule may read, by label, with the unit its value is typed in."""
    rows = [
        (name, f"{d.label} ({unit_words(d)})") for name, d in catalogue().items() if name not in NOT_IN_RULES
    ]
    return [("", "Choose a fact"), *sorted(rows, key=lambda row: row[1].lower())]


def unit_words(definition: FactDefinition) -> str:
    if definition.name in TIMES:
        return "times"
    return UNIT_WORDS.get(definition.unit, definition.unit.value)


class QuickSelect(forms.Select):
    """A select drawn in one piece: a rule of thirty conditions has two thousand options, and a template for each takes long."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ARG002 - as Django calls it
        chosen = {str(each) for each in self.format_value(value)}
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            (
                (key, mark_safe(" selected") if str(key) in chosen else "", label)
                for key, label in self.choices
            ),
        )
        given = self.build_attrs(self.attrs, attrs)
        return format_html(
            '<select name="{}"{}>\n{}\n</select>',
            name,
            format_html_join("", ' {}="{}"', ((k, v) for k, v in given.items() if v not in (None, False))),
            options,
        )


class ConditionForm(PartForm):
    """One row. `value` is typed in the fact's unit: an amount, a percentage, a whole number, yes or no, or words of a choice."""

    joined = forms.ChoiceField(
        label="Joined by",
        choices=[("and", "and"), ("or", "or")],
        required=False,
        widget=QuickSelect({"class": "select"}),
    )
    fact = forms.ChoiceField(
        label="Fact",
        choices=fact_choices,
        widget=QuickSelect({"class": "select"}),
        error_messages={"required": "Choose a fact."},
    )
    operator = forms.ChoiceField(
        label="Operator",
        choices=[(o, OPERATOR_WORDS[o]) for o in OPERATORS],
        widget=QuickSelect({"class": "select"}),
    )
    value = forms.CharField(
        label="Value",
        max_length=200,
        widget=forms.TextInput({**SHORT, "inputmode": "text"}),
        error_messages={"required": "Enter a value."},
    )
    if_absent = forms.ChoiceField(
        label="When it is not on file", choices=IF_ABSENT, widget=QuickSelect({"class": "select"})
    )
    if_never = forms.ChoiceField(
        label="When it never happened", choices=IF_ABSENT, widget=QuickSelect({"class": "select"})
    )
    remove = forms.BooleanField(label="Remove this row", required=False)

    def full_clean(self) -> None:
        super().full_clean()
        drop_errors_if_removed(self)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("fact") and data.get("value") and data.get("operator"):
            try:
                data["plain"] = typed_value(catalogue()[data["fact"]], data["value"], data["operator"])
            except ValueError as error:
                self.add_error("value", str(error))
        return data

    def condition(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "fact": data["fact"], "operator": data["operator"], "value": data["plain"],
            "if_absent": data["if_absent"], "if_never": data["if_never"],
        }  # fmt: skip


def typed_value(definition: FactDefinition, text: str, operator: str) -> int | float | str | list[str]:
    """What was typed, in the document's unit. Raises ValueError with a sentence for the person."""
    typed = text.strip()
    if definition.unit is Unit.CATEGORY:
        words = [word.strip().lower().replace(" ", "_") for word in typed.split(",") if word.strip()]
        return words if operator in ("in", "not in") else words[0] if words else ""
    if definition.unit is Unit.FLAG and typed.lower() in ("yes", "no"):
        return int(typed.lower() == "yes")
    try:
        number = Decimal(typed.replace(",", "").removesuffix("%").removeprefix("$").strip())
    except InvalidOperation as error:
        raise ValueError(f"Enter a number ({unit_words(definition)}).") from error
    if not number.is_finite() or abs(number) > 10**12:
        raise ValueError("Enter a smaller number.")
    if definition.unit is Unit.MONEY:
        number *= 100
    elif definition.unit is Unit.RATIO and definition.name not in TIMES:
        number /= 100
    return int(number) if number == number.to_integral_value() else float(number)


def shown(fact: str, value: Any) -> str:
    """A stored value as it would be typed."""
    definition = catalogue()[fact]
    if isinstance(value, (tuple, list)):
        return ", ".join(value)
    if isinstance(value, str):
        return value
    if definition.unit is Unit.FLAG:
        return "yes" if value else "no"
    number = Decimal(str(value))
    if definition.unit is Unit.MONEY:
        number /= 100
    elif definition.unit is Unit.RATIO and definition.name not in TIMES:
        number *= 100
    return format(number.normalize(), "f")


ConditionsForm = forms.formset_factory(
    ConditionForm,
    extra=0,
    min_num=1,
    validate_min=True,
    max_num=MAX_CONDITIONS,
    absolute_max=MAX_CONDITIONS + 1,
)


class RuleForm(PartForm):
    id = forms.CharField(
        label="Rule id",
        help_text="K-01 for knock-outs, R-01 for review rules.",
        max_length=8,
        widget=forms.TextInput({"class": "input input--short"}),
    )
    kind = forms.ChoiceField(
        label="Then",
        choices=[("KNOCKOUT", "Decline"), ("REVIEW", "Refer to a person")],
        widget=QuickSelect({"class": "select"}),
    )
    name = forms.CharField(label="Name", max_length=80, widget=forms.TextInput(WIDE))
    reason_code = forms.CharField(
        label="Reason code",
        help_text="What the applicant is told; a rule that declines needs one.",
        required=False,
        max_length=4,
        widget=forms.TextInput({"class": "input input--short"}),
    )
    priority = whole_field("Priority", "The lower, the earlier it is named among reasons.", low=1, high=999)
    owner = forms.CharField(label="Owner", max_length=80, widget=forms.TextInput(WIDE))
    source = forms.ChoiceField(
        label="Source",
        choices=[
            ("LAW", "Law"),
            ("FRAUD", "Fraud"),
            ("RISK_APPETITE", "Risk appetite"),
            ("OPERATIONS", "Operations"),
        ],
        widget=QuickSelect({"class": "select"}),
    )
    reason = forms.CharField(
        label="Why this rule", required=False, max_length=400, widget=forms.TextInput(WIDE)
    )
    review_on = forms.DateField(
        label="Review by",
        required=False,
        widget=forms.DateInput({"class": "input input--day", "type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Enter a day such as 2027-03-31."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason_code"].widget.attrs["list"] = f"{self.prefix}-codes"

    def add_complaint(self, place: str, message: str) -> None:
        part = place.removeprefix("/").split("/")[0]
        self.add_error(part if part in self.fields else None, message)

    def rule(self, conditions: list[dict[str, Any]]) -> dict[str, Any]:
        data = self.cleaned_data
        review = {"review_on": data["review_on"].isoformat()} if data["review_on"] else {}
        return {
            "id": data["id"].strip().upper(), "kind": data["kind"], "name": data["name"].strip(), "when": tree_of(conditions),
            "reason_code": data["reason_code"].strip().upper() or None, "priority": data["priority"], "owner": data["owner"].strip(),
            "source": data["source"], "reason": data["reason"].strip(), **review,
        }  # fmt: skip


def values_of(rule: Rule) -> dict[str, Any]:
    """A rule's own fields, as typed."""
    return {
        "id": rule.id, "kind": rule.kind.value, "name": rule.name, "reason_code": rule.reason_code or "", "priority": rule.priority,
        "owner": rule.owner, "source": rule.source.value, "reason": rule.reason, "review_on": rule.review_on,
    }  # fmt: skip


def rows_of(rule: Rule) -> list[dict[str, Any]] | None:
    """The rule's tree as rows; None for a tree deeper than "and" of "or"s."""
    members = rule.when.all if isinstance(rule.when, AllOf) else (rule.when,)
    rows = []
    for member in members:
        group = member.any if isinstance(member, AnyOf) else (member,)
        for index, condition in enumerate(group):
            if not isinstance(condition, Condition):
                return None
            rows.append({
                "joined": "or" if index else "and", "fact": condition.fact, "operator": condition.operator,
                "value": shown(condition.fact, condition.value), "if_absent": condition.if_absent.value, "if_never": condition.if_never.value,
            })  # fmt: skip
    return rows


def tree_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The tree of rows that each carry `joined`."""
    groups: list[list[dict[str, Any]]] = []
    for row in rows:
        condition = {key: value for key, value in row.items() if key != "joined"}
        if row["joined"] == "or" and groups:
            groups[-1].append(condition)
        else:
            groups.append([condition])
    members: list[dict[str, Any]] = [group[0] if len(group) == 1 else {"any": group} for group in groups]
    return members[0] if len(members) == 1 else {"all": members}
