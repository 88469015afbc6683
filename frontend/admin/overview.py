"""S26: where administration begins, and who can do what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from frontend.admin.area import LOOKERS, history, sections
from frontend.session.gate import screen
from frontend.session.staff import ROLE_WORDS, StaffRequest
from underwriting.api.keys import live_keys
from underwriting.enums import Role
from underwriting.models import ApiClient, Lender, Membership, User
from underwriting.people.duties import CLASHES, Clash, clashes_of

_PLACEHOLDER = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True)
class PersonWithClash:
    """A person at a lender whose roles check each other."""

    public_id: UUID
    name: str
    clashes: tuple[Clash, ...]


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A screen and, role by role, `change`, `read` or nothing."""

    path: str
    cells: tuple[str, ...]


@screen(read=LOOKERS)
def overview(request: StaffRequest) -> HttpResponse:
    """Counts, and the newest changes with before and after."""
    now = timezone.now()
    context = {
        "sections": sections("admin"),
        "people_count": Membership.objects.filter(lender=request.lender).values("user").distinct().count(),
        "clash_count": len(people_with_clashes(request.lender)),
        "key_count": sum(
            live_keys(client, now=now).count() for client in ApiClient.objects.filter(lender=request.lender)
        ),
        "history": history(request.lender),
        "zone": request.lender.time_zone,
    }
    return render(request, "admin/overview.html", context)


@screen(read=LOOKERS)
def roles(request: StaffRequest) -> HttpResponse:
    """Which role opens and changes which screen, read out of the screens' own gates, and the clashes of duties."""
    context = {
        "sections": sections("admin-roles"),
        "roles": list(ROLE_WORDS.values()),
        "matrix": list(role_matrix()),
        "people": people_with_clashes(request.lender),
        "clashes": [(ROLE_WORDS[clash.one], ROLE_WORDS[clash.other], clash.why) for clash in CLASHES],
    }
    return render(request, "admin/roles.html", context)


def people_with_clashes(lender: Lender) -> list[PersonWithClash]:
    """Everybody at the lender who holds two roles that check each other, by name."""
    held: dict[User, set[Role]] = {}
    for membership in Membership.objects.filter(lender=lender).select_related("user").order_by("user__name"):
        held.setdefault(membership.user, set()).add(Role(membership.role))
    return [
        PersonWithClash(user.public_id, user.name, clashes)
        for user, found in held.items()
        if (clashes := clashes_of(found))
    ]


def role_matrix() -> Iterator[MatrixRow]:
    """One row a gated screen, in the order of their addresses."""
    found: dict[str, MatrixRow] = {}
    for path, view in _views("/", get_resolver().url_patterns):
        read: frozenset[Role] | None = getattr(view, "screen_read", None)
        if read is None:
            continue
        write: frozenset[Role] = view.screen_write  # type: ignore[attr-defined]
        cells = tuple("change" if role in write else "read" if role in read else "" for role in ROLE_WORDS)
        shown = _PLACEHOLDER.sub("…", path)
        found[path] = MatrixRow(shown, cells)
    return iter(sorted(found.values(), key=lambda row: row.path))


def _views(prefix: str, patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, object]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _views(path, pattern.url_patterns)
        else:
            yield path, pattern.callback
