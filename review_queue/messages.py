"""Messages between an applicant and the lender, sealed under the applicant's key. Written once, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from review_queue.models import Message
from review_queue.waiting import hear_applicant
from underwriting.audit.actor import Actor
from underwriting.audit.record import record_entry
from underwriting.enums import ActorKind, PartyRole
from underwriting.models import Application, Party, User
from underwriting.people.sealing import Unreadable, seal, unseal

TEXT_CHARACTERS_MAX = 2_000
# Of one applicant. The lender's people have no such limit: they answer for what they write.
MESSAGES_A_DAY_MAX = 10
A_DAY = timedelta(hours=24)
SHOWN_MAX = 200


class MessageRefused(ValueError):
    """A message cannot be sent; `code` is empty, too_long, too_many or erased."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """A message as it is read. `author` is the name of the lender's person, empty for the applicant's own."""

    text: str
    author: str
    sent_at: datetime

    @property
    def is_from_lender(self) -> bool:
        return bool(self.author)


def applicant_actor(party: Party, *, request_id: str = "", ip_address: str | None = None) -> Actor:
    """A party as the author of a change. The trail holds no applicant's name."""
    name = "Applicant" if party.role == PartyRole.PRIMARY else f"Applicant {party.ordinal}"
    return Actor(
        kind=ActorKind.APPLICANT, user_id=None, name=name, request_id=request_id, ip_address=ip_address
    )


@transaction.atomic
def send_message(
    *,
    application: Application,
    party: Party,
    author: User | None,
    text: str,
    now: datetime,
    actor: Actor | None = None,
) -> Message:
    """Store a message from the applicant (`author` None) or from one of the lender's people. The trail keeps no word of it.

    `actor` brings the request along for the trail; without it the author alone is named. Raises MessageRefused.
    """
    said = text.strip()
    if not said:
        raise MessageRefused("empty", "A message says something.")
    if len(said) > TEXT_CHARACTERS_MAX:
        raise MessageRefused("too_long", f"At most {TEXT_CHARACTERS_MAX:,} characters.")
    # two at once are counted one after the other
    locked = Application.objects.select_for_update().get(pk=application.pk)
    if locked.erased_at is not None:
        raise MessageRefused("erased", "The people on this application were erased.")
    if author is None:
        lately = Message.objects.filter(party=party, author=None, sent_at__gt=now - A_DAY).count()
        if lately >= MESSAGES_A_DAY_MAX:
            raise MessageRefused("too_many", f"At most {MESSAGES_A_DAY_MAX} messages in 24 hours.")
    message = Message.objects.create(
        lender_id=application.lender_id,
        application=application,
        party=party,
        author=author,
        text=seal(said.encode(), party=party, what="message"),
        sent_at=now,
    )
    record_entry(
        actor=actor or _author(author, party),
        action="message.sent",
        object_type="message",
        object_id=str(message.pk),
        object_label=application.reference,
        lender_id=application.lender_id,
        application_id=application.pk,
        after={"from": "lender" if author else "applicant", "characters": len(said)},
        now=now,
    )
    if author is None:
        hear_applicant(application.pk, now=now)
    return message


def messages_of(application: Application, party: Party) -> list[ReadMessage]:
    """What was written between this party and the lender, oldest first; the newest 200 if there are more.

    Raises underwriting.people.sealing.Unreadable where the party's key is gone.
    """
    newest = (
        Message.objects.filter(application=application, party=party)
        .select_related("author")
        .order_by("-sent_at", "-pk")[:SHOWN_MAX]
    )
    return [_read(message, party) for message in reversed(newest)]


def threads_of(application: Application, parties: Sequence[Party]) -> dict[int, list[ReadMessage] | None]:
    """By the key of each party, what was written between them and the lender, oldest first; None where their key is gone.

    The newest 200 of the application. One statement, however many they are.
    """
    threads: dict[int, list[ReadMessage] | None] = {party.pk: [] for party in parties}
    by_key = {party.pk: party for party in parties}
    rows = Message.objects.filter(application=application).select_related("author")
    for row in reversed(rows.order_by("-sent_at", "-pk")[:SHOWN_MAX]):
        thread = threads[row.party_id]
        if thread is None:
            continue
        try:
            thread.append(_read(row, by_key[row.party_id]))
        except Unreadable:
            threads[row.party_id] = None
    return threads


def _read(row: Message, party: Party) -> ReadMessage:
    return ReadMessage(
        text=unseal(row.text, party=party, what="message").decode(),
        author=row.author.name if row.author else "",
        sent_at=row.sent_at,
    )


def _author(author: User | None, party: Party) -> Actor:
    if author is None:
        return applicant_actor(party)
    return Actor(kind=ActorKind.USER, user_id=author.pk, name=author.name)
