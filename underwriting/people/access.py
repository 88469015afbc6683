"""The gates: the only way request code gets an object. What is not yours is answered like what is not there.

The gate of a screen (who may open it) is `frontend.session.gate.screen`; these are the gates of what is behind it.
"""

from __future__ import annotations

from uuid import UUID

from django.http import Http404

from underwriting.models import ApiClient, ApiKey, Application, Holiday, Lender, Membership, Product, User


class NotYours(Http404):
    """There is no such thing, or it belongs to somebody else; the caller cannot tell which."""

    def __init__(self, what: str = "There is nothing here.") -> None:
        super().__init__(what)


def access_application(client: ApiClient, public_id: UUID | str) -> Application:
    """An application of the client's lender. Raises NotYours otherwise, also for a malformed id."""
    try:
        wanted = public_id if isinstance(public_id, UUID) else UUID(public_id)
    except ValueError as error:
        raise NotYours("There is no application with this id.") from error
    application = (
        Application.objects.select_related("lender", "product", "possible_duplicate_of")
        .filter(public_id=wanted, lender_id=client.lender_id)
        .first()
    )
    if application is None:
        raise NotYours("There is no application with this id.")
    return application


def access_lender_application(lender: Lender, public_id: UUID) -> Application:
    """An application of the lender, for its staff. Raises NotYours otherwise."""
    application = (
        Application.objects.select_related("lender", "product", "client")
        .filter(lender=lender, public_id=public_id)
        .first()
    )
    if application is None:
        raise NotYours
    return application


def access_product(client: ApiClient, code: str) -> Product:
    """A product of the client's lender, open or not. Raises NotYours otherwise."""
    product = Product.objects.select_related("lender").filter(lender_id=client.lender_id, code=code).first()
    if product is None:
        raise NotYours("There is no product with this code.")
    return product


def access_person(lender: Lender, public_id: UUID) -> User:
    """A person who holds a role at the lender, held one until a suspension, or is invited. Raises NotYours otherwise."""
    found = (
        Membership.in_any_state.select_related("user")
        .filter(lender=lender, user__public_id=public_id)
        .first()
    )
    if found is None:
        raise NotYours
    return found.user


def access_client(lender: Lender, code: str) -> ApiClient:
    """An API client of the lender. Raises NotYours otherwise."""
    client = ApiClient.objects.select_related("lender").filter(lender=lender, code=code).first()
    if client is None:
        raise NotYours
    return client


def access_key(lender: Lender, prefix: str) -> ApiKey:
    """An API key of one of the lender's clients. Raises NotYours otherwise."""
    key = ApiKey.objects.select_related("client").filter(client__lender=lender, prefix=prefix).first()
    if key is None:
        raise NotYours
    return key


def access_holiday(lender: Lender, holiday_id: int) -> Holiday:
    """A holiday of the lender's calendar. Raises NotYours otherwise."""
    holiday = Holiday.objects.filter(lender=lender, pk=holiday_id).first()
    if holiday is None:
        raise NotYours
    return holiday
