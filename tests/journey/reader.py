"""A person with a browser that knows HTML forms and nothing else: no script, one page after the other."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx


@dataclass
class Form:
    action: str
    hidden: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """The forms of a page with what is hidden in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.found = page, list[Form]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post":
            self.found.append(Form(urljoin(self.page, given.get("action") or self.page)))
        elif tag == "form":
            self.found.append(Form(""))
        elif tag == "input" and given.get("type") == "hidden" and self.found:
            self.found[-1].hidden[given["name"]] = given.get("value", "")


class Reader:
    """Opens pages, reads them as text, sends their forms."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, follow_redirects=True, timeout=30)
        self.page = self.http.get("/healthz")

    def open(self, path: str) -> str:
        self.page = self.http.get(path)
        return self._text()

    def send(self, action: str, *, files: Any = None, **fields: Any) -> str:
        """Fill in the form of this page that is sent to a path that ends so."""
        forms = Forms(str(self.page.url))
        forms.feed(self.page.text)
        form = next(
            form for form in forms.found if re.sub(r"\?.*", "", form.action).endswith(action) and form.action
        )
        self.page = self.http.post(form.action, data={**form.hidden, **fields}, files=files)
        return self._text()

    @property
    def path(self) -> str:
        return self.page.url.path

    def _text(self) -> str:
        assert self.page.status_code == 200, (self.page.status_code, self.page.url, self.page.text[-2000:])
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", self.page.text)))
