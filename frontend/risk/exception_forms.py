"""Forms of the register of exceptions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from frontend.risk.forms import NUMBER, WIDE, from_minor, to_minor
from underwriting.models import Lender, Membership, Policy, PolicyException, User
from underwriting.policy.exceptions import DAYS_MAX, USES_MAX, Terms, exception_rules
from underwriting.policy.selectors import version_in_force

SELECT = {"class": "select"}


class AskForm(forms.Form):
    """What is asked for of one policy: a rule, how far, how often, until when, whose, and why."""

    rule_id = forms.ChoiceField(label="In spite of which rule", widget=forms.Select(SELECT))
    channel = forms.CharField(
        label="Channel", required=False, max_length=40, help_text="Empty: every channel.", widget=forms.TextInput(WIDE)
    )  # fmt: skip
    purpose = forms.CharField(
        label="Purpose", required=False, max_length=40, help_text="Empty: every purpose.", widget=forms.TextInput(WIDE)
    )  # fmt: skip
    amount_max = forms.DecimalField(
        label="Largest amount", required=False, min_value=0, max_digits=13, decimal_places=2,
        help_text="Empty: as far as the authority of who decides goes.", widget=forms.TextInput(NUMBER),
    )  # fmt: skip
    uses_max = forms.IntegerField(
        label="How often at most", min_value=1, max_value=USES_MAX, widget=forms.TextInput(NUMBER)
    )
    until = forms.DateField(
        label="Last day", help_text=f"At most {DAYS_MAX} days ahead: longer belongs into the policy.",
        widget=forms.DateInput({"class": "input input--short", "type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    owner = forms.ChoiceField(label="Owner", widget=forms.Select(SELECT))
    reason = forms.CharField(
        label="Why", min_length=10, max_length=2000, help_text="At least ten characters. It stays in the audit trail.",
        widget=forms.Textarea({**WIDE, "rows": 3}),
    )  # fmt: skip
    ticket = forms.CharField(
        label="Ticket", max_length=80, help_text="Where it was discussed, or none.", widget=forms.TextInput(WIDE)
    )  # fmt: skip

    def __init__(self, *args: Any, policy: Policy, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = _rule_names(policy, now)
        rules: Any = self.fields["rule_id"]
        rules.choices = [
            (rule, f"{rule} {names.get(rule, '')}".strip()) for rule in exception_rules(policy, now)
        ]
        self._people = people_of(policy.lender)
        owner: Any = self.fields["owner"]
        owner.choices = [(str(person.public_id), person.name) for person in self._people]

    def terms(self) -> Terms:
        data = self.cleaned_data
        owner = next(person for person in self._people if str(person.public_id) == data["owner"])
        amount = data["amount_max"]
        return Terms(
            rule_id=data["rule_id"], uses_max=data["uses_max"], until=data["until"], owner=owner, reason=data["reason"],
            ticket=data["ticket"], channel=data["channel"], purpose=data["purpose"],
            amount_max_minor=None if amount is None else to_minor(amount),
        )  # fmt: skip


def as_before(exception: PolicyException) -> dict[str, Any]:
    """The form's fields as an earlier exception had them; the last day is chosen anew."""
    return {
        "rule_id": exception.rule_id, "channel": exception.channel, "purpose": exception.purpose,
        "amount_max": from_minor(exception.amount_max_minor), "uses_max": exception.uses_max,
        "owner": str(exception.owner.public_id), "reason": exception.reason, "ticket": exception.ticket,
    }  # fmt: skip


def people_of(lender: Lender) -> list[User]:
    """Everybody in force at the lender, by name."""
    rows = Membership.objects.filter(lender=lender, user__is_active=True).select_related("user")
    return sorted({row.user for row in rows}, key=lambda person: (person.name.casefold(), person.pk))


def _rule_names(policy: Policy, now: datetime) -> dict[str, str]:
    live = version_in_force(policy, now)
    return {rule["id"]: rule["name"] for rule in live.document["rules"]} if live else {}
