"""A steady stream of applications through the product's own door, from a client that is never killed and remembers everything."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone

from scoring.demo.payloads import body
from scoring.demo.roster import LENDERS
from tests.factories import make_client
from underwriting.audit.actor import SYSTEM
from underwriting.bureau.people import person
from underwriting.bureau.simulator.desk import person_digest
from underwriting.enums import Lane
from underwriting.intake.read import read_application
from underwriting.intake.submit import submit_application
from underwriting.models import ApiClient, Product

PEOPLE_SEED = 31


@dataclass
class Submitted:
    """What the client was told: keys of applications, and a digest of each one's person as the bureau counts them."""

    applications: list[int] = field(default_factory=list)
    people: list[str] = field(default_factory=list)


class Load(threading.Thread):
    """Submits to the products in turn at a fixed rate; each application is somebody else's."""

    _indexes = itertools.count()

    def __init__(self, products: list[Product], *, per_second: float) -> None:
        super().__init__(name="load", daemon=True)
        self.submitted = Submitted()
        self.error: BaseException | None = None
        self._clients: list[tuple[Product, ApiClient]] = [
            (product, make_client(product.lender)) for product in products
        ]
        self._interval = 1 / per_second
        self._ended = threading.Event()

    def run(self) -> None:
        due = time.monotonic()
        try:
            for product, client in itertools.cycle(self._clients):
                if self._ended.wait(max(0.0, due - time.monotonic())):
                    return
                due += self._interval
                self.submit(product, client)
        except BaseException as error:
            self.error = error
            raise
        finally:
            connection.close()

    def submit(self, product: Product, client: ApiClient, **stated: Any) -> int:
        """Submit an application of the next person, with `stated` in place of what that person would state."""
        now = timezone.now()
        someone = person(PEOPLE_SEED, next(self._indexes), "A")
        application = submit_application(
            client=client,
            payload=read_application(
                product=product,
                body=body(
                    lender=LENDERS[0],
                    identity=someone.identity,
                    consented_at=now,
                    application={**someone.stated_application, **stated},
                    party=someone.stated_party,
                    report=None,
                ),
                now=now,
            ),
            actor=SYSTEM,
            now=now,
            request_id="chaos",
            lane=Lane.INTERACTIVE,
        )
        self.submitted.applications.append(application.pk)
        self.submitted.people.append(person_digest(someone.identity.national_id))
        return application.pk

    def submit_one(self, **stated: Any) -> int:
        """One more, from the calling thread; returns its key."""
        return self.submit(*self._clients[0], **stated)

    def end(self) -> Submitted:
        """Stop submitting; returns what was submitted. Raises what went wrong meanwhile."""
        self._ended.set()
        if self.is_alive():
            self.join(20)
        if self.error is not None:
            raise self.error
        return self.submitted
