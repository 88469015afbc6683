"""The text of one party's notice, block by block, for each country and kind: what page and letter print, in this order.

Blocks are small: a heading, a paragraph, a list, numbered reasons, rows of label and value, a table, an address, a quotation.
A form names the blocks it consists of, after the regulators' sample forms (Regulation B, Appendix C, Forms C-1 to C-6;
12 CFR 1022, Appendix H, Forms H-4 and H-5). What is not there (a score, a report) leaves its block out.

The block of 15 USC 1681m(b), facts from outsiders who are not bureaus, is in no form: no source of facts is of that sort.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from explanations.notices import texts
from explanations.notices.subject import INDIA, UNITED_STATES, NoticeSubject, is_primary
from underwriting.enums import NoticeKind
from underwriting.models import Party

Block = dict[str, Any]
SHEET = "sheet"


@dataclass(frozen=True, slots=True)
class Part:
    """What a block is made from: the notice, and the entry of the party who reads it."""

    subject: NoticeSubject
    is_primary: bool
    content: Mapping[str, Any]
    letter: Mapping[str, Any]

    def say(self, name: str, **fields: Any) -> str:
        return self.subject.words.say(name, **fields)


Builder = Callable[[Part], Iterator[Block]]


def heading(text: str, level: int = 2) -> Block:
    return {"kind": "heading", "level": level, "text": text}


def text(said: str) -> Block:
    return {"kind": "text", "text": said}


def items(said: list[str]) -> Block:
    return {"kind": "list", "items": said}


def rows(pairs: list[tuple[str, str]]) -> Block:
    return {"kind": "rows", "rows": [{"label": label, "value": value} for label, value in pairs]}


def sheet(name: str) -> Block:
    """What follows is kept apart from the rest, under the name of who gives it: a page of its own in the letter."""
    return {"kind": SHEET, "text": name}


def quote(said: str, source: str) -> Block:
    """The law's own words are English whatever the language of the notice."""
    return {"kind": "quote", "text": said, "source": source, "language": "en"}


def _terms(part: Part) -> Iterator[Block]:
    changes, offer = part.content["changes"], part.content["offer"]
    if changes:
        yield heading(part.say("offer.different"))
        yield {
            "kind": "table",
            "head": ["", part.say("offer.asked"), part.say("offer.offered")],
            "rows": [[change["label"], change["asked"], change["offered"]] for change in changes],
        }
    if offer:
        yield heading(part.say("offer.heading"))
        yield {"kind": "rows", "rows": offer}
    if (
        part.content["offer_until"] and not part.content["conditions"]
    ):  # until when papers can be sent stands with them
        until = part.say("offer.until", day=part.content["offer_until"])
        adverse = part.subject.is_adverse and part.is_primary
        yield text(f"{until} {part.say('offer.silence')}" if adverse else until)


def _conditions(part: Part) -> Iterator[Block]:
    """The papers without which the offer cannot be taken, and until when."""
    conditions, until = part.content["conditions"], part.content["offer_until"]
    if not conditions:
        return
    yield heading(part.say("conditions.heading"))
    if not part.is_primary:
        yield text(part.say("conditions.other", day=until))
        return
    yield text(part.say("conditions.lead", day=until))
    yield items(conditions)
    yield text(part.say("conditions.how"))


def _reasons(part: Part) -> Iterator[Block]:
    """The statement of reasons for the primary applicant; for another, the reasons that stem from their own data."""
    printed = part.letter["reasons"]
    if not part.is_primary:
        yield text(f"{part.say('reasons.joint')} {part.say('reasons.statement')}")
    if printed:
        yield heading(part.say("reasons.heading" if part.is_primary else "reasons.heading_own"))
        yield {
            "kind": "reasons",
            "items": [
                {"heading": reason["heading"], "text": reason["figure"], "from": _origin(part, reason)}
                for reason in printed
            ],
        }


def _origin(part: Part, reason: Mapping[str, Any]) -> str:
    if reason["read_on"]:
        return part.say("reasons.from_and_day", source=reason["where_from"], day=reason["read_on"])
    return part.say("reasons.from", source=reason["where_from"])


def _help(part: Part) -> Iterator[Block]:
    """In the order and under the numbers of the reasons."""
    helps = [reason["what_may_help"] for reason in part.letter["reasons"]]
    if helps and set(helps) == {part.say("reasons.nothing_to_do")}:
        yield heading(part.say("help.heading"))
        yield text(part.say("help.nothing"))
    elif helps:
        yield heading(part.say("help.heading"))
        if len(helps) > 1:
            yield text(part.say("help.lead"))
        yield {"kind": "numbered", "items": helps}
        yield text(part.say("help.no_promise"))


def _would_change(part: Part) -> Iterator[Block]:
    """Each sentence says itself that it holds on today's data and rules, and promises nothing."""
    if part.letter["what_would_change"]:
        yield heading(part.say("would_change.heading"))
        yield items(part.letter["what_would_change"])


def _can_do(part: Part) -> Iterator[Block]:
    if part.letter["what_you_can_do"]:
        yield heading(part.say("can_do.heading"))
        yield items(part.letter["what_you_can_do"])


def _needed(part: Part) -> Iterator[Block]:
    yield heading(part.say("needed.heading"))
    yield text(part.say("needed.lead"))
    yield items(part.content["needed"])
    yield text(f"{part.say('needed.until', day=part.content['answer_by'])} {part.say('needed.silence')}")


def _score(part: Part) -> Iterator[Block]:
    """The score that was used, with its key factors (15 USC 1681m(a)(2)): beside the reasons, never in their place."""
    score = part.letter["score"]
    if score is None:
        return
    yield heading(part.say("score.heading"))
    yield text(part.say("score.lead"))
    yield _score_rows(part, score)
    if score["factors"]:
        yield text(part.say("score.factors", source=score["source"]))
        yield {"kind": "list", "items": score["factors"], "language": "en"}


def _score_rows(part: Part, score: Mapping[str, Any]) -> Block:
    return rows(
        [
            (part.say("score.value"), str(score["value"])),
            (part.say("score.range"), _span(part, "score.span", score["range"])),
            (part.say("score.made_on"), score["made_on"]),
            (part.say("score.source"), score["source"]),
        ]
    )


def _span(part: Part, name: str, score_range: str) -> str:
    """The range in words, where it names a low and a high end; else as the bureau gave it."""
    ends = re.findall(r"\d+", score_range)
    return part.say(name, low=ends[0], high=ends[1]) if len(ends) == 2 else score_range


def _report(part: Part) -> Iterator[Block]:
    report = part.letter["credit_report"]
    if report is None:
        return
    yield heading(report["heading"])
    for sentence in report["sentences"]:
        yield text(sentence)
    yield from _bureau(part, report)
    if report["source"]:
        yield {"kind": "source", "text": report["source"]}


def _bureau(part: Part, bureau: Mapping[str, Any]) -> Iterator[Block]:
    telephone = [part.say("report.telephone", telephone=bureau["telephone"])] if bureau["telephone"] else []
    address = [line for line in (bureau["bureau"], *bureau["address"], *telephone) if line]
    if address:
        yield {"kind": "address", "lines": address}


def _score_notice(part: Part) -> Iterator[Block]:
    """Forms H-4 and H-5, which a lender gives to everybody instead of working out who got worse terms.

    Segregated from other information (12 CFR 1022.74(e)(2), (f)(2)), so it comes last in its form.
    """
    notice = part.letter["score_notice"]
    if notice is None:
        return
    score, bureau = notice["score"], notice["bureau"] or part.say("report.unnamed")
    yield sheet(part.content["lender"]["name"])
    yield heading(part.say("score_notice.heading"))
    yield _score_rows(part, score) if score else text(part.say("score_notice.none", bureau=bureau))
    yield heading(part.say("score_notice.about_heading"), 3)
    yield text(part.say("score_notice.about"))
    yield heading(part.say("score_notice.why_heading"), 3)
    yield text(part.say("score_notice.why" if score else "score_notice.why_none"))
    if score:
        yield text(_span(part, "score_notice.range", score["range"]))
        yield heading(part.say("score_notice.compare_heading"), 3)
        yield text(part.say("score_notice.compare", percent=f"{notice['ranks_above']}%"))
    yield heading(part.say("score_notice.mistakes_heading"), 3)
    yield text(part.say("score_notice.mistakes", bureau=bureau))
    yield from _bureau(part, notice)
    yield heading(part.say("score_notice.copy_heading"), 3)
    yield text(f"{part.say('score_notice.copy')} {part.say('score_notice.copy_lead')}")
    yield items(
        [
            part.say("score_notice.copy_telephone", telephone=texts.ANNUAL_REPORT_TELEPHONE),
            part.say("score_notice.copy_web", web=texts.ANNUAL_REPORT_WEB),
            part.say("score_notice.copy_mail", mail=texts.ANNUAL_REPORT_MAIL),
        ]
    )
    yield heading(part.say("score_notice.more_heading"), 3)
    yield text(part.say("score_notice.more", web=texts.CONSUMER_BUREAU_WEB))
    yield {"kind": "source", "text": notice["source"]}


def _rights(part: Part) -> Iterator[Block]:
    rights = part.content["rights"]
    if rights is not None and part.is_primary:
        yield heading(part.say("rights.heading"))
        yield text(part.say("rights.lead"))
        yield quote(rights["text"], rights["source"])


_DECLINE: tuple[Builder, ...] = (_reasons, _help, _would_change, _can_do, _score, _report)
FORMS: Mapping[tuple[str, NoticeKind], tuple[Builder, ...]] = {
    (UNITED_STATES, NoticeKind.ADVERSE_ACTION): (*_DECLINE, _rights),
    (UNITED_STATES, NoticeKind.COUNTEROFFER): (_terms, _conditions, *_DECLINE, _rights),
    (UNITED_STATES, NoticeKind.APPROVAL): (_terms, _conditions, _can_do, _score_notice),
    (UNITED_STATES, NoticeKind.INCOMPLETENESS): (_needed, _can_do),
    (UNITED_STATES, NoticeKind.WITHDRAWAL): (),
    # The main reasons in writing (RBI, 6 March 2007); no block of United States law.
    (INDIA, NoticeKind.ADVERSE_ACTION): _DECLINE,
    (INDIA, NoticeKind.COUNTEROFFER): (_terms, _conditions, *_DECLINE),
    (INDIA, NoticeKind.APPROVAL): (_terms, _conditions, _can_do),
    (INDIA, NoticeKind.INCOMPLETENESS): (_needed, _can_do),
    (INDIA, NoticeKind.WITHDRAWAL): (),
}


def text_of(
    subject: NoticeSubject, party: Party, content: Mapping[str, Any], letter: Mapping[str, Any]
) -> list[Block]:
    """The blocks after heading and summary. A country without forms has none, and its notices are held."""
    part = Part(subject=subject, is_primary=is_primary(party), content=content, letter=letter)
    return [block for build in FORMS.get((subject.lender.country, subject.kind), ()) for block in build(part)]
