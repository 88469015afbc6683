"""Forms of sign-in and of a person's own settings."""

from __future__ import annotations

from typing import Any

from django import forms

from frontend.session.commands import COMMANDS, Command, KeyRefused, own_keys
from underwriting.models import Preference

INPUT = {"class": "input"}
CHOICE_WORDS = {
    "theme": {"system": "As this computer has it", "light": "Light", "dark": "Dark"},
    "density": {"comfortable": "Comfortable", "compact": "Compact", "dense": "Dense"},
    "after_decision": {"next": "Open the next case of the view", "stay": "Stay on the case"},
}


class PasswordForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address", error_messages={"required": "Enter your e-mail address", "invalid": "Enter an e-mail address like name@example.com"},
        widget=forms.EmailInput({**INPUT, "autocomplete": "username", "autofocus": True}),
    )  # fmt: skip
    password = forms.CharField(
        label="Password", strip=False, error_messages={"required": "Enter your password"},
        widget=forms.PasswordInput({**INPUT, "autocomplete": "current-password"}),
    )  # fmt: skip


class CodeForm(forms.Form):
    code = forms.CharField(
        label="6-digit code", help_text="From the authenticator app on your phone. A new one appears every 30 seconds.",
        error_messages={"required": "Enter the 6-digit code"}, max_length=12,
        widget=forms.TextInput({"class": "input input--code", "autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )  # fmt: skip


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """A person's wishes. Beside the model's fields there is one field a command, `key-` and the usual key, for its own key."""

    class Meta:
        model = Preference
        fields = ("theme", "density", "after_decision", "shortcuts_enabled", "contributions_as_table")
        labels = {
            "theme": "Theme",
            "density": "Density of tables",
            "after_decision": "After a decision",
            "shortcuts_enabled": "Single-key shortcuts",
            "contributions_as_table": "Show what moved a score as a table",
        }
        widgets = {name: forms.Select({"class": "select"}) for name in ("theme", "density", "after_decision")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in CHOICE_WORDS.items():
            self.fields[name].widget.choices = list(words.items())
        for command in COMMANDS:
            self.fields[_field_of(command)] = forms.CharField(
                required=False, max_length=3, label=command.words, initial=self.instance.keys.get(command.key, command.key),
                widget=forms.TextInput({"class": "input input--key mono", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
            )  # fmt: skip

    @property
    def key_fields(self) -> list[tuple[str, forms.BoundField]]:
        """The usual key of each command, and the field of its own one."""
        return [(command.key, self[_field_of(command)]) for command in COMMANDS]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        try:
            self.instance.keys = own_keys({c.key: cleaned.get(_field_of(c), "") for c in COMMANDS})
        except KeyRefused as refused:
            self.add_error(_field_of(refused.command), str(refused))
        return cleaned


def _field_of(command: Command) -> str:
    return f"key-{command.key.replace(' ', '-')}"  # it becomes an id, which holds no space
