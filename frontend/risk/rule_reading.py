"""Reading the form of one rule: filled from the draft, with a row more, back as conditions, with complaints beside its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from frontend.risk.rule_form import MAX_CONDITIONS, ConditionsForm, RuleForm, rows_of, values_of
from underwriting.models import PolicyVersion
from underwriting.policy.parts import one_rule
from underwriting.policy.schema import Complaint, RuleKind

NEW_ROW = {"joined": "and", "if_absent": "refers", "if_never": "passes"}


def filled(draft: PolicyVersion, index: int | None, kind: str) -> tuple[RuleForm, Any]:
    """Forms filled from the document; conditions None where the tree is too deep for rows."""
    if index is None:
        chosen = RuleKind.KNOCKOUT if kind == "KNOCKOUT" else RuleKind.REVIEW
        values = {
            "id": _free_id(draft, "K" if chosen is RuleKind.KNOCKOUT else "R"),
            "kind": chosen.value,
            "priority": 100,
            "owner": "Credit risk",
            "source": "RISK_APPETITE",
        }
        empty = ConditionsForm(initial=[NEW_ROW], prefix="new-when")
        return RuleForm(initial=values, prefix="new-rule"), empty
    written = one_rule(draft.document["rules"][index])
    rows = rows_of(written)
    conditions = None if rows is None else ConditionsForm(initial=rows, prefix=f"{written.id}-when")
    return RuleForm(initial=values_of(written), prefix=f"{written.id}-rule"), conditions


def _free_id(draft: PolicyVersion, letter: str) -> str:
    used = {written["id"] for written in draft.document["rules"]}
    return next(f"{letter}-{n:02d}" for n in range(1, 1000) if f"{letter}-{n:02d}" not in used)


def with_another_row(posted: Any, rule_id: str) -> tuple[RuleForm, Any]:
    """What was typed, with an empty row more; nothing is saved."""
    data = posted.copy()
    total = data.get(f"{rule_id}-when-TOTAL_FORMS", "0")
    count = int(total) if total.isdecimal() and len(total) < 4 else 0
    typed = {key: data.get(f"{rule_id}-rule-{key}", "") for key in RuleForm.base_fields}
    rows = [
        {key: data.get(f"{rule_id}-when-{i}-{key}", "") for key in (*NEW_ROW, "fact", "operator", "value")}
        for i in range(min(count, MAX_CONDITIONS))
    ]
    if len(rows) < MAX_CONDITIONS:
        rows.append(dict(NEW_ROW))
    conditions = ConditionsForm(initial=rows, prefix=f"{rule_id}-when")
    return RuleForm(initial=typed, prefix=f"{rule_id}-rule"), conditions


def is_sound(form: RuleForm, rows: Any) -> bool:
    """Whether every field can be read and a condition is left."""
    sound = form.is_valid()
    return bool(rows.is_valid() and sound and _kept(rows))


def _kept(rows: Any) -> list[Any]:
    return [row for row in rows.forms if row.cleaned_data.get("fact") and not row.cleaned_data.get("remove")]


def conditions_of(rows: Any) -> list[dict[str, Any]]:
    """The conditions of the rows that were filled in and not struck out, each with how it is joined."""
    return [{**row.condition(), "joined": row.cleaned_data.get("joined") or "and"} for row in _kept(rows)]


def show_complaints(
    form: RuleForm, rows: Any, written: Mapping[str, Any], complaints: Sequence[Complaint]
) -> None:
    """What stands against one rule beside the fields that caused it; places begin with the rule."""
    for complaint in complaints:
        row = None
        if complaint.place.startswith("/when"):
            row = _row_of(rows, written["when"], complaint.place.removeprefix("/when"))
        if row is None:
            form.add_complaint(complaint.place, complaint.message)
        else:
            field = complaint.place.rsplit("/", 1)[-1]
            row.add_error(field if field in row.fields else None, complaint.message)


def _row_of(rows: Any, tree: Any, pointer: str) -> Any:
    """The row a pointer into a tree speaks of; None for the tree as a whole."""
    wanted: Any = tree
    for part in pointer.strip("/").split("/"):
        if isinstance(wanted, dict) and "fact" in wanted:
            break
        wanted = (
            wanted[int(part)]
            if isinstance(wanted, list) and part.isdigit()
            else wanted.get(part)
            if isinstance(wanted, dict)
            else None
        )
    at = next((i for i, leaf in enumerate(_leaves(tree)) if leaf is wanted), None)
    return None if at is None else _kept(rows)[at]


def _leaves(tree: Any) -> Iterator[Any]:
    if "fact" in tree:
        yield tree
        return
    for member in tree.get("all") or tree.get("any"):
        yield from _leaves(member)
