"""Who does something: a person, a client's key, an applicant or the system. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from underwriting.enums import ActorKind


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a change, as it is written into the audit trail.

    `name` is kept as text so that history survives a change of name; `role` is the role in which the person acted;
    `request_id` ties the entry to one request or one claimed batch of work. `browser` is the hash of the browser's mark:
    two people who sign off on each other's work do not do it in one browser.
    """

    kind: ActorKind
    user_id: int | None
    name: str
    role: str = ""
    request_id: str = ""
    ip_address: str | None = None
    browser: str = ""


SYSTEM = Actor(kind=ActorKind.SYSTEM, user_id=None, name="System")
