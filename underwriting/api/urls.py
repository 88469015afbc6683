"""Routes of this package under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from underwriting.api.applications import ApplicationsView, ApplicationView, DecisionView, TimelineView
from underwriting.api.items import ItemsView
from underwriting.api.outcomes import ApplicationOutcomesView, OutcomesView
from underwriting.api.products import ProductSchemaView, ProductsView

urlpatterns: list[URLPattern | URLResolver] = [
    path("applications", ApplicationsView.as_view(), name="api-applications"),
    path("applications/<uuid:public_id>", ApplicationView.as_view(), name="api-application"),
    path("applications/<uuid:public_id>/decision", DecisionView.as_view(), name="api-decision"),
    path("applications/<uuid:public_id>/items", ItemsView.as_view(), name="api-items"),
    path(
        "applications/<uuid:public_id>/outcomes",
        ApplicationOutcomesView.as_view(),
        name="api-application-outcomes",
    ),
    path("applications/<uuid:public_id>/timeline", TimelineView.as_view(), name="api-timeline"),
    path("outcomes", OutcomesView.as_view(), name="api-outcomes"),
    path("products", ProductsView.as_view(), name="api-products"),
    path("products/<slug:code>/schema", ProductSchemaView.as_view(), name="api-product-schema"),
]
