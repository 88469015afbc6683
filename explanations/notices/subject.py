"""What a notice is about: everything that is frozen into its content, gathered beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from explanations.notices.texts import Words, words
from explanations.reasons import Reason
from underwriting.enums import NoticeKind, Outcome, PartyRole, ProductKind
from underwriting.models import Application, Decision, Lender, Party, Product

KIND_OF_OUTCOME = {
    Outcome.APPROVE: NoticeKind.APPROVAL,
    Outcome.COUNTEROFFER: NoticeKind.COUNTEROFFER,
    Outcome.DECLINE: NoticeKind.ADVERSE_ACTION,
}
ADVERSE = frozenset({NoticeKind.ADVERSE_ACTION, NoticeKind.COUNTEROFFER})
UNITED_STATES, INDIA = "US", "IN"
# About the loan and not about a person: shown to everybody on the application.
OF_THE_LOAN = frozenset({"requested_amount", "requested_term_months", "purpose", "possible_duplicate_flag"})


@dataclass(frozen=True, slots=True)
class BureauScore:
    """A bureau's score of a party, as 15 USC 1681m(a)(2) and 12 CFR 1022.74(e) want it told. `ranks_above` in percent."""

    party: str
    value: int
    score_range: str
    factors: tuple[str, ...]
    made_at: datetime
    source: str
    ranks_above: int | None = None


@dataclass(frozen=True, slots=True)
class ReportUsed:
    """A consumer report that was weighed. `bureau` is empty where none is named.

    `sent_along`: it came with an application instead of being asked for; `is_earlier`: with or for an earlier one;
    `has_file`: False where the bureau's answer was that it has none on this person.
    """

    bureau: str
    sent_along: bool
    is_earlier: bool
    has_file: bool = True

    @property
    def is_no_file(self) -> bool:
        """There is no report to speak of: the bureau was asked, and its answer alone was used."""
        return not self.sent_along and not self.has_file


@dataclass(frozen=True, slots=True)
class NoticeSubject:
    """`reports` by the public id of the party on whom each was made; `would_change` in sentences; `needed` in words.

    `scores` are those that were used, in an adverse notice, and those on file, in an approval.
    """

    kind: NoticeKind
    application: Application
    parties: Sequence[Party]
    lender: Lender
    product: Product
    written_on: date
    decision: Decision | None = None
    reasons: Sequence[Reason] = ()
    reports: Mapping[str, ReportUsed] = field(default_factory=dict)
    scores: Sequence[BureauScore] = ()
    would_change: Sequence[str] = ()
    offer_until: date | None = None
    needed: Sequence[str] = ()
    answer_by: date | None = None

    @property
    def words(self) -> Words:
        return words(self.application.language)

    @property
    def nouns(self) -> dict[str, str]:
        return self.words.nouns(ProductKind(self.product.kind))

    @property
    def is_adverse(self) -> bool:
        return self.kind in ADVERSE

    @property
    def is_in_us(self) -> bool:
        return self.lender.country == UNITED_STATES

    @property
    def is_joint(self) -> bool:
        return len(self.parties) > 1

    def score_of(self, party: Party) -> BureauScore | None:
        return next((score for score in self.scores if score.party == str(party.public_id)), None)

    def report_on(self, party: Party) -> ReportUsed | None:
        return self.reports.get(str(party.public_id))

    def day_of(self, moment: datetime) -> date:
        """The calendar day of a moment where the lender is."""
        return moment.astimezone(ZoneInfo(self.lender.time_zone)).date()

    def day(self, moment: datetime) -> str:
        """A moment as a date where the lender is: 3 November 2026."""
        return self.words.day(self.day_of(moment))


def is_primary(party: Party) -> bool:
    return party.role == PartyRole.PRIMARY


def lines(text: str) -> list[str]:
    """Lines of an address as stored, one a row."""
    return [line.strip() for line in text.splitlines() if line.strip()]
