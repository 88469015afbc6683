"""Routes of this package under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from review_queue.api.documents import DocumentsView

urlpatterns: list[URLPattern | URLResolver] = [
    path("applications/<uuid:public_id>/documents", DocumentsView.as_view(), name="api-documents"),
]
