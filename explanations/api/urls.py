"""Routes of this package under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from explanations.api.explanation import ExplanationView
from explanations.api.notice import NoticeView

urlpatterns: list[URLPattern | URLResolver] = [
    path("applications/<uuid:public_id>/explanation", ExplanationView.as_view(), name="api-explanation"),
    path("applications/<uuid:public_id>/notice", NoticeView.as_view(), name="api-notice"),
]
