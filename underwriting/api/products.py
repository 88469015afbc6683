"""Operations on products: what the lender offers, and the contract of each application."""

from __future__ import annotations

import json
from typing import ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from underwriting.api.authentication import principal_of
from underwriting.api.base import ApiView, cursor_unknown, json_response, read_cursor
from underwriting.api.documentation import CURSOR_PARAMETERS, problems
from underwriting.api.schemas import ProductList, product_answer
from underwriting.enums import Scope
from underwriting.intake.examples import application_schema
from underwriting.models import Product
from underwriting.people.access import access_product


class ProductsView(ApiView):
    """`/products`."""

    scopes: ClassVar = {"GET": Scope.APPLICATIONS_READ}

    @extend_schema(
        operation_id="list_products",
        summary="List products",
        parameters=CURSOR_PARAMETERS,
        responses={200: ProductList, **problems(400, 401, 403, 429, 503)},
    )
    def get(self, request: Request) -> HttpResponse:
        """The lender's products by code; `starting_after` is a code."""
        lender = principal_of(request).lender
        cursor = read_cursor(request)
        products = Product.objects.filter(lender=lender).order_by("code")
        if cursor.starting_after is not None:
            if "\x00" in cursor.starting_after or not products.filter(code=cursor.starting_after).exists():
                raise cursor_unknown()
            products = products.filter(code__gt=cursor.starting_after)
        found = list(products[: cursor.limit + 1])
        data = [product_answer(product, lender.currency) for product in found[: cursor.limit]]
        return json_response(ProductList(data=data, has_more=len(found) > cursor.limit))


class ProductSchemaView(ApiView):
    """`/products/{code}/schema`."""

    scopes: ClassVar = {"GET": Scope.APPLICATIONS_READ}

    @extend_schema(
        operation_id="get_product_schema",
        summary="Read the JSON Schema of a product's application",
        parameters=[
            OpenApiParameter("code", OpenApiTypes.STR, OpenApiParameter.PATH, description="Product code.")
        ],
        responses={(200, "application/schema+json"): {"type": "object"}, **problems(401, 403, 404, 429, 503)},
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        """JSON Schema 2020-12 with complete examples; `x-required` says whether a field is needed to submit or to decide."""
        product = access_product(principal_of(request).client, code)
        return HttpResponse(json.dumps(application_schema(product)), content_type="application/schema+json")
