"""Every route of the product. Each package owns the routes of the things it shows."""

from django.urls import URLPattern, URLResolver, include, path
from django_prometheus.exports import ExportToDjangoView

from underwriting.api.documentation import openapi_json
from underwriting.config import health

API_PACKAGES = ("underwriting", "explanations", "review_queue", "scoring")

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", ExportToDjangoView, name="metrics"),
    *(path("api/v1/", include(f"{package}.api.urls")) for package in API_PACKAGES),
    path("api/openapi.json", openapi_json, name="openapi"),
    path("", include("frontend.urls")),
]

handler404 = "underwriting.config.errors.not_found"
handler500 = "underwriting.config.errors.server_error"
