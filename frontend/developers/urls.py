"""Routes for partner engineers; open to everybody, like the OpenAPI document."""

from django.urls import path

from frontend.developers import views

urlpatterns = [
    path("developers/", views.reference, name="developers"),
    path("developers/errors/", views.errors, name="developers-errors"),
]
