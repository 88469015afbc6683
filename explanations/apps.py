"""Django's entry into the explanations package."""

from django.apps import AppConfig


class ExplanationsConfig(AppConfig):
    name = "explanations"
    verbose_name = "Explanations"
