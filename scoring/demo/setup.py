"""Fills an empty database with the demo's lenders, people, models and policies, and writes who may do what to `demo.json`.

Everything goes through the same doors as in production: keys are issued, models registered, and each policy version is
drafted by one person, approved by another and activated. A second run changes nothing but what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from explanations.reason_codes.catalogue import current_catalogue, policy_codes
from scoring.demo.credentials import Credentials, new_passphrase
from scoring.demo.roster import LENDERS, PEOPLE, POLICY_APPROVER, POLICY_AUTHOR, DemoLender, DemoPerson
from scoring.pipeline.work import work_until_empty
from scoring.registry.bundle import read_bundle
from scoring.registry.register import register_model
from scoring.training.bundles import train_generated
from underwriting.api.keys import issue_key, live_keys, revoke_key
from underwriting.audit.actor import SYSTEM, Actor
from underwriting.bureau.people import SHAPE_OF_LENDER
from underwriting.bureau.simulator.desk import SCORE_RANGE
from underwriting.enums import ActorKind, ModelState, PolicyState, Role, Scope
from underwriting.models import (
    ApiClient,
    Lender,
    Membership,
    ModelVersion,
    Policy,
    PolicyVersion,
    Product,
    User,
)
from underwriting.policy.lifecycle import activate_version, approve_version, create_draft, submit_version

HARBOUR_MODEL = Path(__file__).parents[1] / "models" / "harbour"
CONTRACTS = Path(__file__).parents[2] / "underwriting" / "intake" / "demo_contracts"
POLICIES = Path(__file__).parents[2] / "underwriting" / "policy" / "demo"
DEMO_REQUESTS_PER_MINUTE = 60_000
BUREAU_DEADLINE_MS = 2_500
# Of the simulated bureau's score, counted over 12,000 generated people: a score, and the percent of people below it.
SCORE_RANKS = [
    [300, 1], [580, 6], [600, 10], [620, 17], [640, 27], [660, 41], [680, 58], [700, 75], [720, 88], [740, 95], [760, 98], [780, 99],
]  # fmt: skip


def set_up(*, credentials: Credentials, clock: Callable[[], datetime], models: Path | None = None) -> None:
    """Make what is missing. `models` is a folder of bundles, by lender code, to use where it holds one."""
    now = clock()
    for demo_lender in LENDERS:
        lender = _lender(demo_lender, now=now)
        product = _product(lender, demo_lender)
        _client_key(lender, demo_lender, credentials=credentials, now=now)
        _model(lender, models=models, now=now)
        credentials.data["lenders"][lender.code]["products"] = [product.code]
    for demo_person in PEOPLE:
        _person(demo_person, credentials=credentials, now=now)
    for demo_lender in LENDERS:
        _policy(demo_lender, clock=clock)
    credentials.save()


def _lender(demo: DemoLender, *, now: datetime) -> Lender:
    # no address of the bureau: the simulator of this run is named by UW_BUREAU_URL
    bureau = {
        "adapter": "HTTP",
        "name": "Demo Bureau",
        "address": "1 File Road\nDover, DE 19901",
        "telephone": "+1 800 555 0100",
        "score_range": SCORE_RANGE,
        "score_ranks": SCORE_RANKS,
        "deadline_ms": BUREAU_DEADLINE_MS,
    }
    lender, _ = Lender.objects.get_or_create(
        code=demo.code,
        defaults={
            "name": demo.name,
            "legal_name": demo.legal_name,
            "address": demo.address,
            "telephone": demo.telephone,
            "agency_name": demo.agency_name,
            "agency_address": demo.agency_address,
            "time_zone": demo.time_zone,
            "working_weekdays": [1, 2, 3, 4, 5],
            "mail_from": f"letters@{demo.code}.example",
            "bureau": bureau,
            "created_at": now,
        },
    )
    return lender


def _product(lender: Lender, demo: DemoLender) -> Product:
    product, _ = Product.objects.get_or_create(
        lender=lender,
        code=demo.product_code,
        defaults={
            "name": demo.product_name,
            "kind": demo.product_kind,
            "contract": json.loads((CONTRACTS / f"{demo.product_code}.json").read_text(encoding="utf-8")),
            "offer_grid": [list(pair) for pair in demo.offer_grid],
            "reference_rate_bps": demo.reference_rate_bps,
        },
    )
    return product


def _client_key(lender: Lender, demo: DemoLender, *, credentials: Credentials, now: datetime) -> None:
    """One client with one key. Only its hash is stored, so a lost `demo.json` means a new key in place of the oldest."""
    client, _ = ApiClient.objects.get_or_create(
        lender=lender,
        code="demo-partner",
        defaults={
            "name": f"{demo.name} partner",
            "channel": demo.channel,
            "requests_per_minute": DEMO_REQUESTS_PER_MINUTE,
            "created_at": now,
        },
    )
    live = live_keys(client, now=now)
    kept = credentials.data["lenders"].get(lender.code, {})
    if kept.get("api_key") and live.filter(prefix=kept["api_key"].split("_")[2]).exists():
        return
    if live.count() > 1:
        oldest = live.order_by("created_at", "pk").first()
        if oldest is not None:
            revoke_key(key=oldest, actor=SYSTEM, now=now)
    issued = issue_key(client=client, scopes=list(Scope), actor=SYSTEM, now=now)
    credentials.data["lenders"][lender.code] = {"api_key": issued.text}


def _model(lender: Lender, *, models: Path | None, now: datetime) -> None:
    """The committed model for instalment loans; the other lenders' are trained here, on generated people."""
    if ModelVersion.objects.filter(lender=lender, state=ModelState.CHAMPION).exists():
        return
    shape = SHAPE_OF_LENDER[lender.code]
    if models is not None and (models / lender.code).is_dir():
        bundle = read_bundle(models / lender.code)
    else:
        bundle = read_bundle(HARBOUR_MODEL) if shape == "A" else train_generated(shape)
    register_model(lender_id=lender.pk, bundle=bundle, actor=SYSTEM, now=now, state=ModelState.CHAMPION)


def _person(demo: DemoPerson, *, credentials: Credentials, now: datetime) -> User:
    user = User.objects.filter(email=demo.email).first()
    kept = credentials.data["people"].setdefault(demo.email, {})
    if user is None or "password" not in kept:
        kept["password"] = new_passphrase()
        kept["totp_secret"] = generate_totp_secret()
        user = user or User.objects.create_user(email=demo.email, name=demo.name)
        user.set_password(kept["password"])
        user.save(update_fields=["password"])
        Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()
        TOTP.activate(user, kept["totp_secret"])
    lenders = Lender.objects.in_bulk([code for code, _ in demo.roles], field_name="code")
    for code, role in demo.roles:
        Membership.objects.get_or_create(user=user, lender=lenders[code], role=role, defaults={"since": now})
    kept["name"] = demo.name
    kept["roles"] = [{"lender": code, "role": role.value} for code, role in demo.roles]
    return user


def _acting(name: str, role: Role) -> Actor:
    user = User.objects.get(name=name)
    return Actor(kind=ActorKind.USER, user_id=user.pk, name=user.name, role=role.value)


def _policy(demo: DemoLender, *, clock: Callable[[], datetime]) -> None:
    """Version 1, through the same four eyes as every later one."""
    product = Product.objects.get(lender__code=demo.code, code=demo.product_code)
    policy, _ = Policy.objects.get_or_create(
        product=product,
        defaults={
            "lender": product.lender,
            "slug": f"{demo.product_code}-core",
            "name": f"{demo.product_name} policy",
        },
    )
    if PolicyVersion.objects.filter(policy=policy, state=PolicyState.ACTIVE).exists():
        return
    author, approver = _acting(POLICY_AUTHOR, Role.RISK_MANAGER), _acting(POLICY_APPROVER, Role.RISK_APPROVER)
    document = json.loads((POLICIES / f"{demo.code}.json").read_text(encoding="utf-8"))
    version = create_draft(policy=policy, document=document, actor=author, now=clock())
    reason_codes = policy_codes(current_catalogue())
    work_until_empty(
        worker="demo set-up", max_batches=1
    )  # checks the whole decision, which submitting asks for
    submit_version(
        version=version,
        reason="First version.",
        ticket="none",
        reason_codes=reason_codes,
        actor=author,
        now=clock(),
    )
    work_until_empty(worker="demo set-up", max_batches=1)  # draws the reference sample that approval asks for
    approve_version(version=version, actor=approver, now=clock())
    activate_version(version=version, actor=approver, now=clock())
