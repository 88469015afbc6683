"""What the template is given: the notice's frozen text, and to whom it is sent."""

from __future__ import annotations

from typing import Any

import qrcode  # type: ignore[import-untyped]
from django.conf import settings

from explanations.models import Notice
from explanations.notices.texts import words
from underwriting.models import ApplicantLink, Disclosure, Party
from underwriting.people.identity import open_identity
from underwriting.people.links import link_token

PAPERS = {"LETTER": "us-letter", "A4": "a4"}
QUIET_ZONE = 4  # modules, as ISO/IEC 18004 asks


def letter_content(notice: Notice, party: Party) -> dict[str, Any]:
    """One letter as the template reads it. Raises Unreadable where the addressee is gone."""
    content, sentences = notice.snapshot, words(notice.language)
    entry = next(one for one in content["letters"] if one["party"] == str(party.public_id))
    identity = open_identity(party)
    address = _page_address(notice, party)
    return {
        "language": content["language"],
        "paper": PAPERS[content["paper"]],
        "title": f"{content['heading']} ({content['reference']})",
        "sender": [
            content["lender"]["name"],
            *content["lender"]["address"],
            *([content["lender"]["telephone"]] if content["lender"]["telephone"] else []),
        ],
        "lender": content["lender"]["name"],
        "addressee": [
            identity.full_name,
            *identity.address_lines[:-1],
            " ".join(part for part in (*identity.address_lines[-1:], identity.postcode) if part),
        ],
        "about": [
            {"label": sentences.say("letter.date"), "value": content["written_on"]},
            {"label": sentences.say("letter.reference"), "value": content["reference"]},
            {"label": sentences.say("letter.product"), "value": content["product"]},
        ],
        "reference": f"{sentences.say('letter.reference')} {content['reference']}",
        "page": sentences.say("letter.page", number="{number}", count="{count}"),
        "heading": content["heading"],
        "summary": content["summary"],
        "blocks": entry["blocks"],
        "online": {
            "heading": sentences.say("letter.online_heading"),
            "text": sentences.say("letter.online"),
            "address": address,
            "code": code_drawing(address),
            "described": sentences.say("letter.code", address=address),
        }
        if address
        else None,
    }


def _page_address(notice: Notice, party: Party) -> str:
    """Address of the party's page, by the newest link that was live when the notice was told; empty where none was.

    Not by one of a later day: the same notice gives the same letter whenever it is rendered.
    """
    told = Disclosure.objects.filter(decision_id=notice.decision_id).first() if notice.decision_id else None
    told_at = told.disclosed_at if told is not None else notice.created_at
    link = (
        ApplicantLink.objects.select_related("party")
        .filter(party=party, created_at__lte=told_at, expires_at__gt=told_at)
        .order_by("-serial")
        .first()
    )
    return (
        ""
        if link is None
        else f"{settings.BASE_URL.rstrip('/')}/a/{link_token(link.party, serial=link.serial)}/"
    )


def code_drawing(text: str) -> str:
    """The code as an SVG of one path, one run of dark modules after the other."""
    code = qrcode.QRCode(border=QUIET_ZONE, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    runs = [run for y, row in enumerate(matrix) for run in _runs(row, y)]
    size = len(matrix)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"><path d="{"".join(runs)}"/></svg>'


def _runs(row: list[bool], y: int) -> list[str]:
    runs, start = [], None
    for x, dark in enumerate([*row, False]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            runs.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
            start = None
    return runs
