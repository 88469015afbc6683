"""Forms of the administration screens."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password

from frontend.session.staff import ROLE_WORDS
from underwriting.enums import Role, Scope
from underwriting.models import Lender, User

INPUT = {"class": "input"}
ROLE_CHOICES = [(role.value, word.capitalize()) for role, word in ROLE_WORDS.items()]
SCOPE_CHOICES = [
    (Scope.APPLICATIONS_WRITE.value, "Submit applications"),
    (Scope.APPLICATIONS_READ.value, "Read applications and decisions"),
    (Scope.EXPLANATIONS_READ.value, "Read explanations"),
]
WEEKDAYS = [
    (1, "Monday"), (2, "Tuesday"), (3, "Wednesday"), (4, "Thursday"), (5, "Friday"), (6, "Saturday"), (7, "Sunday"),
]  # fmt: skip

COUNTRIES = [("US", "United States"), ("IN", "India"), ("GB", "United Kingdom")]
# A reasonable time (12 CFR 1002.9(c)(2)): a letter takes days each way, and nobody waits for half a year.
ANSWER_DAYS = (7, 90)
LOOK_AGAIN_DAYS = (30, 365)
RETENTION_MONTHS = (25, 240)


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


def _number(bounds: tuple[int, int]) -> forms.NumberInput:
    return forms.NumberInput({"class": "input input--short", "min": bounds[0], "max": bounds[1]})


def _within(value: int, bounds: tuple[int, int], unit: str) -> int:
    if not bounds[0] <= value <= bounds[1]:
        raise forms.ValidationError(f"Enter {bounds[0]} to {bounds[1]} {unit}")
    return value


class LenderForm(forms.ModelForm):  # type: ignore[type-arg]
    working_weekdays = forms.TypedMultipleChoiceField(
        label="Working days", coerce=int, choices=WEEKDAYS, widget=CheckList,
        error_messages={"required": "Choose at least one working day"},
    )  # fmt: skip
    time_zone = forms.CharField(
        label="Time zone", max_length=64, help_text="A name of the time zone database, for instance America/New_York.",
        widget=forms.TextInput({**INPUT, "list": "time-zones", "autocomplete": "off"}), error_messages={"required": "Enter a time zone"},
    )  # fmt: skip
    seen_version = forms.IntegerField(widget=forms.HiddenInput)
    country = forms.ChoiceField(
        label="Country", choices=COUNTRIES, widget=forms.Select({"class": "select"}),
        help_text="Whose law the notices follow.", error_messages={"required": "Choose a country"},
    )  # fmt: skip

    class Meta:
        model = Lender
        fields = (
            "name", "legal_name", "address", "telephone", "agency_name", "agency_address", "time_zone",
            "working_weekdays", "working_day_starts", "working_day_ends", "hold_seconds", "country", "letter_paper", "mail_from",
            "reviews_notices", "incomplete_answer_days", "look_again_days", "look_again_answer_days", "retention_months",
        )  # fmt: skip
        labels = {
            "name": "Name on screens", "legal_name": "Legal name on letters", "address": "Postal address",
            "telephone": "Telephone", "agency_name": "Federal agency named on notices", "agency_address": "Address of the agency",
            "working_day_starts": "Work begins", "working_day_ends": "Work ends", "hold_seconds": "Hold of a person's decision, seconds",
            "letter_paper": "Paper of letters", "mail_from": "Sender of e-mails to applicants",
            "reviews_notices": "A second person looks at each adverse notice before it is sent",
            "incomplete_answer_days": "Days to send what is missing", "look_again_days": "Days to dispute a decision",
            "look_again_answer_days": "Days in which a dispute is answered", "retention_months": "Months that applications are kept",
        }  # fmt: skip
        help_texts = {
            "address": "One line a row, as printed on notices.",
            "agency_name": "The agency that administers the Equal Credit Opportunity Act for this creditor.",
            "hold_seconds": "How long a decision can be taken back, 0 to 120.",
            "reviews_notices": "",
            "mail_from": "E-mails that cannot be delivered come back to this address. Empty: the installation's own.",
            "incomplete_answer_days": f"Calendar days from the notice that names it, {ANSWER_DAYS[0]} to {ANSWER_DAYS[1]}.",
            "look_again_days": f"Calendar days from the decision, {LOOK_AGAIN_DAYS[0]} to {LOOK_AGAIN_DAYS[1]}.",
            "look_again_answer_days": f"Calendar days from the question, {ANSWER_DAYS[0]} to {ANSWER_DAYS[1]}.",
            "retention_months": f"After the last notice, {RETENTION_MONTHS[0]} to {RETENTION_MONTHS[1]} (12 CFR 1002.12: at least 25).",
        }
        widgets = {
            "name": forms.TextInput(INPUT), "legal_name": forms.TextInput(INPUT),
            "address": forms.Textarea({**INPUT, "rows": 4}), "telephone": forms.TextInput({**INPUT, "type": "tel"}),
            "agency_name": forms.TextInput(INPUT), "agency_address": forms.Textarea({**INPUT, "rows": 3}),
            "working_day_starts": forms.TimeInput({"class": "select", "type": "time"}, format="%H:%M"),
            "working_day_ends": forms.TimeInput({"class": "select", "type": "time"}, format="%H:%M"),
            "hold_seconds": forms.NumberInput({"class": "input input--short", "min": 0, "max": 120}),
            "letter_paper": forms.Select({"class": "select"}), "mail_from": forms.EmailInput(INPUT),
            "incomplete_answer_days": _number(ANSWER_DAYS), "look_again_days": _number(LOOK_AGAIN_DAYS),
            "look_again_answer_days": _number(ANSWER_DAYS), "retention_months": _number(RETENTION_MONTHS),
        }  # fmt: skip

    def clean_address(self) -> str:
        return _lines(self.cleaned_data["address"])

    def clean_agency_address(self) -> str:
        return _lines(self.cleaned_data["agency_address"])

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        if name not in available_timezones():
            raise forms.ValidationError("There is no time zone of this name")
        return ZoneInfo(name).key

    def clean_hold_seconds(self) -> int:
        seconds: int = self.cleaned_data["hold_seconds"]
        if seconds > 120:
            raise forms.ValidationError("A hold lasts at most 120 seconds")
        return seconds

    def clean_incomplete_answer_days(self) -> int:
        return _within(self.cleaned_data["incomplete_answer_days"], ANSWER_DAYS, "days")

    def clean_look_again_days(self) -> int:
        return _within(self.cleaned_data["look_again_days"], LOOK_AGAIN_DAYS, "days")

    def clean_look_again_answer_days(self) -> int:
        return _within(self.cleaned_data["look_again_answer_days"], ANSWER_DAYS, "days")

    def clean_retention_months(self) -> int:
        return _within(self.cleaned_data["retention_months"], RETENTION_MONTHS, "months")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts, ends = cleaned.get("working_day_starts"), cleaned.get("working_day_ends")
        if starts and ends and starts >= ends:
            self.add_error("working_day_ends", "Work ends after it begins")
        return cleaned


class HolidayForm(forms.Form):
    on = forms.DateField(
        label="Day", widget=forms.DateInput({"class": "select", "type": "date"}),
        error_messages={"required": "Enter a day", "invalid": "Enter a day like 2026-12-25"},
    )  # fmt: skip
    name = forms.CharField(
        label="Name",
        max_length=80,
        widget=forms.TextInput(INPUT),
        error_messages={"required": "Enter the holiday's name"},
    )


def _lines(text: str) -> str:
    """An address without carriage returns, trailing spaces and empty lines."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())
