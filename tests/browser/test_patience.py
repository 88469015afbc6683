"""Tests in a browser read whole pages, however slowly these come."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LINK = b"<!doctype html><title>First</title><a href='/slow'>On</a>"
PRESSED = (
    b"<script>addEventListener('keydown', () => document.querySelector('h2').append(', pressed'))</script>"
)


class Halting(BaseHTTPRequestHandler):
    """A page with a link, and one whose second half comes half a second after its first."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        if self.path != "/slow":
            self.wfile.write(LINK)
            return
        self.wfile.write(b"<!doctype html><title>Second</title><h1>Half</h1>" + b" " * 2_048)
        self.wfile.flush()
        time.sleep(0.5)
        self.wfile.write(b"<h2>Whole</h2>" + PRESSED)

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Halting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_what_is_read_after_a_click_is_the_whole_page(page: Page, address: str) -> None:
    page.goto(address)

    page.get_by_role("link", name="On").click()

    assert page.get_by_role("heading", level=2).all_inner_texts() == ["Whole"]


def test_a_key_meets_the_script_of_the_page_it_is_pressed_on(page: Page, address: str) -> None:
    page.goto(address)

    page.get_by_role("link", name="On").click()
    page.keyboard.press("j")

    assert page.locator("h2").all_inner_texts() == ["Whole, pressed"]
