"""Forms of a lender's settings and calendar."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.http import QueryDict

from frontend.admin.bureau_fields import range_text, ranks_text, read_range, read_ranks, require_ranks_cover
from frontend.admin.forms import INPUT, CheckList
from underwriting.models import BureauPull, Lender
from underwriting.people.lender_settings import BUREAU_SETTINGS, setting

WEEKDAYS = [
    (1, "Monday"), (2, "Tuesday"), (3, "Wednesday"), (4, "Thursday"), (5, "Friday"), (6, "Saturday"), (7, "Sunday"),
]  # fmt: skip

# Those for which there are notice texts (explanations.notices.forms).
COUNTRIES = [("US", "United States"), ("IN", "India")]
# A reasonable time (12 CFR 1002.9(c)(2)): a letter takes days each way, and nobody waits for half a year.
ANSWER_DAYS = (7, 90)
LOOK_AGAIN_DAYS = (30, 365)
RETENTION_MONTHS = (25, 240)
TELEPHONE = r"^[0-9+(][0-9 ()./-]*$"


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

    bureau_name = forms.CharField(
        label="Name of the credit bureau", required=False, max_length=BureauPull._meta.get_field("bureau").max_length,
        widget=forms.TextInput(INPUT),
        help_text="As its reports name it. A notice about a report of a bureau of another name is held.",
    )  # fmt: skip
    bureau_address = forms.CharField(
        label="Address of the credit bureau", required=False, max_length=400, widget=forms.Textarea({**INPUT, "rows": 3}),
        help_text="One line a row. Applicants write there for a free copy of their report.",
    )  # fmt: skip
    bureau_telephone = forms.RegexField(
        TELEPHONE, label="Telephone of the credit bureau", required=False, max_length=40,
        widget=forms.TextInput({**INPUT, "type": "tel"}), help_text="A toll-free number where the bureau works nationwide (15 USC 1681m(a)(3)).",
        error_messages={"invalid": "Enter a telephone number, for instance +1 800 555 0100"},
    )  # fmt: skip
    bureau_score_range = forms.CharField(
        label="Range of the bureau's score", required=False, max_length=20, widget=forms.TextInput({"class": "input input--short"}),
        help_text="For reports that do not give it, for instance 300-850.",
    )  # fmt: skip
    bureau_score_ranks = forms.CharField(
        label="How people's scores are spread", required=False, max_length=1000, widget=forms.Textarea({**INPUT, "rows": 8}),
        help_text="One step a line: a score, then the percent of people whose score is lower, for instance 700 52. Approvals tell it (12 CFR 1022.74).",
    )  # fmt: skip

    class Meta:
        model = Lender
        fields = (
            "name", "legal_name", "address", "telephone", "agency_name", "agency_address", "time_zone",
            "working_weekdays", "working_day_starts", "working_day_ends", "hold_seconds", "country", "letter_paper", "mail_from",
            "reviews_notices", "incomplete_answer_days", "look_again_days", "look_again_answer_days", "retention_months",
            "assigns_automatically", "hides_names",
        )  # fmt: skip
        labels = {
            "name": "Name on screens", "legal_name": "Legal name on letters", "address": "Postal address",
            "telephone": "Telephone", "agency_name": "Federal agency named on notices", "agency_address": "Address of the agency",
            "working_day_starts": "Work begins", "working_day_ends": "Work ends", "hold_seconds": "Hold of a person's decision, seconds",
            "letter_paper": "Paper of letters", "mail_from": "Sender of e-mails to applicants",
            "reviews_notices": "A second person looks at each adverse notice before it is sent",
            "incomplete_answer_days": "Days to send what is missing", "look_again_days": "Days to dispute a decision",
            "look_again_answer_days": "Days in which a dispute is answered", "retention_months": "Months that applications are kept",
            "assigns_automatically": "New cases are given to people by skill, authority and load",
            "hides_names": "Officers see initials and region instead of names until a decision is recorded",
        }  # fmt: skip
        help_texts = {
            "address": "One line a row, as printed on notices.",
            "agency_name": "The agency that administers the Equal Credit Opportunity Act for this creditor.",
            "hold_seconds": "How long a decision can be taken back, 0 to 120.",
            "reviews_notices": "",
            "assigns_automatically": "",
            "hides_names": "",
            "mail_from": "E-mails that cannot be delivered come back to this address. Empty: the installation's own.",
            "incomplete_answer_days": f"Calendar days from the notice that names it, {ANSWER_DAYS[0]} to {ANSWER_DAYS[1]}.",
            "look_again_days": f"Calendar days from the notice, {LOOK_AGAIN_DAYS[0]} to {LOOK_AGAIN_DAYS[1]}.",
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

    def __init__(self, data: QueryDict | None, *, lender: Lender) -> None:
        stored = {name: setting(lender, name) for name in BUREAU_SETTINGS}
        stored["bureau_score_ranks"] = ranks_text(stored["bureau_score_ranks"])
        super().__init__(data, instance=lender, initial={**stored, "seen_version": lender.settings_version})

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

    def clean_bureau_address(self) -> str:
        return _lines(self.cleaned_data["bureau_address"])

    def clean_bureau_score_range(self) -> str:
        typed: str = self.cleaned_data["bureau_score_range"]
        return range_text(read_range(typed)) if typed else ""

    def clean_bureau_score_ranks(self) -> list[list[int]]:
        """After the range, which the ranks have to cover."""
        ranks = read_ranks(self.cleaned_data["bureau_score_ranks"])
        score_range = self.cleaned_data.get("bureau_score_range")
        if ranks and score_range:
            require_ranks_cover(ranks, read_range(score_range))
        return ranks

    def _require_whole_bureau(self, cleaned: dict[str, Any]) -> None:
        """Notices print the three together; and a rank says nothing without the range it lies in."""
        if not any(cleaned.get(name) for name in BUREAU_SETTINGS):
            return
        for name in ("bureau_name", "bureau_address", "bureau_telephone"):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(
                    name,
                    f"Enter the {str(self.fields[name].label).lower()}: notices print name, address and telephone",
                )
        if (
            cleaned.get("bureau_score_ranks")
            and not cleaned.get("bureau_score_range")
            and "bureau_score_range" not in self.errors
        ):
            self.add_error("bureau_score_range", "Enter the range in which these scores lie")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._require_whole_bureau(cleaned)
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
