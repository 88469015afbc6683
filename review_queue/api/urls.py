"""Routes of this package under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from review_queue.api.accept import AcceptView
from review_queue.api.documents import DocumentsView
from review_queue.api.withdraw import WithdrawView

urlpatterns: list[URLPattern | URLResolver] = [
    path("applications/<uuid:public_id>/accept", AcceptView.as_view(), name="api-accept"),
    path("applications/<uuid:public_id>/documents", DocumentsView.as_view(), name="api-documents"),
    path("applications/<uuid:public_id>/withdraw", WithdrawView.as_view(), name="api-withdraw"),
]
