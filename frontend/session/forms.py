"""Forms of sign-in and of a person's own settings."""

from __future__ import annotations

from django import forms

from underwriting.models import Preference

INPUT = {"class": "input"}


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
    class Meta:
        model = Preference
        fields = ("theme", "density", "shortcuts_enabled", "contributions_as_table")
        labels = {
            "theme": "Theme",
            "density": "Density of tables",
            "shortcuts_enabled": "Single-key shortcuts",
            "contributions_as_table": "Show what moved a score as a table",
        }
        widgets = {
            "theme": forms.Select({"class": "select"}),
            "density": forms.Select({"class": "select"}),
        }
