"""The browser fixtures find what they are there to find."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browsing import Complaints

pytestmark = pytest.mark.browser
POLICY = "default-src 'none'; img-src 'self'; connect-src 'self'; style-src 'self'; script-src 'self'"
PAGES = {
    "/good": "<!doctype html><html lang=en><title>Good</title><link rel=icon href=/icon><p>Good</p>",
    "/bad": "<!doctype html><html lang=en><title>Bad</title><link rel=icon href=/icon><p style='color:red'>Bad</p>",
    "/icon": "",
}


class Handler(BaseHTTPRequestHandler):
    """Serves the pages above under the policy above."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(PAGES[self.path].encode())

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_good_page_has_no_complaints(complaints: Complaints, page: Page, address: str) -> None:
    page.goto(f"{address}/good")

    assert complaints.everything() == []


def test_an_inline_style_is_found_by_console_and_event(
    complaints: Complaints, page: Page, address: str
) -> None:
    page.goto(f"{address}/bad")
    for _ in range(100):  # event and console line come on their own time
        if complaints.violations and complaints.console:
            break
        page.wait_for_timeout(50)

    assert complaints.violations[0].startswith("style-src-attr inline")
    assert "Content Security Policy" in complaints.console[0]
