"""Two lenders for the walk: harbour, whose everything is marked with words that may never leave it, and northgate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils import timezone

from explanations.reason_codes.catalogue import shipped_catalogue
from explanations.reason_codes.own_words import shipped_words
from explanations.reason_codes.proposals import save_words
from review_queue.actions.write_note import Written, write_note
from review_queue.models import NoteMention, Phrase, ReviewCase, SavedView
from scoring.simulation.past import past_rows
from scoring.simulation.summary import summarise
from scoring.simulation.weighing import weigh
from tests.factories import make_client, make_lender, make_user
from tests.factories.past import PAST, make_past
from tests.factories.reviewing import make_case, make_desk
from underwriting.api.keys import issue_key
from underwriting.audit.actor import SYSTEM
from underwriting.enums import (
    BacktestState,
    DocumentKind,
    ExceptionState,
    PolicyState,
    Role,
    Scope,
    WorkKind,
    WorkState,
)
from underwriting.models import (
    ApiKey,
    Application,
    Assessment,
    AuditEntry,
    Backtest,
    BacktestFlip,
    Document,
    HistoryImport,
    Holiday,
    Lender,
    Party,
    PolicyException,
    PolicyVersion,
    User,
    WorkItem,
)
from underwriting.outbox.mail import send_later
from underwriting.outcomes.losses import LossGivenDefault
from underwriting.people.invitations import invite_person
from underwriting.people.links import create_links, link_token
from underwriting.people.sealing import seal
from underwriting.policy.compile import compile_policy

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
# Open to everybody, on purpose. Nothing else is.
PUBLIC = frozenset({
    "healthz",
    "readyz",
    "metrics",
    "api/openapi.json",
    "developers/errors/",
    "developers/",
    "sign-in/",
    "sign-in/second-step/",
    "sign-in/enrol/",
    "sign-in/as/",
    "sign-out/",
    "a/<str:token>/",
    # Applicants' pages: without a proof in the session each leads back to the page that asks for one.
    "a/<str:token>/fresh/",
    "a/<str:token>/leave/",
    "a/<str:token>/decision/",
    "a/<str:token>/letter.pdf",
    "a/<str:token>/data/",
    "a/<str:token>/everything/",
    "a/<str:token>/everything.json",
    "a/<str:token>/documents/",
    "a/<str:token>/documents/<uuid:document_id>/",
    "a/<str:token>/messages/",
    "a/<str:token>/missing/",
    "a/<str:token>/offer/",
    "a/<str:token>/withdraw/",
    "a/<str:token>/dispute/",
    "a/<str:token>/dispute/words/",
    "a/<str:token>/dispute/file/",
    "a/<str:token>/dispute/check/",
    "a/<str:token>/look-again/",
    "a/<str:token>/look-again/check/",
    "a/<str:token>/appeals/<uuid:appeal_id>/",
    "invitation/<str:token>/",
})  # fmt: skip
# Their parameter names something that every lender has; what each of them made of it is marked with a canary.
EVERY_LENDERS = frozenset({"admin-area/reasons/<slug:code>/"})
FOREIGN_NAME, FOREIGN_FAMILY = "Zebulon", "Quillfeather"
OWN_WORDS = "Your credit report tells us that you went bankrupt."


@dataclass
class AccessWorld:
    harbour: Lender
    northgate: Lender
    case: ReviewCase
    samples: dict[str, Any]
    canaries: list[str]
    people: dict[Role, User]
    api_key: str
    narrow_key: str
    extra: dict[str, Any] = field(default_factory=dict)


def build_world() -> AccessWorld:
    """Harbour has one of everything; northgate has a person for each role, a client and a key, and nothing else."""
    harbour, northgate = make_lender("harbour", name="Harbour Secret Lending"), make_lender("northgate")
    desk = make_desk(harbour)
    product, version, _ = desk
    case = make_case(desk, given_name=FOREIGN_NAME, family_name=FOREIGN_FAMILY)
    application = case.application
    party = application.parties.get()
    create_links(application=application, parties=[party], now=NOW)
    insider = make_user("Wilhelmina Hush", (harbour, Role.CREDIT_OFFICER))
    draft = PolicyVersion.objects.create(
        policy=version.policy, number=2, state=PolicyState.DRAFT, document=version.document, based_on=version,
        document_sha256=version.document_sha256, author=insider, created_at=NOW,
    )  # fmt: skip
    save_words(
        lender=harbour, code="PR02", language="en", author=insider, actor=SYSTEM, now=NOW, seen_revision=0,
        words=shipped_words(shipped_catalogue(), "PR02", "en") | {"text": OWN_WORDS},
    )  # fmt: skip
    client = make_client(harbour, "harbour-hidden-partner")
    key = issue_key(client=client, scopes=list(Scope), actor=SYSTEM, now=NOW)
    holiday = Holiday.objects.create(lender=harbour, on=date(2026, 12, 24), name="Harbour Founders Day")
    # Of somebody with an account, so that the link leads to signing in and not to a choice of password.
    make_user("Zoltan Account")
    invited = invite_person(
        lender=harbour, email="zoltan@example.test", name="Zoltan Secretly", roles=[Role.ADMIN], actor=SYSTEM, now=timezone.now()
    )  # fmt: skip
    mention = _mention(case, insider)
    entry = AuditEntry.objects.filter(lender=harbour).order_by("pk").first()
    assert entry is not None
    model = case.assessment.model_version or version.model_version
    assert model is not None
    flip = _flip(draft, version, make_past(product, 635))
    samples = {
        "applications/<uuid:public_id>": application.public_id,
        "products/<slug:code>": product.code,
        "<case:number>": str(case),
        "queue/views/<int:key>": SavedView.objects.create(
            lender=harbour,
            owner=insider,
            name="Harbour hidden view",
            is_shared=True,
            query={"view": "all"},
            created_at=NOW,
        ).pk,
        "<panel:outcome>": "decline",
        "<draft:outcome>": "decline",
        "<uuid:batch>": application.public_id,  # a batch is shown to whoever gave it alone
        "<step:what>": "send",
        "facts/<slug:fact>": "annual_income",
        "policies/<slug:slug>": version.policy.slug,
        "exceptions/<int:number>": PolicyException.objects.create(
            lender=harbour,
            policy=version.policy,
            number=1,
            rule_id="R-04",
            uses_max=5,
            until=date(2031, 1, 1),
            owner=insider,
            reason="Harbour hidden campaign",
            ticket="none",
            asked_by=insider,
            asked_at=NOW,
            state=ExceptionState.OPEN,
        ).number,
        "history/<int:import_id>": HistoryImport.objects.create(
            lender=harbour,
            product=product,
            name="hidden-history.jsonl",
            sha256="0" * 64,
            row_count=1,
            event_count=0,
            requested_by="Wilhelmina",
            requested_at=NOW,
        ).pk,
        "drafts/<int:number>": draft.number,
        "changes/<int:number>": draft.number,
        "backtests/<int:backtest_id>": flip.backtest_id,
        "cases/<int:ordinal>": flip.ordinal,
        "versions/<int:number>": version.number,
        "comments/<int:comment_id>": draft.comments.create(
            anchor="a",
            quote="Harbour Hidden Line",
            document_sha256="",
            text="Hush",
            author=insider,
            created_at=NOW,
        ).pk,
        "<int:before>": version.number,
        "<int:after>": draft.number,
        "<slug:section>": "cut-offs",
        "<slug:form>": "yaml",
        "test/<int:item_id>": _trial(draft).pk,
        "undo/<int:revision_id>": draft.revisions.create(
            document=draft.document, document_sha256=draft.document_sha256, editor=insider, saved_at=NOW
        ).pk,
        "<slug:rule_id>": "K-01",
        "audit/<int:entry_id>": entry.pk,
        "assessments/<int:assessment_id>": case.assessment_id,
        "models/<slug:name>": model.name,
        "versions/<str:version>": model.version,
        "users/<uuid:person_id>": insider.public_id,
        "clients/<slug:code>": client.code,
        "reasons/<slug:code>": "PR02",
        "keys/<slug:prefix>": key.row.prefix,
        "holidays/<int:holiday_id>": holiday.pk,
        "phrases/<int:phrase_id>": Phrase.objects.create(
            lender=harbour, name="secret", text="Harbour Hidden Phrase"
        ).pk,
        "notes/<int:note_id>": mention.note_id,
        "mentions/<int:mention_id>": mention.pk,
        "a/<str:token>": link_token(party),
        "letters/<uuid:mail_id>": send_later(
            application=application, party=party, subject="A word", text="Hello", now=NOW
        ).public_id,
        "personal-data/<uuid:application_id>": application.public_id,
        "<uuid:document_id>": _document(application, party).public_id,
        "<uuid:appeal_id>": application.public_id,  # no page of an appeal is reached without a proof
        "invitation/<str:token>": invited.path.split("/")[2],
        "<str:token>": "not-a-token",
    }
    canaries = [
        FOREIGN_NAME, FOREIGN_FAMILY, application.reference, str(application.public_id), str(case), "Wilhelmina", "Hush", "Zoltan",
        OWN_WORDS, "Harbour Secret", "Founders Day", "Harbour hidden view", "Hidden Phrase", "harbour-hidden-partner", "hidden-history", "yacht", key.row.prefix, version.document_sha256[:16],
    ]  # fmt: skip
    own = make_client(northgate, "own")
    return AccessWorld(
        harbour=harbour,
        northgate=northgate,
        case=case,
        samples=samples,
        canaries=canaries,
        people={role: make_user(f"{role.value} Outsider", (northgate, role)) for role in Role},
        api_key=issue_key(client=own, scopes=list(Scope), actor=SYSTEM, now=NOW).text,
        narrow_key=_expired(own),
    )


def _flip(draft: PolicyVersion, live: PolicyVersion, assessment: Assessment) -> BacktestFlip:
    """The only row of a backtest that is done."""
    row = weigh(
        next(
            past_rows(
                draft.policy.product,
                since=PAST,
                until=PAST + timedelta(days=1),
                known_at=NOW,
            )
        ),
        live=compile_policy(live.document),
        draft=compile_policy(draft.document),
        is_lent=False,
    )
    backtest = Backtest.objects.create(
        version=draft, document=draft.document, document_sha256=draft.document_sha256, live_version=live, live_sha256=live.document_sha256,
        since=date(2026, 6, 1), until=date(2026, 6, 30), state=BacktestState.DONE, requested_at=NOW, finished_at=NOW,
        summary=summarise([row], losses=LossGivenDefault(), refused=[], left_out=0, rows_max=1, named_max=1).to_json(),
    )  # fmt: skip
    return BacktestFlip.objects.create(
        backtest=backtest,
        ordinal=1,
        assessment=assessment,
        before={"outcome": row.before, "offer": row.offer_before},
        after={"outcome": row.after, "offer": row.offer_after},
        rule_id="CUT-OFF",
        segment=row.channel,
    )


def insiders(world: AccessWorld) -> dict[Role, User]:
    """Harbour's own people, one for each role; the risk manager is the author of harbour's draft."""
    people = {role: make_user(f"{role.value}-inside Harbour", (world.harbour, role)) for role in Role}
    drafts = PolicyVersion.objects.filter(policy__product__lender=world.harbour, state=PolicyState.DRAFT)
    assert drafts.update(author=people[Role.RISK_MANAGER]) == 1
    return people


def _trial(draft: PolicyVersion) -> WorkItem:
    """An answered test of harbour's draft."""
    return WorkItem.objects.create(
        kind=WorkKind.TRIAL, lender=draft.policy.lender, subject_id=draft.pk, payload={"side_by_side": True}, state=WorkState.DONE,
        not_before=NOW, created_at=NOW, result={"document_sha256": draft.document_sha256, "live": {"refused": []}, "draft": {"refused": []},
        "live_number": 1, "technical": []},
    )  # fmt: skip


def _mention(case: ReviewCase, author: User) -> NoteMention:
    """A note of the insider's, who is named in it, too."""
    written = Written("He hides a yacht.", case.application.parties.get())
    note = write_note(
        case=case, written=written, author=author, roles={Role.CREDIT_OFFICER}, actor=SYSTEM, now=NOW
    )
    return NoteMention.objects.create(note=note, user=author, mentioned_at=NOW)


def _document(application: Application, party: Party) -> Document:
    return Document.objects.create(
        lender=application.lender, application=application, party=party, kind=DocumentKind.PAYSLIP, media_type="application/pdf",
        name=seal(f"{FOREIGN_FAMILY}.pdf".encode(), party=party, what="document.name"), page_count=1, received_at=NOW,
        content=seal(b"%PDF-1.4", party=party, what="document.content"), byte_count=8, sha256="0" * 64, received_from="APPLICANT",
    )  # fmt: skip


def _expired(client: Any) -> str:
    issued = issue_key(client=client, scopes=list(Scope), actor=SYSTEM, now=NOW)
    ApiKey.objects.filter(pk=issued.row.pk).update(expires_at=NOW - timedelta(days=1))
    return issued.text


def all_routes() -> list[tuple[str, Callable[..., Any]]]:
    """Every URL pattern of the product as its route text, with its view; signing out comes last, or the walk ends there."""
    found: list[tuple[str, Callable[..., Any]]] = []

    def descend(patterns: list[URLPattern | URLResolver], prefix: str) -> None:
        for pattern in patterns:
            assert isinstance(pattern.pattern, RoutePattern) or not str(pattern.pattern).strip("^/"), pattern
            route = prefix + str(pattern.pattern).lstrip("^/")
            if isinstance(pattern, URLResolver):
                descend(pattern.url_patterns, route)
            else:
                found.append((route, pattern.callback))

    descend(get_resolver().url_patterns, "")
    return sorted(found, key=lambda pair: pair[0] == "sign-out/")


class NoSample(Exception):
    """A route has a parameter for which the walk knows no value of the other lender."""


def path_of(route: str, samples: dict[str, Any]) -> str:
    """The route with harbour's values in it. Raises NoSample."""
    path = route
    for place, value in samples.items():
        whole = path.replace(place, place.partition("<")[0] + str(value))
        path = whole
    if "<" in path:
        raise NoSample(route)
    return "/" + path


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
