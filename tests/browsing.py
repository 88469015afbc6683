"""Browser fixtures: a system Chromium, and a page that collects everything the browser complains about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest

from underwriting.config.launch.commands.developer import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

ARGUMENTS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
# Violations are events of the document; the console does not repeat all of them.
_REPORT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) => {
  window.__report_violation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile || ''}:${event.lineNumber}`);
});
"""


# What acts through a page's scripts, or reads at once and does not wait by itself.
_OF_A_LOCATOR = (
    "all", "all_inner_texts", "all_text_contents", "check", "click", "count", "evaluate", "evaluate_all", "fill", "is_visible", "press",
)  # fmt: skip
_OF_A_PAGE = ("click", "content", "evaluate", "fill", "title")
PATIENCE_MS = 20_000  # for what a page comes to show; a machine with much else to do is slow


@dataclass
class Complaints:
    """What a browser reported about the pages of a test."""

    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)

    def everything(self) -> list[str]:
        """All complaints in one list; empty for a good page."""
        return [*self.console, *self.errors, *self.violations, *self.foreign_requests]


@pytest.fixture(scope="session")
def unhurried() -> Iterator[None]:
    """Nobody acts on a page, or reads it, before it has loaded.

    A click or a key that leads to another page returns with the first byte of that page: what is read in the next line may
    not have arrived yet, and what is pressed may meet no script. On a slow machine it does not.
    """
    from playwright.sync_api import Locator, Page, expect

    expect.set_options(timeout=PATIENCE_MS)

    def after_loading(act: Callable[..., Any], page_of: Callable[[Any], Page]) -> Callable[..., Any]:
        @wraps(act)
        def patient(self: Any, *args: Any, **kwargs: Any) -> Any:
            page_of(self).wait_for_load_state()
            return act(self, *args, **kwargs)

        return patient

    with pytest.MonkeyPatch.context() as patch:
        for name in _OF_A_LOCATOR:
            patch.setattr(Locator, name, after_loading(getattr(Locator, name), lambda locator: locator.page))
        for name in _OF_A_PAGE:
            patch.setattr(Page, name, after_loading(getattr(Page, name), lambda page: page))
        keyboard: Any = Page.__dict__["keyboard"]
        patch.setattr(Page, "keyboard", property(after_loading(keyboard.fget, lambda page: page)))
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args(unhurried: None, browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    chromium = find_chromium()
    if chromium is None:
        pytest.fail(
            "browser tests need Chromium: install it (Debian: apt-get install chromium) or set CHROMIUM"
        )
    return {**browser_type_launch_args, "executable_path": chromium, "args": ARGUMENTS}


@pytest.fixture
def complaints(context: BrowserContext) -> Complaints:
    """What is collected of every page of the test."""
    return collect_complaints(context)


def collect_complaints(context: BrowserContext) -> Complaints:
    """Collect console errors, script errors, CSP violations and requests to other origins from every page of a browser."""
    found = Complaints()
    context.expose_function("__report_violation", lambda text: found.violations.append(text))  # noqa: PLW0108 - needs a real function
    context.add_init_script(_REPORT_VIOLATIONS)

    def watch(page: Page) -> None:
        page.on(
            "console",
            lambda message: (
                found.console.append(message.text) if message.type in {"error", "warning"} else None
            ),
        )
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        page.on("request", lambda request: _note_foreign(request.url, found))

    context.on("page", watch)
    return found


def _note_foreign(url: str, found: Complaints) -> None:
    if not url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "about:", "blob:")):
        found.foreign_requests.append(url)
