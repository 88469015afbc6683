"""S06: a document's pages beside the facts they bear out; opened once in the trail, verified and set right on the case page."""

from __future__ import annotations

import io
import re

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from review_queue.models import ReviewCase
from tests.factories import make_lender, make_party, make_user
from tests.factories.appealing import make_appeal
from tests.factories.reviewing import Desk, make_case
from tests.frontend.operations.conftest import claimed, url
from tests.underwriting.documents.files import pdf, picture
from tests.underwriting.facts.test_assemble import report as told_by_bureau
from underwriting.audit.actor import SYSTEM
from underwriting.documents import child
from underwriting.documents.receive import receive_document
from underwriting.documents.render import SENTENCES
from underwriting.enums import DocumentKind, Role, WorkKind
from underwriting.models import AuditEntry, Document, FactCorrection, Lender, Party, User, WorkItem

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


def sent(
    case: ReviewCase,
    content: bytes | None = None,
    kind: DocumentKind = DocumentKind.PAYSLIP,
    party: Party | None = None,
) -> Document:
    return receive_document(
        application=case.application, party=party or case.application.parties.get(), kind=kind, name="July payslip.pdf",
        content=content or pdf(pages=3), actor=SYSTEM, now=timezone.now(),
    )  # fmt: skip


def at(case: ReviewCase, document: Document, rest: str = "") -> str:
    return url(case, f"documents/{document.public_id}/{rest}")


def words(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page).split())


def fact_row(page: str) -> tuple[str, str]:
    """The row of the income on the case page: what is told of its source, and its words."""
    row = re.search(r'<div id="fact-annual_income" title="([^"]*)">(.*?)</div>', page, re.DOTALL)
    assert row
    return row[1], words(row[2])


def opened() -> int:
    return AuditEntry.objects.filter(action="document.read").count()


def links(page: str) -> list[str]:
    """Where the page's own controls and its picture lead."""
    section = page[page.index('id="page"') : page.index("</section>")]
    return [link.replace("&amp;", "&") for link in re.findall(r'(?:href|src)="([^"]+)"', section)]


def test_opening_is_in_the_trail_once_however_many_pages_are_turned(
    officer: Client, case: ReviewCase
) -> None:
    document = sent(case)
    first = officer.get(at(case, document)).content.decode()
    assert opened() == 1
    assert "Page 1 of 3" in first
    for link in links(first):
        officer.get(link)
        officer.get(link, headers=HX)
    assert opened() == 1

    officer.get(at(case, document))
    officer.get(at(case, document, "page/?page=2"))
    officer.get(at(case, document, "file/"))
    assert opened() == 4
    entry = AuditEntry.objects.filter(action="document.read").latest("pk")
    assert (entry.actor_name, entry.object_id) == ("Ana Ruiz", str(document.public_id))


def test_the_mark_of_an_opening_is_one_persons_and_one_documents(
    officer: Client, case: ReviewCase, harbour: Lender
) -> None:
    document, other = sent(case), sent(case)
    mark = re.findall(r"opening=([^&\"]+)", officer.get(at(case, document)).content.decode())[0]
    officer.get(at(case, other, f"?opening={mark}"))
    assert opened() == 2
    tom = Client()
    tom.force_login(make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    tom.get(at(case, document, f"page/?opening={mark}"))
    assert opened() == 3


def test_a_page_is_a_picture_of_our_own_under_the_strict_policy(officer: Client, case: ReviewCase) -> None:
    document = sent(case)
    answer = officer.get(at(case, document, "page/?page=2&turn=90"))
    assert Image.open(io.BytesIO(answer.content)).size == (2112, 1632)
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert (answer["X-Content-Type-Options"], answer["Cross-Origin-Resource-Policy"]) == (
        "nosniff",
        "same-origin",
    )
    assert answer["Cache-Control"] == "private, no-store"
    photo = sent(case, picture("JPEG"))
    assert officer.get(at(case, photo, "page/")).content != picture("JPEG")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("page=9", "Page 3 of 3"),
        ("page=-1&zoom=9000&turn=45", "Page 1 of 3"),
        ("page=1e3&turn=x", "Page 1 of 3"),
    ],
)
def test_an_address_asks_for_no_more_than_there_is(
    officer: Client, case: ReviewCase, asked: str, shown: str
) -> None:
    page = officer.get(at(case, sent(case), f"?{asked}")).content.decode()
    assert shown in page
    assert "Fits the width" in page


def test_another_cases_or_lenders_document_has_no_page(
    officer: Client, case: ReviewCase, desk: Desk, ana: User
) -> None:
    foreign, own = sent(make_case(desk, now=timezone.now())), sent(case)
    claimed(case, ana)
    stranger = Client()
    stranger.force_login(make_user("Kim Oduya", (make_lender("northgate"), Role.CREDIT_OFFICER)))
    for rest in ("", "page/", "file/"):
        assert officer.get(at(case, foreign, rest)).status_code == 404
        assert stranger.get(at(case, own, rest)).status_code == 404
    assert officer.post(at(case, foreign, "verify/"), {"fact": "annual_income"}).status_code == 404
    assert stranger.post(at(case, own, "verify/"), {"fact": "annual_income"}).status_code == 404
    assert opened() == 0


def test_a_page_that_cannot_be_drawn_says_so_and_the_file_can_be_saved(
    officer: Client, case: ReviewCase
) -> None:
    document = sent(case)
    for _ in range(child.AT_ONCE):
        child._room.acquire()
    try:
        answer = officer.get(at(case, document, "page/"))
    finally:
        for _ in range(child.AT_ONCE):
            child._room.release()
    assert (answer.status_code, answer.content.decode()) == (503, SENTENCES["busy"])
    assert answer["Content-Type"].startswith("text/plain")
    page = officer.get(at(case, document)).content.decode()
    assert f'href="{at(case, document, "file/")}"' in page
    assert "Save the file to look at it." in words(page)


def test_a_document_whose_key_is_gone_is_said_to_be(officer: Client, case: ReviewCase) -> None:
    document = sent(case)
    odd = Document.objects.get(pk=document.pk)
    odd.pk, odd.content = None, b"not sealed at all"
    odd.public_id = type(document.public_id)(int=7)
    odd.save(force_insert=True)
    for rest in ("", "page/", "file/"):
        answer = officer.get(at(case, odd, rest))
        assert (answer.status_code, "cannot be read any more" in answer.content.decode()) == (409, True)


def test_beside_the_page_stand_the_facts_that_the_paper_bears_out(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    document = sent(case)
    page = words(officer.get(at(case, document)).content.decode())
    assert "Nothing is read by machine" in page
    assert "Yearly income $52,200 ○ stated only Application form" in page
    assert "It says the same" not in page
    claimed(case, ana)
    assert "It says the same" in words(officer.get(at(case, document)).content.decode())
    party = case.application.parties.get()
    told = told_by_bureau(party, {"revolving_utilisation_ratio": 0.84})
    told.person_index = bytes(party.person_index)
    told.save()
    report = sent(case, kind=DocumentKind.CREDIT_REPORT)
    assert "Share of card and line limits in use 84 % ✓ verified Credit report, Demo Bureau" in words(
        officer.get(at(case, report)).content.decode()
    )
    passport = words(officer.get(at(case, sent(case, kind=DocumentKind.IDENTITY))).content.decode())
    assert "No fact on file rests on this kind of document." in passport


@pytest.mark.parametrize("headers", [{}, HX])
def test_it_says_the_same_and_the_case_page_says_verified(
    officer: Client, ana: User, case: ReviewCase, headers: dict[str, str]
) -> None:
    claimed(case, ana)
    document = sent(case)
    WorkItem.objects.all().delete()
    before = officer.get(url(case)).content.decode()
    assert fact_row(before)[1] == "Yearly income used by the score $52,200 ○ stated only"
    typed = {"fact": "annual_income", "seen-annual_income": "5220000", "page": "2", "zoom": "150"}

    answer = officer.post(at(case, document, "verify/"), typed, headers=headers)

    if headers:
        assert "✓ verified Verified against: Payslip received" in words(answer.content.decode())
    else:
        assert (answer.status_code, "page=2&zoom=150" in answer["Location"]) == (303, True)
    assert not WorkItem.objects.exists()
    page = officer.get(url(case)).content.decode()
    title, row = fact_row(page)
    assert row == "Yearly income used by the score $52,200 ✓ verified"
    day = f"{timezone.now():%b %Y}"
    assert re.fullmatch(
        rf"Verified against: Payslip received \d+ {day}, page 2, by Ana Ruiz, known .*", title
    )
    assert "verified a fact: Yearly income, Payslip received" in words(page)
    assert 'id="differences"' not in page


def test_what_is_refused_is_said_beside_the_page(officer: Client, ana: User, case: ReviewCase) -> None:
    document = sent(case)
    typed = {"fact": "annual_income", "seen-annual_income": "5220000"}
    answer = officer.post(at(case, document, "verify/"), typed, headers=HX)
    assert (answer.status_code, "Claim it first" in answer.content.decode()) == (409, True)
    claimed(case, ana)
    for seen in ("1", "", "[" * 4000, "nothing\x00"):
        answer = officer.post(at(case, document, "verify/"), typed | {"seen-annual_income": seen})
        assert (answer.status_code, "has changed meanwhile" in answer.content.decode()) == (422, True)
    assert not FactCorrection.objects.exists()


@pytest.mark.parametrize("headers", [{}, HX])
def test_set_right_begins_with_the_document_and_leads_back_to_it(
    officer: Client, ana: User, case: ReviewCase, headers: dict[str, str]
) -> None:
    claimed(case, ana)
    document = sent(case)
    page = officer.get(at(case, document, "?page=2")).content.decode()
    link = re.search(r'id="set-right-annual_income" href="([^"]+)"', page)
    assert link
    panel = officer.get(link[1].replace("&amp;", "&"), headers=headers).content.decode()
    assert '<option value="annual_income" selected>' in panel
    assert f'<option value="{document.public_id}" selected>' in panel
    source = re.search(r'name="source"[^>]*value="([^"]+)"', panel)
    assert source
    assert source[1].endswith("page 2")
    state = dict(
        re.findall(r'<input type="hidden" name="(viewer|page|zoom|turn|opening)" value="([^"]*)"', panel)
    )
    typed = state | {
        "fact": "annual_income", "value": "48,480", "source": source[1], "document": str(document.public_id), "reason": "No bonus.",
    }  # fmt: skip

    answer = officer.post(url(case, "correct/"), typed, headers=headers)

    back = answer["HX-Redirect"] if headers else answer["Location"]
    assert back.startswith(f"{at(case, document)}?")
    assert "page=2" in back
    count = opened()
    assert "Being assessed with what was set right" in officer.get(back).content.decode()
    assert opened() == count
    case_page = officer.get(url(case)).content.decode()
    shown = words(case_page[case_page.index('id="differences"') :])
    assert shown.startswith(
        'id="differences"> Set right: income Yearly income $52,200 → $48,480 Payslip received'
    )
    assert 'href="#fact-annual_income"' in case_page
    assert fact_row(case_page)[1].endswith("$52,200 ≠ mismatch")


def test_before_and_after_stand_beside_the_page(
    officer: Client, ana: User, case: ReviewCase, desk: Desk
) -> None:
    claimed(case, ana)
    document = sent(case)
    officer.post(url(case, "correct/"), {
        "fact": "annual_income", "value": "72,000", "source": "Payslip", "document": str(document.public_id), "reason": "The bonus.",
    })  # fmt: skip
    WorkItem.objects.filter(kind=WorkKind.ASSESS).delete()
    again = make_case(desk, now=timezone.now(), score=655).assessment
    values = {f.attname: getattr(again, f.attname) for f in again._meta.concrete_fields if f.attname != "id"}
    newest = type(again).objects.create(**values | {"application_id": case.application_id, "number": 2})
    ReviewCase.objects.filter(pk=case.pk).update(assessment=newest)
    page = officer.get(at(case, document)).content.decode()
    assert "score 628 → <strong>655</strong>" in page
    assert "✓ verified Corrected from: Payslip, by Ana Ruiz" in words(page)


def test_a_sum_of_two_is_verified_when_both_are(officer: Client, ana: User, case: ReviewCase) -> None:
    parties = [case.application.parties.get(), make_party(case.application, ordinal=2)]
    assessment = case.assessment
    assessment.facts["annual_income"]["party"] = None
    values = {
        f.attname: getattr(assessment, f.attname)
        for f in assessment._meta.concrete_fields
        if f.attname != "id"
    }
    both = type(assessment).objects.create(**values | {"number": 2})
    ReviewCase.objects.filter(pk=case.pk).update(assessment=both)
    claimed(case, ana)
    for party, state in zip(parties, ("◐ verified in part", "✓ verified"), strict=True):
        seen = str(party.stated["annual_income"])
        answer = officer.post(
            at(case, sent(case, party=party), "verify/"),
            {"fact": "annual_income", "seen-annual_income": seen},
        )
        assert answer.status_code == 303
        assert fact_row(officer.get(url(case)).content.decode())[1].endswith(state)


def test_a_new_copy_is_asked_for_with_the_right_line_ticked(
    officer: Client, ana: User, case: ReviewCase
) -> None:
    claimed(case, ana)
    page = officer.get(at(case, sent(case))).content.decode()
    link = re.search(r'id="open-ask" href="([^"]+)"', page)
    assert link
    panel = officer.get(link[1].replace("&amp;", "&"), headers=HX).content.decode()
    assert re.findall(r'value="(\w+)" checked', panel) == ["payslips"]


def test_the_case_page_leads_to_the_first_document_not_opened_yet(
    officer: Client, case: ReviewCase, harbour: Lender
) -> None:
    older, newer = sent(case), sent(case)

    def keyed() -> str:
        page = officer.get(url(case)).content.decode()
        found = re.search(r'documents/([0-9a-f-]+)/[^"]*" data-key="v"', page)
        return found[1] if found else ""

    assert keyed() == str(newer.public_id)
    officer.get(at(case, newer))
    assert keyed() == str(older.public_id)
    tom = Client()
    tom.force_login(make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    tom.get(at(case, older))
    assert keyed() == str(older.public_id)
    officer.get(at(case, older))
    assert keyed() == str(newer.public_id)
    assert "Not opened by you" not in officer.get(url(case)).content.decode()


def test_one_document_leads_to_the_next_and_back_to_the_case(officer: Client, case: ReviewCase) -> None:
    older, newer = sent(case), sent(case)
    first, last = (officer.get(at(case, one)).content.decode() for one in (newer, older))
    assert f'href="{at(case, older)}?' in first
    assert "Previous document" not in first
    assert f'href="{at(case, newer)}?' in last
    assert "Next document" not in last
    assert re.search(rf'href="{url(case)}\?[^"]*#docs" data-key="u"', first)


def test_a_blind_officer_reads_the_paper_and_no_answer(officer: Client, harbour: Lender, desk: Desk) -> None:
    case = make_appeal(desk, make_user("Tom Berg", (harbour, Role.CREDIT_OFFICER)))
    document = sent(case)
    page = officer.get(at(case, document)).content.decode()
    assert "Yearly income" in page
    assert [word for word in ("Declined", "Tom Berg", "tag--decline") if word in page] == []
    decided = ReviewCase.objects.filter(application=case.application).exclude(pk=case.pk).get()
    assert officer.get(at(decided, document)).status_code == 403


def test_who_only_reads_has_nothing_to_press(client: Client, case: ReviewCase, harbour: Lender) -> None:
    client.force_login(make_user("Agnes Roth", (harbour, Role.AUDITOR)))
    page = client.get(at(case, sent(case))).content.decode()
    assert "Yearly income" in page
    assert [word for word in ("It says the same", "Set right", "Ask for a new copy") if word in page] == []
