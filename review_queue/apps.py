"""Django's entry into the review_queue package."""

from django.apps import AppConfig


class ReviewQueueConfig(AppConfig):
    name = "review_queue"
    verbose_name = "Review queue"
