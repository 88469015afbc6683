"""The frozen content of a notice: everything the applicant's page and any letter print, and nothing else.

It holds no name and no identity number: whoever prints it knows to whom. Each party has an entry in `letters`, whose `blocks`
are its text in the order in which page and letter show it; a reason that stems from another applicant stands there by its
neutral name, without figure, and so does one that stems from a sum over all applicants. Only the entries that are `sent` become letters: the statement of reasons goes to the primary
applicant (12 CFR 1002.9(f)), a notice of one's own report and score to each person whose report was used (15 USC 1681m).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from explanations.notices.forms import text_of
from explanations.notices.subject import (
    OF_THE_LOAN,
    BureauScore,
    NoticeSubject,
    ReportUsed,
    is_primary,
    lines,
)
from explanations.notices.texts import ECOA_SOURCE, ECOA_TEXT, FCRA_SOURCE, SCORE_NOTICE_SOURCE
from explanations.reason_codes.codes import Actionable
from explanations.reasons import Reason
from underwriting.documents.wanted import wanted
from underwriting.enums import NoticeKind, PartyRole
from underwriting.facts.values import FactSource
from underwriting.models import Lender, Party


def snapshot(subject: NoticeSubject) -> dict[str, Any]:
    """The notice as JSON. Rights are there for declines and counteroffers only."""
    say = subject.words.say
    content: dict[str, Any] = {
        "kind": subject.kind.value,
        "language": subject.words.language.value,
        "country": subject.lender.country,
        "paper": subject.lender.letter_paper,
        "heading": say(f"headings.{subject.kind}", **subject.nouns),
        "summary": _summary(subject),
        "reference": subject.application.reference,
        "product": subject.product.name,
        "written_on": subject.words.day(subject.written_on),
        "decided_on": subject.day(subject.decision.decided_at) if subject.decision else "",
        "offer": _offer(subject),
        "offer_until": subject.words.day(subject.offer_until) if subject.offer_until else "",
        "conditions": _conditions(subject),
        "changes": _changes(subject) if subject.kind is NoticeKind.COUNTEROFFER else [],
        "needed": list(subject.needed),
        "answer_by": subject.words.day(subject.answer_by) if subject.answer_by else "",
        "answer_by_on": subject.answer_by.isoformat() if subject.answer_by else "",
        "look_again_until": until.isoformat() if (until := _look_again_until(subject)) else "",
        "no_promise": say("help.no_promise") if subject.is_adverse else "",
        "what_you_can_do": _what_you_can_do(subject),
        "rights": _rights(subject.lender) if subject.is_adverse and subject.is_in_us else None,
        "lender": {
            "name": subject.lender.legal_name,
            "address": lines(subject.lender.address),
            "telephone": subject.lender.telephone,
        },
    }
    content["letters"] = [_letter(subject, party, content) for party in subject.parties]
    return content


def asked_for(subject: NoticeSubject) -> str:
    """What was asked, in words: "a loan of $10,000 over 36 months"."""
    application, words, nouns = subject.application, subject.words, subject.nouns
    if application.requested_amount_minor is None:
        return nouns["one"]
    amount = words.money(application.requested_amount_minor, application.currency)
    if not application.requested_term_months:
        return words.say("summary.asked_amount", one=nouns["one"], amount=amount)
    months = words.months(application.requested_term_months)
    return words.say("summary.asked_amount_and_term", one=nouns["one"], amount=amount, months=months)


def _summary(subject: NoticeSubject) -> str:
    say = subject.words.say
    parts = [say("summary.asked", day=subject.day(subject.application.received_at), asked=asked_for(subject))]
    if subject.kind is NoticeKind.INCOMPLETENESS:
        parts.append(say("summary.incomplete"))
    if subject.kind is NoticeKind.WITHDRAWAL:
        parts.append(say("summary.withdrawn", day=subject.words.day(subject.written_on)))
    if subject.decision is not None:
        parts.append(say("summary.decided", day=subject.day(subject.decision.decided_at)))
        parts.append(
            say("summary.by_system")
            if subject.decision.decided_by_id is None
            else say("summary.by_person", lender=subject.lender.name)
        )
    if subject.kind is NoticeKind.COUNTEROFFER:
        parts.append(say("summary.not_as_asked", this=subject.nouns["this"]))
    return " ".join(parts)


def _offer(subject: NoticeSubject) -> list[dict[str, str]]:
    offer: Mapping[str, Any] | None = subject.decision.offer if subject.decision else None
    if offer is None:
        return []
    say, currency = subject.words.say, subject.application.currency
    is_line = offer.get("term_months") is None
    amount = subject.words.money(offer["amount_minor"], currency)
    rows = [(say("offer.limit") if is_line else say("offer.amount"), amount)]
    if not is_line and offer.get("instalment_minor") is not None:
        total = offer["instalment_minor"] * offer["term_months"]
        rows += [
            (say("offer.payment"), _exact(subject, offer["instalment_minor"])),
            (say("offer.term"), subject.words.months(offer["term_months"])),
            (say("offer.total"), _exact(subject, total)),
            (say("offer.cost"), _exact(subject, total - offer["amount_minor"])),
        ]
    rows.append((say("offer.rate"), f"{offer['annual_rate_bps'] / 100:.2f}%"))
    return [{"label": label, "value": value} for label, value in rows]


def _conditions(subject: NoticeSubject) -> list[str]:
    """What has to be seen before the offer can be taken, in the words of the list."""
    codes = subject.decision.conditions if subject.decision else []
    return [wanted()[code].in_language(subject.words.language) for code in codes]


def _changes(subject: NoticeSubject) -> list[dict[str, str]]:
    """Old and new values side by side, where they differ."""
    offer: Mapping[str, Any] = (subject.decision.offer if subject.decision else None) or {}
    application, words = subject.application, subject.words
    changes = []
    asked, offered = application.requested_amount_minor, offer.get("amount_minor")
    if asked is not None and offered is not None and asked != offered:
        sums = (words.money(asked, application.currency), words.money(offered, application.currency))
        changes.append((words.say("offer.amount"), *sums))
    months, offered_months = application.requested_term_months, offer.get("term_months")
    if months is not None and offered_months is not None and months != offered_months:
        changes.append((words.say("offer.term"), words.months(months), words.months(offered_months)))
    return [{"label": label, "asked": old, "offered": new} for label, old, new in changes]


def _letter(subject: NoticeSubject, party: Party, content: Mapping[str, Any]) -> dict[str, Any]:
    """What one party reads: the primary the reasons, each the credit report and the score that were used of them."""
    public_id, primary = str(party.public_id), is_primary(party)
    report, score = subject.report_on(party), subject.score_of(party)
    own = [reason for reason in subject.reasons if primary or reason.party == public_id]
    letter: dict[str, Any] = {
        "party": public_id,
        "role": PartyRole(party.role).value,
        "sent": _is_sent(subject, party),
        "reasons": [_printed(reason, public_id, subject) for reason in own],
        "what_would_change": list(subject.would_change) if primary else [],
        "credit_report": _credit_report(report, subject) if report and subject.is_adverse else None,
        "score": _score(score, subject) if score and subject.is_adverse else None,
        "score_notice": _score_notice(report, score, subject)
        if report and subject.kind is NoticeKind.APPROVAL and subject.is_in_us
        else None,
        "what_you_can_do": _what_you_can_do(subject, party),
    }
    return {**letter, "blocks": text_of(subject, party, content, letter)}


def _is_sent(subject: NoticeSubject, party: Party) -> bool:
    """One notice to the primary applicant; another to whoever's own report was used. A withdrawal is recorded, not sent."""
    if subject.kind is NoticeKind.WITHDRAWAL:
        return False
    if is_primary(party):
        return True
    is_told = subject.is_adverse or subject.kind is NoticeKind.APPROVAL
    return is_told and subject.is_in_us and subject.report_on(party) is not None


def _printed(reason: Reason, party: str, subject: NoticeSubject) -> dict[str, Any]:
    say = subject.words.say
    read_on = subject.day(datetime.fromisoformat(reason.known_at)) if reason.known_at else ""
    answer = _answer_of_bureau(reason, party, subject)
    if reason.party not in (None, party) and subject.is_joint:
        about = FactSource.DERIVED.lower() if answer else reason.source_kind.lower()
        return {
            "code": reason.code,
            "heading": f"{reason.factor} {say(f'sources.other.{about}')}",
            "figure": "",
            "where_from": answer or say(f"sources.other_from.{about}"),
            "read_on": read_on,
            "what_may_help": say("reasons.nothing_to_do"),
        }
    alone = "reasons.time_alone" if reason.actionable == Actionable.WAIT else "reasons.nothing_to_do"
    if subject.is_joint and reason.party is None and reason.fact not in OF_THE_LOAN:
        # Added up over all applicants: the figure is nobody's own, and would tell one what the other earns or owes.
        return {
            "code": reason.code,
            "heading": say("sources.together", factor=reason.factor),
            "figure": "",
            "where_from": say(f"sources.together_from.{reason.source_kind.lower()}"),
            "read_on": read_on,
            "what_may_help": reason.do or say(alone),
        }
    return {
        "code": reason.code,
        "heading": reason.text,
        "figure": reason.detail,
        "where_from": answer or reason.source,
        "read_on": read_on,
        "what_may_help": reason.do or say(alone),
    }


def _answer_of_bureau(reason: Reason, party: str, subject: NoticeSubject) -> str:
    """Where a reason comes from that rests on the bureau's having no file; empty for every other."""
    report = subject.reports.get(reason.party or party)
    if report is None or not report.is_no_file or reason.source_kind != FactSource.BUREAU:
        return ""
    return subject.words.say("sources.no_file", bureau=report.bureau or subject.words.say("report.unnamed"))


def _credit_report(report: ReportUsed, subject: NoticeSubject) -> dict[str, Any]:
    """The bureau whose report was used; address and telephone are on file for the lender's own bureau alone."""
    origin = "sent_earlier" if report.is_earlier else "sent"
    if not report.sent_along:
        origin = "no_file" if report.is_no_file else "given"
    said = [origin, *(["made_by"] if report.sent_along and report.bureau else []), "no_part"]
    if report.is_no_file:
        said += ["free_copy_no_file"] if subject.is_in_us else ["correct_no_file"]
    else:
        said += ["free_copy", "dispute"] if subject.is_in_us else ["correct"]
    bureau = report.bureau or subject.words.say("report.unnamed")
    sentences = [subject.words.say(f"report.{name}", bureau=bureau) for name in said]
    return {
        "heading": subject.words.say("report.heading_no_file" if report.is_no_file else "report.heading"),
        "bureau": report.bureau,
        **_where(report.bureau, subject.lender),
        "sentences": [sentence[0].upper() + sentence[1:] for sentence in sentences],
        "source": FCRA_SOURCE if subject.is_in_us else "",
    }


def _where(bureau: str, lender: Lender) -> dict[str, Any]:
    settings: Mapping[str, Any] = lender.bureau if bureau == lender.bureau.get("name") else {}
    return {"address": lines(settings.get("address", "")), "telephone": settings.get("telephone", "")}


def _score(score: BureauScore, subject: NoticeSubject) -> dict[str, Any]:
    return {
        "value": score.value,
        "range": score.score_range,
        "factors": list(score.factors),
        "made_on": subject.day(score.made_at),
        "source": score.source,
    }


def _score_notice(report: ReportUsed, score: BureauScore | None, subject: NoticeSubject) -> dict[str, Any]:
    """Form H-4, or H-5 where the bureau has no score (12 CFR 1022.74(e), (f)): told to every person who is approved."""
    return {
        "form": "H-4" if score else "H-5",
        "score": _score(score, subject) if score else None,
        "ranks_above": score.ranks_above if score else None,
        "bureau": report.bureau,
        **_where(report.bureau, subject.lender),
        "source": SCORE_NOTICE_SOURCE,
    }


def _what_you_can_do(subject: NoticeSubject, party: Party | None = None) -> list[str]:
    """What is open to everybody on the application and, with a party, to that person."""
    if subject.kind is NoticeKind.WITHDRAWAL:
        return []
    say, application = subject.words.say, subject.application
    telephone = subject.lender.telephone
    by_telephone = say("and_telephone", telephone=telephone) if telephone else ""
    reach = say("can_do.reach", telephone=by_telephone, reference=application.reference)
    if subject.kind is NoticeKind.APPROVAL:
        return [say("can_do.take_or_refuse", reach=reach)]
    if subject.kind is NoticeKind.INCOMPLETENESS:
        return [say("can_do.send", reach=reach)]
    can_do = [say("can_do.take", reach=reach)] if subject.kind is NoticeKind.COUNTEROFFER else []
    can_do.append(say("can_do.correct", reach=reach))
    until = _look_again_until(subject)
    if until is not None:
        can_do.append(say("can_do.look_again", day=subject.words.day(until)))
    report = subject.report_on(party) if party is not None else None
    if report is not None and subject.is_in_us:
        bureau = report.bureau or say("report.unnamed")
        can_do.append(say("can_do.own_report", bureau=bureau))
    return can_do


def _look_again_until(subject: NoticeSubject) -> date | None:
    """The last day to ask for another look: the lender's whole time, from the day the notice is written."""
    if not subject.is_adverse:
        return None
    return subject.written_on + timedelta(days=subject.lender.look_again_days)


def _rights(lender: Lender) -> dict[str, Any]:
    agency = ", ".join([lender.agency_name.strip(), *lines(lender.agency_address)])
    return {"text": ECOA_TEXT.format(agency=agency), "source": ECOA_SOURCE}


def _exact(subject: NoticeSubject, minor: int) -> str:
    """A sum to the cent: what is paid each month is not rounded."""
    whole, cents = divmod(minor, 100)
    currency = subject.application.currency
    whole_sum = subject.words.money(whole * 100, currency)
    sign, space, code = whole_sum.partition(" ")
    return f"{sign}.{cents:02d}{space}{code}"
