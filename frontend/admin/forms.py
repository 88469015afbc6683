"""Forms of the administration screens, but for the lender's own settings (lender_forms) and personal data (personal_forms)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password

from frontend.session.staff import ROLE_WORDS
from underwriting.enums import Role, Scope
from underwriting.models import User

INPUT = {"class": "input"}
ROLE_CHOICES = [(role.value, word.capitalize()) for role, word in ROLE_WORDS.items()]
SCOPE_CHOICES = [
    (Scope.APPLICATIONS_WRITE.value, "Submit applications"),
    (Scope.APPLICATIONS_READ.value, "Read applications and decisions"),
    (Scope.EXPLANATIONS_READ.value, "Read explanations"),
    (Scope.OUTCOMES_WRITE.value, "Tell what became of loans"),
]


class CheckList(forms.CheckboxSelectMultiple):
    """Check boxes inside a field set that carries the field's id, so that an error summary can link to it."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return super().id_for_label(id_, index) if index else id_


class RolesField(forms.MultipleChoiceField):
    """Check boxes, one a role."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            choices=ROLE_CHOICES, widget=CheckList,
            error_messages={"required": "Choose at least one role. To take all access away, suspend the person."}, **options,
        )  # fmt: skip


class InviteForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=120, error_messages={"required": "Enter the person's name"},
        widget=forms.TextInput({**INPUT, "autocomplete": "off"}),
    )  # fmt: skip
    email = forms.EmailField(
        label="Work e-mail address", max_length=254, widget=forms.EmailInput({**INPUT, "autocomplete": "off"}),
        error_messages={"required": "Enter the e-mail address", "invalid": "Enter an e-mail address like name@example.com"},
    )  # fmt: skip
    roles = RolesField(label="Roles")


class RolesForm(forms.Form):
    roles = RolesField(label="Roles")
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def seen_roles(self) -> frozenset[Role]:
        """The roles as the form showed them; words that are no role are left out and so count as a difference."""
        known = {role.value for role in Role}
        return frozenset(Role(word) for word in self.cleaned_data["seen"].split(",") if word in known)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why", max_length=400, widget=forms.TextInput(INPUT), help_text="Goes into the audit trail.",
        error_messages={"required": "Say why, in a few words"},
    )  # fmt: skip


class SuspensionForm(ReasonForm):
    """Says which of the two is wanted, so that a second press of the button cannot undo the first."""

    SUSPEND, REINSTATE = "suspend", "reinstate"
    wanted = forms.ChoiceField(
        choices=[(SUSPEND, SUSPEND), (REINSTATE, REINSTATE)], widget=forms.HiddenInput,
        error_messages={"required": "Press the button on this page", "invalid_choice": "Press the button on this page"},
    )  # fmt: skip


class PasswordForm(forms.Form):
    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput({**INPUT, "autocomplete": "new-password"}),
        help_text=" ".join(password_validators_help_texts()), error_messages={"required": "Choose a password"},
    )  # fmt: skip
    again = forms.CharField(
        label="The same password again", strip=False, widget=forms.PasswordInput({**INPUT, "autocomplete": "new-password"}),
        error_messages={"required": "Enter the password a second time"},
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "password" in cleaned and "again" in cleaned and cleaned["password"] != cleaned["again"]:
            self.add_error("again", "The two passwords differ")
        return cleaned


class ClientForm(forms.Form):
    name = forms.CharField(
        label="Name",
        max_length=120,
        widget=forms.TextInput(INPUT),
        error_messages={"required": "Enter a name"},
    )
    code = forms.SlugField(
        label="Code", max_length=40, widget=forms.TextInput(INPUT), help_text="Letters, digits and hyphens; it stays.",
        error_messages={"required": "Enter a code", "invalid": "Use letters, digits and hyphens"},
    )  # fmt: skip
    channel = forms.SlugField(
        label="Channel", max_length=40, widget=forms.TextInput(INPUT), help_text="The word policies use, for instance web or branch.",
        error_messages={"required": "Enter a channel", "invalid": "Use letters, digits and hyphens"},
    )  # fmt: skip
    requests_per_minute = forms.IntegerField(
        label="Requests a minute for each key", min_value=1, max_value=1_000_000, initial=600,
        widget=forms.NumberInput({"class": "input input--short"}), error_messages={"required": "Enter a number"},
    )  # fmt: skip


class KeyForm(forms.Form):
    scopes = forms.MultipleChoiceField(
        label="What the key may do", choices=SCOPE_CHOICES, widget=CheckList,
        error_messages={"required": "Choose at least one thing"},
    )  # fmt: skip
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
