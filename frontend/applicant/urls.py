"""Routes of the applicants' pages."""

from django.urls import URLPattern, URLResolver, path

from frontend.applicant import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("a/<str:token>/", views.status, name="applicant-status"),
    path("a/<str:token>/decision/", views.decision, name="applicant-decision"),
]
