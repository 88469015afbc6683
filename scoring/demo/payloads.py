"""Request bodies: generated people, named test applicants, and rows of real data sets under invented identities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from hashlib import sha256
from pathlib import Path
from typing import Any

from scoring.demo.roster import LENDERS, DemoLender
from scoring.demo.stream import Submission
from scoring.training.mapping import DATA_SETS, mapping_for
from scoring.training.rows import SourceRow, source_rows
from underwriting.bureau.people import SHAPE_OF_LENDER, InventedIdentity, invented_identity, person
from underwriting.bureau.scripted import SCRIPTED, ScriptedApplicant
from underwriting.enums import Language, Origin
from underwriting.facts.catalogue import Unit, catalogue
from underwriting.intake.fields import money_text
from underwriting.models import Application

PEOPLE_SEED = 2_026
# Real rows get identities far away from the generated people of a demo, so that the two never meet.
REAL_ROWS_SEED = 90_000
# Of a hundred applicants so many agree to e-mail, and so many are told in another language than English.
AGREE_TO_E_MAIL = 85
IN_SPANISH, IN_HINDI = 12, 4
# And of so many the address is wrong: the demonstration's mail server refuses or bounces it (underwriting.outbox.sink).
ADDRESS_BOUNCES, ADDRESS_REFUSED = 4, 3


class UnknownDataSet(ValueError):
    """The file is not one of the data sets that have a mapping; the message lists those."""


def _in_api_form(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return money_text(int(value)) if catalogue()[name].unit is Unit.MONEY else value


def _all_in_api_form(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _in_api_form(name, value) for name, value in values.items()}


def body(
    *,
    lender: DemoLender,
    identity: InventedIdentity,
    consented_at: datetime,
    application: Mapping[str, Any],
    party: Mapping[str, Any],
    report: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """A body of POST /applications. Statements and report by fact name, money in minor units.

    Who reads which language hangs on the national id alone: the same person, the same answer.
    """
    return {
        "product": lender.product_code,
        "currency": "USD",
        "language": _language(sha256(identity.national_id.encode()).digest()[1] % 100),
        **_all_in_api_form(application),
        "applicant": applicant_of(identity=identity, consented_at=consented_at, party=party, report=report),
    }


def applicant_of(
    *,
    identity: InventedIdentity,
    consented_at: datetime,
    party: Mapping[str, Any],
    report: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """One person of a body. Who agrees to e-mail, and whose address is wrong, hangs on the national id alone."""
    share = sha256(identity.national_id.encode()).digest()
    applicant: dict[str, Any] = {
        "identity": {
            "given_name": identity.given_name,
            "family_name": identity.family_name,
            "birth_date": identity.birth_date.isoformat(),
            "national_id": identity.national_id,
            "email": _address(identity.email, share[2] % 100),
            "telephone": identity.telephone,
            "address": {"lines": list(identity.address_lines), "postcode": identity.postcode},
        },
        "consent": {
            "id": f"consent-{identity.national_id}",
            "given_at": consented_at.isoformat().replace("+00:00", "Z"),
        },
        **_all_in_api_form(party),
    }
    if share[0] % 100 < AGREE_TO_E_MAIL:
        applicant["electronic_consent"] = {"given_at": applicant["consent"]["given_at"]}
    if report is not None:
        applicant["credit_report"] = {"facts": _all_in_api_form(report)}
    return applicant


def _address(email: str, hundredth: int) -> str:
    if hundredth < ADDRESS_BOUNCES:
        return f"bounce.{email}"
    return f"refused.{email}" if hundredth < ADDRESS_BOUNCES + ADDRESS_REFUSED else email


def _language(hundredth: int) -> Language:
    if hundredth < IN_SPANISH:
        return Language.SPANISH
    return Language.HINDI if hundredth < IN_SPANISH + IN_HINDI else Language.ENGLISH


def lender_of_index(index: int) -> DemoLender:
    """Lenders in the proportion of the roster, spread evenly and the same in every run."""
    position = (index * 0.618_033_988_75) % 1.0
    for lender in LENDERS:
        if position < lender.share:
            return lender
        position -= lender.share
    return LENDERS[-1]


def generated(*, seed: int, count: int, now: datetime, first_index: int = 0) -> Iterator[Submission]:
    """People of the generator; the bureau simulator answers for them from their national id."""
    for index in range(first_index, first_index + count):
        lender = lender_of_index(index)
        someone = person(seed, index, SHAPE_OF_LENDER[lender.code])
        yield Submission(
            lender.code,
            body(
                lender=lender,
                identity=someone.identity,
                consented_at=now,
                application=someone.stated_application,
                party=someone.stated_party,
                report=None,
            ),
        )


def _scripted(one: ScriptedApplicant, *, now: datetime) -> Submission:
    """A named test applicant at the lender of instalment loans."""
    invented = invented_identity(REAL_ROWS_SEED + 1, one.number, "A")
    identity = replace(
        invented,
        given_name=one.given_name,
        family_name=one.family_name,
        birth_date=one.birth_date,
        national_id=one.national_id,
        email=f"{one.key}@example.test",
    )
    lender = LENDERS[0]
    return Submission(
        lender.code,
        body(
            lender=lender,
            identity=identity,
            consented_at=now,
            application=one.application,
            party=one.party,
            report=None,
        ),
    )


def next_index() -> int:
    """Where the generator goes on, so that a second stream brings other people."""
    return Application.objects.filter(origin=Origin.RECEIVED).count()


def scripted(*, count: int, now: datetime) -> list[Submission]:
    """The named test applicants, as many of them as asked for."""
    return [_scripted(one, now=now) for one in list(SCRIPTED.values())[:count]]


def months_forward(rows: list[SourceRow], *, today: date) -> int:
    """How many whole months move the newest row into this month; 0 for undated rows."""
    newest = max((row.application_date for row in rows if row.application_date), default=None)
    return 0 if newest is None else (today.year - newest.year) * 12 + today.month - newest.month


def _moved(row: SourceRow, months: int, now: datetime) -> datetime:
    if row.application_date is None:
        return now
    number = row.application_date.year * 12 + row.application_date.month - 1 + months
    return min(now, datetime.combine(date(number // 12, number % 12 + 1, 1), time(12), UTC))


def real_rows(*, path: Path, count: int | None, now: datetime) -> tuple[int, int, Iterator[Submission]]:
    """Rows of a real data set: how many, by how many months their dates were moved, and the submissions.

    Raises:
        UnknownDataSet: the file's directory is not the name of a data set with a mapping.
    """
    data_set = path.resolve().parent.name
    code = next((code for code, name in DATA_SETS.items() if name == data_set), None)
    if code is None:
        raise UnknownDataSet(
            f"{path} belongs to no data set with a mapping; there are: {', '.join(sorted(DATA_SETS.values()))}"
        )
    lender = next(lender for lender in LENDERS if lender.code == code)
    rows = list(source_rows(path.resolve().parent.parent, mapping_for(code), limit=count))
    months = months_forward(rows, today=now.date())

    submissions = (real_submission(row, lender=lender, months=months, now=now) for row in rows)
    return len(rows), months, submissions


def real_submission(row: SourceRow, *, lender: DemoLender, months: int, now: datetime) -> Submission:
    """One real row under an invented identity, its date moved forward by whole months."""
    identity = invented_identity(
        REAL_ROWS_SEED,
        row.index,
        SHAPE_OF_LENDER[lender.code],
        oldest_account_months=row.report.get("oldest_account_age_months"),
    )
    return Submission(
        lender.code,
        body(
            lender=lender,
            identity=identity,
            consented_at=_moved(row, months, now),
            application=row.application,
            party=row.party,
            report=row.report,
        ),
    )
