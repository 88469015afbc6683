"""Routes of the audit explorer and of the records it links to."""

from __future__ import annotations

from django.urls import path

from frontend.audit import records, views

urlpatterns = [
    path("audit/", views.explorer, name="audit"),
    path("audit/<int:entry_id>/", views.event, name="audit-event"),
    path("assessments/<int:assessment_id>/", records.assessment, name="assessment"),
    path("models/", records.models, name="models"),
    path("models/<slug:name>/versions/<str:version>/", records.model_version, name="model-version"),
]
