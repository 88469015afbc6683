"""Why a file is not taken, in words for whoever sent it. Pure."""

from __future__ import annotations

BYTES_LIMIT = 10_000_000
PAGES_LIMIT = 30
DOCUMENTS_LIMIT = 20

SENTENCES = {
    "empty": "The file is empty. Choose it again.",
    "too_large": "The file is larger than 10 MB. Send a smaller one.",
    "too_many": f"There are {DOCUMENTS_LIMIT} files on this application already, and more cannot be sent.",
    "type_unknown": "Send a PDF, or a picture as JPEG or PNG. This file is something else.",
    "damaged": "The file cannot be opened. It may be damaged. Save it anew and send that.",
    "too_many_pages": f"The PDF has more than {PAGES_LIMIT} pages. Send only the pages that matter.",
    "too_many_pixels": "The picture is too large. Take it again with fewer than 50 million pixels.",
    "encrypted": "The PDF is locked or encrypted. Print it to a new PDF without a password and send that.",
    "active_content": "The PDF holds a script, a form, an attachment or an action. Print it to a new PDF and send that.",
    "two_in_one": "The file is two things at once. Print it to a new PDF, or take a picture of it, and send that.",
    "unpacks_too_large": "The PDF unpacks to far more than it seems to hold. Print it to a new PDF and send that.",
    "not_checked": "The file could not be checked in time. Print it to a new PDF, or try again in a few minutes.",
    "busy": "Many files are being checked at this moment. Try again in a minute.",
    "application_over": "This application is over. Files cannot be sent to it any more.",
}


class DocumentRefused(ValueError):
    """The file is not taken and nothing was stored; `code` is one of SENTENCES, the message its sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(SENTENCES[code])
        self.code = code
        self.message = SENTENCES[code]
