"""A case on paper: readable in black, nothing of the desk around it, every fold open, and who printed what when."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import SignIn
from tests.browser.scene import set_scene
from tests.browser.typing import take
from underwriting.enums import Role
from underwriting.models import Preference

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_case_prints_whole_in_black_with_its_id_the_moment_and_the_person(
    page: Page, live_server: LiveServer, sign_in: SignIn
) -> None:
    """UX 5.5. From a dark screen with an opened panel, which is the hardest case for paper."""
    scene = set_scene()
    ana, case = scene.people[Role.CREDIT_OFFICER], scene.cases[0]
    Preference.objects.create(user=ana, theme="dark")
    sign_in(ana)
    take(page, live_server.url, case)
    page.keyboard.press("d")
    expect(page.locator("#panel-title")).to_be_focused()
    page.emulate_media(media="print")

    for gone in (".topbar", ".bar", "#toasts", ".foot"):
        expect(page.locator(gone)).to_be_hidden()
    colours = "e => [getComputedStyle(e).color, getComputedStyle(e.closest('.card')).backgroundColor]"
    assert page.locator("#why .lead").evaluate(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    directory = os.environ.get("UW_SCREENSHOTS")
    if directory:
        Path(directory).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(directory) / "case-print.png", full_page=True)

    paper = PdfReader(io.BytesIO(page.pdf(format="A4")))
    text = " ".join(" ".join(sheet.extract_text().split()) for sheet in paper.pages)
    assert f"{case}, as it was shown on" in text
    assert f"to {ana.name}, Harbour Credit." in text
    assert "R-03" in text  # one of the folded rules that passed
    assert "Time since last missed payment" in text  # in the folded rest of the credit file
    for gone in ("Claim to decide", "Give back", "Ctrl Enter", "Sign out", "Skip to the content", "Write to"):
        assert gone not in text
